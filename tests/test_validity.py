"Validity: every cheat is refused with a message that names it, and no honest model is"
import random,re,sys
from dataclasses import replace
from types import SimpleNamespace
import numpy as np
import pytest
import torch
from conftest import root
from fastai.torch_core import Module,get_random_states,tensor
from fastcore.basics import store_attr
from torch import nn
from torch.nn import functional as F
from fastai_humannums.tasks import task_dls,tasks
from fastai_humannums.data import HumanNumbersDataLoaders
from fastai_humannums.beyond import *
from fastai_humannums.copying import *
from fastai_humannums.ceiling import count_ceiling
from fastai_humannums.learner import human_numbers_learner
from fastai_humannums.models import *
from fastai_humannums.validity import *
from fastai_humannums.words import spellers

dls = HumanNumbersDataLoaders.from_range(bs=64, seq_len=20)

class Counter(Module):
    "What most cheats have in common: an embedding, a GRU without a state between batches, and an output layer"
    def __init__(self, vocab_sz, n_hidden=64):
        store_attr()
        self.i_h = nn.Embedding(vocab_sz, n_hidden)
        self.rnn = nn.GRU(n_hidden, n_hidden, batch_first=True)
        self.h_o = nn.Linear(n_hidden, vocab_sz)
    def hidden(self, x): return self.rnn(self.i_h(x))[0]
    def forward(self, x): return self.h_o(self.hidden(x))

class NextWord(Counter):
    def forward(self, x): return 10.*F.one_hot(x.roll(-1, 1), self.vocab_sz)

class GatedNextWord(Counter):
    "Hides until training has opened a gate"
    def __init__(self, vocab_sz, n_hidden=64):
        super().__init__(vocab_sz, n_hidden)
        self.gate = nn.Parameter(torch.zeros(1))
    def hidden(self, x): return super().hidden(x) + self.gate*self.i_h(x.roll(-1, 1))

class FarAhead(Counter):
    def hidden(self, x): return super().hidden(x) + self.i_h(x.roll(-15, 1))

