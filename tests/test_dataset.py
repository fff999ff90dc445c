"Writers that are killed, writers that meet, and every kind of place to write to"
import os,shutil,signal,subprocess,sys,tempfile,time
from pathlib import Path
import pytest
from conftest import hears,root,sh
from fastai_humannums import dataset
from fastai_humannums.dataset import (calm_bar,check_folder,human_numbers,number_lines,open_ids,put_into,readnums,
                                      write_ids)
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
    with pytest.raises(OSError, match='need about .* MB, but the disk has only 0.0 MB free'):
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

def test_bar_in_a_log_file(tmp_path):
    "Where no terminal is, short work says nothing, and long work a line now and then, ten at most"
    out,err = writer(200_000, tmp_path, 'bar').communicate()
    assert out.startswith('about 1,6') and 'peak' in out.splitlines()[1] and err==''

def test_lines_of_a_bar(capsys):
    bar = calm_bar(range(1234))
    bar.every = 0
    assert list(bar)==list(range(1234))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines)==10 and lines[0].startswith('124 of 1,234 after 0 seconds')
    assert list(calm_bar(iter('ab'), total=2, show=False))==['a', 'b'] and capsys.readouterr().out==''

bar_in_terminal = """
import sys
from fastai_humannums.dataset import calm_bar
for o in calm_bar(range(3)): pass
for o in calm_bar(iter('ab'), total=3): pass
for o in calm_bar([]): pass
"""
@pytest.mark.parametrize('encoding,drawn', dict(utf8=True, ascii=False).items())
def test_bar_in_a_terminal(encoding, drawn):
    import pty
    main,term = pty.openpty()
    sh_env = {**os.environ, 'PYTHONIOENCODING': encoding}
    subprocess.run([sys.executable, '-c', bar_in_terminal], stdout=term, env=sh_env, cwd=root, check=True)
    os.set_blocking(main, False)
    try: shown = os.read(main, 10_000)
    except BlockingIOError: shown = b''
    for o in (main, term): os.close(o)
    assert (b'[3/3' in shown)==(b'[2/3' in shown)==drawn and bool(shown)==drawn
    assert not shown or shown.endswith(b' \r') # a bar is gone when its items are, even if there were fewer

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

# Places

one,two = (range(1, 9), range(9, 12)),(range(1, 5), range(5, 7))
vocab = 'xxbos , one two three four five six seven eight nine ten eleven twelve'.split()
def rights(path): return oct(path.stat().st_mode)[-3:]

@pytest.mark.parametrize('place', ('.', '', '..', '../there/../there/.', 'new/er'))
def test_relative_places(tmp_path, monkeypatch, place):
    "The folder that we are in, or one above it, is a place like any other"
    (tmp_path/'there').mkdir()
    monkeypatch.chdir(tmp_path/'there')
    path = Path(os.path.realpath(place))
    assert human_numbers(place, *one)==path and readnums(path/'valid.txt')==['nine, ten, eleven']
    human_numbers(place, *two, overwrite=True)
    assert write_ids(place, range(1, 9), vocab, bar=False)==path and open_ids(place)[0].size==15
    assert sorted(os.listdir(path))==sorted(['ids.json', 'ids.npy', 'train.txt', 'valid.txt']+['there']*(place=='..'))

def test_home(tmp_path, monkeypatch):
    "A `~` in front is the home folder, and never a folder of that name"
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.chdir(tmp_path)
    check_folder('~/numbers')
    assert human_numbers('~/numbers', *one)==tmp_path/'numbers'
    assert readnums('~/numbers/valid.txt')==['nine, ten, eleven']
    assert open_ids(write_ids('~/ids', range(1, 9), vocab, bar=False))[0].size==open_ids('~/ids')[0].size==15
    with put_into('~/more') as made: (made/'a').touch()
    assert sorted(os.listdir())==['ids', 'more', 'numbers']

def test_rights_are_kept(tmp_path):
    "A private folder stays private, empty or not, and so does a private file"
    for name in ('empty', 'full'): (tmp_path/name).mkdir(mode=0o700)
    (tmp_path/'full/train.txt').touch(mode=0o600)
    for name in ('empty', 'full'): human_numbers(tmp_path/name, *one, overwrite=True)
    assert [rights(tmp_path/o) for o in ('empty', 'full', 'full/train.txt')]==['700', '700', '600']
    assert rights(human_numbers(tmp_path/'new', *one))==oct(0o777&~umask())[-3:]

def umask():
    "What is taken from the rights of new files"
    res = os.umask(0)
    os.umask(res)
    return res

