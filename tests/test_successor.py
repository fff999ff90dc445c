"The successor score finds exactly the numbers after which a model is wrong, in any language and in batches of any size"
import pandas as pd,pytest,torch
import torch.nn.functional as F
from fastai.text.all import BOS,Learner,tensor
from hypothesis import HealthCheck,given,settings,strategies as st
from torch import nn
from fastai_humannums.data import *
from fastai_humannums.learner import *
from fastai_humannums.predict import *
from fastai_humannums.state import *
from fastai_humannums.successor import *
from fastai_humannums.words import *

class Speller(nn.Module):
    "Says the successor of the last complete number, but something else after `wrong` numbers"
    def __init__(self, vocab, counting, wrong):
        super().__init__()
        self.vocab,self.counting,self.wrong = list(vocab),counting,wrong
        self.loud = nn.Parameter(torch.ones(()))

    def answer(self, n):
        words = self.counting.words(self.counting.after(n)).split()
        how = self.wrong.get(n)
        if how=='too long': words += words[-1:]
        elif how=='other':
            right = words[-1],self.counting.sep
            words[-1] = next(o for o in self.vocab if not o.startswith('xx') and o not in right)
        return [*words, self.counting.sep]

    def word(self, words):
        sep = self.counting.sep
        *numbers,begun = ' '.join(words).removeprefix(BOS).split(f' {sep}')
        if not numbers: return sep
        answer = self.answer(self.counting.number(numbers[-1].strip()))
        return answer[min(len(begun.split()), len(answer)-1)]

    def forward(self, x):
        rows = [[self.vocab[i] for i in o] for o in x.tolist()]
        said = [[self.vocab.index(self.word(o[:t+1])) for t in range(len(o))] for o in rows]
        return self.loud*F.one_hot(tensor(said), len(self.vocab))

class OneText(Speller, StatefulModel):
    "The same, but it fails in every batch that continues an earlier one"
    def forward(self, x):
        res = super().forward(x)
        if self.h is not None: res = -res
        self.h = torch.ones(len(x))
        return res

def learner(counting, numbers, wrong=None, model=Speller):
    text = ' '.join(o for n in numbers for o in (counting.words(n), counting.sep))
    vocab = number_vocab(text)
    dls = HumanNumbersDataLoaders.from_vocab(vocab, counting=counting, seq_len=200)
    return HumanNumbersLearner(dls, model(vocab, counting, wrong or {}), loss_func=F.cross_entropy)

countings = st.builds(
    Counting, lang=st.sampled_from(['en', 'fr', 'de', 'id']), sep=st.sampled_from([',', '.', 'then']),
    step=st.integers(-7, 7).filter(bool), ordinal=st.booleans())

@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(counting=countings, start=st.integers(100, 2000), n=st.integers(1, 12), k=st.integers(1, 4),
       bs=st.integers(1, 9), data=st.data())
def test_finds_what_is_wrong(counting, start, n, k, bs, data):
    numbers = [start+i*counting.step for i in range(n)]
    wrong = data.draw(st.dictionaries(st.sampled_from(numbers), st.sampled_from(['too long', 'other'])))
    learn = learner(counting, range(max(1, start-120), start+121), wrong, OneText)
    data.draw(st.randoms()).shuffle(numbers)
    assert successor(learn, numbers, k, bs).tolist()==[o not in wrong for o in numbers]

@pytest.mark.parametrize('k', [1, 2, 3])
def test_agrees_with_counting_on(k):
    wrong = {12: 'too long', 19: 'other', 99: 'other'}
    learn = learner(Counting(), range(1, 200), wrong)
    def counts(n):
        prompt = ' , '.join(Counting().spell(range(max(1, n-k+1), n+1)))
        return learn.count_on(prompt, 1, ahead=False).n_right==1
    assert successor(learn, range(1, 120), k, bs=16).tolist()==[counts(n) for n in range(1, 120)]

def test_special_tokens_are_never_picked():
    "The answer is nearly right: its best guess is a special token, and its second best the right word"
    class Shy(Speller):
        def forward(self, x):
            res = super().forward(x)
            return res + 2*F.one_hot(torch.zeros_like(x), len(self.vocab)) # the id of an unknown word
    learn = learner(Counting(), range(1, 60), {7: 'other'}, Shy)
    assert successor(learn, range(5, 10)).tolist()==[True, True, False, True, True]

def test_leaves_model_and_random_numbers_as_they_were():
    learn = learner(Counting(), range(1, 60), model=OneText)
    learn.model.train().h = torch.ones(3)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    successor(learn, range(1, 30), bs=4)
    assert learn.model.training and learn.model.h.tolist()==[1, 1, 1]
    assert torch.equal(torch.get_rng_state(), before)

def test_plain_learner():
    learn = learner(Counting(), range(1, 60), {7: 'other'})
    plain = Learner(learn.dls, learn.model, loss_func=F.cross_entropy)
    assert successor(plain, [6, 7, 8]).tolist()==[True, False, True]

def test_no_separator():
    learn = learner(Counting(), range(1, 60))
    learn.dls = HumanNumbersDataLoaders.from_vocab(learn.dls.vocab, counting=Counting(sep='then'))
    with pytest.raises(ValueError, match="a separator that is one word of the vocabulary, not 'then'"):
        successor(learn, [3])

def test_bands_and_carries():
    "Every number from one to 999,998 is in at most one band, and every carry in one group"
    everything = number_bands(None).values()
    seen = [n for o in everything for n in (o[0], o[-1])]
    assert seen==sorted(seen)
    assert sorted(n for o in carries.values() for n in o)==[n for n in range(1, 9999) if n%10==9]
    for name,o in carries.items(): assert all(str(n).endswith(name.removeprefix('ends in ')) for n in o)
    assert by_carry([19_999, 99, 5])=={'ends in 99': [99], 'ends in 999': [19_999]}

def test_table_needs_no_order():
    learn = learner(Counting(), range(1, 60), {7: 'other'})
    table = successor_table(learn, numbers=dict(second=[8], first=[7, 6]), ks=(2, 1))
    assert list(table.index)==['second', 'first'] and list(table.columns)==['numbers', 'k=2', 'k=1']
    assert table['k=1']['first'].startswith('0.500 [')

def test_plot_of_several_seeds():
    "The line goes through the means, and the bars are Student's t intervals within 0 and 1"
    numbers = dict(low=[5, 6, 7, 8], high=[40, 41])
    runs = [successor_scores(learner(Counting(), range(1, 60), wrong), numbers, ks=[1])
            for wrong in ({7: 'other'}, {7: 'too long', 8: 'other'})]
    ax = plot_successor({'one': runs[0], 'both': pd.concat(runs)}, k=1, names=numbers)
    one,both = (o.lines[0].get_ydata().tolist() for o in ax.containers)
    assert one==[0.75, 1] and both==[0.625, 1]
    assert [o.get_text() for o in ax.get_xticklabels()]==['low', 'high']
    low_bar = ax.containers[1].lines[2][0].get_segments()[0]
    assert low_bar[:,1].tolist()==[0, 1]
    with pytest.raises(ValueError, match="there are no scores of 'one' with k=2 for low, high"):
        plot_successor({'one': runs[0]}, k=2, names=numbers)