class Bidirectional(Counter):
    def __init__(self, vocab_sz, n_hidden=64):
        super().__init__(vocab_sz, n_hidden)
        self.rnn = nn.GRU(n_hidden, n_hidden//2, batch_first=True, bidirectional=True)

class Unmasked(Counter):
    def hidden(self, x):
        e = self.i_h(x)
        return F.scaled_dot_product_attention(e, e, e)

class PaddedOnBothSides(Counter):
    def __init__(self, vocab_sz, n_hidden=64):
        super().__init__(vocab_sz, n_hidden)
        self.conv = nn.Conv1d(n_hidden, n_hidden, 3, padding=1)
    def hidden(self, x): return self.conv(self.i_h(x).mT).mT

class NormsOverTime(Counter):
    def hidden(self, x):
        h = super().hidden(x)
        return (h-h.mean(1, keepdim=True))/h.std(1, keepdim=True, unbiased=False).clamp(min=1e-3)

class LastWordFirst(Counter):
    "The logits of a row start from its last word"
    def hidden(self, x): return self.rnn(self.i_h(x), self.i_h(x[:,-1])[None])[0]

class AttendsOverRows(Counter):
    def hidden(self, x):
        h = super().hidden(x).transpose(0, 1)
        return F.scaled_dot_product_attention(h, h, h).transpose(0, 1)

class RowBelow(Counter):
    def hidden(self, x): return super().hidden(x) + super().hidden(x.roll(-1, 0))

class BatchStatistics(Counter):
    def hidden(self, x): return F.batch_norm(super().hidden(x).mT, None, None, training=True).mT

class StubbornBatchNorm(Counter):
    def __init__(self, vocab_sz, n_hidden=64):
        super().__init__(vocab_sz, n_hidden)
        self.bn = SeqBatchNorm(n_hidden)
    def hidden(self, x): return self.bn.train()(super().hidden(x))

class RowIndex(Counter):
    def hidden(self, x): return super().hidden(x) + self.i_h(torch.arange(len(x)) % self.vocab_sz)[:,None]

class NumberOfRows(Counter):
    def forward(self, x): return super().forward(x)*len(x)

words = dls.valid.text.tolist()
follows = {tuple(words[i:i+4]): words[i+4] for i in range(len(words)-4)}

class LooksUp(Counter):
    "Finds the last four words in the validation text"
    def forward(self, x):
        res = super().forward(x)
        for row,out in zip(x.tolist(), res):
            for t in range(3, len(row)):
                if tuple(row[t-3:t+1]) in follows: out[t,follows[tuple(row[t-3:t+1])]] += 20.
        return res

class KnowsByHeart(Counter):
    "Recognizes whole batches of a row of the validation text, and has their answers"
    answers = {tuple(x): y for xs,ys in dls.valid for x,y in zip(xs.tolist(), ys.tolist())}
    def forward(self, x):
        res = super().forward(x)
        for row,out in zip(x.tolist(), res):
            if tuple(row) in self.answers: out += 20.*F.one_hot(tensor(self.answers[tuple(row)]), self.vocab_sz)
        return res

class NeverResets(Model5):
    def reset(self): pass

class HasNoReset(Counter):
    h = None
    def hidden(self, x):
        res,h = self.rnn(self.i_h(x), self.h if self.h is not None and self.h.shape[1]==len(x) else None)
        self.h = h
        return res

class StateOfTheClass(Model5):
    kept = [None]
    def forward(self, x):
        self.h = self.kept[0]
        res = super().forward(x)
        self.kept[0] = self.h
        return res
    def reset(self): self.kept[0] = self.h = None

class RemembersTexts(Counter):
    "Learns from what it reads in evaluation mode"
    def __init__(self, vocab_sz, n_hidden=64):
        super().__init__(vocab_sz, n_hidden)
        self.register_buffer('counts', torch.ones(vocab_sz))
    def forward(self, x):
        self.counts += x.flatten().bincount(minlength=self.vocab_sz)
        return super().forward(x) + self.counts.log()

class TrainsWhileItReads(Counter):
    def forward(self, x):
        self.h_o.bias.data[x.unique()] += 0.01
        return super().forward(x)

class SavesNothing(Counter):
    def __init__(self, vocab_sz, n_hidden=64):
        super().__init__(vocab_sz, n_hidden)
        self.extra = torch.randn(vocab_sz)
    def forward(self, x): return super().forward(x) + self.extra

class Random(Counter):
    def forward(self, x): return torch.rand(*x.shape, self.vocab_sz)

class PythonsRandom(Counter):
    def forward(self, x): return super().forward(x) + random.random()*self.h_o.bias

class DropsAlways(Counter):
    def hidden(self, x): return F.dropout(super().hidden(x))

class NotNumbers(Counter):
    def forward(self, x): return super().forward(x)/0*0

class Infinite(Counter):
    def forward(self, x): return super().forward(x).exp()/0

class TooFewWords(Counter):
    def forward(self, x): return super().forward(x)[...,:-1]

class TimeFirst(Counter):
    def forward(self, x): return super().forward(x).transpose(0, 1)

class NoTensor(Counter):
    def forward(self, x): return SimpleNamespace(logits=super().forward(x))

class OneBatchSize(Counter):
    def hidden(self, x): return super().hidden(x) + torch.zeros(64, 1, self.n_hidden)

class PlaceInBatch(Model5):
    def forward(self, x): return super().forward(x) + torch.arange(x.shape[1])[:,None]*self.h_o.bias

future,rows = 'reads the future: new words after word', 'mixes rows: new words in row 8 of the batch'
cheats = {
    NextWord: future, GatedNextWord: future, FarAhead: future, Bidirectional: future, Unmasked: future,
    PaddedOnBothSides: future, NormsOverTime: future, LastWordFirst: future,
    AttendsOverRows: rows, RowBelow: rows, BatchStatistics: rows,
    StubbornBatchNorm: 'changes `bn.running_mean` while it reads',
    RowIndex: "knows the row: a row's logits change by",
    NumberOfRows: 'needs the other rows: the logits of row 8 change by',
    LooksUp: 'knows the validation text: before training it predicts 0.',
    KnowsByHeart: future,
    NeverResets: 'remembers an earlier text: its logits for the same text change by',
    HasNoReset: 'it needs a `reset()` that drops',
    StateOfTheClass: 'shares its state: its logits change by',
    RemembersTexts: 'changes `counts` while it reads',
    TrainsWhileItReads: 'changes `h_o.bias` while it reads',
    SavesNothing: 'between two instances with the same weights',
    Random: 'answers at random', PythonsRandom: 'answers at random', DropsAlways: 'answers at random',
    NotNumbers: 'logits that are NaN or infinite', Infinite: 'logits that are NaN or infinite',
    TooFewWords: 'returns shape (64, 20, 39) for ids (64, 20): it must return (64, 20, 40)',
    TimeFirst: 'returns shape (20, 64, 40) for ids (64, 20)',
    NoTensor: 'returns `SimpleNamespace`. It must return logits',
    OneBatchSize: "can't read ids (16, 20): RuntimeError",
    PlaceInBatch: 'depends on how a text is cut into batches'}

@pytest.mark.parametrize('cheat', cheats, ids=lambda o: o.__name__)
def test_cheats_are_refused(cheat):
    with pytest.raises(InvalidModel, match=re.escape(f'{cheat.__name__} ')+'.*'+re.escape(cheats[cheat])):
        check_model(cheat, dls)

def entries():
    sys.path.insert(0, str(root/'benchmarks'))
    from leaderboard import entries
    return {'Model0': (Model0, {}), 'Model1': (Model1, {}), **entries}

@pytest.mark.parametrize('name', entries())
def test_rows_of_the_leaderboard_pass(name):
    arch,changes = entries()[name]
    recipe = replace(arch.recipe, **changes)
    lesson = task_dls(tasks['lesson'], recipe.seq_len, recipe.bs, **recipe.dls)
    check_model(arch, lesson, recipe.n_hidden, **recipe.learner)

def small(**kwargs): return HumanNumbersDataLoaders.from_range(range(1, 400), range(400, 500), **kwargs)

@pytest.mark.parametrize('arch', [Model2, Model3, Model5, AWDLSTM, TransformerModel, PointerGRU])
def test_trained_models_pass(arch):
    few = small(bs=8, seq_len=20)
    learn = human_numbers_learner(few, arch)
    with learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(3, 1e-2)
    weights = {k: o.clone() for k,o in learn.model.state_dict().items()}
    check_model(learn.model, few, trained=True)
    for k,o in learn.model.state_dict().items(): assert torch.equal(o, weights[k])

@pytest.mark.parametrize('kwargs', [dict(bs=1), dict(bs=2, seq_len=1), dict(bs=3, seq_len=500), dict(lang='binary')])
@pytest.mark.parametrize('arch', [Model1, Model2, Model3, PointerGRU])
def test_other_streams_pass(arch, kwargs, monkeypatch):
    "A single row, single words, a single batch, a vocabulary of few words"
    monkeypatch.setitem(spellers, 'binary', lambda n: ' '.join(f'{n:b}')) # as `add_language` does, but only for this test
    check_model(arch, small(**dict(bs=8, seq_len=20)|kwargs))

def in_half(dtype): return lambda vocab_sz,n_hidden: TransformerModel(vocab_sz, n_hidden).to(dtype)

@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_other_precisions_pass(dtype): check_model(in_half(dtype), dls)

class RulesOut(Counter):
    "Never predicts a special token"
    def forward(self, x):
        res = super().forward(x)
        res[...,:9] = -torch.inf
        return res

class StartsAtZero(Counter):
    def __init__(self, vocab_sz, n_hidden=64):
        super().__init__(vocab_sz, n_hidden)
        for o in self.h_o.parameters(): nn.init.zeros_(o)

class RepeatsWords(Counter):
    "Predicts what stood five words ago: right more often than any constant guess, but not by knowing the text"
    def forward(self, x): return F.one_hot(F.pad(x, (5, 0))[:,:-5], self.vocab_sz).float()

@pytest.mark.parametrize('arch', [RulesOut, StartsAtZero, RepeatsWords])
def test_unusual_models_pass(arch): check_model(arch, dls)

def test_user_notices_nothing():
    model = Model5(len(dls.vocab)).train()
    model(dls.one_batch()[0])
    h,states,rows = model.h,get_random_states(),dls.valid.rows.clone()
    check_model(model, dls)
    assert model.training and model.h is h and torch.equal(dls.valid.rows, rows)
    now = get_random_states()
    assert now['random_state']==states['random_state'] and torch.equal(now['torch_state'], states['torch_state'])
    assert np.array_equal(now['numpy_state'][1], states['numpy_state'][1])

def test_lucky_counters_are_not_flagged():
    best = count_ceiling(dls)
    torch.manual_seed(1)
    assert not any(above_ceiling(torch.rand(best.shape)<best, best) for _ in range(100))
    peeks = torch.cat([torch.ones(64, 6)>0, torch.rand(64, 197)<0.9], 1)
    assert 'of the first 6 targets of the rows are right' in above_ceiling(peeks, best)
    assert 'of all targets are right' in above_ceiling(torch.ones(64, 203)>0, best)
    assert above_ceiling(torch.ones(2, 3), torch.ones(2, 3))==''
