"What the tests share: the repository, a copy of what is committed or about to be, and a shell"
import os,signal,subprocess,sys
from functools import partial
from pathlib import Path
import pytest

root = Path(__file__).resolve().parent.parent

def sh(*args, cwd=root, check=True, env=None, timeout=900):
    "Run a command, and return it with its output"
    env = {**os.environ, **(env or {})}
    res = subprocess.run(list(map(str, args)), cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout)
    if check and res.returncode: raise AssertionError(f'{args} ended with {res.returncode}\n{res.stdout}\n{res.stderr}')
    return res

@pytest.fixture
def tree(tmp_path):
    "A copy of the working tree: what git tracks, and what it does not ignore"
    files = sh('git', 'ls-files', '-co', '--exclude-standard', '-z').stdout.split('\0')
    dest = tmp_path/'tree'
    for o in filter(None, files):
        if not (root/o).is_file(): continue
        (dest/o).parent.mkdir(parents=True, exist_ok=True)
        (dest/o).write_bytes((root/o).read_bytes())
    return dest

def command(name): return Path(sys.executable).parent/name

# A process started in the background may inherit a deaf ear for Ctrl-C: this gives it back
hears = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
