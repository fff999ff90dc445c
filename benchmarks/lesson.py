"How long the lesson takes: with this package, and with stock fastai around the same models"
import platform,time
from fastai_humannums.all import *
from fastcore.script import *

def detaching(model):
    "`model`, which cuts its state loose itself, as stock fastai leaves that to the model"
    class Detaching(model):
        def forward(self, x):
            res = super().forward(x)
            self.h = self.h.detach()
            return res
    return Detaching

def stock_learner(recipe, ids):
    "fastai's `LMDataLoader`, `Learner` and `ModelResetter` around the same model"
    dls = DataLoaders(*(LMDataLoader([o], bs=64, seq_len=recipe.seq_len) for o in ids))
    stateful = hasattr(recipe.model, 'reset')
    loss,metric = (loss4,acc4) if recipe.seq_len==3 else (CrossEntropyLossFlat(),accuracy)
    model = (detaching(recipe.model) if stateful else recipe.model)(40)
    return Learner(dls, model, loss_func=loss, metrics=metric, cbs=ModelResetter() if stateful else None)

def own_learner(recipe, ids):
    "What `human_numbers_learner` makes, from the beginning"
    return human_numbers_learner(HumanNumbersDataLoaders.from_range(bs=64, seq_len=recipe.seq_len), recipe.model)

def seconds(make, recipe, ids):
    "Seconds that the training takes, set-up aside, and the last epoch's accuracy"
    set_seed(1, reproducible=True)
    learn = make(recipe, ids)
    with learn.no_bar(), learn.no_logging():
        start = time.perf_counter()
        learn.fit_one_cycle(recipe.n_epoch, recipe.lr, pct_start=recipe.pct_start)
        return time.perf_counter()-start, learn.recorder.values[-1][2]

@call_parse
def main(
    repeats:int=1, # Trainings of each; the fastest counts
    out:str=None # Also write the table to this file
):
    "Seconds per model, both ways, one seed, in turns"
    torch.set_num_threads(1)
    ids = [dl.dataset[0][0] for dl in HumanNumbersDataLoaders.from_range()]
    rows = []
    for recipe in progress_bar(lesson_recipes):
        stock,own = (min(seconds(o, recipe, ids) for _ in range(repeats)) for o in (stock_learner, own_learner))
        rows.append((recipe.model.__name__, stock[0], own[0], stock[1], own[1]))
    rows.append(('all', sum(o[1] for o in rows), sum(o[2] for o in rows), None, None))
    f = lambda o: '' if o is None else f'{o:.4f}'
    table = '\n'.join(['| model | stock, s | here, s | ratio | accuracy, stock | accuracy, here |', '| --- | --- | --- | --- | --- | --- |',
                       *(f'| {n} | {a:.1f} | {b:.1f} | {b/a:.2f} | {f(p)} | {f(q)} |' for n,a,b,p,q in rows)])
    text = f'''# Lesson

Seconds for one training of each model by the lesson's recipe, set-up aside. *Stock* is fastai's `LMDataLoader` over ids that are there already, `ModelResetter` and `Learner`, around the same models with the same seed; *here* is `human_numbers_learner`, which computes one metric more.

`python benchmarks/lesson.py` on {platform.machine()}, one thread, PyTorch {torch.__version__.split("+")[0]}:

{table}
'''
    print(text)
    if out: Path(out).write_text(text)
