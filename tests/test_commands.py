"The commands, as typed in a shell"
import os,pty,re,signal,subprocess,sys,time
import psutil,pytest
from conftest import command,hears,sh

def run(name, *args, cwd, **kwargs):
    return sh(command(f'humannums-{name}'), *args, cwd=cwd, env={'FASTAI_HOME': str(cwd/'fastai')}, **kwargs)

def start(name, *args, cwd):
    "A command in the background, in a group of its own, which Ctrl-C can reach"
    env = {**os.environ, 'FASTAI_HOME': str(cwd/'fastai')}
    return subprocess.Popen([command(f'humannums-{name}'), *args], cwd=cwd, preexec_fn=hears, env=env,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

def interrupt(process):
    "Press Ctrl-C, which a terminal sends to the whole group, and return what the command says"
    os.killpg(process.pid, signal.SIGINT)
    return process.communicate(timeout=60)[1].decode()

def group(process):
    "The processes of the group of `process`, apart from those that only wait to be forgotten"
    def belongs(o): return os.getpgid(o.pid)==process.pid and o.status()!=psutil.STATUS_ZOMBIE
    res = []
    for o in psutil.process_iter():
        try: res += [o]*belongs(o)
        except (ProcessLookupError, psutil.NoSuchProcess): pass
    return res

def screen(text, columns=80):
    "The lines that a terminal shows in the end"
    lines,y,x = [''],0,0
    for o in text:
        if o=='\r': x = 0
        if o=='\n' or o!='\r' and x==columns:
            y,x = y+1,0
            if y==len(lines): lines.append('')
        if o not in '\r\n':
            lines[y] = lines[y][:x].ljust(x)+o+lines[y][x+1:]
            x += 1
    return [o.rstrip() for o in lines]

def in_terminal(name, *args, cwd):
    "Run a command in a terminal of 80 columns, and return all that it sends there"
    ours,theirs = pty.openpty()
    env = {**os.environ, 'FASTAI_HOME': str(cwd/'fastai'), 'COLUMNS': '80', 'LINES': '24', 'PYTHONUTF8': '1'}
    process = subprocess.Popen([command(f'humannums-{name}'), *args], cwd=cwd, env=env, stdout=theirs, stderr=theirs)
    os.close(theirs)
    sent = b''
    while True:
        try: new = os.read(ours, 10_000)
        except OSError: new = b'' # how Linux says that the other end is closed
        if not new: break
        sent += new
    os.close(ours)
    assert process.wait(60)==0, sent.decode()
    return sent.decode()

@pytest.fixture(scope='module')
def text(tmp_path_factory):
    "A folder with a short text"
    path = tmp_path_factory.mktemp('text')
    out = run('data', '--out', path, '--train', '1..199', '--valid', '200..259', cwd=path).stdout
    assert "train.txt: 199 numbers, from 'one' to 'one hundred ninety nine'" in out
    return path

@pytest.fixture(scope='module')
def trained(text, tmp_path_factory):
    "A folder with a model in `mine`, and what was printed while it was trained"
    path = tmp_path_factory.mktemp('trained')
    return path,run('train', '--data', text, '--out', 'mine', '--epochs', 3, '--bs', 4, '--model', '7', cwd=path)

def calm(res):
    "The lines of an output that has no character that moves a cursor, and no bar"
    lines = (res.stdout+res.stderr).splitlines()
    assert all(o.isprintable() for o in lines) and '█' not in res.stdout
    return lines

# All commands

training = '--epochs --lr --seq-len --bs --n-hidden --pct-start --div --div-final --wd'

@pytest.mark.parametrize('name,options', dict(
    data='--train --valid --lang --ordinal --out --overwrite', train=f'{training} --data --out --overwrite --seed',
    count='--n --device', lesson='--models --seeds --epochs --device --procs --out --overwrite',
    verify='--weights --first --last --lang --singly',
    bench=f'{training} --task --seeds --procs --out --overwrite').items())
def test_help_teaches(name, options, tmp_path):
    out = run(name, '--help', cwd=tmp_path).stdout
    assert f'Example: humannums-{name}' in out
    for o in [*options.split(), '--debug']: assert o in out, o

@pytest.mark.parametrize('line,says', {
    'data --out text': 'overwrite', 'data --train 1-9': 'FIRST..LAST', 'train --lr fast': 'fast',
    'train --lr -1': '--lr must be', 'train --bs 0': '--bs must be', 'train --model GPT': 'choose from Model0, Model1',
    'bench GPT': 'choose from Model0, Model1', 'count text/train.txt one': 'text/train.txt', 'count': 'file',
    'verify': 'file', "verify text/train.txt": "can't be loaded", 'verify text/train.txt:Mine': 'NameError'}.items())
def test_errors_are_one_line(line, says, tmp_path):
    (tmp_path/'text').mkdir()
    (tmp_path/'text/train.txt').write_text('mine')
    res = run(*line.split(), cwd=tmp_path, check=False)
    assert res.returncode in (1, 2) and says in res.stderr and 'Traceback' not in res.stderr
    assert res.returncode==2 or len(res.stderr.strip().splitlines())==1 # 2: the options can't be parsed
    assert (tmp_path/'text/train.txt').read_text()=='mine'

@pytest.mark.parametrize('line,says', {
    'train --out file/in/it': "can't write files to", 'lesson --out file': '--out file is a file',
    'bench Model5 --out file/in.png': "can't write files to",
    'bench Model5 --out curves.xyz': 'must end in one of .png',
    'bench Model5 --out new': 'must end in one of', 'train --data nowhere': 'nowhere/train.txt',
    'train --step 2': '--step 2 needs --data',
    'verify nowhere': 'no such file: nowhere', 'verify nowhere.py:Mine': 'no such file: nowhere.py',
    'verify file --weights file': 'needs a class', 'verify file --first 9 --last 8': '--last must be larger',
    'count nowhere one': 'nowhere', 'count file': 'the prompt is missing',
    'data --out file': "can't write files to", 'train --lang tlh': "'tlh'"}.items())
def test_what_cannot_be_is_said_before_the_work(line, says, tmp_path):
    "Neither places nor options wait for the training, or even for PyTorch, to be found wrong"
    (tmp_path/'file').touch()
    res = imports(*line.split(), cwd=tmp_path)
    assert says in res.stderr and len(res.stderr.strip().splitlines())==1 and 'torch' not in loaded(res), res.stderr
    assert os.listdir(tmp_path)==['file']

# What a command imports

watched = """
import sys
from fastai_humannums import cli
name,*args = sys.argv[1:]
sys.argv = ['humannums-'+name, *args]
f = getattr(cli, 'humannums_'+name)
try: code = f()
except SystemExit as e: code = e.code
if {stop}: sys.exit(code)
print('loaded:', *sorted(sys.modules))
"""
def imports(name, *args, cwd, before='', stop=False):
    "Run a command in a process that tells what it has imported"
    code = before+watched.format(stop=stop)
    return sh(sys.executable, '-c', code, name, *args, cwd=cwd, env={'FASTAI_HOME': str(cwd/'fastai')}, check=False)

def loaded(res): return set(res.stdout.rpartition('loaded:')[2].split())

@pytest.mark.parametrize('line', ['data --help', 'train --help', 'count --help', 'verify --help', 'lesson --help',
    'bench --help', 'train --bs x', 'train --lr -1', 'lesson --seeds 0', 'bench', 'data --train 1-9',
    'data --train 1..9 --valid 5..20',
    'data --out text --train 1..99 --valid 100..110', 'data'])
def test_torch_is_not_imported(line, tmp_path):
    "What needs no PyTorch doesn't wait for it: help, wrong options, and texts"
    res = imports(*line.split(), cwd=tmp_path)
    assert 'fastai_humannums.cli' in loaded(res)
    assert not {'torch', 'fastai.text.all', 'fasthtml', 'pandas'} & loaded(res)

interrupted = """
import os,signal,sys
signal.signal(signal.SIGINT, signal.default_int_handler)
def press(event, args):
    if event=='import' and args[0]=='{module}': os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(press)
"""
@pytest.mark.parametrize('module', ['argparse', 'fastcore.docments', 'fastai_humannums.dataset', 'num2words',
    'torch', 'torch.nn', 'fastai.text.all', 'fastai_humannums.saving'])
def test_interrupted_import(module, tmp_path):
    "Ctrl-C while a command is still importing is answered like any other"
    (tmp_path/'a.safetensors').touch()
    res = imports('count', 'a.safetensors', 'one', cwd=tmp_path, before=interrupted.format(module=module), stop=True)
    assert (res.returncode, res.stderr.strip())==(130, 'interrupted')

def test_debug_shows_traceback(tmp_path):
    assert 'Traceback' in run('count', 'nowhere', 'one', '--debug', cwd=tmp_path, check=False).stderr

# Train and count

def test_from_text_to_counting(trained):
    path,res = trained
    assert 'token accuracy' in res.stdout and 'Let it count: humannums-count mine/model.safetensors one' in res.stdout
    assert sorted(os.listdir(path/'mine'))==['curves.png', 'log.csv', 'model.safetensors']
    res = run('count', 'mine/model.safetensors', 'one', 'hundred', 'ten', '--n', 3, cwd=path)
    assert len(res.stdout.splitlines())==3 and 'of 3 right' in res.stderr

def test_log_file(trained):
    "In a file, a training writes a line for each epoch"
    lines = calm(trained[1])
    assert [o.split()[0] for o in lines[:4]]==['epoch', '0', '1', '2'] and len(lines)<10

def test_pointer(text, tmp_path):
    "A model beyond the lesson trains by its own recipe, and counts from its file alone"
    run('train', '--model', 'PointerGRU', '--data', text, '--out', 'mine', '--epochs', 1, '--bs', 4, cwd=tmp_path)
    res = run('count', 'mine/model.safetensors', 'one', '--n', 3, cwd=tmp_path)
    assert len(res.stdout.splitlines())==3 and 'of 3 right' in res.stderr

def test_options_and_words_in_any_order(trained):
    lines = ('mine/model.safetensors one hundred --n 2', 'mine/model.safetensors --n 2 one hundred',
             '--n 2 mine/model.safetensors one hundred', 'mine/model.safetensors one --n 2 hundred')
    outs = {run('count', *o.split(), cwd=trained[0]).stdout for o in lines}
    assert len(outs)==1 and len(outs.pop().splitlines())==2

def test_terminal_without_unicode(tmp_path):
    "Letters that a terminal lacks are shown as codes, and the work is done"
    def ascii_run(*args):
        env = dict(FASTAI_HOME=str(tmp_path/'fastai'), PYTHONIOENCODING='ascii', LC_ALL='C', PYTHONUTF8='0')
        return sh(command(f'humannums-{args[0]}'), *args[1:], cwd=tmp_path, env=env)
    out = ascii_run('data', '--out', 'text', '--lang', 'de', '--train', '5..199', '--valid', '205..250').stdout
    assert r"from 'f\xfcnf'" in out
    ascii_run('train', '--data', 'text', '--lang', 'de', '--out', 'mine', '--epochs', 1, '--bs', 4)
    assert r'f\xfcnf' in ascii_run('count', 'mine/model.safetensors', 'vier', '--n', 1).stdout

def test_home_is_expanded(text, tmp_path, monkeypatch):
    "bash leaves the `~` of --out=~/mine as it is"
    monkeypatch.setenv('HOME', str(tmp_path/'me'))
    (tmp_path/'me').mkdir()
    os.rename(text, tmp_path/'me/text')
    try: run('train', '--data=~/text', '--out=~/mine', '--epochs', 1, '--bs', 4, cwd=tmp_path)
    finally: os.rename(tmp_path/'me/text', text)
    assert len(run('count', '~/mine/model.safetensors', 'one', '--n', 1, cwd=tmp_path).stdout.splitlines())==1
    assert sorted(os.listdir(tmp_path))==['me']

# Texts that humannums-data writes

@pytest.mark.parametrize('lang,train,valid', [('en', '-50..300', '301..350'), ('de', '10000..10200', '10201..10250'),
    ('en', '1000000..1000200', '1000201..1000250'), ('en', '2000000000..2000000200', '1..50'),
    ('fr', '300..-50', '301..350'), ('en', '1..99', '100..250')])
def test_trains_on_every_text(lang, train, valid, tmp_path, monkeypatch, capsys):
    "What humannums-data writes, humannums-train reads: negative and large numbers, and words that only valid.txt has"
    from fastai_humannums.cli import humannums_data,humannums_train
    monkeypatch.setenv('FASTAI_HOME', str(tmp_path))
    humannums_data(tmp_path/'text', train, valid, lang)
    humannums_train('7', tmp_path/'mine', tmp_path/'text', lang, epochs=1, bs=4, n_hidden=8)
    assert (tmp_path/'mine/model.safetensors').stat().st_size

def test_negative_numbers_are_no_options(tmp_path):
    out = run('data', '--out', 'text', '--train', '-50..30', '--valid', '-70..-51', cwd=tmp_path).stdout
    assert "train.txt: 81 numbers, from 'minus fifty' to 'thirty'" in out

@pytest.mark.parametrize('train,valid,step', [('1..1199..2', '1201..1299..2', 2), ('300..1..-3', '600..303..-3', -3)])
def test_counts_by_steps(train, valid, step, tmp_path, monkeypatch, capsys):
    "A text by twos is trained and counted by twos, whether the step is said or read off the text"
    from fastai_humannums.cli import humannums_count,humannums_data,humannums_train
    from fastai_humannums.words import number_words
    monkeypatch.setenv('FASTAI_HOME', str(tmp_path))
    humannums_data(tmp_path/'text', train, valid)
    for name,said in dict(read=None, said=step).items():
        humannums_train('7', tmp_path/name, tmp_path/'text', step=said, epochs=1, bs=4)
    read,said = (tmp_path/o/'model.safetensors' for o in ('read', 'said'))
    assert read.read_bytes()==said.read_bytes()
    capsys.readouterr()
    humannums_count(read, 'fifty', n=2)
    assert [number_words(50+i*step) in o for i,o in enumerate(capsys.readouterr().out.splitlines(), 1)]==[True, True]
    with pytest.raises(ValueError, match='step'): humannums_train('7', tmp_path/'odd', tmp_path/'text', step=5)

# Every model

def test_every_model(text, tmp_path, capsys):
    "Each model of the package trains, is saved, loads and counts by its name"
    from fastai_humannums.models import archs
    from fastai_humannums.cli import humannums_count,humannums_train
    import fastai_humannums.bench # registers all models
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
    assert 'interrupted: use the same command with --out mine to resume' in err
    assert os.listdir(tmp_path/'mine')==['checkpoint-1.pth']
    for out in ('mine', 'other'): run('train', '--epochs', 8, '--out', out, cwd=tmp_path)
    for o in ('model.safetensors', 'log.csv'):
        assert (tmp_path/'mine'/o).read_bytes()==(tmp_path/'other'/o).read_bytes()

def test_listener_that_leaves(trained):
    "`humannums-count ... | head -1` ends quietly"
    res = sh('sh', '-c', f"{command('humannums-count')} mine/model.safetensors one --n 500 | head -1", cwd=trained[0])
    assert len(res.stdout.splitlines())==1 and 'Traceback' not in res.stderr and 'BrokenPipe' not in res.stderr

# The lesson

def test_lesson_one_epoch(tmp_path):
    "In a log file, each model gets its line, and there are no others about progress"
    res = run('lesson', '--models', '1 7', '--seeds', 2, '--epochs', 1, '--procs', 2, cwd=tmp_path)
    lines = calm(res)
    assert [o.split()[:1] for o in lines[:5]]==[['published'], ['loss'], ['Model1'], ['Model7'], []] and len(lines)<12
    assert 'Model7 counts on' in res.stdout and res.stdout.count('Model1')==1
    assert sorted(o.name for o in (tmp_path/'runs/lesson-1').iterdir())==['lesson.csv', 'lesson.png']

def test_lesson_in_a_terminal(tmp_path):
    "The rows are printed over the bar, and of the bar nothing is left"
    sent = in_terminal('lesson', '--models', '1 7', '--seeds', '2', '--epochs', '2', '--procs', '2', cwd=tmp_path)
    assert '█' in sent and 'Model1, seed 1 to Model1, seed 2]' in sent
    lines = screen(sent)
    assert [o.split()[:1] for o in lines[:5]]==[['published'], ['loss'], ['Model1'], ['Model7'], []]
    assert not any(c in o for o in lines for c in '█|%') and len({len(o) for o in lines[1:4]})==1

@pytest.mark.parametrize('line,says', {
    '--models 9': 'no such model: Model9', '--seeds 0': '--seeds must be a whole number', '--epochs many': 'many',
    '--procs 0': '--procs must be a whole number',
    '--out full': 'already contains lesson.csv', '--device abacus': 'abacus'}.items())
def test_lesson_errors_are_one_line(line, says, tmp_path):
    (tmp_path/'full').mkdir()
    (tmp_path/'full/lesson.csv').write_text('mine')
    res = run('lesson', *line.split(), cwd=tmp_path, check=False)
    assert res.returncode in (1, 2) and says in res.stderr and 'Traceback' not in res.stderr
    assert (tmp_path/'full/lesson.csv').read_text()=='mine' and not (tmp_path/'runs').exists()

@pytest.mark.parametrize('seconds', [0, 0.5, 10])
def test_interrupted_lesson_leaves_nothing(seconds, tmp_path):
    "Neither while its processes start, nor while they train"
    lesson = start('lesson', '--models', '3', '--seeds', '60', '--out', 'out', '--procs', '2', cwd=tmp_path)
    while len(group(lesson))<2 and lesson.poll() is None: time.sleep(0.01)
    time.sleep(seconds)
    err = interrupt(lesson)
    said = [o for o in err.splitlines() if 'resource_tracker' not in o and o.strip()] # joblib's, on a busy machine
    assert (lesson.returncode, said)==(130, ['interrupted'])
    for _ in range(100):
        if not group(lesson): break
        time.sleep(0.1)
    assert not group(lesson) and os.listdir(tmp_path)==['fastai']

# A submission

digits = '''
import torch
from torch import nn
class Digits(nn.Module):
    def __init__(self, vocab_sz):
        super().__init__()
        self.step = nn.Parameter(torch.tensor(1.))
    def forward(self, x):
        before = nn.functional.pad(x, (1, 0))[:,:-1]
        new = torch.where(x==9, before+self.step, 9.)
        return -(torch.arange(40)-new[...,None]).abs()
class Later(Digits):
    def forward(self, x): return super().forward(x) + nn.functional.one_hot(x, 40).roll(-1, 1)
'''
def test_verify(tmp_path):
    "The exit code says whether the model counts to the end, and an error says what went wrong"
    from safetensors.torch import save_file
    import torch
    (tmp_path/'digits.py').write_text(digits)
    for name,o in dict(one=1., two=2.).items(): save_file(dict(step=torch.tensor(o)), tmp_path/f'{name}.safetensors')
    save_file(dict(other=torch.tensor(1.)), tmp_path/'other.safetensors')
    (tmp_path/'damaged.safetensors').write_bytes((tmp_path/'one.safetensors').read_bytes()[:-2])
    for args in ('--last 9', '--last 9 --weights one.safetensors', '--first 3 --last 9 --singly'):
        res = run('verify', 'digits.py:Digits', *args.split(), cwd=tmp_path)
        assert 'Digits: 1 parameter, 0 numbers in buffers' in res.stdout and 'verified: it counts from' in res.stdout
    for args,says in {'Digits --last 10': "8 numbers right; after 'nine' it says",
                      'Digits --last 9 --weights two.safetensors': "0 numbers right; after 'one' it says 'three'",
                      'Digits --weights other.safetensors': "doesn't hold the weights of Digits",
                      'Digits --weights damaged.safetensors': "doesn't hold the weights of Digits",
                      'Later --last 9': 'reads the future', 'Yours': 'defines no class'}.items():
        res = run('verify', *f'digits.py:{args}'.split(), cwd=tmp_path, check=False)
        assert res.returncode==1 and says in res.stderr and 'verified' not in res.stdout, res.stderr
        errors = [o for o in res.stderr.strip().splitlines() if not re.match(r'[\d,]+ of [\d,]+ after', o)] # without progress
        assert len(errors)==1, res.stderr

def test_verify_saved_model(trained):
    "A model that was trained on a few numbers doesn't count to 9,999"
    res = run('verify', 'mine/model.safetensors', cwd=trained[0], check=False)
    assert res.returncode==1 and 'numbers in buffers' in res.stdout and '(should be: ' in res.stderr
    (trained[0]/'damaged.safetensors').write_bytes((trained[0]/'mine/model.safetensors').read_bytes()[:-9])
    assert "can't be loaded" in run('verify', 'damaged.safetensors', cwd=trained[0], check=False).stderr

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
