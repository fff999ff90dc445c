"Look at every page of the built site in a browser, and say what a reader would stumble over"
import shutil,sys
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler,ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Annotated
from urllib.parse import urlparse

from fastcore.script import call_parse
from nbdev.config import get_config

here = Path(__file__).resolve().parent
browsers = 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'
views = {f'{w} px{" dark" if dark else ""}': (w, dark) for dark in (False, True) for w in (1300, 390)}
query = 'HiddenStateCallback'

def browser():
    "The system's Chromium, None if there is none"
    return next(filter(None, map(shutil.which, browsers)), None)

class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args): pass

@contextmanager
def served(folder):
    "Address under which this machine serves `folder` in the meantime"
    with ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try: yield f'http://127.0.0.1:{server.server_port}/'
        finally: server.shutdown()

def listen(tab, note):
    "Tell `note` what goes wrong while a page loads"
    def _asked(o):
        u = urlparse(o.url)
        if u.scheme not in ('data', 'blob', 'file') and u.hostname!='127.0.0.1': note(f'asks another host for {o.url}')
    tab.on('request', _asked)
    # what is under way when the tab goes on to the next page is aborted, and no fault
    tab.on('requestfailed', lambda o: o.failure!='net::ERR_ABORTED' and note(f'does not get {o.url}: {o.failure}'))
    tab.on('response', lambda o: o.status>=400 and note(f'gets {o.status} for {o.url}'))
    tab.on('console', lambda o: o.type=='error' and note(f'says in the console: {o.text}'))
    tab.on('pageerror', lambda o: note(f'has a fault in a script: {o}'))

def look_at(tab, url, patience):
    "Open `url` and look at it: what is wrong. Searches and networks have `patience` seconds to show something"
    tab.goto(url, wait_until='load')
    if '?q=' in url:
        try: tab.wait_for_selector('#search-results li a', timeout=1000*patience)
        except Exception: return [f'finds nothing for {query}']
    return tab.evaluate((here/'look.js').read_text(encoding='utf-8'), 1000*patience)

def shot(tab, shots, page, view):
    "Keep a picture of what the tab shows"
    dest = shots/view.replace(' ', '-')/f"{page.partition('?')[0].removesuffix('.html').replace('/', '.')}.png"
    dest.parent.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=dest, full_page=True)

@contextmanager
def opened():
    "Chromium, which reaches no other host, and has scroll bars even without a window"
    from playwright.sync_api import sync_playwright
    args = ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']
    with sync_playwright() as p:
        yield p.chromium.launch(executable_path=browser(), args=args, ignore_default_args=['--hide-scrollbars'])

def look(site, pages, shots=None, patience=30):
    "Look at `pages` of the folder `site` in all `views`; what is wrong, in words. `shots` is a folder for pictures"
    res = {}
    with served(site) as top, opened() as chrome:
        for view,(width,dark) in views.items():
            tab = chrome.new_page(viewport=dict(width=width, height=900), color_scheme='dark' if dark else 'light')
            current = ''
            def note(o): res.setdefault((current, o.replace(top, '')), []).append(view)
            listen(tab, note)
            for current in pages:
                url = current if urlparse(current).scheme else top+current
                for o in look_at(tab, url, patience): note(o)
                if shots and url.startswith(top): shot(tab, shots, current, view)
            tab.close()
    return [f"{page} {o} ({', '.join(dict.fromkeys(v))})" for (page,o),v in res.items()]

def all_pages(site):
    "Every page of folder `site`, and what search says, served and from the folder itself"
    search = f'search.html?q={query}'
    pages = sorted(o.relative_to(site).as_posix() for o in site.rglob('*.html') if o.name!='search.html')
    return [*pages, search, f'{site.as_uri()}/{search}']

@call_parse
def main(
    pages:Annotated[str, 'Pages to look at, all if none is named', {'nargs': '*', 'opt': False}]=(),
    root:str='.'): # Folder of the project; pictures go into its folder build/look
    "Look at the built site in Chromium, wide and narrow, light and dark"
    if not browser(): sys.exit("there is no Chromium: install `chromium`, `chromium-browser` or `google-chrome`")
    root = Path(root).resolve()
    site,shots = get_config(root).doc_path.resolve(),root/'build'/'look'
    shutil.rmtree(shots, ignore_errors=True)
    problems = look(site, pages or all_pages(site), shots)
    print('\n'.join([*problems, f'{len(problems)} problems; pictures are in {shots.relative_to(root)}']))
    sys.exit(bool(problems))
