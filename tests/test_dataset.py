"Writers that are killed, and writers that meet"
import os,shutil,signal,subprocess,sys,time
import pytest
from conftest import hears,sh
from fastai_humannums import dataset
from fastai_humannums.dataset import number_lines,open_ids,write_ids
from fastai_humannums.words import number_words

count = """
from fastai_humannums.dataset import human_numbers
human_numbers('numbers', range(1, {n}), range({n}, {n}+10))
"""

# A process that dies by its own hand before the k-th thing it does to files here: opens, renames, makes or removes one
dies = """
import os,signal,sys
left = int(sys.argv[1])
def step(event, args):
    global left
    if event not in ('open', 'os.mkdir', 'os.rename', 'os.remove', 'os.rmdir', 'os.chmod', 'os.utime'): return
    if not os.path.relpath(str(args[0])).lstrip('.').startswith('numbers'): return
    left -= 1
    if not left: os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(step)
"""
def killed_at(k, cwd, code=count.format(n=300)):
    "Run a writer that is killed before its `k`-th step: was it?"
    return subprocess.run([sys.executable, '-c', dies+code, str(k)], cwd=cwd).returncode==-signal.SIGKILL

def seen(folder): return sorted(o for o in os.listdir(folder) if not o.startswith('.'))

def test_killed_writer_leaves_no_dataset(tmp_path):
    "At whatever step a writer is killed, there is a whole dataset or none, and the next writer makes one"
    whole = []
    while killed_at(len(whole)+1, tmp_path):
        made = tmp_path/'numbers'
        whole.append(made.exists())
        if made.exists(): assert [len((made/o).read_text().splitlines()) for o in ('train.txt', 'valid.txt')]==[299, 10]
        sh(sys.executable, '-c', count.format(n=300), cwd=tmp_path)
        assert seen(tmp_path)==['numbers'] and seen(made)==['train.txt', 'valid.txt']
        for o in tmp_path.iterdir(): shutil.rmtree(o)
    print(f'killed before each of {len(whole)} steps; a dataset was there {sum(whole)} times')
    assert {True, False}==set(whole)

def test_killed_writer_leaves_whole_files(tmp_path):
    "In a folder that exists, each file is the old one or the new one"
    old,new = ([number_lines(o) for o in (range(1, n), range(n, n+10))] for n in (200, 300))
    steps = 0
    while steps==0 or killed:
        sh(sys.executable, '-c', count.format(n=200), cwd=tmp_path)
        steps += 1
        killed = killed_at(steps, tmp_path, count.format(n=300).replace('+10)', '+10), overwrite=True'))
        found = [(tmp_path/'numbers'/o).read_text() for o in ('train.txt', 'valid.txt')]
        assert all(f in (a, b) for f,a,b in zip(found, old, new))
        shutil.rmtree(tmp_path/'numbers')
    assert steps>5 and found==new

def test_two_writers_at_once(tmp_path):
    runs = [subprocess.Popen([sys.executable, '-c', count.format(n=5_000)], cwd=tmp_path) for _ in range(2)]
    assert [o.wait(120) for o in runs]==[0, 0]
    assert os.listdir(tmp_path)==['numbers']
    assert len((tmp_path/'numbers/train.txt').read_text().splitlines())==4_999

