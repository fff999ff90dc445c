"The site generator: its steps one by one, on a tiny project from notebook to page, and the site that is there"
import base64,os,shutil,subprocess,sys
from pathlib import Path
import pytest

pytest.importorskip('myst_nb')
pytest.importorskip('furo')
root = Path(__file__).resolve().parent.parent
tools = root/'tools'/'site'
sys.path.append(str(tools))

from fastcore.nbio import dict2nb,mk_cell,new_nb,write_nb
from fastcore.utils import AttrDict
import check,readme,stage

png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

# Notebook to page

@pytest.mark.parametrize('title,anchor', [('to_words', 'to_words'), ('Model5.reset', 'model5.reset'), ('A.__init__', 'a.__init__'),
    ('What goes in, and out?', 'what-goes-in-and-out')])
def test_slug(title, anchor): assert stage.slug(title)==anchor

@pytest.mark.parametrize('url,page,want', [
    ('/corpus.html#to_words', 'data.html', 'corpus.html#to_words'),
    ('/corpus.html#to_words', 'tutorials/x.html', '../corpus.html#to_words'),
    ('https://docs.example/lib/corpus.html#a', 'data.html', 'corpus.html#a'),
    ('https://docs.example/library/', 'data.html', 'https://docs.example/library/'),
    ('../00_corpus.ipynb#words', 'tutorials/x.html', '../corpus.html#words'),
    ('tutorials/01_why.ipynb', 'index.html', 'tutorials/why.html'),
    ('/blob/main/lib/corpus.py#L7', 'tutorials/x.html', '../source/corpus.html#L7'),
    ('../lib/sub/deep.py', 'index.html', 'source/sub/deep.html'),
    ('https://github.com/me/lib/blob/main/lib/corpus.py#L7', 'data.html', 'https://github.com/me/lib/blob/main/lib/corpus.py#L7'),
    ('#here', 'data.html', '#here'), ('mailto:a@b.c', 'data.html', 'mailto:a@b.c')])
def test_site_link(url, page, want): assert stage.site_link(url, page, 'lib', 'https://docs.example/lib/')==want

def test_links_are_left_alone_in_code():
    md = '[a](b)\n\n```\n[a](b)\n```\n[a](b){target="_blank" style="x"} [s](b){.source}'
    assert stage.local_links(md, str.upper)=='[a](B)\n\n```\n[a](b)\n```\n[a](B) [s](B){.source}'
    assert stage.local_links('````{.python}\nx\n````', str.upper)=='````python\nx\n````'

def test_torch_links():
    url = 'https://docs.pytorch.org/docs/stable/generated/torch.'
    assert stage.torch_links('`nn.GRUCell` `F.relu()`')==f'[`nn.GRUCell`]({url}nn.GRUCell.html) [`F.relu()`]({url}nn.functional.relu.html)'
    for same in ('`nn.NoSuchThing`', '`torch.float32`', '[`nn.GRU`](x)', '```\n`nn.GRU`\n```', '`nn`'): assert stage.torch_links(same)==same

def test_callouts():
    md = '::: {.callout-tip}\n## Head\nbody\n\n```\nx\n```\n:::\n\n::: {.callout-note title="T"}\nb\n:::\n\n::: {.wide}\nplain\n:::'
    got = stage.callouts(md, stage.myst_callout)
    assert got=='::::{admonition} Head\n:class: tip\n\nbody\n\n```\nx\n```\n::::\n\n::::{admonition} T\n:class: note\n\nb\n::::\n\nplain'
    assert stage.callouts('::: {.callout-note}\nb\n:::', stage.myst_callout)=='::::{note}\nb\n::::'
    assert readme.github_callout('note', 'T', 'b')=='> [!NOTE]\n> **T**\n>\n> b'

def test_last_written():
    assert stage.last_written('a\rb\rc\nd\r\n\x1b[31me\x1b[0m')=='c\nd\ne'

def output(**data): return AttrDict(output_type='display_data', data={k.replace('_', '/'): v for k,v in data.items()}, metadata={})

