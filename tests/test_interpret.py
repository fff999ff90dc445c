"Looking into a model from several threads, and drawing in a notebook"
import json,os,subprocess,sys
from concurrent.futures import ThreadPoolExecutor
import pytest
from conftest import root
from fastcore.nbio import mk_cell,new_nb,write_nb
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

def test_a_notebook_shows_every_figure(tmp_path):
    "Also those after the first, which sets up the drawing"
    setup = """from fastai_humannums.all import *
        dls = HumanNumbersDataLoaders.from_range(range(1, 99), range(99, 120), bs=2, seq_len=5)
        learn = human_numbers_learner(dls, Model7, n_hidden=8)"""
    draw = ["plot_timeline(learn, 'one');", "plot_gates(learn, 'one, two');", "plot_states(learn, 'one', units=[1]);"]
    cells = ['\n'.join(map(str.strip, setup.splitlines())), *draw]
    write_nb(new_nb([mk_cell(o, 'code') for o in cells]), tmp_path/'a.ipynb')
    args = [sys.executable, '-m', 'nbconvert', '--to', 'notebook', '--execute', '--inplace', tmp_path/'a.ipynb']
    subprocess.run(args, env=dict(os.environ, JUPYTER_PATH=str(root/'tools'/'jupyter')), check=True, capture_output=True)
    shown = [c['outputs'] for c in json.loads((tmp_path/'a.ipynb').read_text())['cells'][1:]]
    assert [len(o) for o in shown]==[1, 1, 1] and all('image/svg+xml' in o[0]['data'] for o in shown)
