"Train the models of the leaderboard, three seeds each, a row a run: python benchmarks/leaderboard.py [name ...]"
import json,os,sys
import pandas as pd
from pathlib import Path
from fastai_humannums.all import *

def swap(dls): return DigitSwap(every=2)
swapped = dict(augment=swap, declare='digit swap', seq_len=35, dls=dict(shift=True))

# The class, what differs from its recipe, and what it teaches.
# Model2 to Model7 are trained as in the lesson; all other settings were chosen with task='tuning'.
entries = {
    'Model2': (Model2, {}, 'twenty words of memory, and no state carried from batch to batch'),
    'Model3': (Model3, {}, 'carrying a state from batch to batch is worth seventeen points'),
    'Model4': (Model4, {}, 'the same recurrence inside PyTorch, with tanh, trains better'),
    'Model5': (Model5, {}, 'gates and a second layer: the best of the lesson'),
    'Model6': (Model6, {}, 'one layer of gates'),
    'Model7': (Model7, {}, 'the same, written by hand'),
    'LSTM': (LSTMModel, {}, 'a memory cell besides the state: no better than a GRU here'),
    'TiedLSTM': (TiedLSTM, {}, "the book's regularization: a few hundredths more, and the same wall"),
    'AWD-LSTM': (AWDLSTM, {}, 'all of its dropouts are too much for a model this small'),
    'minGRU': (MinGRUModel, {}, "gates that don't see the state need no loop: between one layer of GRU and two"),
    'Transformer': (TransformerModel, {}, 'attention instead of recurrence: as good, less even, and the same wall'),
    'PointerGRU': (PointerGRU, {}, 'a model that can repeat what it read doesn\'t need "eight thousand" in training'),
    'Model5, digit swap': (Model5, dict(n_epoch=30, **swapped), 'digit swap makes the pointer unnecessary'),
    'PointerGRU, digit swap': (PointerGRU, dict(n_epoch=60, **swapped), 'both: 0.0014 below the ceiling'),
}

def rows(name):
    "The runs of one entry, as rows for the file"
    arch,changes,teaches = entries[name]
    res = bench(arch, name=name, n_procs=int(os.environ.get('N_PROCS', 0)) or None, **changes)
    print(res.markdown.splitlines()[-1], flush=True)
    runs = res.runs.assign(declared=res.recipe.declare or '', ceiling=res.ceiling, teaches=teaches)
    runs.insert(0, 'model', name)
    return runs.assign(places=runs.places.map(json.dumps), curve=runs.curve.map(json.dumps))

def put(new, file):
    "Replace the rows of one model in `file`, and drop those of models that are no longer listed"
    names = list(entries)
    old = pd.read_csv(file, keep_default_na=False) if file.exists() else new[:0]
    kept = old[old.model.isin(names) & ~old.model.isin(new.model)]
    table = pd.concat([kept, new])
    table['place'] = table.model.map(names.index)
    table.sort_values(['place', 'seed']).drop(columns='place').to_csv(f'{file}.part', index=False)
    os.replace(f'{file}.part', file)

if __name__=='__main__':
    for name in sys.argv[1:] or entries: put(rows(name), Path(__file__).parent/'leaderboard.csv')
