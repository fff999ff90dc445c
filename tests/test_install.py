"The package without its sources: a wheel, installed elsewhere"
import re,sys,venv
from pathlib import Path
import pytest
from conftest import command,root,sh

def imports_from(python, cwd, env=None):
    "The folder from which `python` imports the package, after a first use of it"
    code = ("import fastai_humannums.all as a; from pathlib import Path; from fastai_humannums.all import *; "
            "dls = HumanNumbersDataLoaders.from_range(range(1, 99), range(99, 120), bs=2, seq_len=5); "
            "assert human_numbers_learner(dls, Model7).predict('one ,', 3).startswith('one ,'); print(Path(a.__file__).parent.parent)")
    return Path(sh(python, '-c', code, cwd=cwd, env=env).stdout.split()[-1])

@pytest.fixture
def wheel(tree, tmp_path):
    sh(sys.executable, '-m', 'build', '--wheel', '--outdir', tmp_path/'dist', cwd=tree)
    return next((tmp_path/'dist').glob('*.whl'))

def test_wheel(wheel, tmp_path):
    "The wheel alone holds all that an import needs"
    site = tmp_path/'site'
    sh(sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--target', site, wheel)
    (tmp_path/'empty').mkdir()
    assert imports_from(sys.executable, tmp_path/'empty', {'PYTHONPATH': str(site)})==site
    names = {o.name for o in (site/'fastai_humannums').glob('*.py')}
    assert names=={o.name for o in (root/'fastai_humannums').glob('*.py')}

@pytest.mark.dist
@pytest.mark.parametrize('kind', ['wheel', 'sdist', 'checkout'])
def test_empty_environment(tree, tmp_path, kind):
    "Wheel, sdist and `pip install .` bring all that they need into an environment that has nothing"
    if kind!='checkout': sh(sys.executable, '-m', 'build', f'--{kind}', '--outdir', tmp_path/'dist', cwd=tree)
    what = tree if kind=='checkout' else next((tmp_path/'dist').iterdir())
    venv.create(tmp_path/'venv', with_pip=True)
    python = tmp_path/'venv/bin/python'
    sh(python, '-m', 'pip', 'install', '-q', '-c', root/'constraints.txt', what)
    (tmp_path/'empty').mkdir()
    where = imports_from(python, tmp_path/'empty')
    assert tmp_path/'venv' in where.parents and 'site-packages' in where.parts
    assert 'usage' in sh(tmp_path/'venv/bin/humannums-lesson', '--help', cwd=tmp_path/'empty').stdout

@pytest.mark.dist
def test_readme_renders(tree, tmp_path):
    sh(sys.executable, '-m', 'build', '--outdir', tmp_path/'dist', cwd=tree)
    sh(sys.executable, '-m', 'twine', 'check', '--strict', *(tmp_path/'dist').iterdir())
