"How long a number takes, and how long a corpus on disk: composed, and asked from num2words one by one, in the same run"
import platform,tempfile,time
from fastai_humannums.corpus import *
from fastcore.script import *
from num2words import num2words
from pathlib import Path

def ns_each(f, numbers):
    "Nanoseconds that `f(numbers)` takes for each of them"
    start = time.perf_counter()
    f(numbers)
    return (time.perf_counter()-start)*1e9/len(numbers)

def asked(numbers):
    for n in numbers: num2words(n)
def one_by_one(numbers):
    for n in numbers: number_words(n)
def at_once(numbers):
    for _ in spell_numbers(numbers): pass

def vocab(): return ['xxbos', ',', *dict.fromkeys(w for n in (*range(1, 1000), 1000, 10**6) for w in number_words(n).split())]

@call_parse
def main(
    n:int=1_000_000, # How many numbers are written out
    tokens:int=100_000_000, # About how many tokens are written to disk
    out:str=None # Also write the tables to this file
):
    "Nanoseconds per English number, and seconds per corpus on disk"
    numbers = range(1, n+1)
    at_once(range(1, 2000)) # so that the first thousand are known
    times = {'num2words, number by number': ns_each(asked, numbers), '`number_words`, number by number': ns_each(one_by_one, numbers),
             '`spell_numbers`': ns_each(at_once, numbers)}
    base = times['num2words, number by number']
    words = '\n'.join(['| 1 to %s in English | ns per number | ratio |' % f'{n:,}', '| --- | --- | --- |', *(f'| {k} | {v:,.0f} | {base/v:.0f} |' for k,v in times.items())])
    with tempfile.TemporaryDirectory() as tmp:
        start = time.perf_counter()
        path = write_ids(Path(tmp)/'ids', range(1, max(2, tokens*10//107)), vocab(), bar=False)
        wrote = time.perf_counter()
        ids,_ = open_ids(path)
        opened = time.perf_counter()
        disk = '\n'.join(['| tokens | `write_ids`, s | million tokens per second | `open_ids` with checksum, s |', '| --- | --- | --- | --- |',
                          f'| {len(ids):,} | {wrote-start:.1f} | {len(ids)/(wrote-start)/1e6:.0f} | {opened-wrote:.1f} |'])
    text = f'''# Corpus

Writing out English numbers, and writing their ids to disk, one run each.

`python benchmarks/corpus.py` on {platform.machine()}, Python {platform.python_version()}:

{words}

{disk}
'''
    print(text)
    if out: Path(out).write_text(text)
