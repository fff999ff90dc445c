"Savers that are killed, and files that are not what they say"
import io,json,pickle,random,re,signal,struct,sys,time,traceback,warnings
import pytest,safetensors.torch,torch
from collections import Counter
from conftest import root,sh
from copy import deepcopy
from itertools import product
from pathlib import Path
from fastai.text.all import Callback,ColReader,DataBlock,IndexSplitter,pd,set_seed
from fastai_humannums.dataset import human_numbers
from fastai_humannums.data import HumanNumbersBlock,HumanNumbersDataLoaders
from fastai_humannums.learner import human_numbers_learner
from fastai_humannums.state import StatefulModel
from fastai_humannums.models import Model5,archs
from fastai_humannums.saving import ResumeCallback,load_numbers_learner

script = root/'tests'/'saving_script.py'
def run(*args, cwd, check=True, **env):
    env = dict(OMP_NUM_THREADS='1', PYTHONPATH=str(root)) | env
    return sh(sys.executable, script, *args, cwd=cwd, check=check, env=env)

def test_killed_run_goes_on(tmp_path):
    "A run that is killed twice, and goes on in new processes, ends as one that never was"
    plain = run('plain', cwd=tmp_path).stdout
    for epoch in '0','2': assert run('run', epoch, cwd=tmp_path, check=False).returncode==-signal.SIGKILL
    assert run('run', cwd=tmp_path).stdout==plain!=''

def test_run_killed_at_every_step(tmp_path):
    "The same after each epoch, and before each of the things that are done to the file"
    out = run('sweep', cwd=tmp_path).stdout
    print(out)
    killed,with_file = map(int, re.findall(r'\d+', out))
    assert 10<killed and 0<with_file<killed

def test_runs_killed_at_random(tmp_path):
    "The same for several fits in a row, several callbacks of a class, wrapped models and PyTorch's optimizers"
    out = run('random', '0', cwd=tmp_path).stdout
    print(out)
    killed,with_file = map(int, re.findall(r'\d+', out))
    assert killed>=8 and 0<with_file

def test_no_run_is_refused_in_another_process(tmp_path):
    "Whatever a process may do in another way, it describes a run in the same words"
    texts = []
    for i in '12':
        (tmp_path/i).mkdir()
        texts.append(run('facts', cwd=tmp_path/i, PYTHONHASHSEED=i, HOME=str(tmp_path/i)).stdout)
    assert texts[0]==texts[1] and len(texts[0].splitlines())==2+3+1+1+4 # fits

def test_save_killed_at_every_step(tmp_path):
    "What is there is the old file, the new one or nothing, and never a part of one"
    out = run('save', cwd=tmp_path).stdout
    print(out)
    assert all(o in out for o in ("'nothing'", "'old'", "'new'"))

def small(): return HumanNumbersDataLoaders.from_range(range(1, 60), range(60, 80), bs=2, seq_len=8)

def saved(folder, arch=Model5):
    "The bytes of a file of `save_numbers`, its metadata and its weights"
    file = human_numbers_learner(small(), arch, 8).save_numbers(folder/f'{arch.__name__}.safetensors')
    with safetensors.safe_open(file, 'pt') as f: meta = json.loads(f.metadata()['fastai_humannums'])
    return file.read_bytes(),meta,safetensors.torch.load_file(file)

@pytest.fixture(scope='module')
def good(tmp_path_factory): return saved(tmp_path_factory.mktemp('good'))

def refused(file):
    "Is `file` refused, with an error of our own? Then why? None if it is loaded, and counts"
    before = file.read_bytes()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            learn = load_numbers_learner(file)
    except (ValueError, OSError) as e:
        last = traceback.extract_tb(e.__traceback__)[-1]
        assert 'fastai_humannums' in last.filename and str(file) in str(e) and len(str(e))<1000, e
        return str(e)
    finally: assert file.read_bytes()==before
    try: learn.predict('', 3, temperature=0)
    except ValueError as e: assert 'not all finite' in str(e)

def flipped(data, rng, lo, hi):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))): data[rng.randrange(lo, hi)] ^= 1<<rng.randrange(8)
    return bytes(data)

