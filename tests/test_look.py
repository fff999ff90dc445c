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
    'is left as TeX: p': r'<p>\(x\)</p>', 'has a contrast of 1.7: a "pale': '<a style="color: #c4c4c4">pale</a>',
    'has a contrast of 3.9: b "red': '<details><b style="background: #fff; color: #e5484d">red</b></details>',
    'is cut off: pre "cut': '<pre style="overflow: hidden; width: 50px">cut off by the right edge</pre>',
    'is cut off: pre "no bar': '<pre style="overflow: auto; scrollbar-width: none; width: 50px">no bar below</pre>',
    'has an image wider than its box: a.svg': '<div style="width: 50px"><img src="a.svg" alt="A wide picture"></div>',
    'does not say what is in the image: b.svg': '<img src="b.svg" alt="">',
    'does not say what is in the image: c.svg': '<img src="c.svg" alt="Drawn by the code above">',
    'does not run: {"model": "Model9"}': '<div data-watch=\'{"model": "Model9"}\'></div>'}
good = """<pre style="overflow: auto; width: 50px">with a bar at the lower edge</pre>
    <div style="overflow: auto; width: 50px"><img src="d.svg" alt="A wide picture"></div>
    <div style="width: 50px"><img src="e.svg" alt="A hidden picture" hidden></div><div id="late" data-watch="{}"></div>
    <script>setTimeout(() => late.innerHTML = '<canvas style="color: #c4c4c4" width="99">strip</canvas>', 300)</script>"""
svg = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="9"></svg>'

def test_faults_are_found(tmp_path):
    for o in 'abcde': (tmp_path/f'{o}.svg').write_text(svg)
    (tmp_path/'a.html').write_text('<!doctype html><meta charset="utf-8"><body>'+''.join(faults.values())+good)
    found = look.look(tmp_path, ['a.html'], patience=1)
    for o in faults: assert any(f.startswith(f'a.html {o}') and '390 px dark' in f for f in found), (o, found)
    for o in ('with a bar', 'd.svg', 'e.svg', 'does not run: {}', 'canvas'): assert not [f for f in found if o in f], o

# What is among the first three results, as the beginnings of addresses
searches = {'ceiling': ('ceiling.html',), 'GRU cell': ('models.html#grucell',),
    'hidden state': ('interpret.html#the-hidden-state', 'state.html#hiddenstatecallback'),
    'detach': ('tutorials/memory', 'tutorials/stateful', 'state'),
    'learning rate finder': ('tutorials/lesson', 'tutorials/tools', 'tutorials/count')}

@pytest.mark.parametrize('query', searches)
def test_search(query):
    with look.served(root/'docs') as top, look.opened() as chrome:
        tab = chrome.new_page()
        tab.goto(f'{top}search.html?q={query}')
        tab.wait_for_function("document.querySelector('.search-summary')?.textContent.includes('finished')")
        links = tab.evaluate("[...document.querySelectorAll('ul.search > li > a')].map(o => o.href)")
    first = [o.removeprefix(top) for o in links[:3]]
    assert any(o.startswith(searches[query]) for o in first), first

def test_this_site():
    search = look.all_pages(root/'docs')[-2:]
    assert look.look(root/'docs', ['index.html', 'models.html', 'source/models.html', *search])==[]
