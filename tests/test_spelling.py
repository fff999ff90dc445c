"Prose is spelled as dictionaries have it, in American or British English: notebooks, Markdown, comments and docstrings"
import sys
import pytest
from conftest import root

pytest.importorskip('hunspell')
sys.path.append(str(root/'tools'))
import spell

def test_all_words_are_known():
    found = [o for path in spell.files() for o in spell.misspelled(path)]
    assert not found, '\n'.join(['unknown words; mend them, or add what is right to tools/words.txt:', *found])

def test_planted_misspellings_are_found(tmp_path):
    md,py = tmp_path/'a.md',tmp_path/'a.py'
    md.write_text('An **eror** of [teh](wrods.html) `modell`, $laed$ and from_foldr\n\n```\nwrods\n```\n')
    py.write_text('def f(vlaue):\n    "Take `vlaue` to teh end"\n    return "wrods" # is erorr\n')
    assert spell.misspelled(md)+spell.misspelled(py)==['a.md: eror', 'a.md: teh', 'a.py: erorr', 'a.py: teh']
