"Turn the notebooks that nbdev has processed into pages, and pages into notebooks that Sphinx can render"
import ast,json,re
from base64 import b64decode
from html import escape
from math import inf
from os.path import normpath,relpath
from pathlib import PurePosixPath
from pydoc import locate
from urllib.parse import urlparse

from fastcore.nbio import read_nb,mk_cell
from fastcore.utils import AttrDict,L
from nbdev.config import nbpath2html
from nbdev.showdoc import showdoc_nm

# Links

def slug(title):
    "The anchor of a heading, as nbdev's links expect it: `to_words` keeps its underscore and `A.b` its dot"
    return re.sub(r'\s+', '-', re.sub(r'[^\w\s.-]', '', title).strip().lower())

def plain(md):
    "`md` without links, code marks and escapes"
    return re.sub(r'[`\\]', '', re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', md))

def site_link(url, page, lib, doc_url=''):
    "`url` on `page` as the built site has it: relative within the site, unchanged if it leads elsewhere"
    top = doc_url.rstrip('/')+'/'
    if doc_url and url.startswith(top): url = '/'+url[len(top):]
    path,hash,frag = url.partition('#')
    if not path or path.startswith('//') or urlparse(path).scheme: return url
    if path.endswith('.py') and f'/{lib}/' in path: path = '/source/'+path.split(f'/{lib}/', 1)[1][:-3]+'.html'
    if path.endswith('.ipynb'): path = nbpath2html(path).as_posix()
    if path.startswith('/'): path = relpath(path, f'/{PurePosixPath(page).parent}')
    return path+hash+frag

fence = r'(?P<fence>^ {0,3}(?P<tick>`{3,}|~{3,}).*?^ {0,3}(?P=tick)[ \t]*$)'

def outside_code(pattern, f, md):
    "Replace each match of `pattern` in `md` by what `f` makes of it, except in fenced code"
    return re.sub(f'{fence}|{pattern}', lambda m: m[0] if m['fence'] else f(m), md, flags=re.M|re.S)

def local_links(md, to):
    "Send the address of every link in `md` through `to`, and drop the attributes that `show_doc` puts behind it"
    return outside_code(r'(?<=\])\((?P<url>[^()\s]+)\)(?:\{target=[^}]*\})?', lambda m: f"({to(m['url'])})", md)

def torch_url(name):
    "The PyTorch documentation of `name`, such as `nn.GRUCell`, `F.relu` or `torch.cat`; None if there is none"
    full = re.sub(r'^nn\b', 'torch.nn', re.sub(r'^F\b', 'nn.functional', name))
    if not re.fullmatch(r'torch(\.Tensor|\.nn|\.nn\.functional|\.nn\.utils|\.optim)?\.\w+', full): return
    obj = locate(full)
    is_type = full.count('.')==1 and isinstance(obj, type) # such as torch.Tensor
    if callable(obj) and not is_type: return f'https://docs.pytorch.org/docs/stable/generated/{full}.html'

def torch_links(md):
    "Link names in backticks such as `nn.GRUCell`"
    def link(m):
        url = torch_url(m['name'])
        return f'[{m[0]}]({url})' if url else m[0]
    return outside_code(r'(?<!\[)`(?P<name>(?:torch|nn|F)(?:\.\w+)+)(?:\(\))?`(?!\])', link, md)

inner = r'(?<!!)\[([^\[\]]*)\]\([^()\s]*\)'
nested = rf'\[(?P<text>[^\[\]]*(?:{inner}[^\[\]]*)+)\](?P<url>\([^()\s]+\))'

def unnest_links(md):
    "Take the links out of the texts of links, where Markdown doesn't allow them"
    def bare(m):
        text = re.sub(inner, r'\1', m['text'])
        return f"[{text}]{m['url']}"
    return outside_code(nested, bare, md)

# Outputs

furniture = re.compile(r'<style.*?</style>|<!--.*?-->|<progress.*?</progress>[^<]*', re.S)

numbers = re.compile(r'(?<=>)[\d.,% ±]+(?=</t)') # a cell of a table with nothing else, which keeps to one line

def joined(o): return ''.join(o) if isinstance(o, list) else o

def last_written(s):
    "What a terminal shows of `s`: each line as it was after its last carriage return"
    s = re.sub(r'\x1b\[[0-?]*[ -/]*[@-~]', '', s)
    return '\n'.join(next((o for o in reversed(line.split('\r')) if o), '') for line in s.split('\n'))

def clean_html(html):
    "`html` without styles and progress bars; '' if nothing is left to see"
    html = numbers.sub(lambda m: m[0].replace(' ', '\N{NO-BREAK SPACE}'), furniture.sub('', html).strip())
    return html if re.sub(r'<[^>]*>', '', html).strip() or re.search('<(img|svg)', html) else ''

def clean_output(o):
    "Output `o` without progress bars, widgets and memory addresses; None if nothing is left to see"
    if o.output_type=='stream':
        o.text = last_written(joined(o.text))
        return o if o.text.strip() else None
    if 'data' not in o: return o
    data = {k: joined(v) for k,v in o.data.items() if k.startswith(('text/', 'image/'))}
    if 'text/html' in data and not (html := clean_html(data['text/html'])): return
    if 'text/html' in data: data['text/html'] = html
    o.data = {k: re.sub(r' at 0x[0-9a-f]+', '', v) if k.startswith('text/') else v for k,v in data.items()}
    o.metadata = {}
    return o if data else None

def width(o):
    "How many pixels wide the picture in output `o` is shown, 0 without one"
    data = o.get('data', {})
    if 'image/png' in data: return int.from_bytes(b64decode(data['image/png'])[16:20])
    pt = re.search(r'<svg[^>]* width="([\d.]+)pt"', data.get('image/svg+xml', ''))
    return float(pt[1])*4/3 if pt else 0

columns = re.compile(r'^\||^[=-]{9}|\S {3,}\S', re.M) # would be a jumble if lines were wrapped

def has_columns(o):
    "Does output `o` show plain text in columns?"
    data = o.get('data', {})
    return bool(columns.search(o.get('text') or ('' if 'text/html' in data else data.get('text/plain', ''))))

# A notebook as a page

groups = 'Learn', 'How-to', 'Results', 'Reference'
front = re.compile(r'# (?P<title>.+)\s*(?:^> (?P<lead>.+)\s*)?(?P<keys>(?:^- (?:group|order): .+\s*)*)'
                   r'(?P<rest>[\s\S]*)', re.M)
option = re.compile(r'^#\|[ \t]*([\w-]+)[ \t]*:?[ \t]*(.*)\n?', re.M)
option_tags = {('echo', 'false'): 'remove-input', ('output', 'false'): 'remove-output',
               ('code-fold', 'true'): 'hide-input'}
shown = re.compile(r'\s*(?:---\n+)?(?:\[source\]\((?P<url>\S+)\)\{[^}]*\}\n+)?(?P<level>#+) (?P<name>.+)\n')

def show_doc_md(md):
    "`show_doc`'s Markdown with its heading first, then the link to the source"
    def head(m):
        name = m['name'].replace('__', r'\_\_')
        link = f"[source]({m['url']}){{.source}}\n" if m['url'] and not m['url'].endswith('#LNone') else ''
        return f"{m['level']} {name}\n\n{link}"
    return shown.sub(head, md.replace('__main__.', ''), count=1)

def defined(code):
    "The names of functions, classes, patched methods and values in `code`"
    def names(o): return L(showdoc_nm(o)) if hasattr(o, 'name') else map(ast.unparse, getattr(o, 'targets', []))
    return [n.strip('()') for o in ast.parse(code).body for n in names(o)]

def only_imports(code):
    try: return all(isinstance(o, (ast.Import, ast.ImportFrom)) for o in ast.parse(code).body)
    except SyntaxError: return False # a command of the shell

def code_cell(cell):
    "Cell with Quarto's options taken out of the source and kept as tags; a list of Markdown cells for a `show_doc`"
    opts = {k: re.sub(r'^"(.*)"$', r'\1', v.strip()) for k,v in option.findall(cell.source)}
    outs = [o for o in map(clean_output, cell.outputs) if o]
    new = mk_cell(option.sub('', cell.source).strip(), 'code', outputs=outs)
    if new.source.startswith('show_doc('):
        docs = [o.data['text/markdown'] for o in outs if 'text/markdown' in o.get('data', {})]
        return [mk_cell(show_doc_md(o), 'markdown', shows_=new.source) for o in docs]
    new.metadata = AttrDict(tags=[option_tags[o] for o in opts.items() if o in option_tags], mystnb={})
    if any(map(has_columns, outs)): new.metadata.tags.append('columns')
    if 'exports' in opts:
        new.names_ = defined(new.source)
        prompt = f"Source: {', '.join(new.names_)}"
        new.metadata.tags.append('hide-input')
        new.metadata.mystnb = dict(code_prompt_show=prompt, code_prompt_hide=prompt)
    if 'watch' in opts: new.watch_ = opts['watch']
    if px := max(map(width, outs), default=0):
        new.metadata.mystnb['image'] = dict(alt=opts.get('fig-alt', ''), classes='wide' if px>=700 else '')
    return [new] if new.source else []

def add_code(cells, cell):
    "Add a code cell to those of a page: what documents a name comes once, and before the code that defines it"
    new = code_cell(cell)
    shown = new[0].get('shows_') if new else None
    if shown: cells[:] = [o for o in cells if o.get('shows_')!=shown]
    late = cells and shown in [f'show_doc({o})' for o in cells[-1].get('names_', ())]
    at = len(cells)-bool(late)
    cells[at:at] = new

def edit_markdown(page, f):
    "Apply `f` to all Markdown of `page`: its lead, its cells and their outputs"
    page.lead = f(page.lead)
    for c in page.cells:
        if c.cell_type=='markdown': c.source = f(c.source)
        for o in c.get('outputs', []):
            if 'text/markdown' in o.get('data', {}): o.data['text/markdown'] = f(o.data['text/markdown'])

def read_page(nbs, proc, nb, lib, linkify, doc_url):
    "Notebook `nb` of folder `nbs`, which nbdev has processed into folder `proc`, as a page"
    first = next((c.source for c in read_nb(nbs/nb).cells if c.cell_type=='markdown'), '')
    head = front.match(first) # nbdev keeps only title and lead
    if not head: raise ValueError(f"{nb} does not begin with `# Title`")
    keys = dict(re.findall(r'^- (\w+): (.+?)\s*$', head['keys'], re.M))
    group = keys.get('group', 'How-to' if nb.parent.name else 'Reference')
    if group not in groups: raise ValueError(f"{nb}: there is no group {group}, only {', '.join(groups)}")
    bare = group=='Reference' and nb.name!='index.ipynb' # nothing to see of imports
    cells = [mk_cell(linkify(head['rest']), 'markdown')] if head['rest'] else []
    for c in read_nb(proc/nb).cells:
        if c.cell_type=='code' and not (bare and only_imports(c.source)): add_code(cells, c)
        if c.cell_type=='markdown' and 'AUTOGENERATED!' not in c.source: cells.append(mk_cell(c.source, 'markdown'))
    path = nbpath2html(nb).as_posix()
    place = groups.index(group),float(keys.get('order', inf)),nb.name
    lead = linkify(head['lead'] or '')
    page = AttrDict(nb=nb, path=path, title=head['title'], lead=lead, group=group, place=place, cells=cells)
    edit_markdown(page, lambda md: local_links(unnest_links(torch_links(md)), lambda url: site_link(url, path, lib, doc_url)))
    return page

def anchors(page):
    "The anchors of the headings of `page`"
    text = '\n'.join(c.source for c in page.cells if c.cell_type=='markdown')
    heads = re.findall(r'^#+ +(.+?)\s*$', re.sub(fence, '', text, flags=re.M|re.S), re.M)
    return {slug(plain(o)) for o in [page.title, *heads]}

def mend_names(pages, lib, code):
    "Send links to names that have no heading of their own to their source instead; `code` knows where that is"
    known = {p.path: anchors(p) for p in pages}
    for page in pages:
        def mend(m):
            path,_,frag = m['url'].partition('#')
            there = normpath(f'{PurePosixPath(page.path).parent}/{path}') if path else page.path
            if not frag or frag in known.get(there, [frag]): return m[0]
            source = code(m['name'].removesuffix('()')) or ''
            line = '' if source.endswith('#LNone') else site_link(source, page.path, lib)
            return f"[`{m['name']}`]({line or path or '#'})"
        edit_markdown(page, lambda md: outside_code(r'\[`(?P<name>[^`]+)`\]\((?P<url>[^()\s]+)\)', mend, md))

# Writing pages

def watch_places(page):
    "What the cells of `page` with `#| watch: {...}` ask for: places where a network runs in the browser"
    return [c.watch_ for c in page.cells if 'watch_' in c]

def with_place(cell):
    "`cell`, and behind it the place where a network runs, if it has one; scripts fill it and hide the picture before it"
    if 'watch_' not in cell: return [cell]
    return [cell, mk_cell(f'<div class="watch" data-watch="{escape(cell.watch_)}"></div>', 'markdown')]

def write_page(page, dest, extra=()):
    "Write `page` as the notebook that Sphinx renders: no dates, no random ids"
    head = f'# {page.title}\n\n'+(f'{{.lead}}\n{page.lead}' if page.lead else '')
    body = [o for c in page.cells for o in with_place(c)]
    cells = [mk_cell(head, 'markdown'), *body, *(mk_cell(o, 'markdown') for o in extra)]
    cells = [{k: v for k,v in c.items() if not k.endswith('_')} | dict(id=f'cell-{i}') for i,c in enumerate(cells)]
    kernel = dict(display_name='Python 3', language='python', name='python3')
    metadata = dict(kernelspec=kernel, language_info=dict(name='python'))
    nb = dict(cells=cells, metadata=metadata, nbformat=4, nbformat_minor=5)
    dest.parent.mkdir(parents=True, exist_ok=True)
    dest.write_text(json.dumps(nb, sort_keys=True), encoding='utf-8')