odd = [None, True, False, 0, -1, 1, 3, 10**6, 10**9, 2**31, 2**63, 10**30, 1.5, 1e308,
       '', 'GRU', 'xxbos', '\0', 'a'*10**5, 'Model4', 'Model6', 'Learner', '__class__',
       [], [1], ['xxbos'], ['xxbos']*2, [['xxbos']], {}, {'a': 'b'},
       {'torch.nn': 'RNN'}, {'torch.nn': 'Linear'}, {'torch.nn': []}, {'lang': None}, {'lang': 'xx'}]

def mutated(o, rng):
    "JSON like `o`, with something else in one place"
    if rng.random()<0.3 or not isinstance(o, (dict, list)) or not o: return rng.choice(odd)
    o = o.copy()
    k = rng.choice(list(o)) if isinstance(o, dict) else rng.randrange(len(o))
    if rng.random()<0.15: o.pop(k)
    elif rng.random()<0.1 and isinstance(o, dict):
        o[rng.choice(('more', 'n_hidden', 'bidirectional'))] = rng.choice(odd)
    else: o[k] = mutated(o[k], rng)
    return o

def with_header(data, f):
    "`data` with what `f` makes of its header"
    n = struct.unpack('<Q', data[:8])[0]
    head = f(json.loads(data[8:8+n])).encode()
    return struct.pack('<Q', len(head))+head+data[8+n:]

def test_damaged_files(good, tmp_path):
    "Whatever happens to a file, it is loaded and works, or refused with an error that names it"
    data,meta,weights = good
    rng,file = random.Random(0),tmp_path/'f.safetensors'
    start = 8+struct.unpack('<Q', data[:8])[0]
    with_meta = lambda text: safetensors.torch.save(weights, {'fastai_humannums': text})
    def nested(n): return json.dumps({**meta, 'args': 0}).replace(': 0,', f': {{"a": {"["*n+"]"*n}}},')
    def sized(dtype, shape, at):
        bias = dict(dtype=dtype, shape=shape, data_offsets=at)
        return with_header(data, lambda o: json.dumps({**o, 'h_o.bias': bias}))
    texts = ['', 'null', '[', '['*10**5, 'NaN', '1'*5000, '{"version": NaN}', json.dumps(meta)[:-1]]
    cuts = [*range(0, 24, 3), *(rng.randrange(len(data)) for _ in range(40))]
    sizes = product(('F32', 'F64', 'F4', 'BOOL'), ([2**62], [2**32]*2, [0, 2**63], []), ([0, 4], [0, 2**63], [4, 0]))
    def cases():
        yield 'cut',   [data[:o] for o in cuts]+[data+b'\0']
        yield 'head',  [flipped(data, rng, 0, start) for _ in range(150)]
        yield 'body',  [flipped(data, rng, start, len(data)) for _ in range(60)]
        yield 'json',  [with_meta(json.dumps(mutated(meta, rng))) for _ in range(250)]
        yield 'text',  map(with_meta, texts)
        yield 'deep',  [with_meta(nested(o)) for o in range(50, 1050, 20)]
        yield 'lies',  [with_header(data, lambda o: json.dumps(mutated(o, rng))) for _ in range(80)]
        yield 'sizes', [sized(*o) for o in sizes]
        yield 'other', [b'PK\3\4', b'\x80\4.', b'{}', bytes(1000), rng.randbytes(1000)]
        yield 'other', [struct.pack('<Q', o)+b'{}' for o in (2**63, 2)]
    total,loaded,whys = 0,Counter(),{}
    for kind,datas in cases():
        for o in datas:
            file.write_bytes(o)
            why = refused(file)
            total += 1
            if why is None: loaded[kind] += 1
            else: whys.setdefault(kind, set()).add(why.replace(str(file), 'f')[:60])
    n_whys = sum(map(len, whys.values()))
    print(f'{total} files, {sum(loaded.values())} of them loaded: {dict(loaded)}; {n_whys} different complaints')
    assert total>=400 and loaded['body']==60 and len(whys['json'])>10
    assert not any(loaded[o] for o in ('cut', 'deep', 'sizes', 'other'))
    file.write_bytes(data)
    assert refused(file) is None

@pytest.mark.parametrize('name', ['TransformerModel', 'PointerGRU', 'CopyALiBi', 'AWDLSTM'])
def test_odd_arguments(tmp_path, name):
    "Models with other arguments, too, are loaded and work, or refused"
    _,meta,weights = saved(tmp_path, archs[name])
    rng,file = random.Random(0),tmp_path/'f.safetensors'
    for _ in range(80):
        text = json.dumps({**meta, 'args': mutated(meta['args'], rng)})
        safetensors.torch.save_file(weights, file, {'fastai_humannums': text})
        refused(file)

