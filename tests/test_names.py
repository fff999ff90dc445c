"Names and imports: nothing of fastai's is shadowed, and rooms build on public names of the rooms above them"
import ast,re
from importlib import import_module
import pytest
from conftest import root
from fastcore.nbio import read_nb

def room(path):
    "The module that a notebook is exported to"
    exported = [re.match(r'#\|\s*default_exp (\w+)', c.source) for c in read_nb(path).cells]
    return next(o[1] for o in exported if o)

rooms = [room(o) for o in sorted((root/'nbs').glob('[0-9]*.ipynb'))]

def star(module):
    "What `from module import *` brings"
    res = {}
    exec(f'from {module} import *', res)
    del res['__builtins__']
    return res

def test_nothing_of_fastai_is_shadowed():
    theirs,ours = star('fastai.text.all'),star('fastai_humannums.all')
    assert theirs.keys()<=ours.keys()
    assert [k for k in theirs if ours[k] is not theirs[k] and k not in ('show_batch', 'show_results')]==[]
    assert ours['BatchNorm'](64, ndim=2).num_features==64

def test_all_brings_every_public_name():
    ours = star('fastai_humannums.all')
    for o in rooms: assert set(import_module(f'fastai_humannums.{o}').__all__)<=ours.keys(), o

def imports(room):
    "What a room imports from this package, as lists such as `['words', '*']` or `['models']`"
    for node in ast.walk(ast.parse((root/'fastai_humannums'/f'{room}.py').read_text())):
        if not isinstance(node, ast.ImportFrom): continue
        module = '.'.join(['fastai_humannums']*node.level+[node.module or '']).strip('.')
        for o in node.names:
            package,*names = f'{module}.{o.name}'.split('.')
            if package=='fastai_humannums': yield names

@pytest.mark.parametrize('room', rooms)
def test_rooms_import_from_above(room):
    below = rooms[rooms.index(room):]
    assert [o for o in imports(room) if o[0] in below]==[], 'a room imports from rooms above it only'
    private = [o for o in imports(room) if o[-1].startswith('_') and o!=['__version__']]
    assert private==[], 'a private name stays in its room'
