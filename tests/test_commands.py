"The commands, as they are typed"
import os,signal,subprocess,time
from conftest import command,hears,sh

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
    for args,says in ((('--models', '9'), 'no such model: Model9'), (('--seeds', '0'), '--seeds must be at least 1'),
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
