"Writers that are killed, and writers that meet"
import os,shutil,signal,subprocess,sys,time
import pytest
from conftest import hears,sh
from fastai_humannums import corpus
from fastai_humannums.corpus import number_words,open_ids,write_ids

count = "from fastai_humannums.corpus import human_numbers; human_numbers('numbers', range(1, {n}), range({n}, {n}+10))"

# A process that dies by its own hand right before the k-th thing it does to files here: opens, renames, makes or removes one
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
def killed_at(k, cwd, n=300):
    "Run a writer of `n` numbers that is killed before its `k`-th step: was it?"
    return subprocess.run([sys.executable, '-c', dies+count.format(n=n), str(k)], cwd=cwd).returncode==-signal.SIGKILL

def test_killed_writer_leaves_no_dataset(tmp_path):
    "At whatever step a writer is killed, there is a whole dataset or none, and the next writer makes one"
    whole = []
    while killed_at(len(whole)+1, tmp_path):
        made = tmp_path/'numbers'
        whole.append(made.exists())
        if made.exists(): assert [len((made/o).read_text().splitlines()) for o in ('train.txt', 'valid.txt')]==[299, 10]
        sh(sys.executable, '-c', count.format(n=300), cwd=tmp_path)
        assert made.exists()
        for o in tmp_path.iterdir(): shutil.rmtree(o)
    print(f'killed before each of {len(whole)} steps; a dataset was there {sum(whole)} times')
    assert {True, False}==set(whole)

def test_two_writers_at_once(tmp_path):
    runs = [subprocess.Popen([sys.executable, '-c', count.format(n=5_000)], cwd=tmp_path) for _ in range(2)]
    assert [o.wait(120) for o in runs]==[0, 0]
    assert os.listdir(tmp_path)==['numbers']
    assert len((tmp_path/'numbers/train.txt').read_text().splitlines())==4_999

def test_swept(tmp_path):
    "What a killed writer of the dataset left behind is removed by the next one, and nobody else's folder"
    assert killed_at(6, tmp_path) and not (tmp_path/'numbers').exists()
    assert len(list(tmp_path.glob('.numbers-*/numbers/train.txt')))==1
    old = tmp_path/'.numbers-aaaaaaaa' # of a version without locks
    (old/'numbers').mkdir(parents=True)
    for o in (old/'numbers', old): os.utime(o, (time.time()-4000,)*2)
    (tmp_path/'.numbers-bbbbbbbb').mkdir() # too young to tell
    sh(sys.executable, '-c', count.format(n=500), cwd=tmp_path)
    assert sorted(os.listdir(tmp_path))==['.numbers-bbbbbbbb', 'numbers']

