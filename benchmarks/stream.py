"How long a batch takes: `NumbersDL` and fastai's `LMDataLoader`, on the same ids, in the same run"
import platform,time
from fastai_humannums.all import *
from fastcore.script import *

def us_per_batch(dl, n):
    "Microseconds per batch of `dl`, in the fastest of `n` epochs"
    def epoch():
        start = time.perf_counter()
        for _ in dl: pass
        return (time.perf_counter()-start)*1e6/len(dl)
    return min(epoch() for _ in range(n))

def row(ids, seq_len, n):
    stock,own = (us_per_batch(o(ids, bs=64, seq_len=seq_len), n) for o in (LMDataLoader, NumbersDL))
    return f'| {seq_len} | {stock:,.0f} | {own:.1f} | {stock/own:.0f} |'

@call_parse
def main(
    repeats:int=5, # Epochs of each; the fastest counts
    out:str=None # Also write the table to this file
):
    "Microseconds per batch of 64 rows, from the lesson's training text"
    torch.set_num_threads(1)
    ids = [HumanNumbersDataLoaders.from_range().train.dataset[0][0]]
    rows = '\n'.join(row(ids, o, repeats) for o in (3, 20, 70))
    text = f'''# Stream

Microseconds per batch of 64 rows, from the lesson's training text, the fastest of {repeats} epochs each.

`python benchmarks/stream.py` on {platform.machine()}, one thread, PyTorch {torch.__version__.split("+")[0]}:

| seq_len | `LMDataLoader`, us | `NumbersDL`, us | ratio |
| --- | --- | --- | --- |
{rows}
'''
    print(text)
    if out: Path(out).write_text(text)
