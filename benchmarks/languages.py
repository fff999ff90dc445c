"How well the words of each language agree with CLDR's spell-out rules; requires `unicode-rbnf`"
import re,sys
from functools import cache
from pathlib import Path

import pandas as pd
from fastai_humannums.words import *
from report import write_aside
from unicode_rbnf import FormatPurpose,RbnfEngine
from unicode_rbnf.engine import NoRuleForNumberError

codes = dict(no='no', kz='kk', sr='sr_Latn', pt='pt_PT', pt_BR='pt', en_NG='en') # CLDR's codes; the others are the same
other_forms = re.compile('plural|genitive|dative|accusative|locative|ablative|instrumental|partitive|essive|translative'
                         '|lative|financial|native|year')
small = [*range(201), *range(207, 10_000, 31), 1000, 1001, 2000, 2001, 9999]
large = [*range(10_000, 1_000_000, 4999), *range(11_000, 1_000_000, 10_000), 100_001, 100_010, 101_000, 999_999]
samples = {'to 9,999': small, 'to 999,999': large, 'negative': [-n for n in small[1::3]], 'ordinal': small[1:]}

@cache
def engine(lang):
    "CLDR's rules for `lang`; a region without rules uses those of its language"
    for code in (codes.get(lang, lang), lang.split('_')[0]):
        if code in RbnfEngine.get_supported_languages(): return RbnfEngine.for_language(code)

def cldr_words(n, lang, ordinal=False):
    "All of CLDR's words for `n`: masculine, feminine, ..."
    purpose = FormatPurpose.ORDINAL if ordinal else FormatPurpose.CARDINAL
    try: forms = engine(lang).format_number(n, purpose).text_by_ruleset
    except (ValueError, NoRuleForNumberError): return []
    return [w for k,w in forms.items() if not other_forms.search(k)]

def letters(words):
    "Words without spaces, hyphens and invisible characters, which sources handle differently"
    return re.sub(r'[\s\u00ad\u200b-\u200d,-]', '', plain_text(words.lower()))

def compare(lang, kind):
    "The percentage of numbers that agree, and both words for the first number that doesn't"
    ordinal = kind=='ordinal'
    right,first = [],None
    for n in samples[kind]:
        try: ours = number_words(n, lang, ordinal, split=False)
        except ValueError: continue
        theirs = cldr_words(n, lang, ordinal)
        if not theirs: continue
        right.append(letters(ours) in map(letters, theirs))
        if not right[-1]: first = first or f'{n:,}: {ours} / {theirs[0]}'
    return (100*sum(right)/len(right) if right else None),first

def row(lang):
    "The row of `lang`: a percentage for each kind, and the first number that differs"
    kinds = samples if lang in languages(True) else [o for o in samples if o!='ordinal']
    res = {kind: compare(lang, kind) for kind in kinds} if engine(lang) else {}
    shares = {kind: res[kind][0] if kind in res else None for kind in samples}
    firsts = [first for _,first in res.values() if first]
    return dict(language=lang, **shares, differs='; '.join(firsts[:1]) if engine(lang) else 'not in CLDR')

def table(langs): return pd.DataFrame(map(row, langs)).set_index('language').round(1)

if __name__=='__main__':
    res = table(sys.argv[1:] or languages())
    print(res.to_string(max_colwidth=90))
    if not sys.argv[1:]: write_aside(Path(__file__).with_suffix('.csv'), res.to_csv)
