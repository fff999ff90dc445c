"A first use of everything: needs the package and `pytest`, nothing else, and passes with every version that is allowed"
import os,subprocess,sys
from pathlib import Path
import pytest

os.environ['MPLBACKEND'] = 'Agg'

@pytest.fixture(autouse=True, scope='session')
def fastai_home(tmp_path_factory):
    "fastai's own folder, empty at first"
    os.environ['FASTAI_HOME'] = str(tmp_path_factory.mktemp('fastai'))

def run(*args, cwd):
    "Run a command, and return what it prints"
    res = subprocess.run(list(map(str, args)), cwd=cwd, capture_output=True, text=True, timeout=300)
    assert res.returncode==0, f'{args}\n{res.stdout}\n{res.stderr}'
    return res.stdout

# Without PyTorch

def test_words():
    from fastai_humannums.words import number_words,words_number
    assert number_words(8001)=='eight thousand one'
    for lang in ('en', 'fr', 'de', 'ja'): assert words_number(number_words(1234, lang), lang)==1234
    assert number_words(21, 'de')=='ein und zwanzig'
    assert number_words(3, ordinal=True)=='third'

def test_dataset(tmp_path):
    from fastai_humannums.dataset import human_numbers,open_ids,readnums,write_ids
    path = human_numbers(tmp_path/'numbers', range(1, 30), range(30, 40))
    text, = readnums(path/'valid.txt')
    assert text.startswith('thirty, thirty one, ')
    vocab = sorted({'xxbos', ',', *text.replace(',', '').split()})
    ids,words = open_ids(write_ids(tmp_path/'ids', range(30, 40), vocab, bos='xxbos', bar=False))
    assert ' '.join(words[i] for i in ids)=='xxbos '+text.replace(',', ' ,')

# With everything

imports = """
import warnings
with warnings.catch_warnings(record=True) as found:
    warnings.simplefilter('always')
    import fastai.text.all
    found.clear()
    import fastai_humannums.all
for o in found: print(o)
"""

def test_import_says_nothing(tmp_path): assert run(sys.executable, '-c', imports, cwd=tmp_path)==''

@pytest.fixture(scope='module')
def dls():
    from fastai_humannums.all import HumanNumbersDataLoaders
    return HumanNumbersDataLoaders.from_range(range(1, 200), range(200, 260), bs=4, seq_len=16)

def new_learner(dls, arch='Model5', **kwargs):
    from fastai_humannums.all import archs,human_numbers_learner,set_seed
    set_seed(1)
    return human_numbers_learner(dls, archs[arch], **kwargs)

def test_data(dls, tmp_path, capsys):
    from fastai_humannums.all import Counting,DataBlock,HumanNumbersBlock,get_number_files,human_numbers,number_splitter
    path = human_numbers(tmp_path/'numbers', range(1, 120), range(120, 140), lang='fr')
    block = HumanNumbersBlock(seq_len=5, counting=Counting('fr'))
    french = DataBlock(block, get_items=get_number_files, splitter=number_splitter).dataloaders(path, bs=4)
    x,y = french.one_batch()
    assert x.shape==y.shape==(4, 5) and x[:,1:].tolist()==y[:,:-1].tolist()
    assert 'xxbos un , deux' in french.train.textify(x[0])
    dls.show_batch()

def test_every_model_trains():
    from fastai_humannums.all import HumanNumbersDataLoaders,archs
    short = HumanNumbersDataLoaders.from_range(range(1, 20), range(20, 30), bs=2, seq_len=3)
    for o in archs:
        learn = new_learner(short, o)
        with learn.no_bar(),learn.no_logging(): learn.fit_one_cycle(1, 1e-3)
        assert learn.predict('one , two ,', 3, temperature=0).startswith('one , two ,'), o

@pytest.fixture(scope='module')
def learn(dls):
    "A learner that has found its learning rate and is trained"
    learn = new_learner(dls)
    with learn.no_bar(),learn.no_logging():
        assert 0<learn.lr_find(num_it=20, show_plot=False).valley<10
        learn.fit_one_cycle(8, 1e-2)
    return learn

