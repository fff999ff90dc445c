"What is generated is what the notebooks make of it today"
import shutil
from pathlib import Path
from conftest import command,root,sh

def same(tree, pattern):
    made,kept = ({o.relative_to(d): o.read_bytes() for o in sorted(d.glob(pattern)) if '__pycache__' not in o.parts} for d in (tree, root))
    return sorted(str(o) for o in made.keys()|kept.keys() if made.get(o)!=kept.get(o))

def test_modules(tree):
    shutil.rmtree(tree/'fastai_humannums')
    (tree/'fastai_humannums').mkdir()
    shutil.copy(root/'fastai_humannums/__init__.py', tree/'fastai_humannums') # nbdev keeps the version there
    sh(command('nbdev-export'), cwd=tree)
    assert same(tree, 'fastai_humannums/**/*.py')==[], 'these modules are not what nbdev-export makes of the notebooks'

def test_notebooks_clean(tree):
    sh(command('nbdev-clean'), cwd=tree)
    assert same(tree, 'nbs/**/*.ipynb')==[], 'these notebooks are not clean: run nbdev-clean'

def test_stale_module_is_noticed(tree):
    (tree/'fastai_humannums/corpus.py').write_text('edited by hand')
    assert same(tree, 'fastai_humannums/**/*.py')==['fastai_humannums/corpus.py']
