"Tasks: rows that are fixed, new and solvable, states that don't leak from row to row, and tasks of a user's own"
import random,sys
from dataclasses import replace
import pytest,torch
from conftest import sh
from fastai.data.core import DataLoaders
from fastai.text.all import Callback,CrossEntropyLossFlat,Learner,Module,nn,set_seed
from fastai_humannums.bench import *
from fastai_humannums.learner import *
from fastai_humannums.models import *
from fastai_humannums.state import *
from fastai_humannums.tasks import *
from fastai_humannums.validity import *

torch.set_num_threads(1)
in_rows = [k for k,o in tasks.items() if isinstance(o, RowsTask)]

def small(name, **kwargs): return replace(tasks[name], **(dict(budget=2000, per_epoch=4000, n_valid=20) | kwargs))
def words(row): return tuple(w for w,_ in row)

@pytest.mark.parametrize('name', in_rows)
def test_rows(name):
    "Always the same, none in both texts, and each answer is the only one that fits the words before it"
    task = small(name)
    train,valid = task.rows(),task.rows(True)
    assert train==task.rows() and valid==task.rows(True) and len(valid)==20
    assert not {*map(words, train)} & {*map(words, valid)}
    for row in valid:
        assert any(answer for _,answer in row)
        for t,(_,answer) in enumerate(row, 1):
            if answer: assert task.solve(list(words(row[:t])))==[answer]

@pytest.mark.parametrize('name', in_rows)
def test_wrong_answers_lower_the_ceiling(name):
    task = small(name)
    dls = task.dls()
    y = dls.valid.dataset.y
    asked = y>=0
    assert task.ceiling(dls).isnan().equal(~asked) and task.ceiling(dls).nanmean()==1
    i,j = asked.nonzero()[-1]
    y[i,j] = dls.vocab.index('xxeos')
    assert task.ceiling(dls)[i,j]==0

@pytest.mark.parametrize('budget', [500, 1000, 10_000])
def test_budget(budget):
    "Fewer rows, but as many words in an epoch"
    dls = small('s5', budget=budget, per_epoch=10_000).dls(bs=16)
    rows = dls.train.dataset.x
    assert rows.shape[0]==10_000//21 and len(rows.unique(dim=0))==budget//21
    seen = torch.cat([x for x,_ in dls.train])
    assert len(seen)==len(rows) and len(seen.unique(dim=0))==budget//21

def one_row(rng, is_valid): return [('a', 'b')]

def test_too_few_new_rows():
    task = RowsTask(one_row, lambda words: ['b'], 'a b', n_valid=3)
    with pytest.raises(ValueError, match='only 0 of 3 validation rows are new'): task.rows(True)

class Keeps(Callback):
    def __init__(self, outs): self.outs = outs
    def after_pred(self): self.outs.append(self.learn.pred.detach())

def test_no_state_from_row_to_row():
    "Whatever batch a row is in, with a learner of this package or a plain one"
    rows = small('recall').dls().valid.dataset
    preds = []
    for bs in (20, 4, 1):
        for make in (human_numbers_learner, Learner):
            set_seed(1)
            dls = DataLoaders(*[RowsDL(rows, bs=bs)]*2)
            kwargs = {} if make is human_numbers_learner else dict(loss_func=CrossEntropyLossFlat(), cbs=HiddenStateCallback())
            learn = make(dls, Model5(len(rows.vocab)), **kwargs)
            outs = []
            learn.add_cb(Keeps(outs))
            with learn.no_bar(): learn.validate()
            preds.append(torch.cat(outs))
    for o in preds[1:]: assert torch.allclose(o, preds[0], atol=1e-5)

def test_answers():
    "Whole answers and stretches, compared with a loop"
    task = small('lookup', n_valid=30, lengths=(20, 59))
    learn = human_numbers_learner(task.dls(), Model5, metrics=task.metrics)
    with learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(4, 1e-2)
    scores = task.score(learn)
    with learn.no_bar(): _,y,preds = learn.get_preds(with_decoded=True)
    end = learn.dls.vocab.index('.')
    whole,spans = [],{'1 to 20': [], '21 to 59': []}
    for row,guess in zip(y.tolist(), preds.tolist()):
        is_right = True
        for t,(a,b) in enumerate(zip(row, guess)):
            if a<0: continue
            spans['1 to 20' if t<=20 else '21 to 59'].append(a==b)
            is_right = is_right and a==b
            if a==end:
                whole.append(is_right)
                is_right = True
    every = sum(spans.values(), [])
    wanted = dict(answers=whole, token_accuracy=every, **spans)
    assert list(scores)==list(wanted)
    for k,o in wanted.items(): assert scores[k]==pytest.approx(sum(o)/len(o), abs=1e-6), k
    assert learn.validate()[1]==pytest.approx(scores['token_accuracy'], abs=1e-6)

class Echo(Task):
    "A task of a user's own: say the word that was read"
    asks = 'repeat'
    def dls(self, seq_len=20, bs=64, **kwargs):
        x = torch.randint(9, 12, (64, seq_len), generator=torch.Generator().manual_seed(1))
        rows = Rows(x, x, tasks['parity'].dls().vocab)
        return DataLoaders(RowsDL(rows, bs=bs), RowsDL(rows, bs=bs))
    def ceiling(self, dls): return torch.ones(dls.valid.dataset.y.shape)
    def score(self, learn):
        with learn.no_bar(): return dict(repeated=learn.validate()[1], n=3)

def test_own_task():
    "What `Task` asks for is enough for `bench`"
    res = bench(Model5, Echo(), seeds=2, n_epoch=1, n_procs=1)
    assert list(res.row)[:2]==['repeated', 'n'] and res.row.n.item()=='3 3' and res.ceiling==1
    assert 'flag' not in res.row
    res.plot()

def test_cheats_are_refused_before_training():
    class Future(Module):
        def __init__(self, vocab_sz, n_hidden): self.emb = nn.Embedding(vocab_sz, vocab_sz)
        def forward(self, x): return self.emb(x.roll(-1, 1))
    for name in ('tuning', 'parity', 'lookup'):
        with pytest.raises(InvalidModel, match='reads the future'): bench(Future, small(name) if name in in_rows else name)

def test_models_of_all_rooms_are_found():
    "The commands find a model by its name, although they import nothing before"
    run = 'from fastai_humannums.cli import _find_arch; print(_find_arch("PointerGRU").__name__, _find_arch("LSTMModel").__name__)'
    assert sh(sys.executable, '-c', run).stdout.split()==['PointerGRU', 'LSTMModel']
