"What must agree agrees: settings.ini, pyproject.toml, __version__ and constraints.txt"
import ast,json,re,sys,tomllib
import pytest
from configparser import ConfigParser
from importlib.metadata import metadata,requires,entry_points
from IPython.core.inputtransformer2 import TransformerManager
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from conftest import root
import fastai_humannums

parser = ConfigParser(delimiters=['='], interpolation=None)
parser.read(root/'settings.ini')
cfg = parser['DEFAULT']
lines = lambda key: [o.strip() for o in cfg[key].splitlines() if o.strip()]
extras = [o for o in cfg if o.endswith('_requirements')]
kinds = ['requirements', *extras]
project = tomllib.loads((root/'pyproject.toml').read_text())
pins = dict(o.split('==') for o in (root/'constraints.txt').read_text().splitlines() if o and not o.startswith('#'))
pins = {canonicalize_name(k): Version(v) for k,v in pins.items()}

def test_version(): assert cfg['version']==fastai_humannums.__version__==metadata('fastai_humannums')['Version']

def test_name(): assert cfg['lib_name']==project['project']['name']==fastai_humannums.__name__

def test_pyproject_repeats_nothing():
    assert set(project['project'])<={'name', 'dynamic', 'urls'}
    assert not set(project['tool']['nbdev']) & {'version', 'lib_name', 'description', 'author', 'pythons'}

def test_installed_is_what_settings_say():
    m = metadata('fastai_humannums')
    assert m['Requires-Python']==f">={cfg['pythons'].split()[0]}"
    assert m['Summary']==cfg['description'] and m['Author']==cfg['author'] and m['License-Expression']==cfg['license']
    wanted = {str(Requirement(o)) for o in lines('requirements')}
    assert {str(Requirement(o)) for o in requires('fastai_humannums') if 'extra ==' not in o}==wanted
    scripts = {o.name: o.value for o in entry_points(group='console_scripts') if o.value.startswith('fastai_humannums')}
    assert scripts==dict(o.split(' = ') for o in lines('console_scripts'))

def test_nothing_is_required_twice():
    for k in kinds:
        names = [canonicalize_name(Requirement(o).name) for o in lines(k)]
        assert [o for o in names if names.count(o)>1]==[], k
    assert not {canonicalize_name(Requirement(o).name) for o in lines('requirements')} & {canonicalize_name(Requirement(o).name) for o in sum(map(lines, extras), [])}
    assert {k.removesuffix('_requirements') for k in extras}==set(metadata('fastai_humannums').get_all('Provides-Extra'))

def test_constraints_pin_each_package_once_in_order():
    names = [o.split('==')[0].lower() for o in (root/'constraints.txt').read_text().splitlines() if not o.startswith('#')]
    assert names==sorted(set(names))

def test_tested_set_lies_within_the_ranges():
    for o in map(Requirement, sum(map(lines, kinds), [])):
        assert o.specifier.contains(pins[canonicalize_name(o.name)]), f'{o} is not what constraints.txt pins'

def test_tested_set_is_installed():
    from importlib.metadata import version
    for o in map(Requirement, lines('requirements')):
        assert Version(Version(version(o.name)).public)==pins[canonicalize_name(o.name)]

def test_oldest_python_is_that_of_the_workflow():
    "GitHub's matrix holds the Pythons of settings.ini"
    workflow = (root/'.github/workflows/test.yml').read_text()
    assert re.search(r'python: \[(.*)\]', workflow)[1].replace('"', '').split(', ')==cfg['pythons'].split()

def test_every_requirement_has_a_floor():
    "`make test-sets` installs lower bounds"
    assert [o for o in lines('requirements') if not re.fullmatch(r'[\w-]+>=[\d.]+(,<[\d.]+)?', o)]==[]

# Notebooks

notebooks = sorted((root/'nbs').rglob('*.ipynb'))
distributions = {'sklearn': 'scikit-learn'} # where the module has another name
brings = {'fastai_humannums', 'IPython', *(Requirement(o).name for o in lines('requirements')+lines('distrib_requirements'))}

def imported(code):
    "The top-level modules that Python code imports"
    for node in ast.walk(ast.parse(TransformerManager().transform_cell(code))):
        if isinstance(node, ast.Import): yield from (o.name.partition('.')[0] for o in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level: yield node.module.partition('.')[0]

@pytest.mark.parametrize('nb', notebooks, ids=lambda o: o.stem)
def test_notebooks_need_only_what_the_package_brings(nb):
    """A reader with a wheel and a notebook, on Colab say, has nothing that is for development

    `show_doc`, which adds a method to the reference, is nbdev's: hidden cells of the reference may import it."""
    cells = [''.join(o['source']) for o in json.loads(nb.read_text())['cells'] if o['cell_type']=='code']
    wanted = {distributions.get(o, o) for cell in cells for o in imported(cell)} - set(sys.stdlib_module_names)
    for_site = {'nbdev'} if nb.parent.name=='nbs' and any(o.startswith('show_doc(') for o in cells) else set()
    assert wanted-brings-for_site==set()
    assert not [o for o in cells if 'nbdev' in imported(o) and not o.startswith('#| hide')]
