"How long a batch takes with `NumbersDL` and with fastai's `LMDataLoader`, on the same ids in the same run"
import time
from fastai_humannums.all import *
from fastcore.script import *
from report import report

def us_per_batch(dl, n):
    "Microseconds per batch of `dl`, in the fastest of `n` epochs"
    def epoch():
        start = time.perf_counter()
        for _ in dl: pass
        return (time.perf_counter()-start)*1e6/len(dl)
    return min(epoch() for _ in range(n))

def row(ids, seq_len, n):
    stock,own = (us_per_batch(o(ids, bs=64, seq_len=seq_len), n) for o in (LMDataLoader, NumbersDL))
    return {'seq_len': seq_len, '`LMDataLoader`, us': stock, '`NumbersDL`, us': own, 'ratio': stock/own}

@call_parse
def main(
    repeats:int=5, # Epochs to time for each; the fastest counts
    out:str=None # Also write the table to this file
):
    "Time a batch of 64 rows from the lesson's training text"
    torch.set_num_threads(1)
    ids = [HumanNumbersDataLoaders.from_range().train.dataset[0][0]]
    rows = [row(ids, o, repeats) for o in (3, 20, 70)]
    text = f"Microseconds per batch of 64 rows from the lesson's training text, in the fastest of {repeats} epochs."
    report(__file__, text, out, stream=rows)
