"Numbers that are not one apart, from a folder, a list or an array, are counted as they are written"
import numpy as np
import pytest,torch
import torch.nn.functional as F
from torch import nn
from fastai_humannums.data import *
from fastai_humannums.dataset import *
from fastai_humannums.learner import *
from fastai_humannums.models import *
from fastai_humannums.saving import *
from fastai_humannums.state import *

class KnowsTheText(StatefulModel):
    "A perfect model: it looks up in the text how the words that it has read go on"
    def __init__(self, text, vocab_sz):
        self.text,self.vocab_sz = text,vocab_sz
        self.one = nn.Parameter(torch.ones(1)) # of a model with no parameter nobody knows the device

    def forward(self, x):
        h = self.h if self.h is not None and len(self.h)==len(x) else x[:,:0]
        self.h = torch.cat([h, x], 1)
        ids = torch.tensor([[self.after(row[:i+1]) for i in range(h.shape[1], len(row))] for row in self.h.tolist()])
        return F.one_hot(ids.to(x.device), self.vocab_sz)*self.one

    def after(self, read):
        "The id that follows the longest end of `read` that is in the text"
        for n in range(min(12, len(read)), 0, -1):
            for i in range(len(self.text)-n):
                if self.text[i:i+n]==read[-n:]: return self.text[i+n]
        return 0

def from_folder(tmp_path, numbers, valid):
    return HumanNumbersDataLoaders.from_folder(human_numbers(tmp_path, numbers, valid), bs=2, seq_len=4)

def from_list(tmp_path, numbers, valid):
    return HumanNumbersDataLoaders.from_range(list(numbers), list(valid), bs=2, seq_len=4)

def from_array(tmp_path, numbers, valid):
    return HumanNumbersDataLoaders.from_range(np.array(numbers), np.array(valid), bs=2, seq_len=4)

@pytest.mark.parametrize('make', [from_folder, from_list, from_array])
@pytest.mark.parametrize('step', [2, -3])
def test_a_perfect_model_is_right(tmp_path, make, step):
    numbers = range(1, 1200, 2) if step==2 else range(1200, 0, -3)
    dls = make(tmp_path, numbers, range(1301, 1400, 6))
    assert dls.counting.step==step
    learn = human_numbers_learner(dls, KnowsTheText(dls.train.text.tolist(), len(dls.vocab)))
    start = dls.counting.words(numbers[100])
    assert learn.count_on(start, 6).verdict.startswith('6 of 6 right')

def test_the_step_is_saved(tmp_path):
    dls = from_list(tmp_path, range(1, 99, 2), range(101, 121, 2))
    file = human_numbers_learner(dls, Model5, 8).save_numbers(tmp_path/'odd.safetensors')
    assert load_numbers_learner(file).dls.counting.step==2
