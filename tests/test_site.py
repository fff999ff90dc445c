"The site generator on a tiny project, from notebook to page, and the site that is there"
import base64,json,os,shutil,subprocess,sys
import pytest
from conftest import root

pytest.importorskip('myst_nb')
pytest.importorskip('furo')
tools = root/'tools'/'site'
sys.path.append(str(tools))

from bs4 import BeautifulSoup
from fastcore.nbio import mk_cell,new_nb,write_nb
import check,readme,stage

png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
config = '[project]\nname = "tiny_nums"\n[tool.nbdev]\ndoc_path = "docs"\nstrip_libs = ["tiny_nums", "fastcore"]\n'
to_words = '#| export\ndef to_words(\n    n:int # a number\n):\n    "Say `n`"\n    return str(n)'
helper = '#| exports\n_half,_third = 2,3\n\ndef _no(): "Nothing"'
shown = to_words.replace('export', 'exports').replace('to_words', 'to_ordinal')
details = '<details>\n<summary>Why?</summary>\n\nBecause of `to_words`.\n\n</details>'
svg = '<svg xmlns="http://www.w3.org/2000/svg" width="540pt" height="9pt"></svg>'
table = '<style>a {}</style><table><tr><th></th><th>a|b</th></tr><tr><td>1.5 ± 0.5</td><td>2</td></tr></table>'

