"The site generator on a tiny project, from notebook to page, and the site that is there"
import base64,os,shutil,subprocess,sys
import pytest
from conftest import root

pytest.importorskip('myst_nb')
pytest.importorskip('furo')
tools = root/'tools'/'site'
sys.path.append(str(tools))

from fastcore.nbio import mk_cell,new_nb,write_nb
import check,readme

png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
config = '[project]\nname = "tiny_nums"\n[tool.nbdev]\ndoc_path = "docs"\nstrip_libs = ["tiny_nums", "fastcore"]\n'
to_words = '#| export\ndef to_words(\n    n:int # a number\n):\n    "Say `n`"\n    return str(n)'
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
    "A project of five notebooks, built"
    folder = tmp_path_factory.mktemp('a')/'tiny'
    nbs,info = folder/'nbs',folder/'tiny_nums-0.1.dist-info'
    notebook(nbs/'index.ipynb', '# tiny\n\n> Words for numbers', '`to_words` is in [corpus](00_corpus.ipynb)',
             code('plot()', image_png=png, text_plain='<Figure>'), code('table()', text_html=table))
    notebook(nbs/'00_corpus.ipynb', '# Corpus\n\n> Numbers into words\n\nYou will have words.',
             code('#| default_exp corpus'),
             '## Words\n\nFor $n=1$, not `nn.Linear`:', code(to_words), code('to_words(1)', text_plain="<f at 0x7f12>"))
    notebook(nbs/'tutorials'/'01_why.ipynb', '# Why\n\n> Because', 'See `to_words`.')
    notebook(nbs/'tutorials'/'how.ipynb', '# How\n\n> So\n\n- order: 2')
    notebook(nbs/'tutorials'/'what.ipynb', '# What\n\n> This\n- order: 1\n\nFirst of all.')
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
    assert 'First of all.' in what and 'order:' not in what

def test_order(project):
    order = ['index', 'tutorials/what', 'tutorials/how', 'tutorials/why', 'corpus']
    html,llms = ((project/'docs'/o).read_text() for o in ('index.html', 'llms.txt'))
    places = [html.index(f'<a class="reference internal" href="{o}.html">') for o in order[1:]]
    assert places==sorted(places)
    assert [o.split('](')[1].split('.html.md')[0] for o in llms.splitlines() if o.startswith('- [')]==order

def test_readme(project):
    md = (project/'README.md').read_text()
    image = readme.image_name('image/png', png)
    for o in ('# tiny\n\n> Words for numbers\n\n',
              '[`to_words`](docs/corpus.html#to_words) is in [corpus](docs/corpus.html)',
              f'![Drawn by the code above](docs/_images/{image})',
              '|  | a\\|b |\n| --- | --- |\n| 1.5 ± 0.5 | 2 |'): assert o in md, o
    assert (project/'docs'/'_images'/image).read_bytes()==base64.b64decode(png)

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
        '<style>@import "//x.y/z.css";</style>': 'z.css is loaded from elsewhere'}
    notebook(copy/'nbs'/'01_more.ipynb', '# More\n\n> And more', *faults)
    res = build(copy)
    for o in faults.values(): assert o in res.stderr, (o, res.stderr)
    assert content(copy/'docs')==content(project/'docs') and not list((copy/'build').iterdir())

@pytest.mark.skipif(not (root/'docs'/'index.html').is_file(), reason="the site has not been built")
def test_committed_site():
    assert check.check_site(root/'docs', [f'{root}/'])+check.check_file(root/'README.md', root)==[]
