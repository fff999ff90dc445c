"Build the documentation site and README.md from the notebooks, without Quarto"
import os,re,shutil,subprocess,sys
from importlib.metadata import entry_points
from pathlib import Path,PurePosixPath
from tempfile import TemporaryDirectory

from fastcore.script import call_parse
from fastcore.xtras import working_directory
from nbdev.config import get_config
from nbdev.doclinks import NbdevLookup,nbglob
from nbdev.serve import proc_nbs
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from check import check_figures,check_file,check_site,check_watches
from readme import page_md
from stage import mend_names,plain,read_page,watch_places,write_page

here = Path(__file__).resolve().parent

def address(cfg):
    "The address of the site, from `Documentation` of `[project.urls]`; '' as long as there is none"
    return cfg.doc_url and cfg.doc_url.rstrip('/')+'/'

# What Sphinx reads

def read_pages(cfg, proc):
    "Every notebook of the project as a page: the index first, then by group, by `- order:` and by name"
    lib,nbs = cfg.lib_path.name,cfg.nbs_path
    if not any(o.name==lib for o in entry_points(group='nbdev')):
        sys.exit(f"{lib} is not installed, so that no name could become a link: `pip install -e .` comes first")
    lookup = NbdevLookup()
    names = [o.relative_to(nbs) for o in nbglob(nbs, as_path=True)]
    pages = [read_page(nbs, proc, o, lib, lookup.linkify, cfg.doc_url) for o in names if (proc/o).exists()]
    mend_names(pages, lib, lookup.code)
    return sorted(pages, key=lambda p: (p.path!='index.html', p.place))

def toctrees(pages):
    "The navigation, as hidden tables of contents: one for each group"
    groups = {}
    for p in pages[1:]: groups.setdefault(p.group, []).append(p.path.removesuffix('.html'))
    return [f'```{{toctree}}\n:hidden:\n:caption: {k}\n\n'+'\n'.join(v)+'\n```' for k,v in groups.items()]

def source_page(code, module, back):
    "The page that shows the source of a module; line 12 has the anchor `L12`"
    lines = highlight(code, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).splitlines()
    row = '<span class="line" id="L{0}"><a class="linenos" href="#L{0}">{0}</a>{1}</span>'
    rows = ''.join(row.format(i, o) for i,o in enumerate(lines, 1))
    lead = f'The source of [{module}]({back}).' if back else f'The source of {module}.'
    raw = f'```{{raw}} html\n<div class="highlight source"><pre>{rows}</pre></div>\n```\n'
    return f'---\norphan: true\nno-search: true\n---\n\n# {module}\n\n{{.lead}}\n{lead}\n\n{raw}'

def write_sources(cfg, src, paths):
    "A page for every module of the library"
    for f in sorted(cfg.lib_path.rglob('[!_]*.py')):
        name = f.relative_to(cfg.lib_path).with_suffix('')
        page = name.with_suffix('.html').as_posix()
        back = '../'*len(name.parts)+page if page in paths else ''
        dest = src/'source'/name.with_suffix('.md')
        dest.parent.mkdir(parents=True, exist_ok=True)
        module = '.'.join([cfg.lib_path.name, *name.parts])
        dest.write_text(source_page(f.read_text(encoding='utf-8'), module, back), encoding='utf-8')

def write_watch(cfg, pages, site):
    "What pages on which a network runs load, where Sphinx looks for it"
    if not any(map(watch_places, pages)): return
    files = [cfg.lib_path/'web'/o for o in ('model.js', 'watch.js', 'watch.css')]
    files.append(cfg.nbs_path/'tutorials'/'watch'/'models.js')
    dest = site/'_static'/'watch'
    dest.mkdir(parents=True)
    for o in files:
        if not o.is_file(): sys.exit(f"pages with `#| watch:` need {o.relative_to(cfg.config_path)}: there is no such file")
        shutil.copyfile(o, dest/o.name)

