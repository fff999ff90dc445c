"Train the models of the leaderboard and write a row for each run; runs that are in the file are not repeated"
import json
import pandas as pd
from dataclasses import replace
from pathlib import Path
from fastai_humannums.all import *
from fastcore.script import *
from joblib import cpu_count

file = Path(__file__).with_suffix('.csv')

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
    'LRU': (LRUModel, {}),
    'RetNet': (RetNetModel, {}),
    'GLA': (GLAModel, {}),
    'mLSTM': (MLSTMModel, {}),
    'DeltaNet': (DeltaNetModel, {}),
    'Gated DeltaNet': (GatedDeltaNetModel, {}),
    'DeltaProduct': (DeltaProductModel, {}),
    'RWKV-7': (RWKV7Model, {}),
    'ALiBi': (ALiBiTransformer, {}),
    'Random positions': (RandomPositionTransformer, {}),
    'LRU, copying': (CopyLRU, {}),
    'RetNet, copying': (CopyRetNet, {}),
    'GLA, copying': (CopyGLA, {}),
    'mLSTM, copying': (CopyMLSTM, {}),
    'DeltaNet, copying': (CopyDeltaNet, {}),
    'Gated DeltaNet, copying': (CopyGatedDeltaNet, {}),
    'DeltaProduct, copying': (CopyDeltaProduct, {}),
    'RWKV-7, copying': (CopyRWKV7, {}),
    'ALiBi, copying': (CopyALiBi, {}),
    'Random positions, copying': (CopyRandomPosition, {}),
    'GroupRewriter': (GroupRewriter, {}),
    'Model5, digit swap': (Model5, dict(n_epoch=30, **swapped)),
    'PointerGRU, digit swap': (PointerGRU, dict(n_epoch=60, **swapped)),
}
headline = 'Model5', 'Transformer', 'PointerGRU', 'GroupRewriter' # thirty seeds, ten for the others

def some_inside(): return random.Random(1).sample(bands['inside'], 2000)

class Board(CountingTask):
    "The lesson, with the successor score inside the training range and after fewer numbers"
    def score(self, learn):
        def after(numbers, k): return successor(learn, numbers, k).float().mean().item()
        few = {f'thousands, k={k}': after(bands['thousands'], k) for k in (1, 2)}
        return dict(inside=after(some_inside(), 3)) | super().score(learn) | few

lesson = Board(**vars(tasks['lesson']))

def recipe_of(name):
    arch,changes = entries[name]
    return replace(arch.recipe, **changes)

def best(seq_len, shift):
    "The ceiling on streams with this `seq_len`"
    return lesson.ceiling(lesson.dls(seq_len, shift=shift))

def run(name, seed, tick):
    "Check, train and score one model with one seed: a row for the file"
    arch,recipe = entries[name][0],recipe_of(name)
    ceiling = best(recipe.seq_len, recipe.dls.get('shift', False))
    row = score_seed(arch, lesson, recipe, ceiling, seed, tick)
    short = {k: json.dumps([round(o, 4) for o in row[k]]) for k in ('places', 'curve')}
    declared = recipe.declare or getattr(arch, 'builds_in', '')
    return dict(model=name) | row | short | dict(declared=declared, ceiling=ceiling.mean().item())

def read(): return pd.read_csv(file, keep_default_na=False) if file.exists() else pd.DataFrame(columns=['model', 'seed'])

def put(rows):
    "Add rows to the file, replace those of the same run, and drop models that are no longer listed"
    from report import write_aside # only here: a notebook reads `entries` from this file
    table = pd.concat([o for o in (read(), pd.DataFrame(rows)) if len(o)]).drop_duplicates(['model', 'seed'], keep='last')
    table = table[table.model.isin(list(entries))].round(dict(seconds=2)).astype(dict(words_per_second=int))
    table['place'] = table.model.map([*entries].index)
    write_aside(file, partial(table.sort_values(['place', 'seed']).drop(columns='place').to_csv, index=False))

def missing(names, seeds):
    "The runs that the file lacks, seed by seed, so that an interrupted table has equal numbers of seeds"
    known = set(zip(read().model, read().seed))
    wanted = {o: ifnone(seeds, 30 if o in headline else 10) for o in names}
    return [(o, seed) for seed in range(1, max(wanted.values())+1) for o in names
            if seed<=wanted[o] and (o, seed) not in known]

def minutes(runs, n_procs):
    "About how long `runs` take: the time of earlier runs of the same model, or a second an epoch"
    earlier = read()
    known = earlier.groupby('model').seconds.min() if 'seconds' in earlier else {}
    return sum(known.get(o, recipe_of(o).n_epoch)+4 for o,_ in runs)/n_procs/60

@call_parse
def main(
    names:str=None, # Names of entries, separated by semicolons; all by default
    seeds:int=None, # Number of seeds; 30 for the headline models and 10 for the others by default
    n_procs:int=None # Number of parallel processes; one per core by default
):
    "Train the models of the leaderboard, and write a row for each run to `leaderboard.csv`"
    names = names.split(';') if names else [*entries]
    unknown = [o for o in names if o not in entries]
    if unknown: raise SystemExit(f"no such entry: {', '.join(unknown)}; choose from {'; '.join(entries)}")
    runs = missing(names, seeds)
    n_procs = n_procs or cpu_count()
    print(f'{len(runs)} runs to train, about {minutes(runs, n_procs):.0f} minutes in {n_procs} processes', flush=True)
    n_steps = sum(recipe_of(o).n_epoch for o,_ in runs)
    run_in_processes(run, {f'{o}, seed {seed}': (o, seed) for o,seed in runs}, n_steps, n_procs,
                     on_result=lambda _,row: put([row]))
