"How long the lesson takes in one process, and in one for each core"
import time
from fastai_humannums.all import *
from fastcore.script import *
from joblib import cpu_count
from report import report

def run(n_procs, seeds):
    "Seconds of `run_lesson`, and the losses it found"
    start = time.perf_counter()
    rows,_ = run_lesson(seeds=seeds, n_procs=n_procs, show=False)
    return time.perf_counter()-start,rows.sort_values(['model', 'seed', 'epoch']).valid_loss.tolist()

@call_parse
def main(
    seeds:int=3, # Runs of each model
    turns:int=1, # How often each way is measured; the fastest counts
    out:str=None # Also write the table to this file
):
    "Seconds of the whole lesson, in one process and in one for each core, in turns"
    runs = [(run(1, seeds), run(None, seeds)) for _ in range(turns)]
    (one,losses),(many,same) = map(min, zip(*runs))
    found = 'the same' if same==losses else 'others'
    rows = [{'processes': 1, 'seconds': one, 'ratio': 1., 'losses': 'those of one process'},
            {'processes': cpu_count(), 'seconds': many, 'ratio': many/one, 'losses': found}]
    text = f'Seconds for `run_lesson` with eight models (seeds: {seeds}), everything included, the two ways alternating.'
    report(__file__, text, out, how='one thread in each process', run=rows)