def notebook(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_nb(new_nb([mk_cell(o, 'markdown') if isinstance(o, str) else o for o in cells]), path)

def code(src, **data):
    output = dict(output_type='display_data', metadata={}, data={k.replace('_', '/'): v for k,v in data.items()})
    return mk_cell(src, 'code', outputs=[output] if data else [])

def build(folder, *args):
    "Write the modules and build the site"
    env = dict(os.environ, PYTHONPATH=str(folder), IPYTHONDIR=str(folder/'.ipython'))
    export = [sys.executable, '-c', 'from nbdev.doclinks import nbdev_export; nbdev_export()']
    subprocess.run(export, cwd=folder, env=env, check=True)
    make = [sys.executable, tools/'build.py', *args]
    return subprocess.run(make, cwd=folder, env=env, capture_output=True, text=True)

def content(folder): return {o.relative_to(folder): o.read_bytes() for o in folder.rglob('*') if o.is_file()}

@pytest.fixture(scope='module')
def project(tmp_path_factory):
    "A project of six notebooks, built"
    folder = tmp_path_factory.mktemp('a')/'tiny'
    nbs,info = folder/'nbs',folder/'tiny_nums-0.1.dist-info'
    notebook(nbs/'index.ipynb', '# tiny\n\n> Words for numbers', '`to_words` is in [corpus](00_corpus.ipynb)',
             code('#| fig-alt: A dot\nplot()', image_png=png, text_plain='<Figure>'), code('table()', text_html=table))
    notebook(nbs/'00_corpus.ipynb', '# Corpus\n\n> Numbers into words\n\nYou will have words.',
             code('#| default_exp corpus'),
             '## Words\n\nFor $n=1$, not `nn.Linear`:', code(to_words), code('to_words(1)', text_plain="<f at 0x7f12>"),
             '## Code', code('import os\nfrom json import *'), code(helper), code(shown))
    notebook(nbs/'tutorials'/'01_why.ipynb', '# Why\n\n> Because\n\n- group: Learn\n', 'See `to_words`.', details,
             code('#| code-fold: true\n#| fig-alt: A line\ndraw()', **{'image/svg+xml': svg}), code('import os'),
             code('1', text_plain='one'), code('2', text_plain='one    two'))
    notebook(nbs/'tutorials'/'how.ipynb', '# How\n\n> So\n\n- order: 2')
    notebook(nbs/'tutorials'/'what.ipynb', '# What\n\n> This\n- order: 10\n- group: Results\n\nFirst of all.')
    notebook(nbs/'tutorials'/'who.ipynb', '# Who\n\n> Them\n\n- group: Results\n- order: 9')
    (folder/'pyproject.toml').write_text(config)
    info.mkdir()
    (info/'METADATA').write_text('Metadata-Version: 2.1\nName: tiny_nums\nVersion: 0.1\n')
    (info/'entry_points.txt').write_text('[nbdev]\ntiny_nums = tiny_nums._modidx:d\n')
    res = build(folder)
    assert res.returncode==0, res.stdout+res.stderr
    return folder

@pytest.fixture
def copy(project, tmp_path):
    "The same project in another folder"
    return shutil.copytree(project, tmp_path/'other', ignore=shutil.ignore_patterns('_proc', '__pycache__'))

def test_pages(project):
    docs = project/'docs'
    assert check.check_site(docs, [f'{project}/'])==[]
    for o in '.nojekyll source/corpus.html search.html _static/katex/katex.min.js'.split(): assert (docs/o).is_file(), o
    html = (docs/'corpus.html').read_text()
    for o in ('id="to_words"', 'href="source/corpus.html#L', 'You will have words.', 'content="Numbers into words"',
              'katex/render.js', 'generated/torch.nn.Linear.html', '&lt;f&gt;'): assert o in html, o
    assert 'href="../corpus.html#to_words"' in (docs/'tutorials'/'why.html').read_text()
    what = (docs/'tutorials'/'what.html').read_text()
    assert 'First of all.' in what and 'order:' not in what and 'group:' not in what

def test_reference_begins_with_the_signature(project):
    html = (project/'docs'/'corpus.html').read_text().split('<h2>Code<')[1].split('</article>')[0]
    places = list(map(html.index, ('<h3>to_ordinal<', 'a number', '<em>Say', 'Source: to_ordinal</p>', '>return<')))
    assert places==sorted(places) and 'Source: _half, _third, _no</p>' in html and 'import' not in html

def test_other_pages_show_all_but_folded_code(project):
    html = (project/'docs'/'tutorials'/'why.html').read_text()
    assert html.count('<details class="admonition hide')==1 and 'Show the code' in html and '>import<' in html
    assert '<summary>Why?</summary>\n<p>Because of <a' in html and html.count('tag_columns')==1
    assert '<img alt="A line" class="wide" src=' in html and '.svg"' in html

def test_order(project):
    order = ['index', 'tutorials/why', 'tutorials/how', 'tutorials/who', 'tutorials/what', 'corpus']
    html,llms = ((project/'docs'/o).read_text() for o in ('index.html', 'llms.txt'))
    places = [html.index(f'<a class="reference internal" href="{o}.html">') for o in order[1:]]
    assert places==sorted(places)
    captions = [html.index(f'<span class="caption-text">{o}</span>') for o in stage.groups]
    assert captions==sorted(captions)
    assert [o.split('](')[1].split('.html.md')[0] for o in llms.splitlines() if o.startswith('- [')]==order

def test_readme(project):
    md = (project/'README.md').read_text()
    image = readme.image_name('image/png', png)
    for o in ('# tiny\n\n> Words for numbers\n\n',
              '[`to_words`](docs/corpus.html#to_words) is in [corpus](docs/corpus.html)',
              f'![A dot](docs/_images/{image})',
              '|  | a\\|b |\n| --- | --- |\n| 1.5 ± 0.5 | 2 |'): assert o in md, o
    assert (project/'docs'/'_images'/image).read_bytes()==base64.b64decode(png)

def test_links_in_the_text_of_a_link():
    "nbdev links every name in backticks, also where there is a link already"
    md = '[[`a`](x.html#a)](y.html), [in `b`, [`c`](#c) too](w.html), [`d`](e.html#d), [![f](g.png)](h.html)'
    assert stage.unnest_links(md)=='[`a`](y.html), [in `b`, `c` too](w.html), [`d`](e.html#d), [![f](g.png)](h.html)'

def test_markdown_tables_keep_all_labels():
    html = """<table><thead><tr><th></th><th></th><th colspan="2">loss</th></tr><tr><th>model</th><th>seed</th>
        <th>first</th><th>last</th></tr></thead><tbody><tr><th rowspan="2">A</th><th>1</th><td>3</td><td>2</td></tr>
        <tr><th>2</th><td>4</td><td>1</td></tr></tbody></table>"""
    assert readme.html_table(html).splitlines()==['| model | seed | loss first | loss last |',
        '| --- | --- | --- | --- |', '| A | 1 | 3 | 2 |', '| A | 2 | 4 | 1 |']

def test_numbers_keep_to_one_line():
    cells = '<td>998 998</td><td>0.98 ± 0.01</td><td>nine 9 9</td>'
    assert stage.clean_html(cells)==cells.replace('8 9', '8\xa09').replace(' ± ', '\xa0±\xa0')

def test_same_bytes_in_another_folder(project, copy):
    shutil.rmtree(copy/'docs')
    assert build(copy).returncode==0
    assert content(copy/'docs')==content(project/'docs')
    assert (copy/'README.md').read_bytes()==(project/'README.md').read_bytes()
    (copy/'docs'/'index.html').write_text('edited')
    res = build(copy, '--check')
    assert res.returncode and 'docs/index.html' in res.stdout and (copy/'docs'/'index.html').read_text()=='edited'

def test_addresses_in_one_place(copy):
    urls = '[project.urls]\nDocumentation = "https://docs.example/tiny"\nRepository = "https://github.com/me/tiny"\n'
    (copy/'pyproject.toml').write_text(config.replace('[tool', urls+'[tool'))
    res = build(copy)
    assert res.returncode==0, res.stdout+res.stderr
    html,first = ((copy/'docs'/o).read_text() for o in ('corpus.html', 'index.html'))
    for o in ('<link rel="canonical" href="{}corpus.html"', '"og:url" content="{}corpus.html">',
              '"og:image" content="{}_static/card.png">'): assert o.format('https://docs.example/tiny/') in html, o
    assert 'https://github.com/me/tiny/blob/main/tiny_nums/corpus.py#L' in html
    assert 'href="corpus.html#to_words"' in first
    md = (copy/'README.md').read_text()
    assert '](https://docs.example/tiny/corpus.html#to_words)' in md and '](https://docs.example/tiny/_images/' in md

def test_a_fault_replaces_nothing(project, copy):
    faults = {'[a](02_no.ipynb)': 'no.html leads to no file', '[b](#no)': '#no leads to no such anchor',
        '<a href="/c">': '/c is not relative', '![d](https://x.y/z.png)': 'z.png is loaded from elsewhere',
        '<style>@import "//x.y/z.css";</style>': 'z.css is loaded from elsewhere',
        '<p>[e](f)</p>': 'more.html: [e](f) is left as Markdown'}
    notebook(copy/'nbs'/'01_more.ipynb', '# More\n\n> And more', *faults)
    res = build(copy)
    for o in faults.values(): assert o in res.stderr, (o, res.stderr)
    assert content(copy/'docs')==content(project/'docs') and not list((copy/'build').iterdir())

def test_groups_and_figures_are_checked(copy):
    how = copy/'nbs'/'tutorials'/'how.ipynb'
    notebook(how, '# How\n\n> So\n\n- group: Howto')
    assert 'there is no group Howto, only Learn, How-to, Results, Reference' in build(copy).stderr
    notebook(how, '# How\n\n> So', code('draw(1)\ndraw(2)', **{'image/svg+xml': svg}))
    assert "how.ipynb: there is no `#| fig-alt: ...` in the cell that begins with 'draw(1)'" in build(copy).stderr

def test_figures_are_drawn_as_svg_and_alike(tmp_path):
    draw = "from matplotlib import pyplot as plt\nplt.figure(figsize=(8, 2)).gca().fill_between([1, 2], [1, 2]);"
    def run(name):
        notebook(tmp_path/name, mk_cell(draw, 'code'))
        env = dict(os.environ, JUPYTER_PATH=str(root/'tools'/'jupyter'))
        args = [sys.executable, '-m', 'nbconvert', '--to', 'notebook', '--execute', '--inplace', tmp_path/name]
        subprocess.run(args, env=env, check=True, capture_output=True)
        return json.loads((tmp_path/name).read_text())['cells'][0]['outputs'][0]['data']
    data = run('a.ipynb')
    assert {*data}=={'image/svg+xml', 'text/plain'} and data==run('b.ipynb')

draw = '#| watch: {}\n#| fig-alt: Gates\ndraw()'
place = '{"model": "Model5", "prompt": "8001 & \'8002\'"}'

@pytest.fixture
def running(copy):
    "The same project with a page on which a network runs"
    web,models = copy/'tiny_nums'/'web',copy/'nbs'/'tutorials'/'watch'/'models.js'
    for o in (web/'model.js', web/'watch.js', web/'watch.css', models):
        o.parent.mkdir(exist_ok=True)
        o.write_text(f'/* {o.name} */')
    notebook(copy/'nbs'/'tutorials'/'how.ipynb', '# How\n\n> So', code(draw.format(place), image_png=png), 'Then.')
    return copy

def test_a_network_runs_on_a_page(project, running):
    assert not (project/'docs'/'_static'/'watch').exists()
    res = build(running)
    assert res.returncode==0, res.stdout+res.stderr
    docs = running/'docs'
    page = BeautifulSoup((docs/'tutorials'/'how.html').read_text(), 'html.parser')
    div, = page.select('div.watch')
    assert json.loads(div['data-watch'])==json.loads(place) and not div.contents
    assert div.find_previous_sibling().img['alt']=='Gates' and div.find_next_sibling().text=='Then.'
    scripts = [o['src'].split('?')[0] for o in page.select('script[defer][src*="/watch/"]')]
    assert scripts==[f'../_static/watch/{o}' for o in ('model.js', 'models.js', 'watch.js')]
    assert len(page.select('link[href^="../_static/watch/watch.css"]'))==1
    assert '_static/watch' not in (docs/'tutorials'/'why.html').read_text()
    md = (docs/'tutorials'/'how.html.md').read_text()
    assert '![Gates](../_images/' in md and 'watch' not in md
    (docs/'_static'/'watch'/'models.js').unlink()
    problems = check.check_file(docs/'tutorials'/'how.html', docs)
    assert len(problems)==1 and '/models.js' in problems[0] and problems[0].endswith('leads to no file')

def test_a_network_needs_its_files(running):
    (running/'nbs'/'tutorials'/'watch'/'models.js').unlink()
    assert 'pages with `#| watch:` need nbs/tutorials/watch/models.js' in build(running).stderr

bad_places = {'{"model"': 'is not JSON', '[]': 'is not in {...}', '{"modle": "Model5"}': "has the key 'modle'",
    '{"steps": "3"}': "has '3' as 'steps', which is not of type int", '{"show": ["gate"]}': "shows 'gate'"}

def test_places_for_networks_are_checked(project, running):
    cells = [code(draw.format(o), image_png=png) for o in bad_places]
    notebook(running/'nbs'/'tutorials'/'how.ipynb', '# How\n\n> So', *cells, code('#| watch: {}\nno_picture()'))
    stderr = build(running).stderr
    for k,v in bad_places.items(): assert f'how.ipynb: `#| watch: {k}` {v}' in stderr, (k, stderr)
    assert "`#| watch: {}` has no picture for readers without scripts, in the cell that begins with 'no_pi" in stderr
    assert content(running/'docs')==content(project/'docs')

@pytest.mark.skipif(not (root/'docs'/'index.html').is_file(), reason="the site has not been built")
def test_committed_site():
    assert check.check_site(root/'docs', [f'{root}/'])+check.check_file(root/'README.md', root)==[]
