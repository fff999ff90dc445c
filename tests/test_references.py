"""The layers of `linear` compute what other implementations of the same recurrences compute

Each comparison needs a package that nothing else here needs, and is skipped without it. This installs all of them:
`pip install --no-deps fla-core einops xlstm rwkv lru-pytorch`. The recorded figures are checked either way.
"""
import json,sys
from importlib.metadata import PackageNotFoundError,version
import pytest
from conftest import root
from fastai_humannums import linear

sys.path.insert(0, str(root/'benchmarks'))
from references import difference,references

recorded = {o['layer']: o for o in json.loads((root/'benchmarks/references.json').read_text())}

@pytest.mark.parametrize('name', references)
def test_same_as_reference(name):
    package,compute = references[name]
    try: version(package)
    except PackageNotFoundError: pytest.skip(f'{package} is not installed')
    assert difference(compute, seed=11)<1e-5

def test_all_layers_are_recorded():
    layers = {k for k,v in vars(linear).items() if k in linear.__all__ and hasattr(v, '_read') and k!='MatrixLayer'}
    assert layers==references.keys()==recorded.keys()
    for o in recorded.values(): assert 0<o['largest difference']<1e-5 and o['package']==references[o['layer']][0]
