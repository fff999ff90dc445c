"The benchmark's processes: what is interrupted, killed, or known in the main process only"
import os,signal,subprocess,sys,time
from functools import partial
import numpy as np
import pandas as pd
import pytest
from conftest import hears,sh
from fastai.callback.rnn import RNNRegularizer
from fastai.torch_core import set_seed
from fastai_humannums.bench import *
from fastai_humannums.data import HumanNumbersDataLoaders
from fastai_humannums.dataset import human_numbers
from fastai_humannums.models import Model1,Model5,Recipe
from fastai_humannums.saving import load_numbers_learner
from fastai_humannums.tasks import CountingTask

mine = """
from fastai_humannums.all import *

class Mine(Module):
    def __init__(self, vocab_sz, n_hidden):
        Path(f'{os.getpid()}.made').touch()
        self.layers = nn.Sequential(nn.Embedding(vocab_sz, n_hidden), nn.Linear(n_hidden, vocab_sz))
    def forward(self, x): return self.layers(x)

add_language('octal', lambda n: ' '.join(f'{n:o}'))
task = CountingTask(range(1, 200), range(200, 400), range(1, 400), lang='octal')
"""

def alive(pid):
    try: os.kill(pid, 0)
    except ProcessLookupError: return False
    return True

def test_classes_and_languages_of_a_script(tmp_path):
    "What only the script knows is known in its processes, and no `__main__` guard is needed"
    (tmp_path/'run.py').write_text(mine + 'print(bench(Mine, task, seeds=2, n_procs=2, n_epoch=1).markdown)')
    assert '| Mine | 0.' in sh(sys.executable, 'run.py', cwd=tmp_path).stdout
    assert len(list(tmp_path.glob('*.made'))) in (2, 3) # two, if one process was ready before the other

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
    with pytest.raises(RuntimeError, match='failed: TerminatedWorkerError'):
        run_in_processes(killed, {'the first': (), 'the second': ()}, n_steps=2, n_procs=2)

def waits(n, tick):
    time.sleep(n/10)
    tick()
    return n

def test_results_have_the_order_of_the_jobs():
    jobs = {str(n): (n,) for n in (3, 1, 2)}
    assert run_in_processes(waits, jobs, n_steps=3, n_procs=3)==[3, 1, 2]

def sees(file, tick):
    "Wait for a file, and say whether it came"
    for _ in range(600):
        if file is None or file.exists(): return True
        time.sleep(0.1)
    return False

def test_a_result_is_passed_on_at_once(tmp_path):
    "In the order of the jobs, while later jobs are still running"
    names = []
    def on_result(name, res):
        names.append(name)
        (tmp_path/name).touch()
    jobs = dict(first=(None,), second=(tmp_path/'first',), third=(None,), fourth=(tmp_path/'second',))
    assert run_in_processes(sees, jobs, n_steps=4, n_procs=2, on_result=on_result)==[True]*4
    assert names==[*jobs]

def pid(tick): return os.getpid()

@pytest.mark.parametrize('jobs,n_procs', [('ab', 1), ('a', 2), ('a', None)])
def test_one_at_a_time_needs_no_process(jobs, n_procs):
    assert {*run_in_processes(pid, dict.fromkeys(jobs, ()), n_steps=0, n_procs=n_procs)}=={os.getpid()}

def test_several_at_a_time_are_elsewhere():
    assert os.getpid() not in run_in_processes(pid, dict.fromkeys('ab', ()), n_steps=0, n_procs=2)

def test_an_error_where_the_results_go_ends_all_processes(tmp_path):
    (tmp_path/'run.py').write_text(refused)
    assert sh(sys.executable, 'run.py', cwd=tmp_path, timeout=120).stdout.split()==['refused', '0']

refused = """
import psutil,time
from fastai_humannums.bench import *

def f(n, tick): time.sleep(n)
def refuse(name, res): raise ValueError('refused')

try: run_in_processes(f, dict(one=(0,), two=(1000,)), 2, 2, on_result=refuse)
except ValueError as e: print(e)
others = [o for o in psutil.Process().children() if 'resource_tracker' not in ' '.join(o.cmdline())]
print(len(others))
"""

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
    task = CountingTask(range(1, 100), range(100, 150), range(1, 150))
    one,two = (bench(Model5, task, seeds=o, n_procs=1, n_epoch=1).runs for o in (np.int64(2), np.array([1, 2])))
    assert one.token_accuracy.tolist()==two.token_accuracy.tolist()

def test_callbacks_of_a_recipe_are_copied():
    "Two trainings by one recipe have callbacks of their own"
    dls = HumanNumbersDataLoaders.from_range(range(1, 100), range(100, 150), bs=4, seq_len=10)
    recipe = Recipe(n_epoch=1, cbs=RNNRegularizer())
    first,second = (train(Model5, dls, recipe, bar=False) for _ in range(2))
    assert first.rnn_regularizer is not second.rnn_regularizer
    assert recipe.cbs.learn is None

# The lesson

def trained_here(arch, seed, n_epoch):
    "What `run_lesson` should return for one run: it reads the same text"
    dls = HumanNumbersDataLoaders.from_folder(human_numbers(), bs=64, seq_len=arch.recipe.seq_len)
    return run_recipe(arch, dls, seed, n_epoch=n_epoch)

def goes_on(learn):
    "Losses and weights after one epoch more"
    set_seed(3, reproducible=True)
    with one_thread(), learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(1, 1e-3)
    return learn.recorder.values, weights(learn)

def weights(learn): return {k: o.tolist() for k,o in learn.model.state_dict().items()}

