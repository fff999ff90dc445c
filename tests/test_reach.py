"An import of the package changes nothing outside of it"
import sys
from conftest import sh

loaded = '''
import sys, fastai_humannums.all
print(*sorted(o for o in sys.modules if o.split('.')[0]=='fastai'))
'''
snapshot = '''
import copy,importlib,random,sys,types,warnings
for o in {names}: importlib.import_module(o)
from fastai.text.all import *
import matplotlib as mpl

def state():
    "Everything that an import could change, as one dict of names"
    res = {{}}
    for name,mod in list(sys.modules.items()):
        if name.split('.')[0]!='fastai': continue
        for k,o in vars(mod).items():
            res[f'{{name}}.{{k}}'] = id(o)
            if isinstance(o, type) and o.__module__.split('.')[0]=='fastai':
                res |= {{f'{{o.__module__}}.{{o.__qualname__}}.{{a}}': id(v) for a,v in vars(o).items()}}
    for o in (nn.Module, torch.Tensor, Path, L):
        res |= {{f'{{o.__name__}}.{{a}}': id(v) for a,v in vars(o).items() if not a.startswith('_abc')}}
    for k,o in vars(defaults).items(): res[f'defaults.{{k}}'] = repr(o)
    for k,o in mpl.rcParams.items(): res[f'rc {{k}}'] = repr(o)
    res['filters'] = repr(warnings.filters)
    res['showwarning'] = id(warnings.showwarning)
    res['random'] = random.getstate(),np.random.get_state()[1].tolist(),torch.get_rng_state().tolist()
    res['torch'] = (torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision(),
        torch.backends.cudnn.benchmark)
    res['pandas'] = {{k: pd.get_option(k) for k in ('display.max_colwidth', 'display.max_rows', 'display.precision')}}
    res['env'] = dict(os.environ)
    return res

def shown():
    "For pairs of fastai's own types, which functions show a batch and its results"
    kinds = TensorText,LMTensorText,TensorImage,TensorCategory,TensorBase,Tensor,object
    pairs = [(a, b) for a in kinds for b in kinds]
    for f in (show_batch, show_results): f.methods # registers those that wait for it
    return {{(f.__name__, a.__name__, b.__name__): id(f._resolve_method_with_cache(types=(a, b)+(object,)*n)[0])
            for f,n in ((show_batch, 1), (show_results, 2)) for a,b in pairs}}

before,shown_before = state(),shown()
import fastai_humannums.all
after,shown_after = state(),shown()
for k in sorted({{*before, *after}}):
    if before.get(k)!=after.get(k): print(k)
for k in shown_before:
    if shown_before[k]!=shown_after[k]: print(*k)
'''

def test_nothing_changes():
    "The classes and settings of fastai are the same before and after"
    names = sh(sys.executable, '-c', loaded).stdout.split()
    changed = sh(sys.executable, '-c', snapshot.format(names=names)).stdout.split('\n')
    assert not [o for o in changed if o]

names = '''
from fastai.text.all import *
theirs = dict(globals())
from fastai_humannums.all import *
print(*(k for k,o in theirs.items() if not k.startswith('__') and globals()[k] is not o))
'''

def test_no_name_is_shadowed():
    "Whatever fastai calls by a name, `all` calls by no other"
    assert not sh(sys.executable, '-c', names).stdout.split()

plain = '''
import sys
if sys.argv[1:]: import fastai_humannums.all
from fastai.text.all import *
import fastai.text.data,fastai.text.learner
for o in (fastai.text.data, fastai.text.learner): o.display_df = lambda df: print(df.to_csv())
set_seed(0)
rhyme = 'a sailor went to sea sea sea to see what he could see see see '
block = TextBlock(Tokenizer(BaseTokenizer(), rules=[]), is_lm=True, min_freq=1)
dls = DataBlock(block, splitter=IndexSplitter([1])).dataloaders([rhyme*8, rhyme*2], bs=4, seq_len=10)
config = awd_lstm_lm_config | dict(emb_sz=8, n_hid=8, n_layers=1)
learn = language_model_learner(dls, AWD_LSTM, config=config, pretrained=False)
learn.remove_cb(ProgressCallback)
learn.logger = noop
learn.fit(1)
print(learn.predict('a sailor', 4, no_bar=True))
for show in (learn.show_results, dls.show_batch):
    try: show(max_n=2)
    except Exception as e: print(type(e).__name__)
'''

def test_a_plain_learner_is_left_alone(tmp_path):
    "fastai's own language model trains, predicts and shows its results as without this package"
    without,with_package = (sh(sys.executable, '-c', plain, *o, cwd=tmp_path).stdout for o in ([], ['1']))
    assert 'sailor' in without and without==with_package

shown = '''
from fastai_humannums.data import *
dls = HumanNumbersDataLoaders.from_range(range(1, 100), range(100, 120), bs=4)
dls.show_batch(max_n=2)
'''

def test_a_script_prints_plain_text(tmp_path):
    "Without a notebook, a batch is shown as text"
    lines = sh(sys.executable, '-c', shown, cwd=tmp_path).stdout.splitlines()
    assert lines[0].split()==['text', 'text_'] and len(lines)==3 and 'xxbos one , two' in lines[1]+lines[2]
