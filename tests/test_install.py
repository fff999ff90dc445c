"The package without its sources: wheel and source archive, installed elsewhere"
import os,sys,tarfile,venv
from pathlib import Path
import pytest
from conftest import root,sh

first_use = """
import fastai_humannums
from pathlib import Path
from fastai_humannums.all import *
dls = HumanNumbersDataLoaders.from_range(range(1, 99), range(99, 120), bs=2, seq_len=5)
assert human_numbers_learner(dls, Model7).predict('one ,', 3).startswith('one ,')
print(Path(fastai_humannums.__file__).parent.parent)
"""

def imports_from(python, cwd, env=None):
    "The folder from which `python` imports the package, after a first use of it"
    return Path(sh(python, '-c', first_use, cwd=cwd, env=env).stdout.split()[-1])

@pytest.fixture(scope='module')
def dist(tmp_path_factory):
    "The folder with wheel and source archive: that of `make dist`, or one made here"
    if o := os.environ.get('DIST'): return Path(o).resolve()
    res = tmp_path_factory.mktemp('dist')
    sh(sys.executable, '-m', 'build', '--outdir', res)
    return res

def web(package):
    "The files of `package` that run a network in a browser, by name"
    return {o.name: o.read_bytes() for o in (package/'web').glob('*')}

def one(dist, pattern):
    res, = dist.glob(pattern)
    return res

def test_wheel(dist, tmp_path):
    "The wheel alone holds all that an import needs"
    site = tmp_path/'site'
    sh(sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--target', site, one(dist, '*.whl'))
    (tmp_path/'empty').mkdir()
    assert imports_from(sys.executable, tmp_path/'empty', {'PYTHONPATH': str(site)})==site
    names = {o.name for o in (site/'fastai_humannums').glob('*.py')}
    assert names=={o.name for o in (root/'fastai_humannums').glob('*.py')}
    assert web(site/'fastai_humannums')==web(root/'fastai_humannums')

def test_sdist(dist):
    "The source archive holds the package and what tells about it, and nothing that happened to lie around"
    with tarfile.open(one(dist, '*.tar.gz')) as f: names = {o.name.partition('/')[2] for o in f if o.isfile()}
    names = {o for o in names if not o.startswith('fastai_humannums.egg-info/')}
    docs = 'CHANGELOG.md LICENSE README.md'.split()
    build = 'MANIFEST.in PKG-INFO constraints.txt pyproject.toml settings.ini setup.cfg setup.py'.split()
    modules = [f'fastai_humannums/{o.name}' for o in (root/'fastai_humannums').glob('*.py')]
    assert names=={*docs, *build, *modules, *(f'fastai_humannums/web/{o}' for o in web(root/'fastai_humannums'))}

@pytest.mark.dist
@pytest.mark.parametrize('kind', ['*.tar.gz', 'checkout'])
def test_empty_environment(request, dist, tmp_path, kind):
    "Source archive and `pip install .` bring all they need into an empty environment; `make test-sets` tries the wheel"
    what = request.getfixturevalue('tree') if kind=='checkout' else one(dist, kind)
    venv.create(tmp_path/'venv', with_pip=True)
    python = tmp_path/'venv/bin/python'
    sh(python, '-m', 'pip', 'install', '-q', '-c', root/'constraints.txt', what)
    (tmp_path/'empty').mkdir()
    where = imports_from(python, tmp_path/'empty')
    assert tmp_path/'venv' in where.parents and 'site-packages' in where.parts
    assert 'usage' in sh(tmp_path/'venv/bin/humannums-lesson', '--help', cwd=tmp_path/'empty').stdout

@pytest.mark.dist
def test_readme_renders(dist): sh(sys.executable, '-m', 'twine', 'check', '--strict', *dist.iterdir())
