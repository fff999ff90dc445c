"How long it takes to spell numbers, compared with num2words, and to write the ids of a long text to disk"
import tempfile,time
from fastai_humannums.dataset import *
from fastai_humannums.words import *
from fastcore.script import *
from num2words import num2words
from pathlib import Path
from report import report

def seconds(f, *args):
    "Seconds of `f(*args)`, and its result"
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

def words_table(n):
    numbers = range(1, n+1)
    at_once(range(1, 2000)) # fills the cache of words below 1,000
    ways = {'num2words, number by number': asked, '`number_words`, number by number': one_by_one,
            '`spell_numbers`': at_once}
    ns = {k: seconds(f, numbers)[0]*1e9/n for k,f in ways.items()}
    base = max(ns.values())
    return [{f'1 to {n:,} in English': k, 'ns per number': v, 'ratio': base/v} for k,v in ns.items()]

def ids_table(tokens):
    numbers = range(1, max(2, tokens*10//107)) # a number has 10.7 tokens
    with tempfile.TemporaryDirectory() as tmp:
        wrote,path = seconds(lambda: write_ids(Path(tmp)/'ids', numbers, vocab(), bar=False))
        opened,(ids,_) = seconds(open_ids, path)
    speed = len(ids)/wrote/1e6
    return [{'tokens': len(ids), '`write_ids`, s': wrote, 'million tokens per second': speed,
             '`open_ids` with checksum, s': opened}]

@call_parse
def main(
    n:int=1_000_000, # How many numbers to spell
    tokens:int=100_000_000, # About how many tokens to write to disk
    out:str=None # Also write the tables to this file
):
    "Time spelling English numbers and writing the ids of a long text"
    text = 'Time to spell English numbers and to write their ids to disk, one run each.'
    report(__file__, text, out, how='', words=words_table(n), ids=ids_table(tokens))
