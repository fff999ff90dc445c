"Training in two real processes against training in one"
import json,sys
from pathlib import Path
import pytest
from conftest import sh

pytest.importorskip('accelerate')
script = Path(__file__).parent/'distrib_script.py'
env = dict(OMP_NUM_THREADS='1', CUDA_VISIBLE_DEVICES='')

def run(n, how, out, what='all', **kwargs):
    "Run the script in `n` processes and in the folder `out`; the second ends as `how` says"
    launch = ['-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', n] if n>1 else []
    return sh(sys.executable, *launch, script, what, how, cwd=out, env=env, timeout=120, **kwargs)

@pytest.fixture(scope='module')
def ended(tmp_path_factory):
    "One run in one process and one in two, with the results they wrote"
    out = tmp_path_factory.mktemp('runs')
    return out,run(1, 'raise', out),run(2, 'raise', out, check=False)

@pytest.fixture(scope='module')
def runs(ended): return [json.loads((ended[0]/f'{o}.json').read_text()) for o in ('1-0', '2-0', '2-1')]

def off(a, b):
    "The largest difference between two results"
    if isinstance(a, dict): return max(off(a[k], b[k]) for k in a)
    if isinstance(a, list): return max((off(x, y) for x,y in zip(a, b, strict=True)), default=0)
    return abs(a-b) if isinstance(a, float) else 0 if a==b else 1

def same(one, two, eps=1e-4):
    "Are losses, metrics and weights the same within `eps`?"
    for o in ('values', 'losses', 'weights'): assert off(one[o], two[o])<eps, (o, off(one[o], two[o]))

def same_rows(one, two, more):
    "Did the two processes together read the rows that the single process read?"
    for a,b,c in zip(one['read'], two['read'], more['read'], strict=True):
        for x,y,z in zip(a, b, c, strict=True): assert x==y+z

def test_losses_metrics_and_weights(runs):
    one,two,more = (o['uneven'] for o in runs)
    same(one, two)
    assert two['values']==more['values'] and two['weights']==more['weights']
    col = one['names'].index('token_accuracy')-1
    right = [[round(o[col]*r['n_targets'], 3) for o in r['values']] for r in (one, two)]
    assert right[0]==right[1] and all(o.is_integer() for o in right[0])

def test_every_row_once(runs):
    one,two,more = (o['uneven'] for o in runs)
    same_rows(one, two, more)
    widths = [len(o[0]) for o in two['read'][0]]
    assert len(two['read'])==2 and {len(o) for o in two['read'][0]}=={32}
    assert 0<widths[-1]<20 and set(widths[:-1])=={20}

def test_looking_and_copying_change_nothing(runs):
    for o in runs:
        for k in ('values', 'losses', 'weights'): assert o['looks'][k]==o['uneven'][k]
        before,exported = o['looks']['said']
        assert before==exported

def test_shuffled_documents(runs):
    for o in ('first', 'second'):
        one,two,more = (r['twice'][o] for r in runs)
        same_rows(one, two, more)
        same(one, two)
    assert two['read'][0]!=two['read'][1]

def test_shift(runs):
    one,two,more = (o['shift'] for o in runs)
    same_rows(one, two, more)
    same(one, two)
    assert two['read'][0]!=two['read'][1]

def test_batchnorm(runs):
    one,two,_ = (o['batchnorm'] for o in runs)
    same(one['synced'], two['synced'], 1e-3)
    assert off(one['apart']['losses'], two['apart']['losses'])>1e-3

def test_predictions(runs):
    one,two,more = (o['predictions'] for o in runs)
    assert off(one['valid'], two['valid'])<1e-4 and off(one['preds'], two['preds'])<1e-4
    assert two['preds']==more['preds']
    assert one['targs']==two['targs']==more['targs']
    assert one['stream']==[x+y for x,y in zip(two['stream'], more['stream'], strict=True)]

def test_lr_find(runs):
    one,two,more = (o['after_lr_find'] for o in runs)
    assert off(one['found'], two['found'])<1e-4 and two['found']==more['found']
    same(one, two)
    assert two['weights']==more['weights']

def test_error_leaves_the_learner_as_it_was(runs):
    for o in runs: assert o['after_error']==['TinyGRU', 'NumbersDL', False]

def test_texts_must_agree(runs):
    one,two,more = (o['other_text'] for o in runs)
    assert one=='no error'
    for o in (two, more):
        assert 'all processes must read the same text in the same way: process 0 has tokens=' in o
        assert 'process 1 has tokens=' in o

def test_error_in_one_ends_all(ended):
    _,one,two = ended
    assert not one.returncode and 'FutureWarning' not in one.stderr+two.stderr
    assert two.returncode and 'process 1 has had enough' in two.stderr

def test_death_of_one_ends_all(tmp_path):
    res = run(2, 'kill', tmp_path, what='little', check=False)
    assert res.returncode and 'SIGKILL' in res.stderr
