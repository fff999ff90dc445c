"A thousand bad prompts and option values: each is accepted, or ends in a clear error raised by this package"
import contextlib,io,math,os,random,traceback
from pathlib import Path
import pytest
from fastai_humannums import cli
from fastai_humannums.words import number_words
from fastai_humannums.dataset import human_numbers
from fastai_humannums.data import HumanNumbersDataLoaders
from fastai_humannums.models import Model0,Model1,Model3,Model5,Model7
from fastai_humannums.learner import human_numbers_learner
import fastai_humannums.predict

rng = random.Random(42)
words = number_words(7_654_321).split() + ['xxbos', 'xxunk', ',', 'forty', 'eleven', 'zero', 'and']
scraps = ['', ' ', ',', '\n', '\0', 'é', '数', '<b>', '-1', '1e9', 'eihgt', 'ONE', 'thousandone', '../x', '%s', '🎉', 'a'*5000]
numbers = [True, 0, -1, 1.5, math.nan, math.inf, -math.inf, 1e-320]
others = [None, '', 'x', b'one', [], ['one'], {}, (), object(), range(3), Path('one')]
bounded = numbers + others # nothing that would be a right count and take forever
things = [*bounded, 10**30]

def some_text():
    "Zero to sixty words, a fifth of them scraps"
    n_words = rng.choice((0, 1, 2, 5, 60))
    text = ' '.join(rng.choice(words if rng.random()<0.8 else scraps) for _ in range(n_words))
    return text + rng.choice(('', ',', ' , '))

def is_clear(f):
    "Run `f`: True if it succeeds, False if it ends in a clear error raised by this package"
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out): f()
        return True
    except (ValueError, TypeError, OSError) as e:
        where = traceback.extract_tb(e.__traceback__)[-1].filename
        ours = f'{os.sep}fastai_humannums{os.sep}' in where or isinstance(e, FileNotFoundError) and e.filename
        assert ours and str(e).strip(), f'{type(e).__name__} from {where}: {e}'
        return False
    except RuntimeError as e: # PyTorch's own, about an unknown device
        assert 'device string' in str(e).lower()
        return False

# Prompts

@pytest.fixture(scope='module')
def learners():
    def dls(seq_len): return HumanNumbersDataLoaders.from_range(range(1, 900), range(900, 1000), bs=4, seq_len=seq_len)
    archs = {Model0: 3, Model1: 3, Model3: 8, Model5: 8, Model7: 8}
    return [human_numbers_learner(dls(seq_len), arch, n_hidden=8) for arch,seq_len in archs.items()]

def test_prompts(learners):
    seen = []
    for _ in range(600):
        learn = rng.choice(learners)
        text = some_text() if rng.random()<0.9 else rng.choice(things)
        n = rng.choice((0, 1, 3)) if rng.random()<0.8 else rng.choice(bounded)
        opts = {o: rng.choice(things) for o in ('temperature', 'top_k', 'seed') if rng.random()<0.3}
        f = rng.choice((lambda: learn.predict(text, n, **opts), lambda: learn.count_on(text, n)))
        seen.append(is_clear(f))
        assert getattr(learn.model, 'h', None) is None and learn.model.training
    assert 50<sum(seen)<550

# Options of commands

texts = ['', 'x', '-1', '0', '9..1..1', '1..9..0', '1..', '1..9', '20..30', '-3..3', '1..99999999999999999999', 'tlh',
         'en', 'de', '5', '9', 'Model5', '1 2', '\0', 'nowhere', *map(str, things)]
hyper = 'lr pct_start div div_final wd n_hidden bs seq_len seed'.split()
odd = dict(humannums_data=dict(train=texts, valid=texts, lang=texts),
           humannums_train=dict(model=texts, lang=texts, data=texts[-8:], epochs=bounded,
                                device=['', 'x', 'abacus', 'cpu:x'], **dict.fromkeys(hyper, things)),
           humannums_count=dict(file=['', 'nowhere', __file__, str(Path(__file__).parent)], n=things))

def some_options(name):
    "One or two odd values for the command `name`"
    options = odd[name]
    n = rng.choice((1, 1, 2))
    return {o: rng.choice(options[o]) for o in rng.sample(list(options), n)}

def test_options(tmp_path):
    "Commands with odd values leave nothing behind unless they succeed"
    data = human_numbers(tmp_path/'text', range(1, 200), range(200, 260))
    fine = dict(humannums_data=dict(train='1..30', valid='31..40'),
                humannums_train=dict(data=str(data), epochs=1, bs=4, seq_len=3),
                humannums_count=dict(file='nowhere'))
    seen = []
    for i in range(500):
        name = rng.choice(list(odd))
        out = tmp_path/f'out{i}'
        kwargs = fine[name] | some_options(name)
        if name=='humannums_count': args = kwargs.pop('file'),some_text()
        else: args,kwargs['out'] = (),out
        ok = is_clear(lambda: getattr(cli, name)(*args, **kwargs))
        seen.append((name, ok))
        assert ok or not out.exists(), (name, kwargs)
        if ok and name=='humannums_train':
            assert sorted(o.name for o in out.iterdir())==['curves.png', 'log.csv', 'model.safetensors']
    print(f'{sum(ok for _,ok in seen)} of {len(seen)} calls succeeded')
    assert all((name, ok) in seen for name in ('humannums_data', 'humannums_train') for ok in (True, False))
