"A text that is larger than memory should be"
import os,sys
import pytest
from conftest import sh

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
