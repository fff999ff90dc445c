"How long an epoch of training and validation takes: here, with stock fastai, and in a bare PyTorch loop"
import platform,time
from fastai_humannums.all import *
from fastcore.script import *
from lesson import stock_learner,own_learner

class Timer(Callback):
    "Seconds of each epoch"
    order = 100
    def before_fit(self): self.secs = []
    def before_epoch(self): self.start = time.perf_counter()
    def after_epoch(self): self.secs.append(time.perf_counter()-self.start)

def learner_epochs(make, recipe, ids, n):
    "Seconds of `n` epochs in a fastai `Learner`"
    set_seed(1)
    learn = make(recipe, ids)
    with learn.no_bar(), learn.no_logging(): learn.fit(n, 1e-3, cbs=(timer := Timer()))
    return timer.secs

def bare_epochs(_, recipe, ids, n):
    "Seconds of `n` epochs in a loop of nothing but PyTorch, over batches that are there already"
    set_seed(1)
    dls = [[(x.as_subclass(Tensor), y.as_subclass(Tensor)) for x,y in dl]
           for dl in HumanNumbersDataLoaders.from_range(bs=64, seq_len=recipe.seq_len)]
    model,secs = recipe.model(40),[]
    opt = torch.optim.Adam(model.parameters(), 1e-3)
    stateful = is_stateful(model)
    lossf = loss4 if recipe.seq_len==3 else lambda p,y: F.cross_entropy(p.flatten(0, 1), y.flatten())
    for _ in range(n):
        start = time.perf_counter()
        for train,dl in zip((True, False), dls):
            model.train(train)
            if stateful: model.reset()
            with torch.set_grad_enabled(train):
                for x,y in dl:
                    pred = model(x)
                    loss = lossf(pred, y)
                    if train:
                        loss.backward()
                        opt.step()
                        opt.zero_grad()
                    if stateful: model.h = model.h.detach()
        secs.append(time.perf_counter()-start)
    return secs

@call_parse
def main(
    n:int=5, # Epochs of each, in each turn; the fastest of all counts
    turns:int=3, # Turns
    out:str=None # Also write the table to this file
):
    "Seconds per epoch, three ways, in turns"
    torch.set_num_threads(1)
    ids = [dl.dataset[0][0] for dl in HumanNumbersDataLoaders.from_range()]
    ways = [(bare_epochs, None), (learner_epochs, stock_learner), (learner_epochs, own_learner)]
    rows = []
    for recipe in progress_bar(lesson_recipes[[1, 5, 7]]):
        secs = [[f(make, recipe, ids, n) for f,make in ways] for _ in range(turns)]
        bare,stock,own = (min(min(t[i]) for t in secs) for i in range(3))
        rows.append((recipe.model.__name__, recipe.seq_len, bare, stock, own))
    table = '\n'.join(['| model | seq_len | bare loop, s | stock, s | here, s | here : stock | here : bare |', '| --- | --- | --- | --- | --- | --- | --- |',
                       *(f'| {m} | {l} | {a:.3f} | {b:.3f} | {c:.3f} | {c/b:.2f} | {c/a:.2f} |' for m,l,a,b,c in rows)])
    text = f'''# Epochs

Seconds of one epoch, training and validation, 64 rows, the fastest of {n*turns}. *Bare loop* is nothing but PyTorch, with `torch.optim.Adam`, over batches that are in memory already, and computes no metric. *Stock* is fastai's `LMDataLoader`, `ModelResetter` and `Learner`; *here* is `human_numbers_learner`. The models are the same.

`python benchmarks/epochs.py` on {platform.machine()}, one thread, PyTorch {torch.__version__.split("+")[0]}:

{table}
'''
    print(text)
    if out: Path(out).write_text(text)
