"Train eight models on nine tasks, with three seeds, one row per run: python benchmarks/suite.py [task ...]"
import hashlib,json,os,random,sys,time
import pandas as pd
from dataclasses import replace
from joblib import cpu_count
from pathlib import Path
from fastai_humannums.all import *
from fastai_humannums.copying import *
from fastai_humannums.linear import *
from fastai_humannums.tasks import *
from report import write_aside

entries = {
    'Model5': Model5,
    'LSTM': LSTMModel,
    'minGRU': MinGRUModel,
    'Transformer': TransformerModel,
    'RetNet': RetNetModel,
    'GatedDeltaNet': GatedDeltaNetModel,
    'PointerGRU': PointerGRU,
    'GatedDeltaNet, copying': CopyGatedDeltaNet,
}
suite = 'length down parity modular s5 recall lookup two_languages step'.split() # the lesson is in leaderboard.csv
seeds = 1,2,3
# Less text to train on, for some models and tasks; 100,000 words is the budget of all other runs
budgets = 1_000,10_000
with_budget = ['Model5', 'PointerGRU'],['modular', 'lookup']

file = Path(__file__).parent/'suite.csv'
key = ['model', 'task', 'budget', 'seed']

def recipe_of(name, task):
    "A counting task is trained with the model's recipe; all others for five epochs of 100,000 words"
    recipe = getattr(entries[name], 'recipe', Recipe())
    return recipe if isinstance(tasks[task], CountingTask) else replace(recipe, n_epoch=5)

def task_of(name, budget): return tasks[name] if pd.isna(budget) else replace(tasks[name], budget=int(budget))

def settings(name, task, budget):
    "A short code for all that a run depends on, except for its seed"
    o = task_of(task, budget)
    rows = isinstance(o, RowsTask)
    text = [o.make(random.Random(0), is_valid) for is_valid in (False, True)]+[o.budget, o.per_epoch] if rows else o
    return hashlib.sha1(repr((recipe_of(name, task), text)).encode()).hexdigest()[:8]

def all_runs(chosen):
    "Model, task, budget and seed of each run; counting tasks have no budget"
    for task in chosen:
        full = None if isinstance(tasks[task], CountingTask) else tasks[task].budget
        for name in entries:
            less = budgets if name in with_budget[0] and task in with_budget[1] else ()
            for budget in (full, *less):
                for seed in seeds: yield name,task,budget,seed

def run(name, task, budget, seed, tick):
    "Train and score once; returns a row for the file"
    start = time.perf_counter()
    res = bench(entries[name], task_of(task, budget), seeds=[seed], name=name, recipe=recipe_of(name, task), n_procs=1)
    one = res.runs.iloc[0]
    scores = {k: one[k] for k in res.score_names}
    main = next(iter(scores))
    tick()
    return dict(model=name, task=task, budget=budget, seed=seed, settings=settings(name, task, budget), main=main,
                score=scores[main], ceiling=res.ceiling if main=='token_accuracy' else 1., flag=one.flag,
                scores=json.dumps(scores, default=float), parameters=one.parameters, train_seconds=round(one.seconds, 2),
                seconds=round(time.perf_counter()-start, 2))

def read(): return pd.read_csv(file, keep_default_na=False, na_values=dict(budget='')) if file.exists() else pd.DataFrame(columns=key)

def put(row):
    "Add a row to the file, instead of an older one of the same run"
    old = read()
    same = pd.Series(True, index=old.index)
    for o in key: same &= old[o].isna() if row[o] is None else old[o]==row[o]
    table = pd.concat([old[~same], pd.DataFrame([row])]) if len(old) else pd.DataFrame([row])
    table['place'] = [(suite.index(t), [*entries].index(m)) for t,m in zip(table.task, table.model)]
    table = table.sort_values(['place', 'budget', 'seed'], ascending=[True, False, True]).drop(columns='place')
    write_aside(file, partial(table.to_csv, index=False))

def missing(runs):
    "The runs that the file lacks, or has with other settings"
    there = {(o.model, o.task, None if pd.isna(o.budget) else int(o.budget), o.seed, o.settings) for o in read().itertuples()}
    return [o for o in runs if (*o, settings(*o[:3])) not in there]

def about(runs, n_procs):
    "How many minutes the runs will take, from those of the same model in the file; 15 seconds for a new model"
    known = read()
    mean = known.groupby('model').seconds.mean() if len(known) else {}
    return sum(mean.get(o[0], 15) for o in runs)/n_procs/60

def summary(df):
    "For each task, how far apart the models are, and how far apart the seeds of one model"
    full = df[df.budget.isna() | (df.budget==100_000)]
    by_model = full.groupby(['task', 'model'], sort=False).score
    means = by_model.mean().groupby('task', sort=False)
    return pd.DataFrame({'best model': means.max(), 'worst model': means.min(), 'std of models': means.std(),
                         'std of seeds': by_model.std().groupby('task', sort=False).mean()}).round(3)

if __name__=='__main__':
    chosen = sys.argv[1:] or suite
    n_procs = int(os.environ.get('N_PROCS', 0)) or cpu_count()
    runs = list(all_runs(chosen))
    left = missing(runs)
    print(f'{len(left)} of {len(runs)} runs left, about {about(left, n_procs):.0f} minutes with {n_procs} processes', flush=True)
    jobs = {f"{name} on {task}{f', {budget:,} words' if budget else ''}, seed {seed}": (name, task, budget, seed)
            for name,task,budget,seed in left}
    run_in_processes(run, jobs, len(jobs), n_procs, on_result=lambda name,row: put(row))
    print(summary(read()).to_string())
