"The commands, as they are typed"
import os,signal,subprocess,time
import pytest
from conftest import command,hears,sh

def run(name, *args, cwd, **kwargs): return sh(command(f'humannums-{name}'), *args, cwd=cwd, env={'FASTAI_HOME': str(cwd/'fastai')}, **kwargs)

def lesson(*args, cwd, **kwargs): return sh(command('humannums-lesson'), *args, cwd=cwd, env={'FASTAI_HOME': str(cwd/'fastai')}, **kwargs)

def test_help(tmp_path):
    out = lesson('--help', cwd=tmp_path).stdout
    for o in ('--models', '--seeds', '--epochs', '--device', '--out', '--overwrite'): assert o in out

def test_one_epoch(tmp_path):
    out = lesson('--models', '1 7', '--seeds', 2, '--epochs', 1, cwd=tmp_path).stdout
    assert 'Model1' in out and 'Model7 counts on' in out and 'published accuracy' in out
    assert sorted(o.name for o in (tmp_path/'runs/lesson-1').iterdir())==['lesson.csv', 'lesson.png']

def test_errors_are_one_line(tmp_path):
    (tmp_path/'full').mkdir()
    (tmp_path/'full/lesson.csv').write_text('mine')
    for args,says in ((('--models', '9'), 'no such model: Model9'), (('--seeds', '0'), '--seeds must be a whole number of at least 1'),
                      (('--device', 'abacus'), 'abacus'), (('--out', 'full'), 'already holds lesson.csv'), (('--epochs', 'many'), 'many')):
        res = lesson(*args, cwd=tmp_path, check=False)
        assert res.returncode not in (0, None) and says in res.stderr and 'Traceback' not in res.stderr, (args, res.stderr)
    assert (tmp_path/'full/lesson.csv').read_text()=='mine' and not (tmp_path/'runs').exists()

def test_interrupt_leaves_nothing(tmp_path):
    run = subprocess.Popen([command('humannums-lesson'), '--models', '3', '--out', 'out'], cwd=tmp_path, preexec_fn=hears,
                           env={**os.environ, 'FASTAI_HOME': str(tmp_path/'fastai')}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not (tmp_path/'fastai/data/human_numbers').exists() and run.poll() is None: time.sleep(0.2)
    time.sleep(2)
    run.send_signal(signal.SIGINT)
    err = run.communicate(timeout=60)[1].decode()
    assert run.returncode!=0 and 'interrupted' in err and 'Traceback' not in err
    assert not (tmp_path/'out').exists()

@pytest.mark.parametrize('name', ['data', 'train', 'count', 'bench', 'lesson'])
def test_help_teaches(name, tmp_path):
    out = run(name, '--help', cwd=tmp_path).stdout
    assert f'Example: humannums-{name}' in out and '--debug' in out

def test_from_text_to_counting(tmp_path):
    out = run('data', '--out', 'text', '--train', '1..199', '--valid', '200..259', cwd=tmp_path).stdout
    assert "train.txt: 199 numbers, from 'one' to 'one hundred ninety nine'" in out
    out = run('train', '--data', 'text', '--out', 'mine', '--epochs', 2, '--bs', 4, '--model', '7', cwd=tmp_path).stdout
    assert 'token accuracy' in out and 'Let it count: humannums-count mine/model.safetensors one' in out
    assert sorted(os.listdir(tmp_path/'mine'))==['curves.png', 'log.csv', 'model.safetensors']
    res = run('count', 'mine/model.safetensors', 'one', 'hundred', 'ten', '--n', 3, cwd=tmp_path)
    assert len(res.stdout.splitlines())==3 and 'of 3 right' in res.stderr

def test_all_errors_are_one_line(tmp_path):
    (tmp_path/'text').mkdir()
    (tmp_path/'text/train.txt').write_text('mine')
    for name,args,says in (('data', ('--out', 'text'), 'overwrite'), ('data', ('--train', '1-9'), 'FIRST..LAST'), ('train', ('--bs', '0'), '--bs must be'),
                           ('train', ('--lr', 'fast'), 'fast'), ('count', ('text/train.txt', 'one'), 'text/train.txt'), ('count', (), 'file')):
        res = run(name, *args, cwd=tmp_path, check=False)
        assert res.returncode in (1, 2) and says in res.stderr and 'Traceback' not in res.stderr, (args, res.stderr)
        assert res.returncode==2 or len(res.stderr.strip().splitlines())==1, res.stderr
    assert (tmp_path/'text/train.txt').read_text()=='mine'
    assert 'Traceback' in run('count', 'nowhere', 'one', '--debug', cwd=tmp_path, check=False).stderr

def test_interrupted_training_goes_on(tmp_path):
    "Ctrl-C leaves a checkpoint; the same command goes on from there, and ends where an undisturbed run does"
    args = ['--epochs', '8', '--out', 'mine']
    start = [command('humannums-train'), *args]
    env = {**os.environ, 'FASTAI_HOME': str(tmp_path/'fastai')}
    first = subprocess.Popen(start, cwd=tmp_path, preexec_fn=hears, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not (tmp_path/'mine/checkpoint-1.pth').exists() and first.poll() is None: time.sleep(0.05)
    first.send_signal(signal.SIGINT)
    err = first.communicate(timeout=60)[1].decode()
    assert first.returncode==130 and 'interrupted: the same command with --out mine goes on' in err and 'Traceback' not in err
    assert os.listdir(tmp_path/'mine')==['checkpoint-1.pth']
    run('train', *args, cwd=tmp_path)
    run('train', *args[:2], '--out', 'other', cwd=tmp_path)
    assert (tmp_path/'mine/model.safetensors').read_bytes()==(tmp_path/'other/model.safetensors').read_bytes()
    assert (tmp_path/'mine/log.csv').read_text()==(tmp_path/'other/log.csv').read_text()

mine = """
from torch import nn
class Mine(nn.Module):
    def __init__(self, vocab_sz, n_hidden):
        super().__init__()
        self.layers = nn.Sequential(nn.Embedding(vocab_sz, n_hidden), nn.Linear(n_hidden, vocab_sz))
    def forward(self, x): return self.layers(x)
"""
def test_bench(tmp_path):
    "A model in a file of its own gets its row and its picture"
    (tmp_path/'mine.py').write_text(mine)
    res = run('bench', 'mine.py:Mine', '--seeds', 2, '--epochs', 1, '--out', 'curves.png', cwd=tmp_path)
    assert '| Mine | 0.' in res.stdout and (tmp_path/'curves.png').exists()
    for args,says in ((('mine.py:Mine', '--out', 'curves.png'), 'overwrite'), (('mine.py:Yours',), 'defines no class'), (('Model5', '--task', 'sums'), 'no such task')):
        res = run('bench', *args, cwd=tmp_path, check=False)
        assert res.returncode==1 and says in res.stderr and len(res.stderr.strip().splitlines())==1, res.stderr

def test_listener_that_leaves(tmp_path):
    "`humannums-count ... | head -1` ends quietly"
    run('data', '--out', 'text', '--train', '1..199', '--valid', '200..259', cwd=tmp_path)
    run('train', '--data', 'text', '--out', 'mine', '--epochs', 1, '--bs', 4, cwd=tmp_path)
    res = sh('sh', '-c', f"{command('humannums-count')} mine/model.safetensors one --n 500 | head -1", cwd=tmp_path)
    assert len(res.stdout.splitlines())==1 and 'Traceback' not in res.stderr and 'BrokenPipe' not in res.stderr