def test_outputs_that_show_nothing_are_dropped():
    for html in ('<style>a {}</style>', '', '<div><progress value="5"></progress> 100% [5/5]</div>'):
        assert stage.clean_output(output(text_html=html, text_plain='<IPython.core.display.HTML object>')) is None
    table = '<table><tr><td>1</td></tr></table>'
    assert stage.clean_output(output(text_html=f'<style>a {{}}</style>\n{table}')).data=={'text/html': table}
    assert stage.clean_output(AttrDict(output_type='stream', text='\r \r')) is None
    assert stage.clean_output(output(text_plain='<f at 0x7f1234>')).data=={'text/plain': '<f>'}
    assert stage.clean_output(output(**{'application_vnd.jupyter': {}})) is None

def test_wide_pictures_are_known():
    assert not stage.is_wide(output(image_png=png)) and not stage.is_wide(output(text_plain='x'))
    narrow,wide = (output(image_png=base64.b64encode(base64.b64decode(png)[:16]+w.to_bytes(4)+bytes(4)).decode()) for w in (699, 700))
    assert not stage.is_wide(narrow) and stage.is_wide(wide)
    assert stage.code_cell(code('f()', wide))[0].metadata.mystnb=={'image': {'alt': 'Drawn by the code above', 'classes': 'wide'}}

def test_mean_and_spread_stay_together():
    assert stage.clean_output(output(text_html='<td>1.5 ± 0.5</td>')).data['text/html']=='<td>1.5\xa0±\xa00.5</td>'
    assert readme.html_table('<table><tr><td>1.5\xa0±\xa00.5</td></tr></table>').startswith('| 1.5 ± 0.5 |')

def test_show_doc_has_heading_before_source():
    md = '---\n\n[source](/blob/main/l/a.py#L3){target="_blank" style="float:right"}\n\n### __main__.A.__len__\n\n```python\ndef f()->__main__.A:\n```'
    want = '### A.\\_\\_len\\_\\_\n\n[source](/blob/main/l/a.py#L3){.source}\n\n```python\ndef f()->A:\n```'
    assert stage.show_doc_md(md)==want
    assert stage.show_doc_md('---\n\n[source](/a#LNone){x}\n\n### A\n')=='### A\n\n'

def code(src, *outputs): return AttrDict(cell_type='code', source=src, outputs=list(outputs))

def test_cell_options_become_tags():
    cell, = stage.code_cell(code('#| echo: false\n#| slow: true\nf()', output(image_png=png)))
    assert cell.metadata.tags==['remove-input'] and cell.source=='f()'
    cell,caption = stage.code_cell(code('#| fig-cap: "So high"\nf()', output(image_png=png)))
    assert cell.metadata.mystnb=={'image': {'alt': 'So high'}} and 'So high' in caption.source
    assert stage.code_cell(code('#| include: false\nf()'))==[]

def test_show_doc_becomes_markdown():
    cell, = stage.code_cell(code('#| echo: false\nshow_doc(f)', output(text_markdown='---\n\n[source](/a.py#L1){x}\n\n### f\n\nDoc')))
    assert cell.cell_type=='markdown' and cell.source.startswith('### f')

def test_front_keeps_what_follows_the_lead():
    nb = dict2nb(dict(cells=[mk_cell('# Title\n\n> One\n> lead\n\nAnd this.', 'markdown')], metadata={}))
    assert stage.front(nb)==('Title', 'One lead', 'And this.')
    with pytest.raises(ValueError, match='# Title'): stage.front(dict2nb(dict(cells=[], metadata={})))

def test_order_is_taken_from_the_title():
    def place(o): return stage.place(dict2nb(dict(cells=[mk_cell(f'# Title\n\n> Lead\n\n{o}And this.', 'markdown')], metadata={})))
    assert place('- order: 2\n\n')<place('- order: 10\n\n')<place('')==place('- other: 1\n\n')
    with pytest.raises(ValueError, match='first` is not a number'): place('- order: first\n\n')
    nb = dict2nb(dict(cells=[mk_cell('# Title\n\n> Lead\n\n- order: 2\n\nAnd this.', 'markdown')], metadata={}))
    assert stage.front(nb)==('Title', 'Lead', 'And this.')

def doc(name, n): return mk_cell(f'### {name}\n\n[source](a.py#L{n}){{.source}}', 'markdown')