# What Sphinx makes of it

def sphinx(cfg, src, site):
    "Render `src` into `site`; any warning stops the build"
    path = os.pathsep.join([str(here), os.environ.get('PYTHONPATH', '')])
    opts = [f'-Dproject={cfg.title}', f'-Dhtml_title={cfg.title}', f'-Dhtml_baseurl={address(cfg)}']
    args = ['-W', '--keep-going', '-q', '-E', '-c', here, '-d', f'{src}.doctrees', *opts, src, site]
    env = dict(os.environ, LC_ALL='C.UTF-8', PYTHONHASHSEED='0', PYTHONPATH=path)
    done = subprocess.run([sys.executable, '-m', 'sphinx', *map(str, args)], env=env)
    if done.returncode: sys.exit("Sphinx found faults")
    for o in ('.buildinfo', 'objects.inv'): (site/o).unlink(missing_ok=True)
    (site/'_sources').rmdir() # nothing is in it: html_copy_source is off

def write_markdown(cfg, pages, site):
    "Every page once more as Markdown, where the docstrings of the modules say it is, and llms.txt, the list of them"
    for p in pages: (site/f'{p.path}.md').write_text(page_md(p, root='../'*p.path.count('/')), encoding='utf-8')
    items = [f'- [{plain(p.title)}]({p.path}.md): {plain(p.lead)}\n' for p in pages]
    head = f'# {pages[0].title}\n\n> {plain(pages[0].lead)}\n\n## Pages\n\n'
    (site/'llms.txt').write_text(head+''.join(items), encoding='utf-8')

def readme(cfg, page):
    "README.md: the first page, its links leading into the site's folder (or to its address, if it has one)"
    base = address(cfg) or f'{cfg.doc_path.name}/'
    return page_md(page, lambda url: url if re.match(r'[a-z]+:|#', url) else base+url, base)

def make(cfg, tmp):
    "Build README.md and the site in folder `tmp`, and check them"
    src,site = tmp/'src',tmp/cfg.doc_path.name
    pages = read_pages(cfg, proc_nbs(force=True))
    for p in pages: write_page(p, src/p.path.replace('.html', '.ipynb'), toctrees(pages) if p==pages[0] else ())
    write_sources(cfg, src, [p.path for p in pages])
    write_watch(cfg, pages, site)
    sphinx(cfg, src, site)
    write_markdown(cfg, pages, site)
    (tmp/'README.md').write_text(readme(cfg, pages[0]), encoding='utf-8')
    private = [f'{o}/' for o in (cfg.config_path, tmp, Path.home()) if len(o.parts)>1]
    problems = check_figures(pages)+check_watches(pages)+check_site(site, private)+check_file(tmp/'README.md', tmp)
    if problems: sys.exit('\n'.join(problems)+f'\n{len(problems)} problems: nothing was replaced')

@call_parse
def main(
    root:str='.', # Folder of the project
    check:bool=False): # Only compare docs/ and README.md with what the notebooks make of them
    "Build docs/ and README.md from the notebooks"
    root = Path(root).resolve()
    os.environ['PYTHONPATH'] = os.pathsep.join([str(root), os.environ.get('PYTHONPATH', '')])
    sys.path.insert(0, str(root))
    (root/'build').mkdir(exist_ok=True)
    with working_directory(root), TemporaryDirectory(prefix='site-', dir='build') as tmp:
        cfg,tmp = get_config(),Path(tmp).resolve()
        make(cfg, tmp)
        made = [(tmp/o.name, o) for o in (cfg.doc_path, root/'README.md')]
        if check:
            same = [not subprocess.run(['diff', '-rq', old, new]).returncode for new,old in made]
            sys.exit(not all(same))
        for new,old in made:
            if old.exists(): old.rename(tmp/f'old-{old.name}')
            new.rename(old)
    print(f"built {cfg.doc_path.name}/ and README.md")
