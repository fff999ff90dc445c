"How long the successor score takes: every number from one to 9,998, after one, two and three numbers"
import time
from fastai_humannums.all import *
from fastai_humannums.successor import *
from fastcore.script import *
from report import report

ks = 1,2,3

def seconds(f, *args):
    "Seconds of processor time of `f(*args)`, which other programs on the machine hardly change"
    start = time.process_time()
    f(*args)
    return time.process_time()-start

def all_numbers(learn, numbers):
    for k in ks: successor(learn, numbers, k, bar=False)

def one_by_one(learn, numbers):
    "The same, generated word by word"
    for k in ks:
        for n in numbers:
            prompt = learn.dls.counting.spell(range(max(1, n-k+1), n+1))
            learn.count_on(' , '.join(prompt), 1, ahead=False)

def row(arch, turns, n_some=50):
    "Both ways; word by word for some of the numbers only"
    dls = task_dls(tasks['lesson'], arch.recipe.seq_len, arch.recipe.bs)
    learn,_ = run_recipe(arch, dls, n_epoch=3) # an untrained model would often say too many words
    numbers = range(1, 9999)
    some = random.Random(1).sample(numbers, n_some)
    fast = min(seconds(all_numbers, learn, numbers) for _ in range(turns))
    slow = min(seconds(one_by_one, learn, some) for _ in range(turns))*len(numbers)/n_some
    return {'model': arch.__name__, 'numbers': len(numbers), 'one pass, s': fast, 'word by word, s': slow,
            'times faster': slow/fast}

@call_parse
def main(
    turns:int=3, # How often each is measured; the fastest counts
    out:str=None # Also write the table to this file
):
    "Seconds for the successor score of every number from one to 9,998"
    with one_thread(): rows = [row(arch, turns) for arch in (Model5, PointerGRU, TransformerModel)]
    text = ("Seconds of processor time for the successor score of every number from one to 9,998, after one, two and "
            "three numbers in a row. *One pass* reads each prompt with the right answer, in batches of 512 rows. *Word "
            "by word*, `count_on` generates each answer; this is measured on 50 of the numbers and scaled up. The "
            "models are trained for three epochs.")
    report(__file__, text, out, successor=rows)
