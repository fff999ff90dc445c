"A thousand bad prompts and option values: each ends in a clear error of ours, or is fine"
import contextlib,io,math,os,random,traceback
from pathlib import Path
import pytest
from fastai_humannums import cli
from fastai_humannums.corpus import human_numbers,number_words
from fastai_humannums.data import HumanNumbersDataLoaders
from fastai_humannums.learner import human_numbers_learner
from fastai_humannums.models import Model0,Model1,Model3,Model5,Model7

rng = random.Random(42)
words = number_words(7_654_321).split() + ['xxbos', 'xxunk', ',', 'forty', 'eleven', 'zero', 'and']
scraps = ['', ' ', ',', '\n', '\0', 'é', '数', '<b>', '-1', '1e9', 'eihgt', 'ONE', 'thousandone', '../x', '%s', '🎉', 'a'*5000]
things = [None, True, 0, -1, 1.5, math.nan, math.inf, -math.inf, 10**30, '', 'x', b'one', [], ['one'], {}, (), object(), range(3), Path('one'), 1e-320]

def some_text():
    return ' '.join(rng.choice(words if rng.random()<0.8 else scraps) for _ in range(rng.choice((0, 1, 2, 5, 60)))) + rng.choice(('', ',', ' , '))

def is_clear(f):
    "Run `f`: True if it is fine, False if it ends in an error that this package raises at its door"
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()): f()
        return True
    except (ValueError, TypeError, OSError) as e:
        where = traceback.extract_tb(e.__traceback__)[-1].filename
        assert f'{os.sep}fastai_humannums{os.sep}' in where and str(e).strip(), f'{type(e).__name__} from {where}: {e}'
        return False

@pytest.fixture(scope='module')
def learners():
    dls3,dls8 = (HumanNumbersDataLoaders.from_range(range(1, 900), range(900, 1000), bs=4, seq_len=o) for o in (3, 8))
    return [human_numbers_learner(dls3 if o in (Model0, Model1) else dls8, o, n_hidden=8) for o in (Model0, Model1, Model3, Model5, Model7)]

def test_prompts(learners):
    seen = []
    for _ in range(600):
        learn = rng.choice(learners)
        text = some_text() if rng.random()<0.9 else rng.choice(things)
        opts = {o: rng.choice(things) for o in ('temperature', 'top_k', 'seed') if rng.random()<0.3}
        n_words = rng.choice((0, 1, 3)) if rng.random()<0.8 else rng.choice([o for o in things if o!=10**30])
        f = rng.choice((lambda: learn.predict(text, n_words, **opts), lambda: learn.count_on(text, n_words)))
        seen.append(is_clear(f))
        assert getattr(learn.model, 'h', None) is None and learn.model.training
    assert 50<sum(seen)<550

def test_options(tmp_path):
    "Commands called with odd values, one or more at a time, leave nothing behind unless they succeed"
    texts = ['', 'x', '-1', '0', '9..1..1', '1..9..0', '1..', '1..9', '20..30', '-3..3', '1..99999999999999999999', 'tlh', 'en', 'de', '5', '9', 'Model5', '1 2', '\0', 'nowhere', *map(str, things)]
    odd = dict(humannums_data=dict(train=texts, valid=texts, lang=texts),
               humannums_train=dict(model=texts, lang=texts, data=texts[-8:], n_hidden=things, bs=things, seq_len=things, epochs=[o for o in things if o!=10**30], lr=things, pct_start=things,
                                    div=things, div_final=things, wd=things, seed=things, device=['', 'x', 'abacus', 'cpu:x']),
               humannums_count=dict(file=['', 'nowhere', str(tmp_path), __file__], n=things))
    fine = dict(humannums_data=dict(train='1..30', valid='31..40'), humannums_train=dict(data=str(human_numbers(tmp_path/'text', range(1, 200), range(200, 260))), epochs=1, bs=4, seq_len=3),
                humannums_count=dict(file='nowhere'))
    seen = []
    for i in range(500):
        name = rng.choice(list(odd))
        bad = {o: rng.choice(odd[name][o]) for o in rng.sample(list(odd[name]), rng.choice((1, 1, 2)) if len(odd[name])>1 else 1)}
        out = tmp_path/f'out{i}'
        kwargs = fine[name] | bad | ({} if name=='humannums_count' else dict(out=out))
        args = [kwargs.pop('file'), some_text()] if name=='humannums_count' else []
        ok = is_clear(lambda: getattr(cli, name)(*args, **kwargs))
        seen.append((name, ok))
        assert ok or not out.exists(), (name, kwargs)
        if ok and name=='humannums_train': assert sorted(o.name for o in out.iterdir())==['curves.png', 'log.csv', 'model.safetensors']
    print(f'{sum(ok for _,ok in seen)} of {len(seen)} calls were fine')
    assert all((name, ok) in seen for name in ('humannums_data', 'humannums_train') for ok in (True, False))
