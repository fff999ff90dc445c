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

@call_parse
def main(
    repeats:int=5, # Epochs of each; the fastest counts
    out:str=None # Also write the table to this file
):
    "Microseconds per batch of 64 rows, from the lesson's training text"
    torch.set_num_threads(1)
    ids = [HumanNumbersDataLoaders.from_range().train.dataset[0][0]]
    rows = [(o, *(us_per_batch(cls(ids, bs=64, seq_len=o), repeats) for cls in (LMDataLoader, NumbersDL))) for o in (3, 20, 70)]
    table = '\n'.join(['| seq_len | `LMDataLoader`, us | `NumbersDL`, us | ratio |', '| --- | --- | --- | --- |',
                       *(f'| {s} | {a:,.0f} | {b:.1f} | {a/b:.0f} |' for s,a,b in rows)])
    text = f'''# Stream

Microseconds per batch of 64 rows, from the lesson's training text, the fastest of {repeats} epochs each.

`python benchmarks/stream.py` on {platform.machine()}, one thread, PyTorch {torch.__version__.split("+")[0]}:

{table}
'''
    print(text)
    if out: Path(out).write_text(text)
