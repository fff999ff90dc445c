"What must agree agrees: settings.ini, pyproject.toml, __version__ and constraints.txt"
import json,re,sys,tomllib
from configparser import ConfigParser
from importlib.metadata import metadata,requires,entry_points
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
    assert not set(project['tool']['nbdev']) & {'version', 'lib_name', 'description', 'author', 'min_python'}

def test_installed_is_what_settings_say():
    m = metadata('fastai_humannums')
    assert m['Requires-Python']==f">={cfg['min_python']}"
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

def test_tutorials_need_only_what_the_package_brings():
    "A reader with a wheel and a notebook, on Colab say, has nothing that is for development"
    brings = {'fastai_humannums', 'IPython', 'numpy', 'pandas', 'matplotlib', *(Requirement(o).name for o in lines('requirements'))}
    for nb in (root/'nbs/tutorials').glob('*.ipynb'):
        code = '\n'.join(''.join(o['source']) for o in json.loads(nb.read_text())['cells'] if o['cell_type']=='code')
        groups = re.findall(r'^ *(?:from|import) ([\w., ]+?)(?: import .*)?$', code, re.M)
        imported = {o.split()[0].partition('.')[0] for group in groups for o in group.split(',')}
        assert imported-brings<=set(sys.stdlib_module_names), nb.name