def test_links_are_kept(tmp_path):
    "What a link points to is written, be it a folder, a file or not there yet"
    for o in ('real', 'half'): (tmp_path/o).mkdir()
    (tmp_path/'link').symlink_to('real')
    (tmp_path/'half/ids.npy').symlink_to('../real/elsewhere.npy')
    (tmp_path/'dangling').symlink_to('later')
    for o in ('link', 'half', 'dangling'):
        for last in (9, 10): write_ids(tmp_path/o, range(1, last), vocab, overwrite=True, bar=False)
        assert open_ids(tmp_path/o)[0].size==17
    assert all((tmp_path/o).is_symlink() for o in ('link', 'half/ids.npy', 'dangling'))
    assert (tmp_path/'real/elsewhere.npy').stat().st_size and seen(tmp_path/'later')==['ids.json', 'ids.npy']

@pytest.fixture
def other_disk(tmp_path):
    "A folder on another file system"
    for place in ('/dev/shm', '/run', os.path.expanduser('~')):
        if not os.access(place, os.W_OK) or os.stat(place).st_dev==tmp_path.stat().st_dev: continue
        with tempfile.TemporaryDirectory(dir=place) as tmp: yield Path(tmp)
        return
    pytest.skip('there is only one file system')

def test_links_to_another_disk(tmp_path, other_disk):
    "A file can't be renamed from one disk to another: a copy is"
    (tmp_path/'whole').symlink_to(other_disk)
    (tmp_path/'parts').mkdir()
    (tmp_path/'parts/ids.npy').symlink_to(other_disk/'big.npy')
    for o in ('whole', 'parts'):
        for last in (9, 10): write_ids(tmp_path/o, range(1, last), vocab, overwrite=True, bar=False)
        assert open_ids(tmp_path/o)[0].size==open_ids(tmp_path/o, check=False)[0].size==17
    assert (tmp_path/'whole').is_symlink() and (tmp_path/'parts/ids.npy').is_symlink()
    assert sorted(os.listdir(other_disk))==['big.npy', 'ids.json', 'ids.npy']

def test_mount_point(tmp_path):
    "A folder that can't be renamed or replaced, since a disk is mounted there"
    (tmp_path/'disk').mkdir()
    mounted = subprocess.run(['mount', '-t', 'tmpfs', 'none', tmp_path/'disk'], capture_output=True)
    if mounted.returncode: pytest.skip('nothing can be mounted here')
    try:
        human_numbers(tmp_path/'disk', *one)
        write_ids(tmp_path/'disk', range(1, 9), vocab, bar=False)
        assert seen(tmp_path/'disk')==['ids.json', 'ids.npy', 'train.txt', 'valid.txt']
    finally: subprocess.run(['umount', tmp_path/'disk'], check=True)

@pytest.fixture
def open_tmp():
    "A folder that every user can enter"
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        yield Path(tmp)

plain_user = """
import os
from fastai_humannums.dataset import *
if not os.getuid(): # root may write anywhere
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""
def as_plain_user(code, cwd):
    "Run `code` without the rights of root"
    return sh(sys.executable, '-c', plain_user+code, cwd=cwd, env={'PYTHONPATH': str(root)}, check=False)

def test_folder_in_a_place_that_is_read_only(open_tmp):
    "A mounted volume, as a plain user sees it: the folder is writable, that around it isn't"
    mine = open_tmp/'mine'
    mine.mkdir()
    if os.getuid()==0: os.chown(mine, 65534, 65534)
    else: open_tmp.chmod(0o555)
    res = as_plain_user("check_folder('mine'); human_numbers('mine', range(1, 9), range(9, 12))", open_tmp)
    open_tmp.chmod(0o755)
    assert res.returncode==0 and seen(mine)==['train.txt', 'valid.txt'], res.stderr

def test_read_only_places_are_named(open_tmp):
    "A place where nothing can be written is named at once, and not the temporary folder that would be in it"
    (open_tmp/'locked').mkdir(mode=0o555)
    places = [os.path.realpath(open_tmp/o) for o in ('locked', 'locked/new', 'locked/new/er')]
    said = as_plain_user(f"""
for place in {places}:
    for f in (check_folder, lambda o: human_numbers(o, range(1, 10**8), range(0, 1))):
        try: f(place)
        except PermissionError as e: print(e)
