"""The reference is whole: every public name of the package is documented, and shown at work beside its definition

A public name is one in the `__all__` of a room's module. For each of them, and for the public methods of public classes, whether
they are in the class or added by `@patch`:

1. Functions, classes, methods and properties have a docstring; a method that fastai or PyTorch also has may leave it to them.
2. Each parameter in the signature has a comment (a docment), `self`, `cls`, `*args` and `**kwargs` excepted, and so has what is
   returned or yielded: beside the arrow, or, where the signature is one line, in its comment, with the word "returns" or "returned".
   Hooks have fastai's signature, and need no comments: the events of a callback, the `encodes` and so on of a transform, and functions
   that fastai dispatches by type.
3. There is an example: one of the two code cells that follow the definition uses the name. Cells that only import, hidden ones and
   those of `show_doc` are neither counted nor accepted. A class that grows by `@patch` is defined anew with each of these cells: an
   example after any of them will do, and cells in a row count as one. Hooks, and methods that replace one of a base class, need no
   example of their own.
4. Any other value is explained: a Markdown cell no further than two cells from the definition has its name in backticks.
"""
import ast,inspect,re
from functools import cache,partial
from importlib import import_module
from importlib.util import module_from_spec,spec_from_file_location
from pathlib import Path
import pytest

pytest.importorskip('nbdev')
from fastcore.docments import docments
from fastcore.nbio import mk_cell,new_nb,read_nb
from IPython.core.inputtransformer2 import TransformerManager

nbs = Path(__file__).resolve().parent.parent/'nbs'
functions = ast.FunctionDef,ast.AsyncFunctionDef

@cache
def parsed(src): return ast.parse(TransformerManager().transform_cell(src))

def directives(cell): return re.findall(r'^#\|\s*(\w+)', cell.source, re.M) if cell.cell_type=='code' else []
def exported(cell): return bool({'export', 'exports'} & set(directives(cell)))
def tree(cell): return parsed(cell.source)
def decorators(node): return {o for d in node.decorator_list for o in names_in(d)}
def public(name): return not name.startswith('_')

def names_in(node):
    "All that code mentions; a command such as `humannums-data` is the function behind it"
    for o in ast.walk(node):
        if isinstance(o, ast.Name): yield o.id
        elif isinstance(o, ast.Attribute): yield o.attr
        elif isinstance(o, ast.Constant) and isinstance(o.value, str): yield from (w.replace('-', '_') for w in re.findall(r'humannums-\w+', o.value))

def patched(node):
    "The class that a function is patched into, if it is"
    if isinstance(node, functions) and 'patch' in decorators(node): return node.args.args[0].annotation.id

def definitions(nb):
    "Triples of a cell's index, the class or None, and a node, for every public definition that is exported"
    for i,cell in enumerate(nb.cells):
        if not exported(cell): continue
        for node in tree(cell).body:
            if isinstance(node, ast.Assign):
                for o in ast.walk(ast.Tuple([*node.targets])):
                    if isinstance(o, ast.Name) and isinstance(o.ctx, ast.Store) and public(o.id): yield i,None,o
            elif isinstance(node, (*functions, ast.ClassDef)):
                cls = patched(node)
                if public(node.name) and public(cls or ''): yield i,cls,node
                if isinstance(node, ast.ClassDef) and public(node.name):
                    yield from ((i, node.name, o) for o in node.body if isinstance(o, functions) and (public(o.name) or o.name=='__init__'))

# Rule by rule

def inherited(mod, cls, name): return any(name in vars(o) for o in getattr(mod, cls).__mro__[1:]) if cls else False

def plain(o):
    "The function behind a property, class method or decorator"
    if isinstance(o, property): o = o.fget
    return inspect.unwrap(getattr(o, '__func__', o))

def is_hook(mod, cls, name):
    "Is this a method that fastai calls?"
    from fastai.callback.core import Callback,event
    from fasttransform import Transform
    if not cls: return False
    is_a = partial(issubclass, getattr(mod, cls))
    return is_a(Callback) and hasattr(event, name) or is_a(Transform) and name in ('encodes', 'decodes', 'setups')

