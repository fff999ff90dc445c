"""The reference is whole: every public name of the package is documented, and shown at work beside its definition

For each name in the `__all__` of a room, and for public methods of public classes, in the class or added by `@patch`:

1. Functions, classes, methods and properties have a docstring; a method that fastai or PyTorch also has may inherit it.
2. Each parameter but `self`, `cls`, `*args` and `**kwargs` has a comment (a docment). So has what is returned or
   yielded: beside the arrow, or, in a signature of one line, in its comment, with the word "returns" or "returned".
   Hooks have fastai's signature and need none: events of a callback, `encodes` and so on of a transform, and
   functions that fastai dispatches by type.
3. One of the two code cells that follow the definition uses the name. Cells that only import, hidden cells and those of
   `show_doc` don't count. For a class that grows by `@patch`, an example after any of its cells will do, and such cells
   in a row count as one. Hooks and methods that replace one of a base class need no example of their own.
4. Any other value has its name in backticks in a Markdown cell no further than two cells from the definition.
"""
import ast,inspect,re
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec,spec_from_file_location
import pytest

pytest.importorskip('nbdev')
from conftest import root
from fastai.callback.core import Callback,event
from fastcore.docments import docments
from fastcore.nbio import mk_cell,new_nb,read_nb
from fasttransform import Transform
from IPython.core.inputtransformer2 import TransformerManager

@cache
def parsed(src): return ast.parse(TransformerManager().transform_cell(src)).body

def tree(cell): return parsed(cell.source)
def directives(cell): return re.findall(r'^#\|\s*(\w+)', cell.source, re.M) if cell.cell_type=='code' else []
def exported(cell): return bool({'export', 'exports'} & set(directives(cell)))
def is_function(node): return isinstance(node, ast.FunctionDef)
def is_class(node): return isinstance(node, ast.ClassDef)
def public(name): return not name.startswith('_')

def names_in(node):
    "All that code mentions; a command such as `humannums-data` is the function behind it"
    for o in ast.walk(node):
        if isinstance(o, ast.Name): yield o.id
        elif isinstance(o, ast.Attribute): yield o.attr
        elif isinstance(o, ast.Constant) and isinstance(o.value, str):
            yield from (w.replace('-', '_') for w in re.findall(r'humannums-\w+', o.value))

def decorators(node): return {o for d in node.decorator_list for o in names_in(d)}

def patched(node):
    "The class that a function is patched into, if it is"
    return node.args.args[0].annotation.id if is_function(node) and 'patch' in decorators(node) else None

def definitions(nb):
    "A cell's index, the class or None, and a node, for every public function, class and method that is exported"
    for i,cell in enumerate(nb.cells):
        for node in tree(cell) if exported(cell) else ():
            if not (is_function(node) or is_class(node)) or not public(node.name): continue
            if public(patched(node) or ''): yield i,patched(node),node
            methods = [o for o in node.body if is_class(node) and is_function(o)]
            yield from ((i,node.name,o) for o in methods if public(o.name) or o.name=='__init__')

def values(nb):
    "A cell's index and the name of every other value that is exported"
    for i,cell in enumerate(nb.cells):
        targets = [t for o in tree(cell) if isinstance(o, ast.Assign) for t in o.targets] if exported(cell) else []
        stored = [o for t in targets for o in ast.walk(t) if isinstance(getattr(o, 'ctx', None), ast.Store)]
        yield from ((i, o.id) for o in stored if isinstance(o, ast.Name))

def gives(node):
    "Does a function return or yield anything? What functions inside it do is no matter"
    functions = [o for o in ast.walk(node) if isinstance(o, (ast.FunctionDef, ast.Lambda))]
    inner = {o for f in functions if f!=node for o in ast.walk(f)}
    given = ast.Return,ast.Yield,ast.YieldFrom
    return any(isinstance(o, given) and o.value is not None for o in ast.walk(node) if o not in inner)

def is_hook(owner, name):
    "Is this a method that fastai calls?"
    if not inspect.isclass(owner): return False
    is_event = issubclass(owner, Callback) and hasattr(event, name)
    return is_event or issubclass(owner, Transform) and name in ('encodes', 'decodes', 'setups')

