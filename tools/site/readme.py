"Pages as Markdown: for README.md, and for whoever reads the site as text"
import hashlib,re
from base64 import b64decode
from copy import deepcopy
from html.parser import HTMLParser

from stage import callouts,edit_markdown,local_links

class _Tables(HTMLParser):
    "The tables of an HTML text, as lists of rows of cells"
    def __init__(self, html):
        super().__init__()
        self.tables,self.open = [],False
        self.feed(html)
    def handle_starttag(self, tag, attrs):
        if tag=='table': self.tables.append([])
        elif tag=='tr' and self.tables: self.tables[-1].append([])
        elif tag in ('td', 'th') and self.tables and self.tables[-1]:
            self.tables[-1][-1].append('')
            self.open = True
    def handle_endtag(self, tag):
        if tag in ('td', 'th'): self.open = False
    def handle_data(self, data):
        if self.open: self.tables[-1][-1][-1] += data

def html_table(html):
    "The tables in `html` as Markdown tables; '' if there are none"
    def _row(cells): return '| '+' | '.join(' '.join(o.split()).replace('|', r'\|') for o in cells)+' |'
    def _table(rows):
        n = max(map(len, rows))
        head,*body = [_row(r+['']*(n-len(r))) for r in rows if r]
        return '\n'.join([head, '|'+' --- |'*n, *body])
    return '\n\n'.join(_table(o) for o in _Tables(html).tables if o)

_exts = {'image/png': '.png', 'image/jpeg': '.jpg', 'image/gif': '.gif', 'image/svg+xml': '.svg'}

def image_name(mime, data):
    "The file name under which the site has an image output: the hash of its bytes"
    data = '\n'.join(data.splitlines()).encode() if mime.endswith('xml') else b64decode(data)
    return hashlib.sha256(data).hexdigest()+_exts[mime]

def fenced(s, lang=''):
    tick = '`'*max([3]+[len(o)+1 for o in re.findall('`{3,}', s)])
    return f'{tick}{lang}\n{s.strip(chr(10))}\n{tick}'

def output_md(o, images, alt=''):
    "Output `o` as Markdown; `images` is the folder in which its images lie"
    if o.output_type=='stream': return fenced(o.text)
    if o.output_type=='error': return fenced(f'{o.ename}: {o.evalue}')
    data = o.data
    if mime := next((k for k in _exts if k in data), None): return f'![{alt}]({images}/{image_name(mime, data[mime])})'
    if 'text/html' in data: return html_table(data['text/html']) or data['text/html']
    return data['text/markdown'] if 'text/markdown' in data else fenced(data.get('text/plain', ''))

def github_callout(kind, title, body):
    text = f'**{title}**\n\n{body}' if title else body
    return '\n'.join(f'> {o}'.rstrip() for o in [f'[!{kind.upper()}]', *text.splitlines()])

def page_md(page, to=lambda url: url, root=''):
    "`page` as Markdown for GitHub; `to` maps its links, `root` leads from where it is read to the site's top"
    page = edit_markdown(deepcopy(page), lambda md: callouts(md, github_callout))
    parts = [f'# {page.title}', f'> {page.lead}' if page.lead else '']
    for c in page.cells:
        if c.cell_type=='markdown':
            parts.append(re.sub(r'^\{\.caption\}\n', '', c.source).replace('{.source}', ''))
            continue
        tags,alt = c.metadata.get('tags', []),c.metadata.get('mystnb', {}).get('image', {}).get('alt', '')
        if 'remove-input' not in tags: parts.append(fenced(c.source, 'python'))
        if 'remove-output' not in tags: parts += [output_md(o, f'{root}_images', alt) for o in c.outputs]
    images = f'{root}_images/'
    return local_links('\n\n'.join(o for o in parts if o), lambda u: u if u.startswith(images) else to(u))+'\n'
