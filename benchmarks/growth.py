"How the time of a batch grows with the text, the batch size and the sequence length"
import tempfile,time
from fastai_humannums.all import *
from fastcore.script import *
from report import report,write_aside

def us_per_batch(dl, secs=0.5):
    "Microseconds per batch of `dl`, over as many batches as fit into `secs`, or an epoch"
    batches = iter(dl)
    next(batches) # the rows are laid out before the first batch
    n,start = 0,time.perf_counter()
    for _ in batches:
        n += 1
        if time.perf_counter()-start>secs: break
    return (time.perf_counter()-start)*1e6/n

def measured(texts, cases):
    "A row for each case: a text by its power of ten, a batch size, a sequence length"
    for power,bs,seq_len in progress_bar(cases):
        ids = texts[power]
        stock,own = (us_per_batch(cls([ids], bs=bs, seq_len=seq_len)) for cls in (LMDataLoader, NumbersDL))
        yield {'numbers': f'1..10^{power}', 'tokens': len(ids), 'bs': bs, 'seq_len': seq_len,
               'LMDataLoader, us': stock, 'NumbersDL, us': own, 'ratio': stock/own}

def plot_growth(df, file):
    "Times by length of the text, batch size and sequence length, in three pictures"
    middle,usual_bs,usual_len = df.numbers=='1..10^6',df.bs==64,df.seq_len==20
    parts = {'tokens': usual_bs & usual_len, 'bs': middle & usual_len, 'seq_len': middle & usual_bs}
    _,axs = plt.subplots(1, 3, figsize=(11, 3.2), layout='constrained', sharey=True)
    for ax,(by,part) in zip(axs, parts.items()):
        for name in ('LMDataLoader', 'NumbersDL'):
            df[part].sort_values(by).plot(by, f'{name}, us', ax=ax, loglog=True, marker='o', label=name)
        ax.set_xlabel('tokens in the text' if by=='tokens' else by)
    axs[0].set_ylabel('microseconds per batch')
    write_aside(file, partial(plt.savefig, format='png', dpi=110, metadata={'Software': None}))

@call_parse
def main(
    most:int=7, # The largest text counts to just below 10 to the power of this
    out:str=None # Also write the table to this file, and the plot beside it
):
    "Microseconds per batch, for texts that count to 10^4, 10^5, ..., and for more rows and longer ones"
    torch.set_num_threads(1)
    vocab = number_vocab(', '.join(spell_numbers([*range(1, 1000), 1000, 10**6])))
    powers = range(4, most+1)
    cases = [(o, 64, 20) for o in powers]
    cases += [(6, o, 20) for o in (1, 16, 256, 1024)]
    cases += [(6, 64, o) for o in (3, 70, 300)]
    with tempfile.TemporaryDirectory() as tmp:
        texts = {n: open_ids(write_ids(Path(tmp)/str(n), range(1, 10**n), vocab, bar=False))[0] for n in powers}
        df = pd.DataFrame(measured(texts, cases))
    if out: plot_growth(df, Path(out).with_suffix('.png'))
    text = ('Microseconds per batch, from memory-mapped texts that count from 1 to just below a power of ten. The first '
            'rows vary the length of the text, the next the batch size, the last the sequence length.\n\n'
            '![The time of a batch](growth.png)')
    report(__file__, text, out, growth=df.to_dict('records'))
