"Train the models of the leaderboard, three seeds each, one row per run: python benchmarks/leaderboard.py [name ...]"
import json,os,sys
import pandas as pd
from pathlib import Path
from fastai_humannums.all import *

def swap(dls): return DigitSwap(every=2)
swapped = dict(augment=swap, declare='digit swap', seq_len=35, dls=dict(shift=True))

# The class, and what differs from its recipe.
# Model2 to Model7 are trained as in the lesson; all other settings were chosen with task='tuning'.
entries = {
    'Model2': (Model2, {}),
    'Model3': (Model3, {}),
    'Model4': (Model4, {}),
    'Model5': (Model5, {}),
    'Model6': (Model6, {}),
    'Model7': (Model7, {}),
    'LSTM': (LSTMModel, {}),
    'TiedLSTM': (TiedLSTM, {}),
    'AWD-LSTM': (AWDLSTM, {}),
    'minGRU': (MinGRUModel, {}),
    'Transformer': (TransformerModel, {}),
    'PointerGRU': (PointerGRU, {}),
    'Model5, digit swap': (Model5, dict(n_epoch=30, **swapped)),
    'PointerGRU, digit swap': (PointerGRU, dict(n_epoch=60, **swapped)),
}

def rows(name):
    "The runs of one entry, as rows for the file"
    arch,changes = entries[name]
    res = bench(arch, name=name, n_procs=int(os.environ.get('N_PROCS', 0)) or None, **changes)
    print(res.markdown.splitlines()[-1], flush=True)
    runs = res.runs.assign(declared=res.recipe.declare or '', ceiling=res.ceiling)
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
