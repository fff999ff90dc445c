"Build the documentation site and README.md from the notebooks, without Quarto"
import json,os,re,shutil,subprocess,sys
from functools import partial
from http.server import SimpleHTTPRequestHandler,ThreadingHTTPServer
from importlib.metadata import entry_points
from pathlib import Path,PurePosixPath
from tempfile import TemporaryDirectory

from fastcore.nbio import read_nb
from fastcore.script import call_parse
from fastcore.xtras import working_directory
from nbdev.config import get_config
from nbdev.doclinks import NbdevLookup,nbglob
from nbdev.serve import proc_nbs
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from check import check_site,check_markdown
from readme import page_md
from stage import mend_names,page_path,place,plain,read_page,write_page

here = Path(__file__).resolve().parent

# Pages

def need_installed(cfg):
    "Stop if the package is not installed: nbdev finds the names to link to by its entry point"
    lib = cfg.lib_path.name
    if not any(o.name==lib for o in entry_points(group='nbdev')):
        sys.exit(f"{lib} is not installed, so that no name could become a link: `pip install -e .` comes first")

def address(cfg):
    "The address of the site, from `Documentation` of `[project.urls]`; '' as long as there is none"
    return cfg.doc_url and cfg.doc_url.rstrip('/')+'/'

def order(nb, nbs):
    "Where notebook `nb` of folder `nbs` stands: the index, then folders, then the rest; in each by `- order:`, then by name"
    return nb.as_posix()!='index.ipynb', len(nb.parts)==1, nb.parts[:-1], place(read_nb(nbs/nb)), nb.name

def read_pages(cfg, proc):
    "Every notebook of the project as a page, in reading order"
    lib,nbs = cfg.lib_path.name,cfg.nbs_path
    names = [o.relative_to(nbs) for o in nbglob(nbs, as_path=True) if (proc/o.relative_to(nbs)).exists()]
    names = sorted(names, key=partial(order, nbs=nbs))
    paths = [page_path(o) for o in names]
    if 'index.html' not in paths: sys.exit(f"{nbs.name}/index.ipynb is missing: it becomes the first page and README.md")
    if twice := {o for o in paths if paths.count(o)>1}: sys.exit(f"several notebooks would become {', '.join(sorted(twice))}")
    lookup = NbdevLookup()
    pages = [read_page(nbs/o, proc/o, p, lib, lookup.linkify, cfg.doc_url) for o,p in zip(names, paths)]
    return mend_names(pages, lib, lookup.code)

def toctrees(pages):
    "The navigation, as hidden tables of contents: one for each folder, one for the notebooks outside of them"
    groups = {}
    for p in pages[1:]: groups.setdefault(PurePosixPath(p.path).parent.as_posix(), []).append(p.path[:-5])
    name = lambda o: 'Reference' if o=='.' else o.replace('_', ' ').capitalize()
    return ['```{toctree}\n:hidden:\n:caption: '+name(k)+'\n\n'+'\n'.join(v)+'\n```' for k,v in groups.items()]

def source_page(code, module, back=''):
    "The page that shows the source of a module; line 12 has the anchor `L12`"
    lines = highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).splitlines()
    rows = ''.join(f'<span class="line" id="L{i}"><a class="linenos" href="#L{i}">{i}</a>{o}</span>' for i,o in enumerate(lines, 1))
    lead = f'{{.lead}}\nThe source of [{module}]({back}).' if back else f'{{.lead}}\nThe source of {module}.'
    return f'---\norphan: true\nno-search: true\n---\n\n# {module}\n\n{lead}\n\n```{{raw}} html\n<div class="highlight source"><pre>{rows}</pre></div>\n```\n'

def write_sources(cfg, src, paths):
    "A page for every module of the library; their names and descriptions"
    lib,res = cfg.lib_path,{}
    for f in sorted(lib.rglob('[!_]*.py')):
        name = f.relative_to(lib).with_suffix('')
        module = '.'.join([lib.name, *name.parts])
        dest = src/'source'/name.with_suffix('.md')
        dest.parent.mkdir(parents=True, exist_ok=True)
        back = f"{'../'*len(name.parts)}{name.as_posix()}.html" if f'{name.as_posix()}.html' in paths else ''
        dest.write_text(source_page(f.read_text(encoding='utf-8'), module, back), encoding='utf-8')
        res[f'source/{name.as_posix()}'] = dict(title=module, description=f'The source of {module}')
    return res

def stage(cfg, proc, src):
    "Write all that Sphinx needs into `src`; the pages"
    pages = read_pages(cfg, proc)
    info = {p.path[:-5]: dict(title=plain(p.title), description=plain(p.lead) or cfg.title) for p in pages}
    for p in pages: write_page(p, src/(p.path[:-5]+'.ipynb'), toctrees(pages) if p.path=='index.html' else ())
    info |= write_sources(cfg, src, {p.path for p in pages})
    (src/'pages.json').write_text(json.dumps(info), encoding='utf-8')
    for f in proc.rglob('*'):
        if f.suffix not in ('.png', '.svg', '.jpg', '.jpeg', '.gif', '.webp'): continue
        (src/f.relative_to(proc)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f, src/f.relative_to(proc))
    return pages

# The site

