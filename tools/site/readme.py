"Pages as Markdown: for README.md, and for whoever reads the site as text"
import re
from base64 import b64decode
from hashlib import sha256
from itertools import count
from mimetypes import guess_extension

from bs4 import BeautifulSoup

from stage import local_links

def grid(rows):
    "The texts of a table, given as `tr` elements; a cell that spans several rows or columns is in each of them"
    res = [{} for _ in rows]
    for i,row in enumerate(rows):
        for c in row.find_all(['td', 'th']):
            col = next(j for j in count() if j not in res[i])
            text = ' '.join(c.get_text().split()).replace('|', r'\|')
            below = res[i:i+int(c.get('rowspan', 1))]
            for o in below: o.update((col+k, text) for k in range(int(c.get('colspan', 1))))
    return [[o[j] for j in sorted(o)] for o in res]

def html_table(html):
    "The tables in `html` as Markdown tables; '' if there are none"
    def table(o):
        n = len(o.select('thead tr')) or 1
        rows = grid(o.find_all('tr'))
        width = max(map(len, rows))
        rows = [r+['']*(width-len(r)) for r in rows]
        head = [' '.join(filter(None, dict.fromkeys(col))) for col in zip(*rows[:n])]
        head,*body = [f"| {' | '.join(r)} |" for r in (head, *rows[n:])]
        return '\n'.join([head, '|'+' --- |'*width, *body])
    return '\n\n'.join(map(table, BeautifulSoup(html, 'html.parser').find_all('table')))

def image_name(mime, data):
    "The file name under which MyST-NB keeps an image output: the hash of its bytes"
    data = '\n'.join(data.splitlines()).encode() if mime.endswith('xml') else b64decode(data)
    return sha256(data).hexdigest()+guess_extension(mime)

def fenced(s, lang=''):
    ticks = '`'*max([3]+[len(o)+1 for o in re.findall('`{3,}', s)])
    return f'{ticks}{lang}\n{s.strip(chr(10))}\n{ticks}'

def output_md(o, images, alt):
    "Output `o` as Markdown; `images` is the folder in which its images are"
    if o.output_type=='stream': return fenced(o.text)
    if o.output_type=='error': return fenced(f'{o.ename}: {o.evalue}')
    mime = next((k for k in o.data if k.startswith('image/')), None)
    if mime: return f'![{alt}]({images}/{image_name(mime, o.data[mime])})'
    if 'text/html' in o.data: return html_table(o.data['text/html']) or o.data['text/html']
    return o.data['text/markdown'] if 'text/markdown' in o.data else fenced(o.data['text/plain'])

def page_md(page, to=lambda url: url, root=''):
    "`page` as Markdown for GitHub; `to` maps its links, `root` leads from where it is read to the site's top"
    parts = [f'# {page.title}', f'> {local_links(page.lead, to)}' if page.lead else '']
    for c in page.cells:
        if c.cell_type=='markdown':
            parts.append(local_links(c.source.replace('{.source}', ''), to))
            continue
        tags,image = c.metadata.tags,c.metadata.get('mystnb', {}).get('image', {})
        if 'remove-input' not in tags: parts.append(fenced(c.source, 'python'))
        if 'remove-output' not in tags: parts += [output_md(o, f'{root}_images', image.get('alt')) for o in c.outputs]
    return '\n\n'.join(filter(None, parts))+'\n'
