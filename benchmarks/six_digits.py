"Train GroupRewriter with ten seeds and check it to 999,999: python benchmarks/six_digits.py [seed ...]"
import sys,time
import pandas as pd
from functools import partial
from pathlib import Path
from fastai_humannums.bench import run_recipe,task_dls,tasks
from fastai_humannums.groups import GroupRewriter
from fastai_humannums.proof import prove_count
from report import write_aside

bands = {'to 9,999': (2, 9999), '10,000 to 99,999': (10_000, 99_999), 'six digits': (100_000, 999_999)}
file = Path(__file__).with_suffix('.csv')

def row(seed, task='lesson'):
    "Train with one seed; the scores as a row for the file"
    recipe = GroupRewriter.recipe
    dls = task_dls(tasks[task], recipe.seq_len, recipe.bs, **recipe.dls)
    learn,epochs = run_recipe(GroupRewriter, dls, seed)
    start = time.process_time()
    proofs = {name: prove_count(learn, last, first) for name,(first,last) in bands.items()}
    slips = [n for o in proofs.values() for n in o.slips]
    scores = {name: 1-len(o.slips)/(o.last-o.first+1) for name,o in proofs.items()}
    return dict(seed=seed, **scores, n_slips=len(slips), first_slips=' '.join(map(str, slips[:10])),
                margin=min(o.margin for o in proofs.values()), leak=max(o.leak for o in proofs.values()),
                token_accuracy=epochs[-1]['token_accuracy'],
                parameters=sum(o.numel() for o in learn.model.parameters()),
                proof_cpu_seconds=round(time.process_time()-start, 1))

if __name__=='__main__':
    table = pd.read_csv(file) if file.exists() else pd.DataFrame(columns=['seed'])
    for seed in map(int, sys.argv[1:] or range(1, 11)):
        if seed in set(table.seed): continue # interrupted runs go on where they stopped
        table = pd.concat([o for o in (table, pd.DataFrame([row(seed)])) if len(o)]).sort_values('seed')
        write_aside(file, partial(table.to_csv, index=False))
        print(table[table.seed==seed].iloc[0].to_dict(), flush=True)