def absurd(args):
    "Arguments with one number that is far too large; `window` costs nothing, so it may be as large as it likes"
    for k,o in args.items():
        if type(o) is int and k!='window':
            for size in (10**5, 10**9, 10**18): yield {**args, k: size}

def test_hostile_files_are_refused_quickly(tmp_path):
    "Absurd arguments cost neither time nor memory"
    file,times = tmp_path/'f.safetensors',[]
    for name,arch in archs.items():
        if name in ('Model0', 'Model1'): continue # they read three words
        _,meta,weights = saved(tmp_path, arch)
        for args in absurd(meta['args']):
            safetensors.torch.save_file(weights, file, {'fastai_humannums': json.dumps({**meta, 'args': args})})
            start = time.perf_counter()
            assert refused(file), (name, args)
            times.append(time.perf_counter()-start)
            assert torch.is_grad_enabled()
    _,meta,weights = saved(tmp_path/'long')
    for size in (10**6, 10**9, 10**18): # costs nothing, so it is loaded
        safetensors.torch.save_file(weights, file, {'fastai_humannums': json.dumps({**meta, 'seq_len': size})})
        start = time.perf_counter()
        assert not refused(file)
        times.append(time.perf_counter()-start)
    print(f'{len(times)} files, {max(times):.2f} s at most')
    assert max(times)<5

class Bomb:
    "A pickle that makes a file when it is loaded"
    def __init__(self, marker): self.marker = marker
    def __reduce__(self): return open, (str(self.marker), 'w')

def bombs(marker):
    "Files that run code when they are unpickled"
    for protocol in range(6): yield pickle.dumps(Bomb(marker), protocol=protocol)
    for zipped in (True, False):
        data = io.BytesIO()
        torch.save(Bomb(marker), data, _use_new_zipfile_serialization=zipped)
        yield data.getvalue()

@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_bombs(tmp_path):
    "No file is ever unpickled"
    marker,file = tmp_path/'marker',tmp_path/'file'
    learn = human_numbers_learner(small(), Model5, 8)
    for o in bombs(marker):
        file.write_bytes(o)
        why = refused(file)
        assert "isn't a safetensors file; others aren't opened, because they can run code" in why
        with pytest.raises(ValueError, match='is damaged'), learn.no_bar(): learn.fit(1, cbs=ResumeCallback(file))
        assert not marker.exists()
    pickle.loads(next(bombs(marker))).close()
    assert marker.exists() # they do work

def test_paths(tmp_path, monkeypatch):
    "A home folder, a folder of links, the present folder, and a file that is a link"
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.chdir(tmp_path)
    learn = human_numbers_learner(small(), Model5, 8)
    real = tmp_path/'real'
    real.mkdir()
    (tmp_path/'link').symlink_to(real)
    (tmp_path/'file').symlink_to(real/'target')
    for name,where in (('~/a', 'a'), ('link/b', 'real/b'), ('c', 'c'), ('real/../d', 'd'), ('file', 'real/target')):
        file = learn.save_numbers(name)
        assert file==tmp_path/where and file.is_file() and not file.is_symlink()
        load_numbers_learner(name)
        file.unlink()
        with learn.no_bar(), learn.no_logging(): learn.fit(1, cbs=ResumeCallback(name))
        file.unlink()
    assert {o.name for o in tmp_path.iterdir()}=={'real', 'link', 'file'} and not [*real.iterdir()]
    with pytest.raises(IsADirectoryError, match='is a folder'): ResumeCallback('link')
    Path('c').write_text('in the way')
    with pytest.raises(OSError, match='c'), learn.no_bar(): learn.fit(1, cbs=ResumeCallback('c/d'))

def test_without_text(tmp_path):
    "A learner from a file has no text: it predicts, is copied and saved again, and says so when it shall train"
    learn = load_numbers_learner(human_numbers_learner(small(), Model5, 8).save_numbers(tmp_path/'a'))
    said = learn.predict('one ,', 5, temperature=0)
    again = load_numbers_learner(learn.save_numbers(tmp_path/'b'))
    assert again.predict('one ,', 5, temperature=0)==said==deepcopy(learn).predict('one ,', 5, temperature=0)
    for f in (lambda: learn.fit(1), lambda: learn.fit_one_cycle(1), learn.lr_find):
        with pytest.raises(ValueError, match='there is no training text'): f()

