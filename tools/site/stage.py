"Turn the notebooks that nbdev has processed into pages, and pages into notebooks that Sphinx can render"
import json,re
from base64 import b64decode
from copy import deepcopy
from importlib import import_module
from math import inf
from os.path import normpath,relpath
from pathlib import PurePosixPath
from urllib.parse import urlparse

from fastcore.nbio import read_nb,mk_cell
from fastcore.utils import AttrDict
from nbdev.config import nbpath2html

def joined(o): return ''.join(o) if isinstance(o, list) else o or ''

# Names of pages and headings

def page_path(nb): return nbpath2html(nb).as_posix()

def slug(title):
    "The anchor of a heading: as nbdev's links expect it, so that `to_words` keeps its underscore and `A.b` its dot"
    return re.sub(r'\s+', '-', re.sub(r'[^\w\s.-]', '', title).strip().lower())

def site_link(url, page, lib, doc_url=''):
    "`url`, which stands on `page`, as the built site has it: relative within the site, unchanged if it leads elsewhere"
    top = doc_url.rstrip('/')+'/'
    if doc_url and url.startswith(top): url = '/'+url[len(top):]
    path,hash,frag = url.partition('#')
    if not path or path.startswith('//') or urlparse(path).scheme: return url
    if path.endswith('.py') and f'/{lib}/' in path: path = '/source/'+path.split(f'/{lib}/', 1)[1][:-3]+'.html'
    if path.endswith('.ipynb'): path = page_path(path)
    if path.startswith('/'): path = relpath(path, f'/{PurePosixPath(page).parent}')
    return path+hash+frag

# Markdown

_fence = re.compile(r'^(?P<tick> {0,3}(?:`{3,}|~{3,})).*?^(?P=tick)[`~]*[ \t]*$', re.M|re.S)

def outside_code(f, md):
    "Apply `f` to all of `md` but its fenced code"
    parts,at = [],0
    for m in _fence.finditer(md):
        parts += [f(md[at:m.start()]), m[0]]
        at = m.end()
    return ''.join(parts+[f(md[at:])])

def torch_url(name):
    "The PyTorch documentation of `name`, such as `nn.GRUCell`, `F.relu` or `torch.cat`; None if there is none"
    short = {'nn': 'torch.nn', 'F': 'torch.nn.functional'}
    head,_,rest = name.partition('.')
    mod,_,sym = f'{short.get(head, head)}.{rest}'.rpartition('.')
    if mod not in ('torch', 'torch.Tensor', 'torch.nn', 'torch.nn.functional', 'torch.optim', 'torch.nn.utils'): return
    obj = getattr(import_module('torch').Tensor if mod=='torch.Tensor' else import_module(mod), sym, None)
    if not callable(obj) or mod=='torch' and isinstance(obj, type): return
    return f'https://docs.pytorch.org/docs/stable/generated/{mod}.{sym}.html'

_torch_name = re.compile(r'(?<!\[)`((?:torch|nn|F)(?:\.\w+)+)(?:\(\))?`(?!\])')

def torch_links(md):
    def _link(m): return f'[{m[0]}]({url})' if (url := torch_url(m[1])) else m[0]
    return outside_code(lambda s: _torch_name.sub(_link, s), md)

def local_links(md, to):
    "Send every link of `md` through `to`, without Quarto's attributes behind it; those of `source` links stay"
    s = outside_code(lambda s: re.sub(r'(?<=\])\(([^()\s]+)\)(?:\{target=[^}]*\})?', lambda m: f'({to(m[1])})', s), md)
    return re.sub(r'^(\s*`{3,})\{\.(\w+)[^}]*\}', r'\1\2', s, flags=re.M)

_div = re.compile(r'^(:{3,})[ \t]*\{([^}\n]*)\}[ \t]*\n(.*?)^\1[ \t]*$', re.M|re.S)

def callouts(md, f):
    "Replace Quarto's callouts by `f(kind, title, body)`; of its other divs only the body stays"
    def _one(m):
        kind = re.search(r'\.callout-(\w+)', m[2])
        title,body = re.search(r'title="([^"]*)"', m[2]),m[3].strip()
        if not kind: return body
        head = None if title else re.match(r'#+[ \t]+(.+)\n?', body)
        return f(kind[1], (title or head)[1] if title or head else '', body[head.end():].strip() if head else body)
    return _div.sub(_one, md)

def myst_callout(kind, title, body):
    head = f'{{admonition}} {title}\n:class: {kind}\n' if title else f'{{{kind}}}'
    return f'::::{head}\n{body}\n::::'

