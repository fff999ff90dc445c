"A text that is larger than memory should be"
import os,sys
import pytest
from conftest import sh

peak = "import re; print('peak', re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])"
stream = '''
from fastai_humannums.all import *
vocab = number_vocab(', '.join(spell_numbers([*range(1, 1000), 1000, 10**6])))
path = write_ids('corpus', range(1, {n}), vocab, bar=False)
ids,_ = open_ids(path)
dl = NumbersDL([ids], bs=64, seq_len=70)
assert sum(x.numel() for x,_ in dl)==dl.bl*64>0.99*(len(ids)-64)
print('tokens', len(ids))
'''

def last(out, name): return int([o.split()[1] for o in out.splitlines() if o.startswith(name)][-1])

@pytest.mark.skipif(not os.path.exists('/proc/self/status'), reason='the peak of memory is read from /proc')
def test_memory_does_not_grow(tmp_path):
    "Writing and streaming 10 million tokens (100 million with HUMANNUMS_SLOW set) takes at most 200 MB over an import"
    n = 9_400_000 if os.environ.get('HUMANNUMS_SLOW') else 1_200_000
    empty = sh(sys.executable, '-c', f'from fastai_humannums.all import *\n{peak}', cwd=tmp_path).stdout
    full = sh(sys.executable, '-c', stream.format(n=n)+peak, cwd=tmp_path).stdout
    assert last(full, 'tokens')>(100_000_000 if os.environ.get('HUMANNUMS_SLOW') else 10_000_000)
    extra = (last(full, 'peak')-last(empty, 'peak'))/1024
    print(f"{last(full, 'tokens'):,} tokens: {extra:.0f} MB over an import")
    assert extra<200
