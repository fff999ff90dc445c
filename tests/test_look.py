"The site in a browser: what the look at it finds, and that it finds nothing on pages of every kind"
import sys
import pytest
from conftest import root

pytest.importorskip('playwright.sync_api', reason="a look at the site needs the extra `look`: `make docs-look` installs it")
sys.path.append(str(root/'tools'/'site'))
import look
if not look.browser(): pytest.skip("a look at the site needs Chromium", allow_module_level=True)

def page(body, style=''): return f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><style>{style}</style><body>{body}'

good = '''<p>Text</p><div style="overflow-x: auto"><pre style="width: 2000px">x = '$$' # \\frac{a}</pre></div><p style="background: #222; color: #eee">light on dark</p>
<span class="math"><span class="katex">x</span></span><img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="><div class="toc-drawer" style="position: fixed; left: 1300px">x</div>'''

faults = {'asks another host for https://elsewhere.example/a.png': '<img src="https://elsewhere.example/a.png">', 'gets 404 for no.css': '<link rel="stylesheet" href="no.css">',
    'says in the console: oh': '<script>console.error("oh")</script>', 'has a fault in a script: ': '<script>nothing()</script>', 'the page is 3': '<p style="width: 3000px">wide',
    'sticks out of the screen: p "left"': '<p style="position: absolute; left: -50px">left', 'sticks out of the screen: pre "cut"': '<div style="overflow: hidden"><pre style="width: 3000px">cut</pre></div>',
    'shows no image: no.png': '<img src="no.png">', 'is not rendered: span.math': '<span class="math">x^2</span>', 'is left as TeX: p': r'<p>\(x\)', 'KaTeX does not understand': '<b class="katex-error">x</b>',
    'has a contrast of 1.7: p "pale"': '<p style="color: #c4c4c4">pale'}

@pytest.fixture(scope='module')
def found(tmp_path_factory):
    site = tmp_path_factory.mktemp('faults')
    for i,o in enumerate(faults.values()): (site/f'{i}.html').write_text(page(o))
    return look.look(site, [f'{i}.html' for i in range(len(faults))])

@pytest.mark.parametrize('i,want', list(enumerate(faults)))
def test_faults_are_found(found, i, want): assert any(o.startswith(f'{i}.html {want}') and '390 px dark' in o for o in found), found

def test_good_pages_have_none(tmp_path):
    (tmp_path/'a.html').write_text(page(good))
    dark = '@media (prefers-color-scheme: dark) { body { background: #fff } p { color: #eee } }'
    (tmp_path/'b.html').write_text(page(good, dark))
    found = look.look(tmp_path, ['a.html', 'b.html'], tmp_path/'shots')
    assert found==['b.html has a contrast of 1.2: p "Text" (1300 px dark, 390 px dark)']
    assert sorted(o.parent.name for o in (tmp_path/'shots').glob('*/b.png'))==['1300-px', '1300-px-dark', '390-px', '390-px-dark']

def test_search_that_finds_nothing(tmp_path):
    (tmp_path/'search.html').write_text(page('<div id="search-results"></div>'))
    assert 'finds nothing for' in look.look(tmp_path, ['search.html?q=x'], patience=.1)[0]

def test_this_site():
    search = look.all_pages(root/'docs')[-2:]
    assert look.look(root/'docs', ['index.html', 'models.html', 'source/models.html', *search])==[]
