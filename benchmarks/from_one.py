"""From one to 9,999 after reading one to 7,999, without augmentation

Trains thirty counters, writes a row for each and saves one. Settings were chosen with `python benchmarks/from_one.py --last 5999`:

    python benchmarks/from_one.py
    humannums-verify benchmarks/from_one.py:Counter --weights benchmarks/from_one.safetensors
"""
import random,time,torch
import pandas as pd
from fastcore.script import *
from pathlib import Path
from smallest import PlaceCounter,Text,drawn,n_params,n_right,train,vocabulary

size = 8,4,32 # units of the embedding, the carry and the hidden layer

class Counter(PlaceCounter):
    "`PlaceCounter` in this size"
    def __init__(self, vocab_sz=40): super().__init__(vocab_sz, *size)

def disturb(done, p, left):
    "Hide some left neighbors, and add noise to the words, less and less of it"
    left = left * (torch.rand(*left.shape[:-1], 1)>=0.2)
    noise = 0.3*(1-done)*torch.randn_like(p['words'])
    return p | dict(words=p['words']+noise), left

def asked(last):
    "Numbers to count on from, by name"
    def some(a, b): return sorted(random.Random(1).sample(range(a, b), 2000))
    return {'training text': range(1, last), 'one to 9,999': range(1, 9999), 'five digits': some(10_000, 99_999),
            'six digits': some(100_000, 999_999)}

@call_parse
def main(
    last:int=7999, # Last number of the training text
    n:int=30, # How many counters to train, all at once
    n_steps:int=3000, # Steps, each with 64 numbers for each counter
    seed:int=1 # Seed
):
    "Train counters on one to `last`, and count their wrong successors"
    from safetensors.torch import save_file
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    gen = torch.Generator().manual_seed(seed)
    start = time.process_time()
    p = train(drawn(n, size, gen), Text(vocabulary(), range(1, last)), gen, n_steps, 0.02, wd=0.2, disturb=disturb)
    seconds = (time.process_time()-start)/n
    texts = {k: Text(vocabulary(), o, width=12) for k,o in asked(last).items()}
    wrong = {k: [len(text)-o for o in n_right(p, text)] for k,text in texts.items()}
    runs = pd.DataFrame(dict(counter=range(1, n+1)) | wrong | dict(parameters=n_params(*size), cpu_seconds=round(seconds, 2)))
    print(runs.to_string(index=False))
    counts = runs['one to 9,999']==0
    print(f'{counts.sum()} of {n} count from one to 9,999')
    if last!=7999: return
    runs.to_csv(Path(__file__).with_suffix('.csv'), index=False)
    if counts.any(): save_file({k: o[counts.idxmax()].contiguous() for k,o in p.items()}, Path(__file__).with_suffix('.safetensors'))
