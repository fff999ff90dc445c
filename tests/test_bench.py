"The benchmark's processes: what is interrupted, killed, or known in the main process only"
import os,signal,subprocess,sys,time
import numpy as np
import pytest
from conftest import hears,sh
from fastai.callback.rnn import RNNRegularizer
from fastai_humannums.bench import *
from fastai_humannums.data import HumanNumbersDataLoaders
from fastai_humannums.models import Model5,Recipe

mine = """
from fastai_humannums.all import *

class Mine(Module):
    def __init__(self, vocab_sz, n_hidden):
        Path(f'{os.getpid()}.made').touch()
        self.layers = nn.Sequential(nn.Embedding(vocab_sz, n_hidden), nn.Linear(n_hidden, vocab_sz))
    def forward(self, x): return self.layers(x)

add_language('octal', lambda n: ' '.join(f'{n:o}'))
task = Task(range(1, 200), range(200, 400), range(1, 400), lang='octal')
"""

def alive(pid):
    try: os.kill(pid, 0)
    except ProcessLookupError: return False
    return True

def test_classes_and_languages_of_a_script(tmp_path):
    "What only the script knows is known in its processes, and no `__main__` guard is needed"
    (tmp_path/'run.py').write_text(mine + 'print(bench(Mine, task, seeds=2, n_procs=2, n_epoch=1).markdown)')
    assert '| Mine | 0.' in sh(sys.executable, 'run.py', cwd=tmp_path).stdout
    assert len(list(tmp_path.glob('*.made')))==3

def test_ctrl_c_ends_all_processes(tmp_path):
    "As in a terminal, the whole group gets the signal"
    (tmp_path/'run.py').write_text(mine + 'bench(Mine, task, seeds=2, n_procs=2, n_epoch=100_000)')
    run = subprocess.Popen([sys.executable, 'run.py'], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, start_new_session=True, preexec_fn=hears)
    while len(list(tmp_path.glob('*.made')))<3 and run.poll() is None: time.sleep(0.1)
    time.sleep(1)
    os.killpg(run.pid, signal.SIGINT)
    err = run.communicate(timeout=60)[1]
    made = [int(o.stem) for o in tmp_path.glob('*.made')]
    assert len(made)==3 and not any(map(alive, made))
    said = [o for o in err.splitlines() if 'resource_tracker' not in o and o.strip()] # joblib's, on a busy machine
    assert run.returncode and said[-1]=='KeyboardInterrupt' and err.count('Traceback')==1

def killed(tick): os.kill(os.getpid(), signal.SIGKILL)

def test_a_killed_process_is_reported():
    with pytest.raises(RuntimeError, match='the second failed: TerminatedWorkerError'):
        run_in_processes(killed, {'the second': ()}, n_steps=1)

def waits(n, tick):
    time.sleep(n/10)
    tick()
    return n

def test_results_have_the_order_of_the_jobs():
    jobs = {str(n): (n,) for n in (3, 1, 2)}
    assert run_in_processes(waits, jobs, n_steps=3, n_procs=3)==[3, 1, 2]

steps = """
from fastai_humannums.bench import *

def f(n, tick):
    for i in range(n): tick(i, n)
    return n

print(run_in_processes(f, dict(one=(3000,), two=(2000,)), 5000, 2))
"""

def test_a_log_file_gets_few_lines(tmp_path):
    "Progress of thousands of steps; what a job passes to `tick` is no matter"
    (tmp_path/'run.py').write_text(steps)
    res = sh(sys.executable, 'run.py', cwd=tmp_path)
    lines = (res.stdout+res.stderr).splitlines()
    assert lines[-1]=='[3000, 2000]' and len(lines)<=11 and '\r' not in res.stdout

def test_numpy_numbers():
    "Numbers of seeds and processes come from arrays, too"
    jobs = {str(n): (n,) for n in (2, 1)}
    assert run_in_processes(waits, jobs, n_steps=2, n_procs=np.int64(2))==[2, 1]
    assert run_in_processes(waits, {}, n_steps=0)==[]
    task = Task(range(1, 100), range(100, 150), range(1, 150))
    one,two = (bench(Model5, task, seeds=o, n_procs=1, n_epoch=1).runs for o in (np.int64(2), np.array([1, 2])))
    assert one.token_accuracy.tolist()==two.token_accuracy.tolist()

def test_callbacks_of_a_recipe_are_copied():
    "Two trainings by one recipe have callbacks of their own"
    dls = HumanNumbersDataLoaders.from_range(range(1, 100), range(100, 150), bs=4, seq_len=10)
    recipe = Recipe(n_epoch=1, cbs=RNNRegularizer())
    first,second = (train(Model5, dls, recipe, bar=False) for _ in range(2))
    assert first.rnn_regularizer is not second.rnn_regularizer
    assert recipe.cbs.learn is None