def gives(node):
    "Does a function return or yield anything? What functions inside it do is no matter"
    todo = list(node.body)
    while todo:
        o = todo.pop()
        if isinstance(o, (*functions, ast.Lambda, ast.ClassDef)): continue
        if isinstance(o, (ast.Yield, ast.Return, ast.YieldFrom)) and o.value is not None: return True
        todo += ast.iter_child_nodes(o)
    return False

def undocumented(mod, cls, node):
    "Parameters without a comment, and 'return' if that lacks one"
    owner = getattr(mod, cls) if cls else mod
    if isinstance(node, ast.ClassDef): # a dataclass: others have `__init__`
        return [o.target.id for o in node.body if isinstance(o, ast.AnnAssign) and not docments(getattr(owner, node.name)).get(o.target.id)]
    if 'dispatch' in decorators(node) or is_hook(mod, cls, node.name): return []
    prop = 'property' in decorators(node) or isinstance(inspect.getattr_static(owner, node.name), property)
    docs = docments(plain(inspect.getattr_static(owner, node.name)), full=True)
    first = 1 if cls and 'staticmethod' not in decorators(node) else 0
    params = [o.arg for o in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]][first:]
    res = [o for o in params if not docs[o].docment]
    one_line = all(o.lineno==node.lineno for o in ast.walk(node.args) if hasattr(o, 'lineno'))
    said = docs['return'].docment or one_line and any(re.search(r'\breturn(s|ed)\b', o.docment or '') for o in docs.values())
    return res + ['return']*(gives(node) and not prop and not said)

def shown(nb, i, name, cls=None):
    "Is there an example of `name`, defined in cell `i`?"
    cells = [o for o in nb.cells[i+1:] if o.cell_type=='code' and 'hide' not in directives(o) and not o.source.startswith('show_doc(')]
    cells = [o for o in map(lambda o: (exported(o), tree(o)), cells) if not all(isinstance(n, (ast.Import, ast.ImportFrom)) for n in o[1].body)]
    while cls and cells and cells[0][0] and all(patched(n)==cls for n in cells[0][1].body): cells.pop(0)
    return any(not exp and name in names_in(o) for exp,o in cells[:2])

def explained(nb, i, name):
    return any(re.search(rf'`{name}\b', o.source) for o in nb.cells[max(0, i-2):i+3] if o.cell_type=='markdown')

def faults(nb, mod):
    "What the reference lacks for the notebook `nb`, which is exported as `mod`"
    for i,cls,node in definitions(nb):
        if isinstance(node, ast.Name):
            if node.id in mod.__all__ and not explained(nb, i, node.id): yield f'{node.id} is not explained'
            continue
        name = f'{cls}.{node.name}' if cls else node.name
        doc = ast.get_docstring(node) or inherited(mod, cls, node.name) and inspect.getdoc(getattr(getattr(mod, cls), node.name))
        if not doc and node.name!='__init__' and not is_hook(mod, cls, node.name): yield f'{name} has no docstring'
        yield from (f'{name} does not document {o}' for o in undocumented(mod, cls, node))
        grows = [j for j,c in enumerate(nb.cells) if isinstance(node, ast.ClassDef) and exported(c) and node.name in map(patched, tree(c).body)]
        exempt = inherited(mod, cls, node.name) or is_hook(mod, cls, node.name)
        if not exempt and not any(shown(nb, o, node.name, cls or node.name) for o in [i, *grows]): yield f'{name} has no example'

# The package

@cache
def notebooks(): return {o.group(1): nb for nb in map(read_nb, sorted(nbs.glob('[0-9]*.ipynb')))
                         for c in nb.cells if (o := re.match(r'#\|\s*default_exp (\w+)', c.source))}

def rooms():
    cell, = filter(exported, notebooks()['all'].cells)
    return [o.module.split('.')[1] for o in tree(cell).body if isinstance(o, ast.ImportFrom) and o.module.startswith('fastai_humannums.')]

@pytest.mark.parametrize('room', rooms())
def test_reference(room):
    found = list(faults(notebooks()[room], import_module(f'fastai_humannums.{room}')))
    assert not found, '\n'.join(found)

def test_all_names_are_checked():
    assert set(rooms())|{'all'}==set(notebooks())
    for o in rooms():
        defined = {getattr(node, 'name', getattr(node, 'id', '')) for _,cls,node in definitions(notebooks()[o]) if not cls}
        assert set(import_module(f'fastai_humannums.{o}').__all__)<=defined

