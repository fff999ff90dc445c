"What is generated is what the notebooks make of it today"
import shutil
from conftest import command,root,sh

def stale(tree, pattern):
    "Names of the files that are not the same in `tree` and in the repository"
    names = {o.relative_to(d) for d in (tree, root) for o in d.glob(pattern)}
    def content(path): return path.read_bytes() if path.is_file() else None
    return sorted(str(o) for o in names if content(tree/o)!=content(root/o))

def test_modules(tree):
    shutil.rmtree(tree/'fastai_humannums')
    (tree/'fastai_humannums').mkdir()
    shutil.copy(root/'fastai_humannums/__init__.py', tree/'fastai_humannums') # nbdev keeps the version there
    sh(command('nbdev-export'), cwd=tree)
    assert stale(tree, 'fastai_humannums/*.py')==[], 'these modules are not what nbdev-export makes of the notebooks'

def test_notebooks_clean(tree):
    sh(command('nbdev-clean'), cwd=tree)
    assert stale(tree, 'nbs/**/*.ipynb')==[], 'these notebooks are not clean: run nbdev-clean'
