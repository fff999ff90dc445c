"Looking into a model from several threads"
from concurrent.futures import ThreadPoolExecutor
import pytest
from fastai_humannums.data import HumanNumbersDataLoaders
from fastai_humannums.interpret import *
from fastai_humannums.learner import human_numbers_learner
from fastai_humannums.models import Model5
from fastai_humannums.words import spell_numbers

@pytest.fixture(scope='module')
def learn():
    dls = HumanNumbersDataLoaders.from_range(range(1, 200), range(200, 300), bs=4, seq_len=10)
    return human_numbers_learner(dls, Model5, n_hidden=16)

looks = dict(states=lambda learn, text: hidden_states(learn, text).tolist(),
             gates=lambda learn, text: [o.tolist() for o in gru_gates(learn, text)],
             units=lambda learn, text: carry_units(learn, text).effect.tolist(),
             table=lambda learn, text: NumbersInterpretation.from_learner(learn).as_frame().prediction.tolist())

@pytest.mark.parametrize('look', looks)
def test_threads(learn, look):
    "Four threads get what one gets"
    texts = [', '.join(spell_numbers(range(o, o+25))) for o in range(1, 80, 5)]
    want = [looks[look](learn, o) for o in texts]
    with ThreadPoolExecutor(4) as pool: assert list(pool.map(lambda o: looks[look](learn, o), texts))==want
