"How long the lesson takes in one process and in one process per core"
import time
from fastai_humannums.all import *
from fastcore.script import *
from joblib import cpu_count
from report import report

def run(n_procs, seeds):
    "Time `run_lesson`; return the seconds and the losses"
    start = time.perf_counter()
    rows,_ = run_lesson(seeds=seeds, n_procs=n_procs, show=False)
    return time.perf_counter()-start,rows.sort_values(['model', 'seed', 'epoch']).valid_loss.tolist()

@call_parse
def main(
    seeds:int=3, # Runs of each model
    turns:int=1, # How often to measure each way; the fastest counts
    out:str=None # Also write the table to this file
):
    "Time the whole lesson in one process and in one process per core, in turns"
    runs = [(run(1, seeds), run(None, seeds)) for _ in range(turns)]
    (one,losses),(many,same) = map(min, zip(*runs))
    found = 'the same' if same==losses else 'different'
    rows = [{'processes': 1, 'seconds': one, 'ratio': 1., 'losses': 'reference'},
            {'processes': cpu_count(), 'seconds': many, 'ratio': many/one, 'losses': found}]
    text = f'Seconds to run all of `run_lesson` with eight models (seeds: {seeds}), both ways in turns.'
    report(__file__, text, out, how='one thread in each process', run=rows)
