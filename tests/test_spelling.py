"Prose is spelt as dictionaries have it, in American or British English: notebooks, Markdown, comments and docstrings"
import sys
import pytest
from conftest import root

pytest.importorskip('hunspell')
sys.path.append(str(root/'tools'))
import spell
from fastcore.nbio import mk_cell,new_nb,write_nb

def found(text): return spell.unknown(spell.prose(text))

@pytest.mark.parametrize('text,want', [('An eror, and teh next.', ['eror', 'teh']), ("The colour of fastai's grey neighbours", []),
    ('**Bolld** and [txet](data.html), *not* [text](daat.html)', ['Bolld', 'txet']), ("The ‘modell’ doesn't", ['modell']), ('A Fals/true memmory-mapped', ['Fals', 'memmory'])])
def test_misspelt_words_are_found(text, want): assert found(text)==want

@pytest.mark.parametrize('text', ['`teh`', '``teh ` eror``', '```python\nteh\n```', 'a\n\n~~~\nteh\n~~~\n', '$teh$ and $$\n\\eror\n$$', '<b class="teh">', '<!-- teh -->',
    'https://teh.eror/x', '[a](teh.html#eror)', '{.teh}', 'nb_teh TehEror teh2 teh.py ./teh eror() teh=3', 'run --teh eror'])
def test_code_is_not_looked_at(text): assert found(text)==[]

def test_prose_goes_on_after_code(): assert found('`x` teh `y`\n\n```\nx\n```\n\neror $n$ wrods $m$')==['teh', 'eror', 'wrods']

def test_file_cell_and_word_are_named(tmp_path):
    code = '#| export\ndef frobnic(vlaue):\n    "Take vlaue to teh end of `eror`"\n    return "wrods" # is erorr\n%time frobnic(1)'
    write_nb(new_nb([mk_cell('# Title\n\n> A laed', 'markdown'), mk_cell(code, 'code'), mk_cell('!teh', 'code')]), tmp_path/'a.ipynb')
    assert spell.misspelt(tmp_path/'a.ipynb')==['a.ipynb, cell 0: laed', 'a.ipynb, cell 1: erorr', 'a.ipynb, cell 1: teh']

def test_word_list_is_short_and_in_order():
    words = spell.listed()
    assert words==sorted(words, key=str.lower), 'tools/words.txt is not in alphabetical order'
    assert len(words)==len(set(words))
    plain = spell.Hunspell('en_US')
    assert [o for o in words if '/' not in o and plain.spell(o)]==[], 'the dictionary has these words by itself'
    assert [o for o in words if '/' in o and not plain.spell(o.split('/')[1])]==[], 'the word behind the stroke lends its endings: the dictionary must have it'

def test_all_words_are_known():
    found = [o for f in spell.files(root) for o in spell.misspelt(f)]
    assert not found, '\n'.join(['unknown words; mend them, or add what is right to tools/words.txt:', *found])
