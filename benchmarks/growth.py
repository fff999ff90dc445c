"How the time of a batch grows with the text, the rows and the length"
import platform,tempfile,time
from fastai_humannums.all import *
from fastcore.script import *

def us_per_batch(dl, secs=0.5):
    "Microseconds per batch of `dl`, over as many batches as fit into `secs`, or an epoch"
    it,n = iter(dl),0
    next(it) # the rows are laid out before the first batch
    start = time.perf_counter()
    for _ in it:
        n += 1
        if time.perf_counter()-start>secs: break
    return (time.perf_counter()-start)*1e6/n

@call_parse
def main(
    most:int=7, # The largest text counts to just below 10 to the power of this
    out:str=None # Also write the table to this file, and the plot beside it
):
    "Microseconds per batch, for texts that count to 10^4, 10^5, ..., and for more rows and longer ones"
    torch.set_num_threads(1)
    vocab = number_vocab(', '.join(spell_numbers([*range(1, 1000), 1000, 10**6])))
    rows = []
    with tempfile.TemporaryDirectory() as tmp:
        texts = {n: open_ids(write_ids(Path(tmp)/str(n), range(1, 10**n), vocab, bar=False))[0] for n in range(4, most+1)}
        cases = [(n, 64, 20) for n in texts] + [(6, o, 20) for o in (1, 16, 256, 1024)] + [(6, 64, o) for o in (3, 70, 300)]
        for n,bs,seq_len in progress_bar(cases):
            us = [us_per_batch(cls([texts[n]], bs=bs, seq_len=seq_len)) for cls in (LMDataLoader, NumbersDL)]
            rows.append((f'1..10^{n}', len(texts[n]), bs, seq_len, *us, us[0]/us[1]))
    df = pd.DataFrame(rows, columns=['numbers', 'tokens', 'bs', 'seq_len', 'LMDataLoader, us', 'NumbersDL, us', 'ratio'])
    lines = [f'| {a} | {b:,} | {c} | {d} | {e:,.0f} | {f:.1f} | {g:.0f} |' for a,b,c,d,e,f,g in rows]
    table = '\n'.join(['| '+' | '.join(df.columns)+' |', '| --- '*7+'|', *lines])
    text = f'''# Growth

Microseconds per batch, out of texts that count from 1 to just below a power of ten, mapped from a file. The first four lines vary the text, the next four the rows, the last three the length.

`python benchmarks/growth.py` on {platform.machine()}, one thread, PyTorch {torch.__version__.split("+")[0]}:

{table}

![The time of a batch](growth.png)
'''
    print(text)
    if not out: return
    _,axs = plt.subplots(1, 3, figsize=(11, 3.2), layout='constrained', sharey=True)
    for ax,by,sub in zip(axs, ('tokens', 'bs', 'seq_len'), (df[(df.bs==64)&(df.seq_len==20)], df[(df.numbers=='1..10^6')&(df.seq_len==20)], df[(df.numbers=='1..10^6')&(df.bs==64)])):
        for name in ('LMDataLoader', 'NumbersDL'): sub.sort_values(by).plot(by, f'{name}, us', ax=ax, loglog=True, marker='o', label=name)
        ax.set_xlabel(dict(tokens='tokens in the text', bs='bs', seq_len='seq_len')[by])
    axs[0].set_ylabel('microseconds per batch')
    plt.savefig(Path(out).with_suffix('.png'), dpi=110, metadata={'Software': None})
    Path(out).write_text(text)