# Outputs

_ansi = re.compile(r'\x1b\[[0-?]*[ -/]*[@-~]')
_furniture = re.compile(r'<style.*?</style>|<!--.*?-->|<progress.*?</progress>[^<]*', re.S)

def last_written(s):
    "What a terminal shows of `s`: each line as it was after its last carriage return"
    return '\n'.join(next((o for o in reversed(line.split('\r')) if o), '') for line in _ansi.sub('', s).split('\n'))

def clean_output(o):
    "Output `o` without styles, progress bars, widgets and memory addresses; None if nothing is left to see"
    if o.output_type=='stream':
        o.text = last_written(joined(o.text))
        return o if o.text.strip() else None
    if 'data' not in o: return o
    data = {k: joined(v) for k,v in o.data.items() if k.startswith(('text/', 'image/'))}
    for k in [k for k in data if k.startswith('text/')]: data[k] = re.sub(r' at 0x[0-9a-f]+', '', data[k])
    if 'text/html' in data:
        html = data['text/html'] = _furniture.sub('', data['text/html']).strip().replace(' ± ', '\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}')
        if not re.sub(r'<[^>]*>', '', html).strip() and not re.search('<(img|svg)', html): return
    o.data,o.metadata = data,{}
    if o.output_type=='execute_result': o.execution_count = None
    return o if data else None

def pictures(o): return [k for k in o.get('data', {}) if k.startswith('image/')]

def is_wide(o):
    "Has output `o` a picture of 700 pixels or more, whose letters would be too small on a phone?"
    png = o.get('data', {}).get('image/png')
    return bool(png) and int.from_bytes(b64decode(png)[16:20])>=700

# A notebook as a page

_option = re.compile(r'^#\|[ \t]*([\w-]+)[ \t]*:?[ \t]*(.*)\n?', re.M)
_shown = re.compile(r'\s*(?:---\n+)?(?:\[source\]\((?P<url>\S+)\)\{[^}]*\}\n+)?(?P<level>#+) (?P<name>.+)\n')

def show_doc_md(md):
    "`show_doc`'s Markdown with its heading first, then the link to the source"
    def _head(m):
        name = m['name'].replace('__main__.', '').replace('__', r'\_\_')
        link = f"[source]({m['url']}){{.source}}\n" if m['url'] and not m['url'].endswith('#LNone') else ''
        return f"{m['level']} {name}\n\n{link}"
    return _shown.sub(_head, md, count=1).replace('__main__.', '')

def code_cell(cell):
    "Cell with Quarto's options taken out of the source and kept as tags; a list of Markdown cells for a `show_doc`"
    opts = {k: v.strip().strip('"') for k,v in _option.findall(cell.source)}
    cell.source = _option.sub('', cell.source).strip()
    outs = [o for o in map(clean_output, cell.get('outputs', [])) if o]
    if cell.source.startswith('show_doc('):
        return [mk_cell(show_doc_md(o.data['text/markdown']), 'markdown') for o in outs if 'text/markdown' in o.get('data', {})]
    off = lambda k: opts.get(k)=='false'
    if off('include') or not cell.source: return []
    tags = dict({'remove-input': off('echo'), 'remove-output': off('output'), 'hide-input': opts.get('code-fold')=='true'})
    alt = opts.get('fig-alt') or opts.get('fig-cap') or (any(map(pictures, outs)) and 'Drawn by the code above')
    image = {k: v for k,v in dict(alt=alt, classes='wide' if any(map(is_wide, outs)) else '').items() if v}
    new = mk_cell(cell.source, 'code')
    new.outputs,new.metadata = outs,AttrDict(tags=[k for k,v in tags.items() if v])
    if image: new.metadata.mystnb = dict(image=image)
    caption = [mk_cell(f"{{.caption}}\n{opts['fig-cap']}", 'markdown')] if 'fig-cap' in opts else []
    return [new]+caption

def title_cell(nb):
    "The cell with `# Title`"
    cell = next((c for c in nb.cells if c.cell_type=='markdown' and re.search(r'^# ', c.source, re.M)), None)
    if not cell: raise ValueError("a notebook starts with a `# Title`")
    return cell.source

_key = r'^- {}:[ \t]*(.*)\n?'

def place(nb):
    "The number that `- order: 3` in the title's cell gives a page among those of its folder; without one it comes after those that have one"
    found = re.search(_key.format('order'), title_cell(nb), re.M)
    if found and not found[1].strip().isdecimal(): raise ValueError(f"`- order: {found[1]}` is not a number")
    return int(found[1]) if found else inf

