"How long counting takes: word by word, and by reading ahead in the right text"
import time
from dataclasses import replace
from fastai_humannums.all import *
from fastcore.script import *
from report import report

def ahead(learn, text, n): return learn.count_on(text, n)
def word_by_word(learn, text, n): return learn.count_on(text, n, ahead=False)

def timed(f, *args):
    "Seconds of `f(*args)`, and what it returned"
    start = time.perf_counter()
    res = f(*args)
    return time.perf_counter()-start,res

def dls_of(arch, **kwargs):
    recipe = replace(arch.recipe, **kwargs)
    return task_dls(tasks['lesson'], recipe.seq_len, recipe.bs, **recipe.dls),recipe

class Tick(Callback):
    "Call `tick` after each epoch"
    def __init__(self, tick): self.tick = tick
    def after_epoch(self): self.tick()

def trained(arch, seed, tick, **kwargs):
    "Train as `bench` does; return the learner and the seconds of training"
    dls,recipe = dls_of(arch, **kwargs)
    learn,rows = run_recipe(arch, dls, seed, recipe, tick=tick)
    return learn,rows[0]['seconds']

def swap(dls): return DigitSwap(every=2)

def counter(seed, tick):
    "Train a network that counts: with digit swap, then on the unchanged text"
    learn,secs = trained(PointerGRU, seed, tick, n_epoch=60, augment=swap, declare='digit swap', seq_len=35)
    learn.remove_cb(DigitSwap)
    learn.dls = HumanNumbersDataLoaders.from_range(seq_len=20)
    set_seed(seed, reproducible=True)
    with learn.no_bar(), learn.no_logging():
        more,_ = timed(partial(learn.fit_one_cycle, 30, 5e-3, wd=0.1, cbs=[BeginAnywhere(), Tick(tick)]))
    return learn,secs+more

def first_counter(seeds, tick):
    "The first of several networks that counts from 8,001 to 9,999, and the seconds of its training"
    for seed in seeds:
        learn,secs = counter(seed, tick)
        if counts_until(learn, 8001, 9999)==1998: break
    return learn,secs

def count_row(name, learn, start, n, turns):
    "Time both ways of counting `n` numbers after `start`, in turns"
    text = learn.dls.counting.words(start)
    runs = [(timed(word_by_word, learn, text, n), timed(ahead, learn, text, n)) for _ in range(turns)]
    (slow,was),(fast,now) = (min(o, key=itemgetter(0)) for o in zip(*runs))
    assert was.numbers==now.numbers
    return {'network': name, 'from': start, 'asked for': n, 'right': now.until_slip, 'word by word, s': slow,
            'ahead, s': fast, 'times faster': slow/fast, 'ahead : word by word': fast/slow}

def measure(learn):
    "What `bench` measures after a training"
    with learn.no_bar(): learn.get_preds(with_decoded=True)
    for o in tasks['lesson'].starts: counts_until(learn, o, max(tasks['lesson'].numbers))

def bench_row(name, learn, training, turns):
    "The times to train and to measure one seed"
    measuring = min(timed(measure, learn)[0] for _ in range(turns))
    return {'network': name, 'training, s': training, 'measuring, s': measuring,
            'measuring : training': measuring/training}

@call_parse
def main(
    turns:int=3, # How often to measure each; the fastest counts
    out:str=None # Also write the tables to this file
):
    "Time both ways of counting on, and training and measuring a seed"
    steps = iter(progress_bar(range(130))) # epochs, if the first seed counts
    def tick(): next(steps, None)
    with one_thread():
        new = human_numbers_learner(dls_of(Model5)[0], Model5)
        model5,pointer = trained(Model5, 1, tick),trained(PointerGRU, 1, tick)
        best = first_counter(range(1, 6), tick)
        counts = [count_row('counts to 9,999', best[0], 8001, 1998, turns),
                  count_row('counts to 9,999', best[0], 1, 9998, 1),
                  count_row('Model5', model5[0], 8001, 1998, turns),
                  count_row('Model5, untrained', new, 8001, 1998, 10*turns)]
        named = {'Model5': model5, 'PointerGRU': pointer, 'counts to 9,999': best}
        benches = [bench_row(name, *o, turns) for name,o in named.items()]
    text = ("Seconds to count on, the fastest of several runs, with both ways in turns. *Word by word*, a network "
            "reads each word it predicts before it predicts the next. *Ahead*, it reads many right numbers at once "
            "and keeps those it predicts itself, which gives the same answer. The network that counts to 9,999 is "
            "`PointerGRU`, trained with digit swap and then with `BeginAnywhere`, with the first seed that gets to the "
            "end. The second table shows how long `bench` takes to train and to measure one seed.")
    report(__file__, text, out, count=counts, bench=benches)
