"Train the models of the leaderboard with three seeds each: python benchmarks/leaderboard.py [name ...]"
import json,os,sys
import pandas as pd
from pathlib import Path
from fastai_humannums.all import *

def swap(dls): return DigitSwap(every=2)
swapped = dict(augment=swap, declare='digit swap', seq_len=35, dls=dict(shift=True))

# The class, the changes to its recipe, and what the model teaches.
# Model2 to Model7 train as in the lesson; all other settings were chosen with task='tuning'.
entries = {
    'Model2': (Model2, {}, 'it carries no state from batch to batch, so its memory ends after twenty words'),
    'Model3': (Model3, {}, 'a state carried from batch to batch adds 17 percentage points'),
    'Model4': (Model4, {}, "PyTorch's `nn.RNN`, with tanh, trains better"),
    'Model5': (Model5, {}, 'gates and a second layer give the best model of the lesson'),
    'Model6': (Model6, {}, 'with one layer instead of two, six points less'),
    'Model7': (Model7, {}, 'the same model, with the loop written by hand'),
    'LSTM': (LSTMModel, {}, "an LSTM's memory cell doesn't help here: no better than a GRU"),
    'TiedLSTM': (TiedLSTM, {}, "the book's regularization adds a few hundredths, then hits the same limit"),
    'AWD-LSTM': (AWDLSTM, {}, 'so much dropout is too much for a model this small'),
    'minGRU': (MinGRUModel, {}, "gates that don't see the state need no loop: between one and two layers of GRU"),
    'Transformer': (TransformerModel, {}, 'attention does as well as recurrence, varies more, and hits the same limit'),
    'PointerGRU': (PointerGRU, {}, 'a model that can repeat what it read doesn\'t need "eight thousand" in training'),
    'Model5, digit swap': (Model5, dict(n_epoch=30, **swapped), 'digit swap makes the pointer unnecessary'),
    'PointerGRU, digit swap': (PointerGRU, dict(n_epoch=60, **swapped), 'both: 0.0014 below the ceiling'),
}

def rows(name):
    "Train one entry; return its runs as rows for the file"
    arch,changes,teaches = entries[name]
    res = bench(arch, name=name, n_procs=int(os.environ.get('N_PROCS', 0)) or None, **changes)
    print(res.markdown.splitlines()[-1], flush=True)
    runs = res.runs.assign(declared=res.recipe.declare or '', ceiling=res.ceiling, teaches=teaches)
    runs.insert(0, 'model', name)
    return runs.assign(places=runs.places.map(json.dumps), curve=runs.curve.map(json.dumps))

def put(new, file):
    "Replace the rows of one model in `file`, and remove models that are no longer listed"
    names = list(entries)
    old = pd.read_csv(file, keep_default_na=False) if file.exists() else new[:0]
    kept = old[old.model.isin(names) & ~old.model.isin(new.model)]
    table = pd.concat([kept, new])
    table['place'] = table.model.map(names.index)
    table.sort_values(['place', 'seed']).drop(columns='place').to_csv(f'{file}.part', index=False)
    os.replace(f'{file}.part', file)

if __name__=='__main__':
    for name in sys.argv[1:] or entries: put(rows(name), Path(__file__).parent/'leaderboard.csv')