def undocumented(owner, node):
    "Parameters without a comment, and 'return' if that lacks one"
    obj = getattr(owner, node.name)
    if is_class(node): # a dataclass: others have `__init__`
        return [o.target.id for o in node.body if isinstance(o, ast.AnnAssign) and not docments(obj).get(o.target.id)]
    if 'dispatch' in decorators(node) or is_hook(owner, node.name): return []
    prop = isinstance(obj, property)
    docs = docments(inspect.unwrap(obj.fget if prop else getattr(obj, '__func__', obj)), full=True)
    params = [o.arg for o in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
    if inspect.isclass(owner) and 'staticmethod' not in decorators(node): params = params[1:]
    one_line = all(o.lineno==node.lineno for o in ast.walk(node.args) if hasattr(o, 'lineno'))
    said = docs['return'].docment
    if one_line: said = said or any(re.search(r'\breturn(s|ed)\b', o.docment or '') for o in docs.values())
    return [o for o in params if not docs[o].docment] + ['return']*(gives(node) and not prop and not said)

def shown(nb, i, name, cls):
    "Is there an example of `name`, defined in cell `i`, and part of class `cls`?"
    def is_import(cell): return all(isinstance(o, (ast.Import, ast.ImportFrom)) for o in tree(cell))
    def grows(cell): return cls and exported(cell) and all(patched(o)==cls for o in tree(cell))
    cells = [o for o in nb.cells[i+1:] if o.cell_type=='code' and 'hide' not in directives(o)]
    cells = [o for o in cells if not o.source.startswith('show_doc(') and not is_import(o)]
    while cells and grows(cells[0]): cells.pop(0)
    return any(not exported(o) and name in names_in(ast.Module(tree(o))) for o in cells[:2])

def faults(nb, mod):
    "What the reference lacks for the notebook `nb`, which is exported as `mod`"
    for i,cls,node in definitions(nb):
        owner,name = (getattr(mod, cls), f'{cls}.{node.name}') if cls else (mod, node.name)
        hook = is_hook(owner, node.name)
        doc = ast.get_docstring(node) or is_function(node) and inspect.getdoc(getattr(owner, node.name))
        if not doc and not hook and node.name!='__init__': yield f'{name} has no docstring'
        yield from (f'{name} does not document {o}' for o in undocumented(owner, node))
        if hook or cls and any(node.name in vars(o) for o in owner.__mro__[1:]): continue
        cells = [i]
        if is_class(node):
            cells += [j for j,c in enumerate(nb.cells) if exported(c) and node.name in map(patched, tree(c))]
        if not any(shown(nb, j, node.name, cls or node.name) for j in cells): yield f'{name} has no example'
    for i,name in values(nb):
        prose = '\n'.join(o.source for o in nb.cells[max(0, i-2):i+3] if o.cell_type=='markdown')
        if name in mod.__all__ and not re.search(rf'`{name}\b', prose): yield f'{name} is not explained'

# The package

def room(nb): return next((o[1] for c in nb.cells if (o := re.match(r'#\|\s*default_exp (\w+)', c.source))), None)

notebooks = {room(o): o for o in map(read_nb, sorted((root/'nbs').glob('[0-9]*.ipynb')))}

@pytest.mark.parametrize('room', [o for o in notebooks if o!='all'])
def test_reference(room):
    nb,mod = notebooks[room],import_module(f'fastai_humannums.{room}')
    found = list(faults(nb, mod))
    assert not found, '\n'.join(found)
    defined = {node.name for _,cls,node in definitions(nb) if not cls} | {name for _,name in values(nb)}
    assert set(mod.__all__)<=defined

# The rules notice when they are broken

good = '#| export\ndef f(\n    n:int # A number\n)->int: # The next\n    "Count on"\n    return n+1'

missing_docs = ['f has no docstring', 'f does not document n', 'f does not document return']

@pytest.mark.parametrize('cells,want', [((good, '1', 'f(1)'), []), ((good, '1', '2', 'f(1)'), ['f has no example']),
    ((re.sub(' # A number|    ".*"\n| # The next', '', good), 'f(1)'), missing_docs)])
def test_what_is_missing_is_noticed(tmp_path, cells, want):
    (tmp_path/'tiny.py').write_text(cells[0])
    spec = spec_from_file_location('tiny', tmp_path/'tiny.py')
    mod = module_from_spec(spec)
    spec.loader.exec_module(mod)
    assert list(faults(new_nb([mk_cell(o, 'code') for o in cells]), mod))==want