# The rules notice when they are broken

head = 'from fastcore.basics import patch\n__all__ = ["f", "A", "SIZE"]'
fun = '#| export\ndef f(\n    n:int # A number\n)->int: # The next\n    "Count on"\n    return n+1'
cls = """#| export
class A:
    "A counter"
    def __init__(self,
        n:int=0 # Where it begins
    ): self.n = n
    def step(self, by): # By how much; returns where it is
        "Count on"
        self.n += by
        return self.n
    @property
    def next(self):
        "What it will say"
        return self.n+1
"""
grown = '#| export\n@patch\ndef back(self:A,\n    by:int=1 # By how much\n)->int: # Where it is\n    "Count back"\n    self.n -= by\n    return self.n'
used = 'a = A()\na.step(1), a.next, a.back()'

def found(tmp_path, *cells):
    "The faults of a notebook with these cells; texts that begin with `md:` are Markdown"
    cells = [mk_cell(o[3:], 'markdown') if o.startswith('md:') else mk_cell(o, 'code') for o in cells]
    (tmp_path/'tiny_room.py').write_text('\n'.join([head, *(o.source for o in cells if exported(o))]))
    spec = spec_from_file_location('tiny_room', tmp_path/'tiny_room.py')
    mod = module_from_spec(spec)
    spec.loader.exec_module(mod)
    return list(faults(new_nb(cells), mod))

@pytest.mark.parametrize('cells', [
    (fun, 'f(1)'), (fun, '1', 'f(1)'), ('#| export\n_n = 2', fun, 'f(1)'), (fun.replace('export', 'exports'), '!echo 1', 'f(1)'),
    (fun, 'import os', '#| hide\n2', 'show_doc(f)', '3', 'x = [f(1)]'),
    (cls, grown, used), (cls, 'a = A()\na.step(1), a.next', 'md:x', grown, 'a.back()'),
    ('md:`SIZE` says how many', '#| export\nSIZE = 2')])
def test_good_cells_pass(tmp_path, cells): assert found(tmp_path, *cells)==[]

@pytest.mark.parametrize('cells,fault', [
    ((fun,), 'f has no example'),
    ((fun, '1', '2', 'f(1)'), 'f has no example'),
    (('f = 1', fun, '#| hide\nf(1)'), 'f has no example'),
    ((fun, '#| export\n_x = f(1)'), 'f has no example'),
    ((fun, 'md:`f`'), 'f has no example'),
    ((fun, 'show_doc(f)'), 'f has no example'),
    ((fun, 'from os import path as f'), 'f has no example'),
    ((cls, grown, 'a = A()\na.step(1), a.back()'), 'A.next has no example'),
    ((cls, grown, 'A().step(1), A().next'), 'A.back has no example'),
    ((fun.replace('    "Count on"\n', ''), 'f(1)'), 'f has no docstring'),
    ((cls.replace('"A counter"', 'pass'), grown, used), 'A has no docstring'),
    ((cls.replace('"What it will say"', 'pass'), grown, used), 'A.next has no docstring'),
    ((cls, grown.replace('"Count back"', 'pass'), used), 'A.back has no docstring'),
    ((fun.replace(' # A number', ''), 'f(1)'), 'f does not document n'),
    ((cls.replace(' # Where it begins', ''), grown, used), 'A.__init__ does not document n'),
    ((cls, grown.replace(' # By how much', ''), used), 'A.back does not document by'),
    ((fun.replace(' # The next', ''), 'f(1)'), 'f does not document return'),
    ((fun.replace('->int', ''), 'f(1)'), 'f does not document return'),
    ((fun.replace(' # The next', '').replace('return', 'yield'), 'f(1)'), 'f does not document return'),
    ((cls.replace('; returns where it is', ''), grown, used), 'A.step does not document return'),
    (('#| export\nSIZE = 2',), 'SIZE is not explained'),
    (('#| export\nSIZE = 2', 'SIZE', '1', 'md:`SIZE`'), 'SIZE is not explained')])
def test_what_is_missing_is_noticed(tmp_path, cells, fault): assert found(tmp_path, *cells)==[fault]