ids = '''
import resource,sys
from fastai_humannums.dataset import *
from fastai_humannums.words import *
n = int(sys.argv[1])
words = ' '.join(spell_numbers([*range(1, 1000), 1000, 10**6, 10**9])).split()
vocab = ['xxbos', ',', *dict.fromkeys(words)]
write_ids('ids', range(1, n), vocab, bos='xxbos', overwrite='overwrite' in sys.argv, bar='bar' in sys.argv)
try: # unlike ru_maxrss, without the parent's
    peak = int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])*1024
except OSError: peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print('peak', peak)
'''
def writer(n, cwd, *args):
    cmd = [sys.executable, '-c', ids, str(n), *args]
    return subprocess.Popen(cmd, cwd=cwd, preexec_fn=hears, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

def half_written(tmp_path, *args):
    "A writer of `tmp_path/'ids'` that is in the middle of its work"
    run = writer(40_000_000, tmp_path, *args)
    end = time.time()+60
    while not any(o.stat().st_size>1_000_000 for o in tmp_path.glob('**/.ids-*/ids/ids.npy')):
        assert time.time()<end and run.poll() is None, 'nothing happened'
        time.sleep(0.005)
    return run

def old_ids(tmp_path):
    "A few ids that are there already"
    assert writer(2_000, tmp_path).communicate()[1]==''
    return (tmp_path/'ids/ids.npy').read_bytes()

def test_killed_writer_of_ids(tmp_path):
    "A killed writer leaves nothing at the place itself, and doesn't keep the next one waiting"
    run = half_written(tmp_path)
    run.kill()
    run.communicate()
    assert seen(tmp_path)==[]
    old_ids(tmp_path)
    assert seen(tmp_path)==['ids'] and open_ids(tmp_path/'ids')[0].size>10_000

@pytest.mark.parametrize('there', (False, True))
def test_interrupted_writer_of_ids(tmp_path, there):
    "Ctrl-C leaves nothing at all, or what was there"
    before = old_ids(tmp_path) if there else None
    run = half_written(tmp_path, 'overwrite')
    run.send_signal(signal.SIGINT)
    assert 'KeyboardInterrupt' in run.communicate()[1]
    assert os.listdir(tmp_path)==(['ids'] if there else [])
    if there: assert open_ids(tmp_path/'ids')[0].size and (tmp_path/'ids/ids.npy').read_bytes()==before

def test_killed_writer_leaves_the_old_ids(tmp_path):
    before = old_ids(tmp_path)
    run = half_written(tmp_path, 'overwrite')
    run.kill()
    run.communicate()
    assert open_ids(tmp_path/'ids')[0].size and (tmp_path/'ids/ids.npy').read_bytes()==before

@pytest.mark.parametrize('there', (False, True))
def test_writers_of_the_same_ids(tmp_path, there):
    "Writers that meet take turns and end with one good copy"
    if there: old_ids(tmp_path)
    runs = [writer(300_000, tmp_path, *['overwrite']*there) for _ in range(3)]
    outs = [o.communicate(timeout=120) for o in runs]
    assert [(o.returncode, e) for o,(_,e) in zip(runs, outs)]==[(0, '')]*3
    assert os.listdir(tmp_path)==['ids'] and sorted(os.listdir(tmp_path/'ids'))==['ids.json', 'ids.npy']
    assert open_ids(tmp_path/'ids')[0].size>2_500_000

def test_writers_of_different_ids(tmp_path):
    "Of two texts for one place one is written, and the other writer is told"
    runs = [writer(o, tmp_path) for o in (300_000, 300_001)]
    errs = [o.communicate(timeout=120)[1] for o in runs]
    assert sorted(o.returncode for o in runs)==[0, 1]
    assert 'FileExistsError' in ''.join(errs) and 'overwrite=True' in ''.join(errs)
    assert os.listdir(tmp_path)==['ids']
    open_ids(tmp_path/'ids')

def test_full_disk(tmp_path, monkeypatch):
    "No room: an error before anything is written; room that runs out: an error, and nothing left"
    vocab = [',', *dict.fromkeys(w for n in (*range(1, 1000), 1000) for w in number_words(n).split())]
    monkeypatch.setattr(dataset.shutil, 'disk_usage', lambda o: type('usage', (), dict(free=1_000)))
    with pytest.raises(OSError, match='need about .* MB, but that disk has only 0.0 MB free'):
        write_ids(tmp_path/'ids', range(1, 500_000), vocab, bar=False)
    assert os.listdir(tmp_path)==[]
    monkeypatch.undo()
    limit = '''import resource,signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))
'''
    run = subprocess.run([sys.executable, '-c', limit+ids, '2000000'], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode and 'OSError' in run.stderr
    assert os.listdir(tmp_path)==[]

def test_bar(tmp_path):
    out,err = writer(200_000, tmp_path, 'bar').communicate()
    assert out.startswith('about 1,6') and '100.00%' in out and err==''

def test_memory_of_ids(tmp_path):
    "Memory doesn't grow with the text: 10 million tokens, or 100 million with HUMANNUMS_SLOW"
    n = 10_000_000 if os.environ.get('HUMANNUMS_SLOW') else 1_000_000
    peaks = []
    for o in (10, n):
        out,err = writer(o, tmp_path, 'overwrite').communicate()
        assert err==''
        peaks.append(int(out.split()[-1])/1e6)
    tokens = open_ids(tmp_path/'ids')[0].size
    print(f'{tokens:,} tokens: {peaks[1]:.0f} MB at the peak, {peaks[0]:.0f} MB for ten numbers')
    assert tokens>9*n
    assert peaks[1]-peaks[0]<200
