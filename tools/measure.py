"Print code metrics for each exported notebook and for all of them together"
import ast,sys
from pathlib import Path
from statistics import median

import pandas as pd
from fastcore.nbio import read_nb

nbs = Path(__file__).resolve().parent.parent/'nbs'

def exported(path):
    "Source of the exported cells of a notebook, without directives"
    for cell in read_nb(path).cells:
        if cell.cell_type!='code' or not cell.source.startswith(('#| export', '#|export')): continue
        source = '\n'.join(o for o in cell.source.splitlines() if not o.startswith('#|')).strip()
        if source: yield source

def lines(source): return [o for o in source.splitlines() if o.strip()]

def is_imports(source): return all(isinstance(o, (ast.Import, ast.ImportFrom)) for o in ast.parse(source).body)

def is_private(name): return name.startswith('_') and not name.startswith('__')

def is_tuple_assignment(node):
    "`a,b = 1,2`; not `a,b = f()`"
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple)

def measures(cells):
    "The metrics of the code in `cells`, by name"
    nodes = [o for c in cells for o in ast.walk(ast.parse(c)) if not isinstance(o, ast.expr_context)]
    named = [o.name for o in nodes if isinstance(o, (ast.FunctionDef, ast.ClassDef))]
    sizes = [len(lines(o)) for o in cells if not is_imports(o)] or [0]
    n_lines = sum(len(lines(o)) for o in cells)
    raises = sum(isinstance(o, ast.Raise) for o in nodes)
    return {'lines': n_lines, 'cells': len(sizes), 'median': median(sizes), 'longest': max(sizes),
            'density': len(nodes)/n_lines, # syntax nodes per line
            'raise/100': 100*raises/n_lines,
            'tuples/100': 100*sum(map(is_tuple_assignment, nodes))/n_lines,
            'private %': 100*sum(map(is_private, named))/max(1, len(named)),
            '>120': sum(len(o)>120 for c in cells for o in c.splitlines())}

if __name__=='__main__':
    paths = [Path(o) for o in sys.argv[1:]] or sorted(nbs.glob('[0-9]*.ipynb'))
    rooms = {o.stem: list(exported(o)) for o in paths}
    rooms['all'] = sum(rooms.values(), [])
    table = pd.DataFrame({name: measures(cells) for name,cells in rooms.items() if cells}).T
    print(table.round(1).to_string(float_format='{:g}'.format))