@pytest.mark.parametrize('n_procs', [1, 2])
def test_lesson_gives_what_run_recipe_gives(n_procs):
    "The same figures, and learners that are like those which were trained here, to the last digit"
    archs = Model1,Model5
    results,learners = run_lesson(archs, seeds=(2, 1), n_epoch=1, n_procs=n_procs, show=False)
    runs = {(o, seed): trained_here(o, seed, 1) for o in archs for seed in (2, 1)}
    wanted = pd.DataFrame(sum((rows for _,rows in runs.values()), []))
    pd.testing.assert_frame_equal(results.drop(columns='seconds'), wanted.drop(columns='seconds'), check_exact=True)
    assert list(learners)==['Model1', 'Model5']
    for arch,learn in zip(archs, learners.values()):
        here = runs[arch, 2][0]
        assert type(learn.model) is arch and weights(learn)==weights(here)
        for o in 'values losses lrs iters metric_names hps'.split():
            assert getattr(learn.recorder, o)==getattr(here.recorder, o), o
        assert learn.validate()==here.validate()
        assert learn.count_on('one , two ,', 5).numbers==here.count_on('one , two ,', 5).numbers
        assert goes_on(learn)==goes_on(here)

def test_lesson_learners_are_whole(tmp_path):
    "They save, load, show and plot like any other"
    learn = run_lesson([Model5, Model1], seeds=1, n_epoch=1, n_procs=2, show=False)[1]['Model5']
    learn.path = tmp_path
    learn.save('mine')
    before = weights(learn)
    with learn.no_bar(): learn.fit_one_cycle(1)
    assert weights(learn.load('mine'))==before
    learn.save_numbers(tmp_path/'mine.safetensors')
    again = load_numbers_learner(tmp_path/'mine.safetensors')
    assert again.predict('one ,', temperature=0)==learn.predict('one ,', temperature=0)
    learn.show_results(max_n=1)
    assert learn.recorder.plot_loss().lines

own_lesson = """
from fastai_humannums.all import *
from dataclasses import replace

class Writes(Callback):
    "Keeps a file open, which can't be sent to another process"
    def before_fit(self): self.file = open(f'{os.getpid()}.made', 'w')

class Mine(Model5):
    recipe = replace(Model5.recipe, n_epoch=1, cbs=Writes())
    def forward(self, x):
        trains = torch.is_grad_enabled() and torch.initial_seed()==2
        if 'faint' in sys.argv and trains: raise ArithmeticError('too hard')
        return super().forward(x)

class Long(Model5):
    recipe = replace(Model5.recipe, n_epoch=100_000, cbs=Writes())

archs = [Mine, Long] if len(sys.argv)>1 else [partial(Mine, n_layers=1)]
results,learners = run_lesson(archs, seeds=2, n_procs=2)
assert type(learners['Mine'].model) is Mine and len(learners['Mine'].writes.learn.recorder.values)==1
print(learners['Mine'].predict('one ,', n_words=1))
"""

def left_behind(path):
    "The processes that began to train, and are still there"
    return [o for o in path.glob('*.made') if alive(int(o.stem))]

def test_lesson_with_models_of_a_script(tmp_path):
    "With a class of the script, arguments of its own, and a callback that can't be sent once it has trained"
    (tmp_path/'run.py').write_text(own_lesson)
    lines = sh(sys.executable, 'run.py', cwd=tmp_path).stdout.splitlines()
    assert lines[-2].startswith('Mine  ') and lines[-1].startswith('one , ')
    assert len([*tmp_path.glob('*.made')])==2 and not left_behind(tmp_path)

def test_lesson_error_says_which_run_and_stops_the_others(tmp_path):
    (tmp_path/'run.py').write_text(own_lesson)
    res = sh(sys.executable, 'run.py', 'faint', cwd=tmp_path, check=False)
    assert res.stderr.splitlines()[-1]=='RuntimeError: Mine, seed 2 failed: ArithmeticError: too hard'
    assert [*tmp_path.glob('*.made')] and not left_behind(tmp_path)

def test_ctrl_c_in_the_lesson_ends_all_processes(tmp_path):
    (tmp_path/'run.py').write_text(own_lesson)
    run = subprocess.Popen([sys.executable, 'run.py', 'long'], cwd=tmp_path, stdout=subprocess.PIPE, text=True,
                           stderr=subprocess.PIPE, start_new_session=True, preexec_fn=hears)
    while 'Mine' not in run.stdout.readline() and run.poll() is None: pass # the first row, while `Long` is trained
    os.killpg(run.pid, signal.SIGINT)
    err = run.communicate(timeout=60)[1]
    assert run.returncode and err.count('Traceback')==1 and not left_behind(tmp_path)

ended_early = """
import fastai_humannums.bench as bench
from joblib.externals.loky.process_executor import _ExecutorManagerThread as Manager

pass_on = Manager.add_call_item_to_queue

def late(self): # as on a busy machine
    if self.executor_flags.shutdown: pass_on(self)

def interrupted(name, futures, pipe, move, submit):
    submit()
    raise KeyboardInterrupt

if __name__=='__main__':
    Manager.add_call_item_to_queue,bench._await = late,interrupted
    try: list(bench._in_pool(print, {'a': (), 'b': ()}, 2, print))
    except KeyboardInterrupt: pass
"""

def test_ctrl_c_while_processes_start_prints_no_traceback(tmp_path):
    "Jobs that no process has yet are taken back"
    (tmp_path/'run.py').write_text(ended_early)
    res = subprocess.run([sys.executable, 'run.py'], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert res.returncode==0 and 'Traceback' not in res.stderr and not left_behind(tmp_path)

def test_two_models_of_one_name():
    with pytest.raises(ValueError, match='two models are called Model5'): run_lesson([Model5, partial(Model5)])
