"How long the lesson takes: with this package, and with stock fastai around the same models"
import time
from fastai_humannums.all import *
from fastcore.script import *
from report import report

def detaching(arch):
    "`arch` that detaches its state itself, because stock fastai leaves that to the model"
    class Detaching(arch):
        def forward(self, x):
            res = super().forward(x)
            self.h = self.h.detach()
            return res
    return Detaching

def stock_learner(arch, ids):
    "fastai's `LMDataLoader`, `Learner` and `ModelResetter` around the same model"
    dls = DataLoaders(*(LMDataLoader([o], bs=64, seq_len=arch.recipe.seq_len) for o in ids))
    kwargs = dict(loss_func=CrossEntropyLossFlat(), metrics=accuracy)
    if arch in (Model0, Model1): kwargs = dict(loss_func=loss4, metrics=acc4)
    if not hasattr(arch, 'reset'): return Learner(dls, arch(40), **kwargs)
    return Learner(dls, detaching(arch)(40), cbs=ModelResetter(), **kwargs)

def own_learner(arch, ids):
    "What `human_numbers_learner` makes, starting from the numbers"
    dls = HumanNumbersDataLoaders.from_range(bs=64, seq_len=arch.recipe.seq_len)
    return human_numbers_learner(dls, arch)

def seconds(make, arch, ids):
    "Seconds of training, excluding set-up, and the accuracy after the last epoch"
    set_seed(1, reproducible=True)
    learn = make(arch, ids)
    with learn.no_bar(), learn.no_logging():
        start = time.perf_counter()
        learn.fit_one_cycle(arch.recipe.n_epoch, arch.recipe.lr, **arch.recipe.fit)
        return time.perf_counter()-start, learn.recorder.values[-1][2]

def row(arch, ids, repeats):
    "A row of the table: both ways, in turns"
    runs = [(seconds(stock_learner, arch, ids), seconds(own_learner, arch, ids)) for _ in range(repeats)]
    (stock,stock_acc),(own,own_acc) = map(min, zip(*runs))
    return {'model': arch.__name__, 'stock, s': stock, 'here, s': own, 'ratio': own/stock,
            'accuracy, stock': stock_acc, 'accuracy, here': own_acc}

@call_parse
def main(
    repeats:int=1, # Trainings of each; the fastest counts
    out:str=None # Also write the table to this file
):
    "Seconds per model, both ways, one seed, in turns"
    torch.set_num_threads(1)
    ids = [dl.dataset[0][0] for dl in HumanNumbersDataLoaders.from_range()]
    rows = [row(arch, ids, repeats) for arch in progress_bar(lesson_archs)]
    stock,own = (sum(o[f'{way}, s'] for o in rows) for way in ('stock', 'here'))
    rows.append(dict.fromkeys(rows[0]) | {'model': 'all', 'stock, s': stock, 'here, s': own, 'ratio': own/stock})
    text = ("Seconds to train each model once with its recipe, excluding set-up. *Stock* is fastai's `LMDataLoader`, "
            '`ModelResetter` and `Learner` around the same models, with the same seed and ids that are already in '
            'memory. *Here* is `human_numbers_learner`, which computes one more metric.')
    report(__file__, text, out, lesson=rows)
