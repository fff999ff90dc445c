"The site in a browser: faults are found, and these pages have none"
import sys
import pytest
from conftest import root

pytest.importorskip('playwright.sync_api', reason="`make docs-look` installs what a look at the site needs")
sys.path.append(str(root/'tools'/'site'))
import look
if not look.browser(): pytest.skip("a look at the site needs Chromium", allow_module_level=True)

faults = {'asks another host for https://elsewhere.example/': '<img src="https://elsewhere.example/a.png">',
    'gets 404 for no.css': '<link rel="stylesheet" href="no.css">',
    'says in the console: oh': '<script>console.error("oh")</script>',
    'has a fault in a script: ': '<script>nothing()</script>', 'the page is 3': '<p style="width: 3000px">wide</p>',
    'sticks out of the screen: p "left': '<p style="position: absolute; left: -50px">left</p>',
    'shows no image: no.png': '<img src="no.png">', 'is not rendered: span.math': '<span class="math">x^2</span>',
    'is left as TeX: p': r'<p>\(x\)</p>', 'has a contrast of 1.7: a "pale': '<a style="color: #c4c4c4">pale</a>'}

def test_faults_are_found(tmp_path):
    (tmp_path/'a.html').write_text('<!doctype html><meta charset="utf-8"><body>'+''.join(faults.values()))
    found = look.look(tmp_path, ['a.html'])
    for o in faults: assert any(f.startswith(f'a.html {o}') and '390 px dark' in f for f in found), (o, found)

def test_this_site():
    search = look.all_pages(root/'docs')[-2:]
    assert look.look(root/'docs', ['index.html', 'models.html', 'source/models.html', *search])==[]