def sphinx(cfg, src, site):
    "Render `src` into `site`; any warning stops the build"
    env = dict(os.environ, LC_ALL='C.UTF-8', PYTHONHASHSEED='0', PYTHONPATH=os.pathsep.join([str(here), os.environ.get('PYTHONPATH', '')]))
    opts = dict(project=cfg.title, html_title=cfg.title, html_baseurl=address(cfg))
    args = ['-W', '--keep-going', '-q', '-E', '-b', 'html', '-c', here, '-d', f'{src}.doctrees', *(f'-D{k}={v}' for k,v in opts.items())]
    if subprocess.run([sys.executable, '-m', 'sphinx', *map(str, args), str(src), str(site)], env=env).returncode: sys.exit("Sphinx found faults")
    for o in ('.buildinfo', 'objects.inv'): (site/o).unlink(missing_ok=True)
    for o in sorted(site.rglob('*'), reverse=True):
        if o.is_dir() and not any(o.iterdir()): o.rmdir()

def llms_txt(cfg, pages):
    "nbdev's llms.txt, if it wrote one, and the list of the pages in Markdown"
    own = cfg.nbs_path/'llms.txt'
    head = re.sub(r'<!--.*?-->', '', own.read_text(encoding='utf-8')) if own.exists() else f'# {pages[0].title}\n\n> {plain(pages[0].lead)}'
    items = '\n'.join(f'- [{plain(p.title)}]({p.path}.md): {plain(p.lead)}' for p in pages)
    return f'{head.strip()}\n\n## Pages\n\n{items}\n'

def write_markdown(cfg, pages, site):
    "Every page once more as Markdown, where the docstrings of the modules say it is, and the list of them"
    for p in pages: (site/f'{p.path}.md').write_text(page_md(p, root='../'*p.path.count('/')), encoding='utf-8')
    (site/'llms.txt').write_text(llms_txt(cfg, pages), encoding='utf-8')

def readme(cfg, page):
    "README.md: the first page, its links leading into the site's folder (or to its address, if it has one)"
    base = address(cfg) or f'{cfg.doc_path.name}/'
    to = lambda url: url if re.match(r'[a-z]+:|#', url) else base+url
    return page_md(page, to, base)

def exchange(new, old, trash):
    "Put folder `new` in the place of `old`, which goes to `trash`; either all or nothing"
    if old.exists(): old.rename(trash)
    try: new.rename(old)
    except OSError:
        if trash.exists(): trash.rename(old)
        raise

def differences(a, b):
    "Names of the files that are not the same in folders `a` and `b`"
    files = lambda d: {o.relative_to(d).as_posix(): o.read_bytes() for o in d.rglob('*') if o.is_file()}
    x,y = files(a),files(b)
    return sorted(o for o in x.keys()|y.keys() if x.get(o)!=y.get(o))

def make(cfg, tmp):
    "Build README.md and the site in `tmp` and check them: the site's folder"
    src,site = tmp/'src',tmp/cfg.doc_path.name
    src.mkdir()
    pages = stage(cfg, proc_nbs(force=True), src)
    sphinx(cfg, src, site)
    write_markdown(cfg, pages, site)
    (tmp/'README.md').write_text(readme(cfg, pages[0]), encoding='utf-8')
    own = [f'{o}/' for o in (cfg.config_path, tmp, Path.home()) if len(o.parts)>1]
    problems = check_site(site, own)+check_markdown(tmp/'README.md', tmp)
    if problems: sys.exit('\n'.join(problems)+f'\n{len(problems)} problems: nothing was replaced')
    return site

def build(root, check=False):
    "Build the project in folder `root`; with `check` only say whether what is there is what would be built"
    os.environ['PYTHONPATH'] = os.pathsep.join([str(root), os.environ.get('PYTHONPATH', '')])
    sys.path.insert(0, str(root))
    with working_directory(root):
        cfg = get_config()
        need_installed(cfg)
        (root/'build').mkdir(exist_ok=True)
        with TemporaryDirectory(prefix='site-', dir=root/'build') as tmp:
            tmp = Path(tmp)
            site = make(cfg, tmp)
            if check: return report(cfg, tmp)
            exchange(site, cfg.doc_path, tmp/'old')
            os.replace(tmp/'README.md', root/'README.md')
    print(f"built {cfg.doc_path.name}/ and README.md")

def report(cfg, tmp):
    "Stop with a list of the files that are not what the notebooks make of them"
    old = [f'{cfg.doc_path.name}/{o}' for o in differences(tmp/cfg.doc_path.name, cfg.doc_path)]
    readme = cfg.config_path/'README.md'
    if not readme.exists() or readme.read_bytes()!=(tmp/'README.md').read_bytes(): old.append('README.md')
    if old: sys.exit('\n'.join(old)+'\nnot what the notebooks make of them: build the site again')
    print("up to date")

def serve_site(path, port):
    "Serve folder `path` on this machine until interrupted"
    handler = partial(SimpleHTTPRequestHandler, directory=str(path))
    with ThreadingHTTPServer(('127.0.0.1', port), handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/")
        try: server.serve_forever()
        except KeyboardInterrupt: pass

@call_parse
def main(
    root:str='.', # Folder of the project
    check:bool=False, # Only check that docs/ and README.md are what the notebooks make of them
    serve:bool=False, # Only serve the site that is there
    port:int=8000): # Port to serve it on
    "Build docs/ and README.md from the notebooks"
    root = Path(root).resolve()
    if serve: return serve_site(get_config(root).doc_path, port)
    build(root, check)