def test_of_repeated_docs_the_last_stays():
    cells = [doc('f', 1), mk_cell('### f', 'markdown'), doc('g', 2), doc('f', 3)]
    assert stage.without_repeats(cells)==cells[1:]

def test_names_without_heading_lead_to_their_source():
    a = AttrDict(path='a.html', title='A', lead='', cells=[mk_cell('### f\n\n[`f`](#f) [`g`](a.html#g) [`h()`](a.html#h)', 'markdown')])
    b = AttrDict(path='t/b.html', title='B', lead='[`g`](../a.html#g)', cells=[])
    stage.mend_names([a, b], 'lib', {'g': '/blob/main/lib/a.py#L4', 'h': '/blob/main/lib/a.py#LNone'}.get)
    assert a.cells[0].source=='### f\n\n[`f`](#f) [`g`](source/a.html#L4) [`h()`](a.html)'
    assert b.lead=='[`g`](../source/a.html#L4)'

def test_page_as_markdown():
    html = '<div><table><thead><tr><th></th><th>a</th></tr></thead><tr><td>x|y</td><td>1\n</td></tr></table></div>'
    cell = stage.code_cell(code('f()', output(text_html=html), output(image_png=png), AttrDict(output_type='stream', text='```\n')))
    page = AttrDict(path='index.html', title='T', lead='L', cells=[mk_cell('[a](b.html)', 'markdown'), *cell])
    md = readme.page_md(page, lambda url: f'docs/{url}', 'docs/')
    name = readme.image_name('image/png', png)
    assert md=='\n\n'.join(['# T', '> L', '[a](docs/b.html)', '```python\nf()\n```', '|  | a |\n| --- | --- |\n| x\\|y | 1 |',
                           f'![Drawn by the code above](docs/_images/{name})', '````\n```\n````'])+'\n'

# The checker

good = '<meta name="description" content="d"><h1 id="top">x</h1>'

def problems(tmp_path, html='', **files):
    (tmp_path/'index.html').write_text(good+html)
    for k,v in files.items(): (tmp_path/k.replace('_', '.')).write_text(v)
    return check.check_site(tmp_path)

@pytest.mark.parametrize('html', ['<a href="#top">', '<a href="index.html#top">', '<a href="https://x.y">', '<img src="data:image/png;base64,x">',
    '<link rel="canonical" href="https://x.y">', '<a href="a%20b.html">', '<img src="a b.html" srcset="a%20b.html 2x">', '<a href="./">'])
def test_checker_accepts(tmp_path, html):
    (tmp_path/'a b.html').write_text(good)
    assert problems(tmp_path, html)==[]

@pytest.mark.parametrize('html,word', [('<a href="no.html">', 'no file'), ('<a href="#no">', 'no such anchor'), ('<use href="#no">', 'no such anchor'),
    ('<a href="index.html#no">', 'no such anchor'), ('<a href="/index.html">', 'not relative'), ('<a href="file:///x">', 'links by file'), ('<a href="../out.html">', 'out of the site'),
    ('<img src="no.png">', 'no file'), ('<script src="https://x.y/z.js"></script>', 'elsewhere'), ('<img src="//x.y/z.png">', 'elsewhere'),
    ('<link rel="stylesheet" href="http://x.y/z.css">', 'elsewhere'), ('<link rel="preconnect" href="https://x.y">', 'elsewhere'),
    ('<style>@import "https://x.y/z.css";</style>', 'elsewhere'), ('<p style="background: url(https://x.y/z.png)">', 'elsewhere'),
    ('<iframe src="https://x.y"></iframe>', 'elsewhere'), ('<img src="index.html" srcset="https://x.y/z.png 2x">', 'elsewhere')])
def test_checker_rejects(tmp_path, html, word):
    (tmp_path/'out.html').write_text(good)
    site = tmp_path/'site'
    site.mkdir()
    found = problems(site, html)
    assert len(found)==1 and word in found[0]

