"How long an epoch of training and validation takes: with this package, stock fastai and a bare PyTorch loop"
import time
from fastai_humannums.all import *
from fastcore.script import *
from lesson import stock_learner,own_learner
from report import report

class Timer(Callback):
    "Seconds of each epoch"
    order = 100
    def before_fit(self): self.secs = []
    def before_epoch(self): self.start = time.perf_counter()
    def after_epoch(self): self.secs.append(time.perf_counter()-self.start)

def learner_secs(make, arch, ids, n):
    "Seconds of the fastest of `n` epochs in a fastai `Learner`"
    set_seed(1)
    learn = make(arch, ids)
    timer = Timer()
    with learn.no_bar(), learn.no_logging(): learn.fit(n, 1e-3, cbs=timer)
    return min(timer.secs)

def one_pass(model, dl, lossf, opt=None):
    "Train on `dl` with `opt`, or validate without it"
    if is_stateful(model): model.reset()
    for x,y in dl:
        loss = lossf(model(x), y)
        if opt:
            loss.backward()
            opt.step()
            opt.zero_grad()
        if is_stateful(model): model.h = model.h.detach()

def flat_loss(logits, targ): return F.cross_entropy(logits.flatten(0, 1), targ.flatten())

def bare_secs(arch, n):
    "Seconds of the fastest of `n` epochs in a plain PyTorch loop, with batches that are already in memory"
    set_seed(1)
    dls = HumanNumbersDataLoaders.from_range(bs=64, seq_len=arch.recipe.seq_len)
    train,valid = [[(x.as_subclass(Tensor), y.as_subclass(Tensor)) for x,y in dl] for dl in dls]
    model = arch(40)
    opt = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    lossf = loss4 if arch is Model1 else flat_loss
    secs = []
    for _ in range(n):
        start = time.perf_counter()
        one_pass(model.train(), train, lossf, opt)
        with torch.no_grad(): one_pass(model.eval(), valid, lossf)
        secs.append(time.perf_counter()-start)
    return min(secs)

def n_batches(arch): return sum(map(len, HumanNumbersDataLoaders.from_range(bs=64, seq_len=arch.recipe.seq_len)))

def row(arch, ids, n, turns):
    "A row of the table: all three ways, timed in turns"
    secs = [(bare_secs(arch, n), learner_secs(stock_learner, arch, ids, n), learner_secs(own_learner, arch, ids, n))
            for _ in range(turns)]
    bare,stock,own = map(min, zip(*secs))
    return {'model': arch.__name__, 'seq_len': arch.recipe.seq_len, 'batches': n_batches(arch),
            'bare loop, s': bare, 'stock, s': stock, 'here, s': own, 'here : stock': own/stock, 'here : bare': own/bare}

@call_parse
def main(
    n:int=5, # Epochs per turn; the fastest of all turns counts
    turns:int=3, # How often to measure each way
    out:str=None # Also write the table to this file
):
    "Time an epoch in three ways, in turns"
    torch.set_num_threads(1)
    ids = [dl.dataset[0][0] for dl in HumanNumbersDataLoaders.from_range()]
    rows = [row(arch, ids, n, turns) for arch in progress_bar([Model1, Model5, Model7])]
    text = (f'Seconds of one epoch of training and validation with `bs=64`, the fastest of {n*turns}, with all three '
            'ways in turns. *Bare loop* is plain PyTorch: `torch.optim.Adam(..., fused=True)`, batches that are '
            "already in memory, and no metrics. *Stock* is fastai's `LMDataLoader`, `ModelResetter` and `Learner`. "
            '*Here* is `human_numbers_learner`. The models are the same.')
    report(__file__, text, out, epochs=rows)
