"""Test the wheel in separate environments, with the oldest, pinned and newest versions of its requirements

    python tools/sets.py [floor] [pinned] [newest] [pythons]

Each environment runs tests/test_smoke.py. `floor` installs the lower bounds of settings.ini, `pinned` the versions of
constraints.txt, and `newest` whatever pip finds; all three use the pinned PyTorch. `pythons` tests the modules that
don't need PyTorch with every other Python of settings.ini that is installed. The Python that runs this file creates
the environments, which are kept as `.venv-*`.
"""
import os,re,shutil,subprocess,sys
from configparser import ConfigParser
from functools import cache
from pathlib import Path

root = Path(__file__).resolve().parent.parent
os.environ.pop('PYTHONPATH', None) # only installed packages count
settings = ConfigParser(delimiters=['='], interpolation=None)
settings.read(root/'settings.ini', encoding='utf-8')
required = settings['DEFAULT']['requirements'].split()
pythons = settings['DEFAULT']['pythons'].split()
floors = dict(re.match(r'([\w-]+)>=([\d.]+)', o).groups() for o in required)
pins = (root/'constraints.txt').read_text()
torch,plum = (re.search(f'^{o}==.*', pins, re.M)[0] for o in ('torch', 'plum-dispatch'))
light = ('fastcore', 'fastprogress', 'filelock', 'num2words', 'numpy') # the imports of words and dataset

def run(*args, **kwargs): return subprocess.run(list(map(str, args)), check=True, text=True, **kwargs)

def new_env(name, python=sys.executable):
    "Create the environment `.venv-NAME` and return its Python"
    run(python, '-m', 'venv', '--clear', root/f'.venv-{name}')
    return root/f'.venv-{name}/bin/python'

def pip(python, *args): run(python, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', *args)

@cache
def wheel():
    "The package's wheel, built only once"
    folder = root/'build/sets'
    shutil.rmtree(folder, ignore_errors=True)
    run(new_env('build'), '-m', 'pip', 'wheel', '-q', '--no-deps', '-w', folder, root)
    res, = folder.glob('*.whl')
    return res

versions = """
import sys
from importlib.metadata import version
print('Python ', sys.version.split()[0], *(f', {o} {version(o)}' for o in sys.argv[1:]), sep='')
"""

def smoke(python, *args):
    "Run the smoke test from another folder, so that Python imports the installed package and not the sources"
    names = light if args else ['torch', 'fastai', *light]
    run(python, '-c', versions, *names, cwd=python.parent)
    run(python.parent/'pytest', '-q', '-W', 'ignore', root/'tests/test_smoke.py', *args, cwd=python.parent)

def floor(python):
    """Install the lower bounds

    Old versions of fastai refuse today's PyTorch although it works, so pip must ignore fastai's requirements. They
    accept plum-dispatch 2.10 although their `export` fails with it, so it is pinned."""
    pip(python, '--no-deps', wheel(), f"fastai=={floors['fastai']}")
    code = "from importlib.metadata import requires\nprint(*requires('fastai'), sep='\\n')"
    needs = run(python, '-c', code, stdout=subprocess.PIPE).stdout.splitlines()
    needs = [o for o in needs if 'extra' not in o and not re.match(r'torch\b', o)]
    pip(python, torch, plum, *needs, *(f'{k}=={v}' for k,v in floors.items() if k not in ('torch', 'fastai')), 'pytest')

def pinned(python): pip(python, '-c', root/'constraints.txt', wheel(), 'pytest')

def newest(python): pip(python, torch, wheel(), 'pytest')

def interpreter(version):
    "A working Python of this version, or None"
    pyenv = sorted(Path.home().glob(f'.pyenv/versions/{version}.*/bin/python'))
    for o in filter(None, [shutil.which(f'python{version}'), *pyenv]):
        if not subprocess.run([o, '-c', 'import venv'], capture_output=True).returncode: return o

def other_python(version):
    "Compile all modules, and test the two that don't need PyTorch"
    print(f'\n== Python {version}', flush=True)
    found = interpreter(version)
    if not found: return print('not installed: skipped')
    python = new_env(version, found)
    pip(python, *(o for o in required if re.match(r'[\w-]+', o)[0] in light), 'pytest')
    pip(python, '--no-deps', wheel())
    package, = python.parent.parent.glob('lib/*/site-packages/fastai_humannums')
    run(python, '-W', 'error', '-m', 'compileall', '-q', '-f', package)
    smoke(python, '-k', 'words or dataset')

def main(names):
    for f in (floor, pinned, newest):
        if f.__name__ not in names: continue
        print(f'\n== {f.__name__}', flush=True)
        python = new_env(f.__name__)
        f(python)
        smoke(python)
    others = [o for o in pythons if o!='%d.%d' % sys.version_info[:2]]
    for o in others if 'pythons' in names else (): other_python(o)

if __name__=='__main__': main(sys.argv[1:] or ['floor', 'pinned', 'newest', 'pythons'])