def front(nb):
    "Title, lead and what else the title's cell says; nbdev keeps only the first two"
    text = re.sub(_key.format(r'[\w-]+'), '', title_cell(nb), flags=re.M)
    title = re.search(r'^#\s+(.+?)\s*$', text, re.M)
    lead = re.search(r'^>\s+.+(?:\n>.*)*', text, re.M)
    rest = text.replace(title[0], '', 1).replace(lead[0] if lead else '', '', 1).strip()
    return title[1], re.sub(r'^>\s*', '', lead[0], flags=re.M).replace('\n', ' ') if lead else '', rest

def without_repeats(cells):
    "Of `show_doc`s of one name only the last: nbdev adds one of its own even where the author has placed one"
    last = {c.source.partition('\n')[0]: i for i,c in enumerate(cells) if '{.source}' in c.source}
    return [c for i,c in enumerate(cells) if last.get(c.source.partition('\n')[0], i)==i or '{.source}' not in c.source]

def edit_markdown(page, f):
    "Apply `f` to all Markdown of `page`: its lead, its cells and their outputs"
    page.lead = f(page.lead)
    for c in page.cells:
        if c.cell_type=='markdown': c.source = f(c.source)
        for o in c.get('outputs', []):
            if 'text/markdown' in o.get('data', {}): o.data['text/markdown'] = f(o.data['text/markdown'])
    return page

def read_page(src, proc, page, lib, linkify=lambda s: s, doc_url=''):
    "The notebook `src`, which nbdev has processed into `proc`, as a page: its path, title, lead and cells"
    title,lead,rest = front(read_nb(src))
    cells = [mk_cell(linkify(rest), 'markdown')] if rest else []
    for c in read_nb(proc).cells:
        if c.cell_type=='code': cells += code_cell(c)
        elif c.cell_type=='markdown' and 'AUTOGENERATED! DO NOT EDIT' not in c.source: cells.append(mk_cell(c.source, 'markdown'))
    res = AttrDict(path=page, title=title, lead=linkify(lead) or '', cells=without_repeats(cells))
    return edit_markdown(res, lambda md: local_links(torch_links(md), lambda url: site_link(url, page, lib, doc_url)))

def anchors(page):
    "The anchors of the headings of `page`"
    text = '\n'.join(_fence.sub('', c.source) for c in page.cells if c.cell_type=='markdown')
    return {slug(plain(o)) for o in [page.title, *re.findall(r'^#+ +(.+?)\s*$', text, re.M)]}

_name_link = re.compile(r'\[`([^`]+)`\]\(([^()\s]+)\)')

def mend_names(pages, lib, code):
    "Let the links to names that have no heading of their own lead to their source instead; `code` knows where that is"
    known = {p.path: anchors(p) for p in pages}
    def _mend(page, m):
        path,_,frag = m[2].partition('#')
        there = normpath(f'{PurePosixPath(page.path).parent}/{path}') if path else page.path
        if not frag or frag in known.get(there, {frag}): return m[0]
        src = code(m[1].removesuffix('()')) or ''
        return f'[`{m[1]}`]({site_link(src, page.path, lib) if src and not src.endswith("None") else path})'
    for p in pages: edit_markdown(p, lambda md: outside_code(lambda s: _name_link.sub(lambda m: _mend(p, m), s), md))
    return pages

def plain(md):
    "`md` without links, code marks and escapes"
    return re.sub(r'[`\\]', '', re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', md))

# Writing pages

_meta = dict(kernelspec=dict(display_name='Python 3', language='python', name='python3'), language_info=dict(name='python'))

def write_page(page, dest, extra=()):
    "Write `page` as the notebook that Sphinx renders: no dates, no random ids"
    head = f'# {page.title}\n\n'+(f'{{.lead}}\n{page.lead}' if page.lead else '')
    page = edit_markdown(deepcopy(page), lambda md: callouts(md, myst_callout))
    cells = [mk_cell(head, 'markdown'), *page.cells, *(mk_cell(o, 'markdown') for o in extra)]
    cells = [dict({k: v for k,v in c.items() if not k.endswith('_')}, id=f'cell-{i}', metadata=c.get('metadata') or {}) for i,c in enumerate(cells)]
    nb = dict(cells=cells, metadata=_meta, nbformat=4, nbformat_minor=5)
    dest.parent.mkdir(parents=True, exist_ok=True)
    dest.write_text(json.dumps(nb, sort_keys=True, indent=1, ensure_ascii=False), encoding='utf-8')