def test_figures(learn):
    names = list(learn.recorder.metric_names)
    assert {'train_loss', 'valid_loss', 'accuracy', 'token_accuracy'}<=set(names)
    assert learn.recorder.values[-1][0]<learn.recorder.values[0][0]
    preds,targs = learn.get_preds()
    assert preds.shape[:2]==targs.shape
    learn.summary()

def test_count(learn, capsys):
    assert learn.predict('one , two ,', 5, temperature=0)==learn.predict('one , two ,', 5, temperature=0)
    assert len(learn.predict('one', 4, seed=1).split())>=4
    res = learn.count_on('twenty', 5)
    assert res.expected[0]=='twenty one' and len(res.numbers)==5 and 'of 5 right' in res.verdict
    learn.show_results()
    assert 'prediction' in capsys.readouterr().out

def test_save_and_load(learn, dls, tmp_path):
    from fastai_humannums.all import load_learner,load_numbers_learner
    said = learn.predict('one , two ,', 20, temperature=0)
    file = learn.save_numbers(tmp_path/'model.safetensors')
    assert load_numbers_learner(file).predict('one , two ,', 20, temperature=0)==said
    goes_on = load_numbers_learner(file, dls)
    with goes_on.no_bar(),goes_on.no_logging(): goes_on.fit(1)
    learn.export(tmp_path/'model.pkl')
    assert load_learner(tmp_path/'model.pkl').predict('one , two ,', 20, temperature=0)==said
    learn.save(tmp_path/'weights')
    assert new_learner(dls).load(tmp_path/'weights').predict('one , two ,', 20, temperature=0)==said

def test_interpretation(learn):
    from fastai_humannums.all import NumbersInterpretation,carry_units,count_ceiling,gru_gates,hidden_states,plt
    from fastai_humannums.all import plot_gates,plot_states,plot_timeline
    interp = NumbersInterpretation.from_learner(learn)
    assert 'comma' in interp.by_kind().index
    assert interp.confusion_matrix().sum()==len(interp.as_frame())
    assert len(interp.most_confused()) and len(interp.by_position(5))==5
    interp.print_classification_report()
    text = 'ninety nine , one hundred , one hundred one ,'
    for fig in (interp.plot_confusion_matrix(), interp.plot_by_position(), plot_timeline(learn, text),
                plot_states(learn, text, n_units=4), plot_gates(learn, text, n_units=4)): plt.close(fig)
    n_words = len(text.split())+1 # and xxbos
    assert len(hidden_states(learn, text))==len(gru_gates(learn, text)[0])==n_words
    assert len(carry_units(learn)) and count_ceiling(learn.dls, range(1, 300)).ndim==2

def test_resume(dls, tmp_path):
    "A run that breaks off goes on, and ends like one that didn't"
    from fastai_humannums.all import Callback,ResumeCallback
    class Crash(Callback):
        def before_epoch(self):
            if self.epoch==2: raise KeyboardInterrupt
    def fit(*cbs):
        learn = new_learner(dls)
        with learn.no_bar(),learn.no_logging(): learn.fit_one_cycle(3, 1e-2, cbs=[ResumeCallback(file), *cbs])
        return learn
    file = tmp_path/'whole.pth'
    whole = fit()
    file = tmp_path/'broken.pth'
    with pytest.raises(KeyboardInterrupt): fit(Crash())
    again = fit()
    assert again.recorder.values==whole.recorder.values
    assert all((a==b).all() for a,b in zip(again.model.state_dict().values(), whole.model.state_dict().values()))

def test_processes():
    from fastai_humannums.all import run_in_processes
    def double(n, tick):
        tick()
        return 2*n
    assert run_in_processes(double, dict(a=(1,), b=(2,)), n_steps=2, n_procs=1)==[2, 4]

def test_commands(tmp_path):
    def humannums(name, *args): return run(Path(sys.executable).parent/f'humannums-{name}', *args, cwd=tmp_path)
    for o in ('lesson', 'bench'): assert f'usage: humannums-{o}' in humannums(o, '--help')
    humannums('data', '--out', 'text', '--train', '1..199', '--valid', '200..259')
    out = humannums('train', '--data', 'text', '--out', 'mine', '--epochs', 2, '--bs', 4)
    assert 'token accuracy' in out and (tmp_path/'mine/curves.png').stat().st_size
    assert len(humannums('count', 'mine/model.safetensors', 'twenty', '--n', 5).splitlines())==5
