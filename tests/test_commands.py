"The commands, as typed in a shell"
import os,signal,subprocess,time
import pytest
from conftest import command,hears,sh

def run(name, *args, cwd, **kwargs):
    return sh(command(f'humannums-{name}'), *args, cwd=cwd, env={'FASTAI_HOME': str(cwd/'fastai')}, **kwargs)

def start(name, *args, cwd):
    "A command in the background, which Ctrl-C can reach"
    env = {**os.environ, 'FASTAI_HOME': str(cwd/'fastai')}
    return subprocess.Popen([command(f'humannums-{name}'), *args], cwd=cwd, preexec_fn=hears, env=env,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

def interrupt(process):
    "Press Ctrl-C, and return what the command says"
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=60)[1].decode()

@pytest.fixture(scope='module')
def text(tmp_path_factory):
    "A folder with a short text"
    path = tmp_path_factory.mktemp('text')
    out = run('data', '--out', path, '--train', '1..199', '--valid', '200..259', cwd=path).stdout
    assert "train.txt: 199 numbers, from 'one' to 'one hundred ninety nine'" in out
    return path

# All commands

training = '--epochs --lr --seq-len --bs --n-hidden --pct-start --div --div-final --wd'

@pytest.mark.parametrize('name,options', dict(
    data='--train --valid --lang --ordinal --out --overwrite', train=f'{training} --data --out --overwrite --seed',
    count='--n --device', lesson='--models --seeds --epochs --device --out --overwrite',
    bench=f'{training} --task --seeds --out --overwrite').items())
def test_help_teaches(name, options, tmp_path):
    out = run(name, '--help', cwd=tmp_path).stdout
    assert f'Example: humannums-{name}' in out
    for o in [*options.split(), '--debug']: assert o in out, o

@pytest.mark.parametrize('line,says', {
    'data --out text': 'overwrite', 'data --train 1-9': 'FIRST..LAST', 'train --lr fast': 'fast',
    'train --lr -1': '--lr must be', 'train --bs 0': '--bs must be', 'train --model GPT': 'there are Model0, Model1',
    'bench GPT': 'there are Model0, Model1', 'count text/train.txt one': 'text/train.txt', 'count': 'file'}.items())
def test_errors_are_one_line(line, says, tmp_path):
    (tmp_path/'text').mkdir()
    (tmp_path/'text/train.txt').write_text('mine')
    res = run(*line.split(), cwd=tmp_path, check=False)
    assert res.returncode in (1, 2) and says in res.stderr and 'Traceback' not in res.stderr
    assert res.returncode==2 or len(res.stderr.strip().splitlines())==1 # 2: the options can't be parsed
    assert (tmp_path/'text/train.txt').read_text()=='mine'

def test_debug_shows_traceback(tmp_path):
    assert 'Traceback' in run('count', 'nowhere', 'one', '--debug', cwd=tmp_path, check=False).stderr

# Train and count

def test_from_text_to_counting(text, tmp_path):
    out = run('train', '--data', text, '--out', 'mine', '--epochs', 2, '--bs', 4, '--model', '7', cwd=tmp_path).stdout
    assert 'token accuracy' in out and 'Let it count: humannums-count mine/model.safetensors one' in out
    assert sorted(os.listdir(tmp_path/'mine'))==['curves.png', 'log.csv', 'model.safetensors']
    res = run('count', 'mine/model.safetensors', 'one', 'hundred', 'ten', '--n', 3, cwd=tmp_path)
    assert len(res.stdout.splitlines())==3 and 'of 3 right' in res.stderr

def test_pointer(text, tmp_path):
    "A model beyond the lesson trains by its own recipe, and counts from its file alone"
    run('train', '--model', 'PointerGRU', '--data', text, '--out', 'mine', '--epochs', 1, '--bs', 4, cwd=tmp_path)
    res = run('count', 'mine/model.safetensors', 'one', '--n', 3, cwd=tmp_path)
    assert len(res.stdout.splitlines())==3 and 'of 3 right' in res.stderr

