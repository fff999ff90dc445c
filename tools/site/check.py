"Check a built site: every local link, anchor and image is there, and nothing is loaded from elsewhere"
import re
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote,urlparse

_loading = {'script': 'src', 'img': 'src', 'source': 'src', 'video': 'src', 'audio': 'src', 'track': 'src', 'iframe': 'src',
            'embed': 'src', 'input': 'src', 'object': 'data', 'image': 'href'}
_rels = {'stylesheet', 'icon', 'shortcut', 'apple-touch-icon', 'preload', 'prefetch', 'modulepreload', 'preconnect', 'manifest'}
_css_url = re.compile(r'url\(\s*[\'"]?([^\'")]+)|@import\s+[\'"]([^\'"]+)')

def css_urls(css): return [a or b for a,b in _css_url.findall(re.sub(r'/\*.*?\*/', '', css, flags=re.S))]

class Page(HTMLParser):
    "What a page offers and asks for: its `ids`, its `links`, what it `loads` and its description"
    def __init__(self, html):
        super().__init__()
        self.ids,self.links,self.loads,self.described,self.style = set(),[],[],False,False
        self.feed(html)
    def handle_starttag(self, tag, attrs):
        d = {k: v or '' for k,v in attrs}
        self.style = tag=='style'
        self.ids |= {d[k] for k in ('id', 'name') if k=='id' and k in d or tag=='a' and k in d}
        if tag=='a' and 'href' in d: self.links.append(d['href'])
        if tag=='use': self.links.append(d.get('href', d.get('xlink:href', '')))
        if tag=='meta' and d.get('name')=='description': self.described = bool(d.get('content'))
        if tag=='link' and _rels & set(d.get('rel', '').split()): self.loads.append(d.get('href', ''))
        if d.get(_loading.get(tag)): self.loads.append(d[_loading[tag]])
        self.loads += [o.split()[0] for o in d.get('srcset', '').split(',') if o.strip()]
        self.loads += css_urls(d.get('style', ''))
    def handle_endtag(self, tag): self.style = False
    def handle_data(self, data):
        if self.style: self.loads += css_urls(data)

@lru_cache(None)
def read_html(path): return Page(path.read_text(encoding='utf-8'))

def _target(url, page):
    "File and anchor that `url` on `page` leads to"
    u = urlparse(url)
    path = page.parent/unquote(u.path) if u.path else page
    return (path/'index.html' if path.is_dir() else path), unquote(u.fragment)

def link_problem(url, page, site):
    "What is wrong with the link `url` on `page`: None if nothing is"
    u = urlparse(url)
    if u.scheme in ('http', 'https', 'mailto'): return
    if u.scheme: return f'links by {u.scheme}:'
    if u.netloc or u.path.startswith('/'): return 'is not relative to the page'
    path,anchor = _target(url, page)
    if not path.is_file(): return 'leads to no file'
    if site.resolve() not in path.resolve().parents: return 'leads out of the site'
    if anchor and path.suffix=='.html' and anchor not in read_html(path.resolve()).ids: return 'leads to no such anchor'

def load_problem(url, page, site):
    "What is wrong with loading `url` from `page`: None if nothing is"
    u = urlparse(url)
    if u.scheme=='data' or not u.path and u.fragment and not u.netloc: return
    return 'is loaded from elsewhere' if u.scheme or u.netloc else link_problem(url, page, site)

def markdown_links(md):
    md = re.sub(r'^(`{3,}).*?^\1`*$', '', md, flags=re.M|re.S)
    return re.findall(r'\]\(([^()\s]+)\)', re.sub(r'(`+).+?\1', lambda m: m[0].replace('](', '] ('), md))

def check_markdown(path, site):
    "Problems of the links in the Markdown file `path`, which may lead anywhere in the folder `site`"
    found = ((url, link_problem(url, path, site)) for url in markdown_links(path.read_text(encoding='utf-8')))
    return [f'{path.name}: {url} {o}' for url,o in found if o]

def check_site(site, secrets=()):
    "All problems of the built site in folder `site`, in words; none of `secrets` may stand in any of its texts"
    site,res = Path(site),[]
    read_html.cache_clear()
    def _note(page, url, problem):
        if problem: res.append(f'{page.relative_to(site).as_posix()}: {url} {problem}')
    for path in sorted(site.rglob('*')):
        if path.suffix=='.html':
            page = read_html(path.resolve())
            for url in page.links: _note(path, url, link_problem(url, path, site))
            for url in page.loads: _note(path, url, load_problem(url, path, site))
            if not page.described: _note(path, 'it', 'has no description')
        if path.suffix=='.css':
            for url in css_urls(path.read_text(encoding='utf-8')): _note(path, url, load_problem(url, path, site))
        if path.suffix=='.md': res += check_markdown(path, site)
        if path.suffix in ('.html', '.md', '.js', '.txt', '.css', '.map'):
            text = path.read_text(encoding='utf-8')
            for o in secrets:
                if o in text: _note(path, o, 'is a path of this machine')
    return res