def test_checker_reads_style_sheets_markdown_and_descriptions(tmp_path):
    assert 'elsewhere' in problems(tmp_path, a_css='@font-face { src: url("https://x.y/z.woff2") }')[0]
    assert 'no file' in problems(tmp_path, a_css='a { background: url(no.png) }')[0]
    assert problems(tmp_path, a_css='/* url(no.png) */', b_md='[a](no.html)\n```\n[a](no.html)\n```\n')==['b.md: no.html leads to no file']
    (tmp_path/'b.md').unlink()
    (tmp_path/'bare.html').write_text('x')
    assert problems(tmp_path)==['bare.html: it has no description']

def test_checker_finds_paths_of_this_machine(tmp_path):
    (tmp_path/'index.html').write_text(good+'/home/me/x.py')
    assert 'of this machine' in check.check_site(tmp_path, ['/home/me/'])[0]

# From notebook to page

config = '''[project]
name = "tiny_nums"
[tool.nbdev]
doc_path = "docs"
strip_libs = ["tiny_nums", "fastcore"]
'''

def notebook(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_nb(new_nb([o if isinstance(o, dict) else mk_cell(o, 'markdown') for o in cells]), path)

def code_with(src, **data):
    cell = mk_cell(src, 'code')
    if data: cell.outputs = [dict(output_type='display_data', metadata={}, data={k.replace('_', '/'): v for k,v in data.items()})]
    return cell

def run(cmd, folder): return subprocess.run([sys.executable, *map(str, cmd)], cwd=folder, capture_output=True, text=True,
    env=dict(os.environ, PYTHONPATH=str(folder), IPYTHONDIR=str(folder/'.ipython')))

def build(folder, *args): return run([tools/'build.py', *args], folder)

def export(folder):
    res = run(['-c', 'from nbdev.doclinks import nbdev_export; nbdev_export()'], folder)
    assert res.returncode==0, res.stderr

def make_project(folder):
    folder.mkdir(parents=True)
    (folder/'pyproject.toml').write_text(config)
    notebook(folder/'nbs'/'index.ipynb', '# tiny\n\n> Words for numbers', '`to_words` is in [corpus](00_corpus.ipynb), `L` is not.',
             code_with('plot()', image_png=png, text_plain='<Figure>'))
    notebook(folder/'nbs'/'00_corpus.ipynb', '# Corpus\n\n> Numbers into words\n\nYou will have words.', code_with('#| default_exp corpus'),
             '## Words\n\nFor $n=1$:', code_with('#| export\ndef to_words(\n    n:int # a number\n):\n    "Say `n`"\n    return str(n)'),
             code_with('to_words(1)', text_plain="'1'"))
    notebook(folder/'nbs'/'tutorials'/'01_why.ipynb', '# Why\n\n> Because', 'See `to_words`.')
    notebook(folder/'nbs'/'tutorials'/'how.ipynb', '# How\n\n> So\n\n- order: 2')
    notebook(folder/'nbs'/'tutorials'/'what.ipynb', '# What\n\n> This\n- order: 1\n\nFirst of all.')
    info = folder/'tiny_nums-0.1.dist-info'
    info.mkdir()
    (info/'METADATA').write_text('Metadata-Version: 2.1\nName: tiny_nums\nVersion: 0.1\n')
    (info/'entry_points.txt').write_text('[nbdev]\ntiny_nums = tiny_nums._modidx:d\n')
    export(folder)
    return folder

def texts(folder): return {o.relative_to(folder).as_posix(): o.read_bytes() for o in folder.rglob('*') if o.is_file()}

@pytest.fixture(scope='module')
def project(tmp_path_factory):
    folder = make_project(tmp_path_factory.mktemp('a')/'tiny')
    res = build(folder)
    assert res.returncode==0, res.stdout+res.stderr
    return folder

def test_site_is_built(project):
    docs = project/'docs'
    assert check.check_site(docs, [f'{project}/'])==[]
    wanted = '.nojekyll index.html corpus.html tutorials/why.html source/corpus.html corpus.html.md llms.txt search.html _static/katex/katex.min.js'
    for o in wanted.split(): assert (docs/o).is_file(), o
    html = (docs/'corpus.html').read_text()
    for o in ('id="to_words"', 'href="source/corpus.html#L', 'You will have words.', 'content="Numbers into words"', 'katex/render.js'): assert o in html, o
    assert 'href="../corpus.html#to_words"' in (docs/'tutorials'/'why.html').read_text()
    assert html.index('tutorials/why.html')<html.index('href="#">Corpus')
    assert '[Why](tutorials/why.html.md): Because' in (docs/'llms.txt').read_text()

def test_pages_are_in_order(project):
    html,order = (project/'docs'/'index.html').read_text(),['tutorials/what', 'tutorials/how', 'tutorials/why', 'corpus']
    places = [html.index(f'<a class="reference internal" href="{o}.html">') for o in order]
    assert places==sorted(places)
    listed = [o.split('](')[1].split('.')[0] for o in (project/'docs'/'llms.txt').read_text().splitlines() if o.startswith('- [') and '.html.md' in o]
    assert listed[:5]==['index', *order]
    html = (project/'docs'/'tutorials'/'what.html').read_text()
    assert 'First of all.' in html and 'order:' not in html

def test_readme_is_built(project):
    md = (project/'README.md').read_text()
    assert md.startswith('# tiny\n\n> Words for numbers\n') and '[`to_words`](docs/corpus.html#to_words)' in md and '[corpus](docs/corpus.html)' in md
    assert 'https://fastcore.fast.ai' in md
    assert (project/'docs'/'_images'/readme.image_name('image/png', png)).read_bytes()==base64.b64decode(png)
    assert check.check_markdown(project/'README.md', project)==[]

def test_same_bytes_in_another_folder(project, tmp_path):
    other = tmp_path/'other'/'name'
    shutil.copytree(project, other, ignore=shutil.ignore_patterns('docs', '_proc', 'README.md', '__pycache__'))
    assert build(other).returncode==0
    assert texts(other/'docs')==texts(project/'docs')
    assert (other/'README.md').read_bytes()==(project/'README.md').read_bytes()
    (other/'docs'/'index.html').write_text('edited')
    res = build(other, '--check')
    assert res.returncode!=0 and 'docs/index.html' in res.stderr and (other/'docs'/'index.html').read_text()=='edited'

def test_addresses_in_one_place_turn_links_absolute(project, tmp_path):
    other = tmp_path/'tiny'
    shutil.copytree(project, other, ignore=shutil.ignore_patterns('docs', '_proc'))
    urls = 'Documentation = "https://docs.example/tiny"\nRepository = "https://github.com/me/tiny"'
    (other/'pyproject.toml').write_text(config.replace('[tool.nbdev]', f'[project.urls]\n{urls}\n[tool.nbdev]'))
    export(other)
    res = build(other)
    assert res.returncode==0, res.stdout+res.stderr
    html,first = ((other/'docs'/o).read_text() for o in ('corpus.html', 'index.html'))
    for o in ('<link rel="canonical" href="{}corpus.html"', '<meta property="og:url" content="{}corpus.html">', '<meta property="og:image" content="{}_static/card.png">'):
        assert o.format('https://docs.example/tiny/') in html, o
    assert 'href="corpus.html#to_words"' in first and 'href="https://docs.example/tiny/corpus' not in first.replace('canonical', '')
    assert 'https://github.com/me/tiny/blob/main/tiny_nums/corpus.py#L' in html
    md = (other/'README.md').read_text()
    assert '[`to_words`](https://docs.example/tiny/corpus.html#to_words)' in md and '](docs/' not in md
    assert f"](https://docs.example/tiny/_images/{readme.image_name('image/png', png)})" in md

def test_a_fault_replaces_nothing(project, tmp_path):
    other = tmp_path/'tiny'
    shutil.copytree(project, other)
    notebook(other/'nbs'/'01_more.ipynb', '# More\n\n> And more', '[nowhere](02_no.ipynb)')
    res = build(other)
    assert res.returncode!=0 and 'more.html: no.html leads to no file' in res.stderr
    assert texts(other/'docs')==texts(project/'docs') and not list((other/'build').iterdir())

# This project

@pytest.mark.skipif(not (root/'docs'/'index.html').is_file(), reason="the site has not been built")
def test_committed_site():
    assert check.check_site(root/'docs', [f'{root}/'])==[]
    assert check.check_markdown(root/'README.md', root)==[]