""", open_tmp).stdout.splitlines()
    assert said==[f"can't write files to {o!r}: Permission denied" for o in places for _ in range(2)]

def test_places_that_are_files(tmp_path):
    "A file where a folder should be is named"
    (tmp_path/'file').touch()
    for place in ('file', 'file/in/it'):
        def ids(path): return write_ids(path, range(1, 9), vocab, bar=False)
        for f in (check_folder, ids, lambda o: human_numbers(o, *one)):
            with pytest.raises(NotADirectoryError, match=f"^can't write files to '.*{place}': Not a directory$"):
                f(tmp_path/place)
    (tmp_path/'odd/train.txt').mkdir(parents=True)
    with pytest.raises(OSError, match=r"train.txt"): human_numbers(tmp_path/'odd', *one, overwrite=True)

def test_long_names(tmp_path):
    "A name as long as the disk allows is a name like any other, and a longer one is an error that says so"
    assert seen(human_numbers(tmp_path/('a'*255), *one))==['train.txt', 'valid.txt']
    with pytest.raises(OSError, match='too long'): check_folder(tmp_path/('a'*256))

@pytest.mark.parametrize('f', (readnums, open_ids))
def test_missing_files_are_named(tmp_path, f):
    with pytest.raises(FileNotFoundError, match='nowhere') as e: f(tmp_path/'nowhere')
    assert '\n' not in str(e.value)

# Read while others write

overwrite = """
from fastai_humannums.dataset import write_ids
words = 'one two three four five six seven eight nine ten eleven twelve'.split()
while True:
    for o in ([',', *words], [*reversed(words), ',']): write_ids('ids', range(1, 10), o, overwrite=True, bar=False)
"""
@pytest.mark.parametrize('check', (True, False))
def test_read_while_overwritten(tmp_path, check):
    "Ids and words belong together at any moment"
    write_ids(tmp_path/'ids', range(1, 10), vocab, bar=False)
    run = subprocess.Popen([sys.executable, '-c', overwrite], cwd=tmp_path)
    end,seen = time.time()+3,set()
    while time.time()<end:
        ids,words = open_ids(tmp_path/'ids', check=check)
        assert ' '.join(words[o] for o in ids)=='one , two , three , four , five , six , seven , eight , nine'
        seen.add(tuple(words))
    run.kill()
    run.wait()
    assert len(seen)>1

def test_ids_of_another_vocabulary(tmp_path):
    "A writer that is killed between its two files leaves a pair that doesn't fit, which nobody reads"
    for o,words in dict(ids=vocab, new=vocab[::-1]).items(): write_ids(tmp_path/o, range(1, 10), words, bar=False)
    os.replace(tmp_path/'new/ids.npy', tmp_path/'ids/ids.npy')
    for check in (True, False):
        with pytest.raises(ValueError, match='has changed since it was written'): open_ids(tmp_path/'ids', check=check)

# fastai's settings

start = """
import sys,time
from pathlib import Path
if {fastai}: import fastai.data.external
from fastai_humannums.dataset import human_numbers,human_numbers_path
print('ready', flush=True)
sys.stdin.readline()
assert human_numbers()==human_numbers_path()
if {fastai}:
    from fastai.data.external import URLs,untar_data
    assert untar_data(URLs.HUMAN_NUMBERS)==human_numbers_path()
"""
def starters(n, home, fastai):
    "`n` programs that use fastai's folder at the same time: their errors"
    env = {**os.environ, 'FASTAI_HOME': str(home)}
    pipe = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    runs = [subprocess.Popen([sys.executable, '-c', start.format(fastai=fastai)], env=env, **pipe) for _ in range(n)]
    for o in runs: assert o.stdout.readline()=='ready\n', o.stderr.read()
    for o in runs: o.stdin.write('\n')
    return [o.communicate(timeout=120)[1] for o in runs]

@pytest.mark.parametrize('config', ('', '[DEFAULT]\n', '[DEFAULT]\narchive = zip\n'))
def test_empty_config(tmp_path, config):
    "Settings of fastai's that name no folder for data: its default counts, for fastai too"
    (tmp_path/'config.ini').write_text(config)
    for fastai in (False, not config): assert starters(1, tmp_path, fastai)==['']
    assert seen(tmp_path/'data/human_numbers')==['train.txt', 'valid.txt']

def test_config_that_names_a_folder(tmp_path):
    (tmp_path/'config.ini').write_text('[DEFAULT]\ndata = mine\n')
    for fastai in (False, True): assert starters(1, tmp_path, fastai)==['']
    assert (tmp_path/'mine/human_numbers').is_dir() and not (tmp_path/'data').exists()

@pytest.mark.parametrize('n,fastai', ((6, False), (3, True)))
def test_several_start_at_once(tmp_path, n, fastai):
    assert starters(n, tmp_path/'fresh', fastai)==['']*n
    assert seen(tmp_path/'fresh/data')==['human_numbers']
