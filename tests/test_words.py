"""Words of all languages: right, distinct, read back, and the same from several threads

Where HUMANNUMS_SLOW isn't set, some tests take only every eighth language.
"""
import os,random,sys,unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from conftest import root
from hypothesis import given,settings,strategies as st
from num2words import num2words
from fastai_humannums.words import *
from fastai_humannums.words import _ask,_heads_tails,_largest,_mends,_span,_spell,_spelled,_tidy

same = 'es_CO es_CR es_GT es_NI es_VE fr_DZ en_NG'.split() # as es, fr and en
kinds = [(lang, ordinal) for ordinal in (False, True) for lang in languages(ordinal) if lang not in same]
some = kinds if os.environ.get('HUMANNUMS_SLOW') else kinds[::8]

def letters(n, *kind): return _ask(n, *kind).replace(' ', '')

def traps(kind):
    "Numbers at which languages went wrong, as far as they are offered"
    least,most = _span(*kind)
    numbers = [0, 7, 18, 23, 40, 80, 81, 101, 102, 118, 123, 200, 201, 999, 1000, 1001, 1100, 1999, 2000, 2002, 9999,
               10_000, 10_001, 11_010, 21_000, 80_000, 99_999, 100_001, 100_010, 101_000, 101_001, 110_000, 999_999]
    return [o for n in numbers for o in (n, -n) if least<=o<=most]

# What num2words gets wrong

right = dict(
    ar={200: 'مئتان', 2000: 'ألفان', 2200: 'ألفان و مئتان'},
    cs={500: 'pět set', 10: 'deset', 300: 'tři sta', -5: 'minus pět'},
    cy={500: 'pum cant', 6000: 'chwe mil'},
    da={50: 'halvtreds', 60: 'tres', 1001: 'ettusind og et', 2300: 'totusind trehundrede', 11_000: 'ellevetusind',
        900_011: 'nihundredetusind og elleve'},
    de={101_000: 'einhunderteintausend', 1001: 'eintausendeins'}, eo={1100: 'mil cent', 2101: 'du mil cent unu'},
    es={21_000: 'veintiún mil', 101_000: 'ciento un mil', 21: 'veintiuno'}, es_CO={31_001: 'treinta y un mil uno'},
    fr={80: 'quatre vingts', 201: 'deux cent un', 200: 'deux cents'},
    fr_BE={80: 'quatre vingts', 81: 'quatre vingt un', 70: 'septante', 201: 'deux cent un', 200: 'deux cents'},
    fr_CH={200: 'deux cents', 201: 'deux cent un', 80: 'huitante', 200_000: 'deux cent mille'},
    hu={2: 'kettő', 102: 'százkettő', 1002: 'ezerkettő', 2002: 'kétezer kettő', 202: 'kétszázkettő', 200: 'kétszáz'},
    it={3: 'tre', 23: 'ventitré', 118: 'centodiciotto', 123: 'centoventitré', 18: 'diciotto'},
    ja={-21: 'マイナス 二十一'}, nl={1: 'één', 101: 'honderdeen', 21: 'eenentwintig'},
    no={100: 'ett hundre', 21_000: 'tjueett tusen', 15_000: 'femten tusen'}, pl={-21: 'minus dwadzieścia jeden'},
    sr={600: 'šeststo', 400: 'četiristo'}, sv={40: 'fyrtio', 1000: 'ettusen', 21_042: 'tjugoettusen fyrtiotvå'},
    tr={-21: 'eksi yirmibir', 21: 'yirmibir'}, vi={-1: 'âm một', -5: 'âm năm', -15: 'âm mười lăm', -19: 'âm mười chín'})
right_ordinals = dict(
    da={30: 'tredivte', 40: 'fyrretyvende', 60: 'tresindstyvende', 100: 'ethundrede', 1000: 'ettusinde',
        2001: 'totusind og første'},
    es={11: 'undécimo', 12: 'duodécimo', 40: 'cuadragésimo', 700: 'septingentésimo'}, fa={30: 'سی\u200cام'},
    fr={80: 'quatre vingtième', 200: 'deux centième', 180: 'cent quatre vingtième'},
    hu={2: 'második', 12: 'tizenkettedik', 102: 'százkettedik'}, it={118: 'centodiciottesimo'},
    no={13: 'trettende', 31: 'trettiførste', 113: 'ett hundre og trettende'}, pt={400: 'quadringentésimo'},
    sv={20: 'tjugonde', 40: 'fyrtionde', 120: 'etthundratjugonde'})

@pytest.mark.parametrize('ordinal,expected', [(False, right), (True, right_ordinals)])
def test_right_words(ordinal, expected):
    for lang,numbers in expected.items():
        assert {n: number_words(n, lang, ordinal, split=False) for n in numbers}==numbers
    mended = {o[:2] for o in (*right, *right_ordinals)}
    assert ordinal or set(_mends)-mended=={'th'} # each line of the table is needed

@pytest.mark.parametrize('n,lang,ordinal', [
    (100_001, 'tr', 0), (100_010, 'tet', 0), (-1, 'tet', 0), (2_000_000, 'cy', 0), (1_000_000, 'da', 0),
    (-5, 'te', 0), (-5, 'kn', 0), (-21, 'bn', 0), (10_000, 'ru', 1), (0, 'es', 1), (1_000_000, 'fr', 1),
    (-1, 'en', 1), (1000**102, 'en', 0)])
def test_refused(n, lang, ordinal):
    with pytest.raises(ValueError, match=f"can't be written: the language '{lang}' has .* from .* to ") as e:
        number_words(n, lang, bool(ordinal))
    assert '\n' not in str(e.value)

