"The same batches as fastai's, for any text, and no more memory for a large one"
import os,random,sys
import pytest,torch
from conftest import sh
from fastai.text.data import LMDataLoader,TensorText
from fastai_humannums.data import HumanNumbersDataLoaders
from fastai_humannums.stream import NumbersDL
from hypothesis import given,settings,strategies as st

imports = '''
from fastai_humannums.data import *
from fastai_humannums.dataset import *
from fastai_humannums.stream import *
from fastai_humannums.words import *
'''
stream = '''
vocab = number_vocab(', '.join(spell_numbers([*range(1, 1000), 1000, 10**6])))
ids,_ = open_ids(write_ids('ids', range(1, {n}), vocab, bar=False))
dl = NumbersDL([ids], bs=64, seq_len=70)
assert sum(x.numel() for x,_ in dl)==dl.bl*64>0.99*(len(ids)-64)
print('tokens', len(ids))
'''
peak = r"import re; print('peak', re.search(r'VmHWM:\s*(\d+)', open('/proc/self/status').read())[1])"

def numbers(code, cwd):
    "What `code` prints: words and their numbers"
    lines = [o.split() for o in sh(sys.executable, '-c', imports+code+peak, cwd=cwd).stdout.splitlines()]
    return {o[0]: int(o[1]) for o in lines}

@pytest.mark.skipif(not os.path.exists('/proc/self/status'), reason='the peak of memory is read from /proc')
def test_memory_does_not_grow(tmp_path):
    "Writing and streaming 10 million tokens (100 million with HUMANNUMS_SLOW set) takes at most 200 MB over an import"
    n = 9_400_000 if os.environ.get('HUMANNUMS_SLOW') else 1_200_000
    empty = numbers('', tmp_path)
    full = numbers(stream.format(n=n), tmp_path)
    extra = (full['peak']-empty['peak'])/1024
    print(f"{full['tokens']:,} tokens: {extra:.0f} MB over an import")
    assert full['tokens']>9*n and extra<200

def known(batches):
    "All that two equal streams have in common"
    return [(type(o), o.dtype, o.is_contiguous(), o.tolist()) for b in batches for o in b]

texts = st.lists(st.lists(st.integers(0, 300), min_size=1, max_size=40), min_size=1, max_size=5)

@settings(max_examples=200, deadline=None)
@given(texts, st.integers(1, 8), st.integers(1, 20), st.booleans(), st.integers(0, 99))
def test_same_as_fastai(texts, bs, seq_len, shuffle, seed):
    "Elements and types of every batch, in two epochs"
    docs = [TensorText(o) for o in texts]
    if bs>=sum(map(len, docs)): return
    mine,theirs = (o(docs, bs=bs, seq_len=seq_len, shuffle=shuffle) for o in (NumbersDL, LMDataLoader))
    assert (len(mine), mine.bl, mine.last_len)==(len(theirs), theirs.bl, theirs.last_len)
    for _ in range(2):
        random.seed(seed)
        batches = list(mine)
        random.seed(seed)
        assert known(batches)==known(theirs)

@settings(max_examples=150, deadline=None)
@given(st.integers(2, 60), st.fixed_dictionaries(dict(
    bs=st.integers(1, 8), seq_len=st.integers(1, 30), wrap=st.booleans(), backwards=st.booleans(), shift=st.booleans(),
    seq_std=st.sampled_from([0., 3.]), seed=st.integers(0, 9))))
def test_any_way_to_read(n, how):
    "Each target is the next token, each batch continues the last, and item by item they are the same"
    if how['bs']>=n: return
    dl = NumbersDL([torch.arange(n)], **how)
    slow = NumbersDL([torch.arange(n)], after_item=lambda o: o, **how)
    step = -1 if how['backwards'] else 1
    for _ in range(2):
        n_batches,batches = len(dl),list(dl)
        assert n_batches==len(batches) and known(batches)==known(slow)
        x,y = (torch.cat(o, 1) for o in zip(*batches))
        assert x.shape==(how['bs'], dl.bl)
        assert ((x+step)%n==y).all() and ((x[:,:-1]+step)%n==x[:,1:]).all()

@pytest.mark.parametrize('kw', [{}, dict(lang='fr', shuffle=False), dict(sep=' . ', val_bs=2)])
def test_human_numbers_are_read_as_by_fastai(kw):
    "A dataset's own loaders, for training and for validation"
    for mine in HumanNumbersDataLoaders.from_range(range(1, 300), range(300, 360), bs=4, seq_len=7, **kw):
        theirs = LMDataLoader(mine.dataset, bs=mine.bs, seq_len=mine.seq_len, device=mine.device)
        assert known(mine)==known(theirs)
