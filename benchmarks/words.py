"How long it takes to write numbers out, compared with num2words, and to write the ids of a long text to disk"
import platform,tempfile,time
from fastai_humannums.dataset import *
from fastai_humannums.words import *
from fastcore.script import *
from num2words import num2words
from pathlib import Path

def seconds(f, *args):
    "How long `f(*args)` takes, and its result"
    start = time.perf_counter()
    res = f(*args)
    return time.perf_counter()-start,res

def asked(numbers):
    for n in numbers: num2words(n)
def one_by_one(numbers):
    for n in numbers: number_words(n)
def at_once(numbers):
    for _ in spell_numbers(numbers): pass

def vocab():
    words = ' '.join(spell_numbers([*range(1, 1000), 1000, 10**6])).split()
    return ['xxbos', ',', *dict.fromkeys(words)]

def table(*rows): return '\n'.join(f"| {' | '.join(o)} |" for o in (rows[0], ['---']*len(rows[0]), *rows[1:]))

def words_table(n):
    numbers = range(1, n+1)
    at_once(range(1, 2000)) # so that the first thousand are known
    ways = {'num2words, number by number': asked, '`number_words`, number by number': one_by_one,
            '`spell_numbers`': at_once}
    ns = {k: seconds(f, numbers)[0]*1e9/n for k,f in ways.items()}
    base = max(ns.values())
    rows = [[k, f'{v:,.0f}', f'{base/v:.0f}'] for k,v in ns.items()]
    return table([f'1 to {n:,} in English', 'ns per number', 'ratio'], *rows)

def ids_table(tokens):
    numbers = range(1, max(2, tokens*10//107)) # a number has 10.7 tokens
    with tempfile.TemporaryDirectory() as tmp:
        wrote,path = seconds(lambda: write_ids(Path(tmp)/'ids', numbers, vocab(), bar=False))
        opened,(ids,_) = seconds(open_ids, path)
    speed = len(ids)/wrote/1e6
    return table(['tokens', '`write_ids`, s', 'million tokens per second', '`open_ids` with checksum, s'],
                 [f'{len(ids):,}', f'{wrote:.1f}', f'{speed:.0f}', f'{opened:.1f}'])

@call_parse
def main(
    n:int=1_000_000, # How many numbers are written out
    tokens:int=100_000_000, # About how many tokens are written to disk
    out:str=None # Also write the tables to this file
):
    "Nanoseconds per English number, and seconds for a long text of ids"
    text = f'''# Words

Writing out English numbers, and writing their ids to disk, one run each.

`python benchmarks/words.py` on {platform.machine()}, Python {platform.python_version()}:

{words_table(n)}

{ids_table(tokens)}
'''
    print(text)
    if out: Path(out).write_text(text)