@pytest.mark.parametrize('lang', ['ce', 'te', 'ar', 'ko', 'vi'])
def test_refused_ordinals(lang):
    with pytest.raises(ValueError, match="it has no reliable ordinals"): number_words(1, lang, ordinal=True)

# No two numbers alike

@pytest.mark.parametrize('kind', some)
def test_read_back(kind):
    least,most = _span(*kind)
    rng = random.Random(0)
    numbers = traps(kind) + [rng.randint(least, most) for _ in range(200)] + [rng.randint(0, 9999) for _ in range(100)]
    for split in (True, False):
        counting = Counting(*kind, split)
        for n in numbers:
            if n<least: continue
            text = counting.words(n)
            assert counting.number(text)==n
            assert counting.number(unicodedata.normalize('NFD', text).replace("'", '\u2019'))==n

@pytest.mark.parametrize('kind', [o for o in some if o[0]!='en'])
def test_distinct(kind):
    "Every number from 1,000 is a head and a tail, and these fit together in one way"
    least,most = _span(*kind)
    small,whole = _spelled(*kind, range(1000)),_spelled(*kind, range(1000, 1_000_000, 1000))
    heads,tails = _heads_tails(*kind)
    tables = small,whole,heads,tails
    assert all(len(o)==1 for table in tables for o in table.values())
    assert [len(o) for o in tables]==[1000-max(0, least), most//1000, most//1000, 999]
    assert not set(small)&set(whole)
    head,tail = ({n: w for w,(n,) in o.items()} for o in (heads, tails))
    rng = random.Random(0)
    pairs = [(rng.randint(1, most//1000), rng.randint(1, 999)) for _ in range(1000)]
    pairs += [(h, r) for h in (1, 2, most//1000) for r in tail] + [(h//1000, r) for h in head for r in (2, 8, 100)]
    assert all(letters(1000*h+r, *kind)==head[1000*h]+tail[r] for h,r in pairs)
    for o in (*small, *whole): assert not any(o[:i] in heads and o[i:] in tails for i in range(1, len(o))), o
    for o in heads: # a longer head is a shorter one and the beginning of a tail
        begins = [o[i:] for i in range(1, len(o)) if o[:i] in heads]
        assert not any(b+t in tails for b in begins for t in tails), o

def test_own_language_is_left_alone():
    "What is mended in num2words isn't mended in a language of one's own, and a clash is an error"
    add_language('da_own', lambda n: 'treds' if n==60 else f'{n} alike' if n<3 else 'alike')
    try:
        assert number_words(60, 'da_own')=='treds' and words_number('treds', 'da_own')==60
        with pytest.raises(ValueError, match="more than one number"): words_number('alike', 'da_own')
    finally: del spellers['da_own']

# Threads

def test_threads():
    kinds = [(o, False) for o in ('ar', 'sl', 'id', 'ar')] + [(o, True) for o in ('sl', 'de', 'es', 'ro')]
    numbers = [*range(1, 9999, 29), *range(-5, -9999, -290)]
    def spelled(kind): return [_spell.__wrapped__(n, *kind) for n in numbers if n>0 or not kind[1]]
    alone = [spelled(o) for o in kinds]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(len(kinds)) as pool: assert list(pool.map(spelled, kinds))==alone
    finally: sys.setswitchinterval(interval)

# CLDR

@cache
def languages_script():
    pytest.importorskip('unicode_rbnf')
    sys.path.insert(0, str(root/'benchmarks'))
    try: import languages
    finally: sys.path.pop(0)
    return languages

@pytest.mark.parametrize('lang', [lang for lang,ordinal in some if not ordinal]+['da', 'es', 'fr_BE', 'sv', 'vi'])
def test_cldr(lang):
    "`benchmarks/languages.csv` is what `benchmarks/languages.py` finds"
    table = languages_script().table
    header,*rows = (root/'benchmarks/languages.csv').read_text(encoding='utf-8').splitlines()
    assert [o.split(',')[0] for o in rows]==languages()
    assert table([lang]).to_csv().splitlines()==[header, next(o for o in rows if o.startswith(f'{lang},'))]

# Any number

round_ones = st.builds(lambda d,k: d*10**k, st.integers(1, 999), st.integers(0, 300))
english = st.one_of(st.integers(0, _largest), st.integers(0, 10**7), round_ones)

@settings(deadline=None, max_examples=300)
@given(english)
def test_english_is_that_of_num2words(n):
    assert number_words(n)==_tidy(num2words(n), 'en')
    assert number_words(-n)==_tidy(num2words(-n), 'en')
    assert number_words(n, ordinal=True)==_tidy(num2words(n, to='ordinal'), 'en')

def spans(kind):
    "A kind of number, and one of its numbers: small, any, or with zeros at its end"
    least,most = _span(*kind)
    small,large = st.integers(max(least, -300), 300),st.integers(least, most)
    return st.tuples(st.just(kind), st.one_of(small, large, st.integers(1, most//1000).map(lambda o: 1000*o)))

@settings(deadline=None, max_examples=500)
@given(st.sampled_from(kinds[::3]).flatmap(spans), st.booleans())
def test_inverse(kind_n, split):
    (lang,ordinal),n = kind_n
    counting = Counting(lang, ordinal, split)
    words = counting.words(n)
    assert counting.number(words)==n
    assert words.replace(' ', '')==letters(n, lang, ordinal)
    if n<0: assert words.split()[1:]==counting.words(-n).split()