def test_every_model(text, tmp_path, capsys):
    "Each model of the package trains, is saved, loads and counts by its name"
    from fastai_humannums.models import archs
    from fastai_humannums.cli import humannums_count,humannums_train
    import fastai_humannums.beyond
    assert len(archs)>8
    for name in archs:
        humannums_train(name, tmp_path/name, text, epochs=1, bs=4, n_hidden=16)
        capsys.readouterr()
        humannums_count(tmp_path/name/'model.safetensors', 'one', n=3)
        assert len(capsys.readouterr().out.splitlines())==3, name

def test_interrupted_training_goes_on(tmp_path):
    "Ctrl-C leaves a checkpoint; the same command continues from it, and ends where an undisturbed run does"
    first = start('train', '--epochs', '8', '--out', 'mine', cwd=tmp_path)
    while not (tmp_path/'mine/checkpoint-1.pth').exists() and first.poll() is None: time.sleep(0.05)
    err = interrupt(first)
    assert first.returncode==130 and 'Traceback' not in err
    assert 'interrupted: the same command with --out mine goes on' in err
    assert os.listdir(tmp_path/'mine')==['checkpoint-1.pth']
    for out in ('mine', 'other'): run('train', '--epochs', 8, '--out', out, cwd=tmp_path)
    for o in ('model.safetensors', 'log.csv'):
        assert (tmp_path/'mine'/o).read_bytes()==(tmp_path/'other'/o).read_bytes()

def test_listener_that_leaves(text, tmp_path):
    "`humannums-count ... | head -1` ends quietly"
    run('train', '--data', text, '--out', 'mine', '--epochs', 1, '--bs', 4, cwd=tmp_path)
    res = sh('sh', '-c', f"{command('humannums-count')} mine/model.safetensors one --n 500 | head -1", cwd=tmp_path)
    assert len(res.stdout.splitlines())==1 and 'Traceback' not in res.stderr and 'BrokenPipe' not in res.stderr

# The lesson

def test_lesson_one_epoch(tmp_path):
    out = run('lesson', '--models', '1 7', '--seeds', 2, '--epochs', 1, cwd=tmp_path).stdout
    assert 'Model1' in out and 'Model7 counts on' in out and 'published accuracy' in out
    assert sorted(o.name for o in (tmp_path/'runs/lesson-1').iterdir())==['lesson.csv', 'lesson.png']

@pytest.mark.parametrize('line,says', {
    '--models 9': 'no such model: Model9', '--seeds 0': '--seeds must be a whole number', '--epochs many': 'many',
    '--out full': 'already holds lesson.csv', '--device abacus': 'abacus'}.items())
def test_lesson_errors_are_one_line(line, says, tmp_path):
    (tmp_path/'full').mkdir()
    (tmp_path/'full/lesson.csv').write_text('mine')
    res = run('lesson', *line.split(), cwd=tmp_path, check=False)
    assert res.returncode in (1, 2) and says in res.stderr and 'Traceback' not in res.stderr
    assert (tmp_path/'full/lesson.csv').read_text()=='mine' and not (tmp_path/'runs').exists()

def test_interrupted_lesson_leaves_nothing(tmp_path):
    lesson = start('lesson', '--models', '3', '--out', 'out', cwd=tmp_path)
    while not (tmp_path/'fastai/data/human_numbers').exists() and lesson.poll() is None: time.sleep(0.2)
    time.sleep(2)
    err = interrupt(lesson)
    assert lesson.returncode!=0 and 'interrupted' in err and 'Traceback' not in err
    assert not (tmp_path/'out').exists()

# The benchmark

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
    for args,says in ((('mine.py:Mine', '--out', 'curves.png'), 'overwrite'), (('mine.py:Yours',), 'defines no class'),
                      (('Model5', '--task', 'sums'), 'no such task')):
        res = run('bench', *args, cwd=tmp_path, check=False)
        assert res.returncode==1 and says in res.stderr and len(res.stderr.strip().splitlines())==1, res.stderr