ids = '''
import resource,signal,sys
from fastai_humannums.corpus import *
n,overwrite = int(sys.argv[1]),'overwrite' in sys.argv
vocab = ['xxbos', ',', *dict.fromkeys(w for o in (*range(1, 1000), 1000, 10**6, 10**9) for w in number_words(o).split())]
write_ids('ids', range(1, n), vocab, bos='xxbos', overwrite=overwrite, bar='bar' in sys.argv)
try: peak = int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])*1024 # unlike ru_maxrss, without the parent's
except OSError: peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print('peak', peak)
'''
def writer(n, cwd, *args):
    return subprocess.Popen([sys.executable, '-c', ids, str(n), *args], cwd=cwd, preexec_fn=hears, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

def wait_for(f, secs=60):
    end = time.time()+secs
    while not f():
        assert time.time()<end, 'nothing happened'
        time.sleep(0.005)

def half_written(path, n=1_000_000):
    "Is some writer of `path` in the middle of its work?"
    return any(o.stat().st_size>n for o in path.parent.glob(f'.{path.name}-*/{path.name}/ids.npy'))

def test_killed_writer_of_ids(tmp_path):
    "A killed writer leaves nothing at the place itself, and the next one removes the rest"
    for _ in range(3):
        run = writer(40_000_000, tmp_path)
        wait_for(lambda: half_written(tmp_path/'ids'))
        run.kill()
        run.communicate()
        assert run.returncode==-signal.SIGKILL and not (tmp_path/'ids').exists()
        assert len(list(tmp_path.glob('.ids-*')))==1
    run = writer(2_000, tmp_path)
    assert run.communicate()[1]=='' and run.returncode==0
    assert os.listdir(tmp_path)==['ids']
    assert open_ids(tmp_path/'ids')[0].size>10_000

def test_interrupted_writer_of_ids(tmp_path):
    "Ctrl-C leaves nothing at all; nor does it harm what was there"
    for overwrite in (False, True):
        run = writer(40_000_000, tmp_path, *(['overwrite'] if overwrite else []))
        wait_for(lambda: half_written(tmp_path/'ids'))
        run.send_signal(signal.SIGINT)
        assert 'KeyboardInterrupt' in run.communicate()[1]
        assert os.listdir(tmp_path)==(['ids'] if overwrite else [])
        writer(2_000, tmp_path).communicate()
        before = (tmp_path/'ids/ids.npy').read_bytes()
    assert (tmp_path/'ids/ids.npy').read_bytes()==before
    open_ids(tmp_path/'ids')

def test_killed_writer_leaves_the_old_ids(tmp_path):
    writer(2_000, tmp_path).communicate()
    before = (tmp_path/'ids/ids.npy').read_bytes()
    run = writer(40_000_000, tmp_path, 'overwrite')
    wait_for(lambda: half_written(tmp_path/'ids'))
    run.kill()
    run.communicate()
    assert (tmp_path/'ids/ids.npy').read_bytes()==before
    open_ids(tmp_path/'ids')

def test_two_writers_of_ids(tmp_path):
    "Writers that meet end with one good copy, and don't take each other's unfinished work for rubbish"
    for args in ((), ('overwrite',)):
        runs = [writer(1_000_000, tmp_path, *args) for _ in range(3)]
        outs = [o.communicate(timeout=120) for o in runs]
        assert [(o.returncode, e) for o,(_,e) in zip(runs, outs)]==[(0, '')]*3
        assert os.listdir(tmp_path)==['ids']
        assert sorted(os.listdir(tmp_path/'ids'))==['ids.json', 'ids.npy']
        assert open_ids(tmp_path/'ids')[0].size>9_000_000
        writer(2_000, tmp_path, 'overwrite').communicate()

def test_writers_of_different_ids(tmp_path):
    "Of two corpora for one place one is written, and the other writer is told"
    runs = [writer(o, tmp_path) for o in (1_000_000, 1_000_001)]
    errs = [o.communicate(timeout=120)[1] for o in runs]
    assert sorted(o.returncode for o in runs)==[0, 1]
    assert 'FileExistsError' in ''.join(errs) and 'overwrite=True' in ''.join(errs)
    assert os.listdir(tmp_path)==['ids']
    open_ids(tmp_path/'ids')

def test_full_disk(tmp_path, monkeypatch):
    "No room: an error before anything is written; room that runs out: an error, and nothing left"
    vocab = [',', *dict.fromkeys(w for n in (*range(1, 1000), 1000) for w in number_words(n).split())]
    monkeypatch.setattr(corpus.shutil, 'disk_usage', lambda o: type('usage', (), dict(free=1_000)))
    with pytest.raises(OSError, match='would need about .* MB, and there are 1.0 kB left'): write_ids(tmp_path/'ids', range(1, 500_000), vocab, bar=False)
    monkeypatch.undo()
    limit = "import resource,signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))\n"
    run = subprocess.run([sys.executable, '-c', limit+ids, '2000000'], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode and 'OSError' in run.stderr
    assert os.listdir(tmp_path)==[]

def test_bar(tmp_path):
    out,err = writer(200_000, tmp_path, 'bar').communicate()
    assert out.startswith('about 1,6') and '100.00%' in out and err==''

def test_memory_of_ids(tmp_path):
    "Memory doesn't grow with the corpus: 10 million tokens, or 100 million with HUMANNUMS_SLOW"
    peaks = []
    for n in (10, 10_000_000 if os.environ.get('HUMANNUMS_SLOW') else 1_000_000):
        run = writer(n, tmp_path, 'overwrite')
        out,err = run.communicate()
        assert run.returncode==0, err
        peaks.append(int(out.split()[-1])/1e6)
    n = open_ids(tmp_path/'ids')[0].size
    print(f'{n:,} tokens: {peaks[1]:.0f} MB at the peak, {peaks[0]:.0f} MB for ten numbers')
    assert n>(10**8 if os.environ.get('HUMANNUMS_SLOW') else 9*10**6)
    assert peaks[1]-peaks[0]<200

def test_killed_between_two_renames(tmp_path):
    "Ids that were set aside for others that never came are put back"
    writer(2_000, tmp_path).communicate()
    before = (tmp_path/'ids/ids.npy').read_bytes()
    left = tmp_path/'.ids-aaaaaaaa'
    (left/'old').mkdir(parents=True)
    (tmp_path/'ids').rename(left/'old/0')
    (left/'lock').touch() # nobody holds it
    run = writer(3_000, tmp_path)
    assert 'FileExistsError' in run.communicate()[1]
    assert os.listdir(tmp_path)==['ids'] and (tmp_path/'ids/ids.npy').read_bytes()==before
