"Check a built site: every local link, anchor and image is there, and nothing is loaded from elsewhere"
import json,re
from functools import cache
from pathlib import Path
from urllib.parse import unquote,urlparse

from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

@cache
def read(path): return path.read_text(encoding='utf-8')

@cache
def soup(path):
    "The elements of an HTML or Markdown file"
    return BeautifulSoup(MarkdownIt().render(read(path)) if path.suffix=='.md' else read(path), 'html.parser')

@cache
def anchors(path): return {o.get('id') or o.get('name') for o in soup(path).select('[id], a[name]')}

def links(page): return [o['href'] for o in page.select('a[href], use[href]')]

def css_urls(css):
    "What a style sheet asks for"
    found = re.findall(r'url\(\s*[\'"]?([^\'")]+)|@import\s+[\'"]([^\'"]+)', re.sub(r'/\*.*?\*/', '', css, flags=re.S))
    return [a or b for a,b in found]

def loads(page):
    "Addresses of all that a browser fetches to show `page`"
    urls = [o[k] for k in ('src', 'data', 'poster') for o in page.select(f'[{k}]')]
    urls += [o['href'] for o in page.select('link[href]:not([rel~=canonical]), image[href]')]
    urls += [o.split()[0] for e in page.select('[srcset]') for o in e['srcset'].split(',')]
    styles = [e['style'] for e in page.select('[style]')] + [e.get_text() for e in page.select('style')]
    return urls+css_urls('\n'.join(styles))

def problem(url, page, site, loaded):
    "What is wrong with `url` on `page`, which is a link or `loaded` to show the page; None if nothing is"
    u = urlparse(url)
    if u.scheme=='data': return
    if loaded and (u.scheme or u.netloc): return 'is loaded from elsewhere'
    if u.scheme in ('http', 'https', 'mailto'): return
    if u.scheme: return f'links by {u.scheme}:'
    if u.netloc or u.path.startswith('/'): return 'is not relative to the page'
    path = (page.parent/unquote(u.path) if u.path else page).resolve()
    if path.is_dir(): path /= 'index.html'
    if not path.is_file(): return 'leads to no file'
    if site.resolve() not in path.parents: return 'leads out of the site'
    anchor = unquote(u.fragment)
    if anchor and path.suffix=='.html' and anchor not in anchors(path): return 'leads to no such anchor'

def left_as_markdown(page):
    "Links in the text of `page` that were not rendered"
    texts = [o for o in page.find_all(string=re.compile(r'\]\(')) if not o.find_parent(['code', 'pre', 'script', 'title'])]
    return [(' '.join(o.split())[:60], 'is left as Markdown') for o in texts]

def check_file(path, site):
    "Problems of the links in the page, Markdown file or style sheet `path`, which may lead anywhere in folder `site`"
    if path.suffix=='.css': linked,loaded = [],css_urls(read(path))
    else: linked,loaded = links(soup(path)),loads(soup(path))
    found = [(o, problem(o, path, site, False)) for o in linked]
    found += [(o, problem(o, path, site, path.suffix!='.md')) for o in loaded]
    if path.suffix=='.html' and not soup(path).select('meta[name=description][content]:not([content=""])'):
        found.append(('it', 'has no description'))
    if path.suffix=='.html': found += left_as_markdown(soup(path))
    return [f'{path.relative_to(site).as_posix()}: {url} {o}' for url,o in found if o]

def check_figures(pages):
    "Figures that say nothing to readers who don't see them"
    cells = [(p.nb, c) for p in pages for c in p.cells if c.cell_type=='code']
    bare = [(nb, c.source) for nb,c in cells if not c.metadata.mystnb.get('image', {}).get('alt', 'no image')]
    return [f'{nb}: there is no `#| fig-alt: ...` in the cell that begins with {s.splitlines()[0]!r}' for nb,s in bare]

watch_keys = dict(model=str, models=list, prompt=str, show=list, steps=int, layer=int)
watch_parts = 'words', 'guesses', 'state', 'gates', 'pointer', 'reset', 'hold'

def watch_problem(cell):
    "What is wrong with the `#| watch: {...}` of `cell`; None if nothing is"
    try: place = json.loads(cell.watch_)
    except ValueError as e: return f'is not JSON: {e}'
    if not isinstance(place, dict): return 'is not in {...}'
    for k,v in place.items():
        if k not in watch_keys: return f'has the key {k!r}; there are only {", ".join(watch_keys)}'
        if not isinstance(v, watch_keys[k]): return f'has {v!r} as {k!r}, which is not of type {watch_keys[k].__name__}'
    for o in place.get('show', []):
        if o not in watch_parts: return f'shows {o!r}; there are only {", ".join(watch_parts)}'
    if 'image' not in cell.metadata.mystnb: return 'has no picture for readers without scripts'

def check_watches(pages):
    "Cells that ask for a network in the browser, but not as `watch.js` understands it"
    found = [(p.nb, c, watch_problem(c)) for p in pages for c in p.cells if 'watch_' in c]
    return [f'{nb}: `#| watch: {c.watch_}` {o}, in the cell that begins with {c.source.splitlines()[0]!r}'
            for nb,c,o in found if o]

def check_site(site, secrets=()):
    "All problems of the built site in folder `site`, in words; none of `secrets` may be in any of its texts"
    res,site = [],Path(site).resolve()
    for path in sorted(o for o in site.rglob('*') if o.suffix in ('.html', '.md', '.js', '.txt', '.css', '.map')):
        if path.suffix in ('.html', '.md', '.css'): res += check_file(path, site)
        shown = path.relative_to(site).as_posix()
        res += [f'{shown}: {o} is a path of this machine' for o in secrets if o in read(path)]
    return res