class Copy(Callback):
    "Copies and saves the model while it holds a state"
    def after_batch(self):
        if self.training and self.iter==2:
            if isinstance(self.model, StatefulModel): assert deepcopy(self.model).h is None
            self.learn.save_numbers('copy', overwrite=True)
            self.learn.export('copy.pkl')

@pytest.mark.parametrize('name', ['Model3', 'LSTMModel', 'AWDLSTM', 'TransformerModel', 'PointerGRU', 'CopyRandomPosition'])
def test_saved_in_a_run(name, tmp_path, monkeypatch):
    "To copy, save and export in the middle of a run changes nothing of it"
    monkeypatch.chdir(tmp_path)
    def weights(*cbs):
        set_seed(1)
        learn = human_numbers_learner(small(), archs[name], 8, cbs=cbs)
        with learn.no_bar(), learn.no_logging(): learn.fit(1, 1e-2)
        return torch.cat([o.flatten().float() for o in learn.model.state_dict().values()])
    assert torch.equal(weights(), weights(Copy()))
    load_numbers_learner('copy')

@pytest.mark.parametrize('kwargs', [
    {}, dict(sep=' . '), dict(lang='de'), dict(lang='de', split=False), dict(ordinal=True), dict(lang='fr', seq_len=9)])
def test_own_ways_to_read(kwargs, tmp_path):
    "Whatever `from_range` reads is saved, and read alike afterwards"
    dls = HumanNumbersDataLoaders.from_range(range(1, 90, 2), range(91, 99, 2), bs=2, **{'seq_len': 8, **kwargs})
    learn = human_numbers_learner(dls, Model5, 8)
    again = load_numbers_learner(learn.save_numbers(tmp_path/'a'))
    assert again.dls.counting==dls.counting and again.dls.counting.step==2
    first = dls.counting.words(1)
    assert again.count_on(first, 3).numbers==learn.count_on(first, 3).numbers

def test_own_folders(tmp_path):
    path = human_numbers(tmp_path/'text', range(2, 200, 2), range(200, 240, 2))
    block = HumanNumbersBlock(8, counting=HumanNumbersDataLoaders.from_folder(path, 8, bs=2).counting)
    dblock = DataBlock(block, get_x=ColReader('text'), splitter=IndexSplitter([1]))
    table = dblock.dataloaders(pd.DataFrame(dict(text=['two, four, six, eight, ten, twelve']*2)), bs=1)
    for dls in (HumanNumbersDataLoaders.from_folder(path, 8, bs=2), table):
        learn = human_numbers_learner(dls, Model5, 8)
        again = load_numbers_learner(learn.save_numbers(tmp_path/'a', overwrite=True))
        assert again.predict('four ,', 5, temperature=0)==learn.predict('four ,', 5, temperature=0)

def test_folders_and_nothing(tmp_path):
    with pytest.raises(IsADirectoryError, match=str(tmp_path)): load_numbers_learner(tmp_path)
    with pytest.raises(FileNotFoundError, match='nothing'): load_numbers_learner(tmp_path/'nothing')

def test_damaged_runs(tmp_path):
    "A damaged file of a run is refused, unless the damage is between its parts: then nothing is lost"
    file,rng,refusals = tmp_path/'run',random.Random(0),0
    learn = human_numbers_learner(small(), Model5, 8)
    def fit():
        with learn.no_bar(), learn.no_logging(): learn.fit(1, cbs=ResumeCallback(file))
        return [learn.recorder.values, learn.recorder.losses, [o.tolist() for o in learn.model.state_dict().values()]]
    expected,data = fit(),file.read_bytes()
    damaged = [data[:rng.randrange(len(data))] for _ in range(20)]
    damaged += [flipped(data, rng, 0, len(data)) for _ in range(150)]
    for o in damaged:
        file.write_bytes(o)
        try: assert fit()==expected
        except ValueError as e:
            assert 'is damaged' in str(e) and str(file) in str(e)
            refusals += 1
        assert file.read_bytes()==o
    print(f'{refusals} of {len(damaged)} refused')
    assert refusals>len(damaged)/2
