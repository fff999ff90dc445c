"The model of benchmarks/sprint.py computes what `PointerGRU` computes"
import pytest,torch
from conftest import root
from fastai_humannums.all import PointerGRU,nn

@pytest.fixture
def models(monkeypatch):
    "Both models with the same weights"
    monkeypatch.syspath_prepend(root/'benchmarks')
    from sprint import SprintGRU
    torch.manual_seed(0)
    res = [o(40, 16, p=0.).eval() for o in (PointerGRU, SprintGRU)]
    for o in res: o.load_state_dict(res[0].state_dict())
    return res

def ids(): return torch.randint(9, 40, (4, 60)) # no special tokens

def test_same_answers(models):
    "In one batch after the other"
    x = ids()
    for some in x.split((20, 1, 39), 1):
        pointer,*others = [o(some) for o in models]
        for o in others: torch.testing.assert_close(o, pointer, rtol=1e-4, atol=1e-5)

def test_same_gradients(monkeypatch):
    "As those of PyTorch's layer"
    monkeypatch.syspath_prepend(root/'benchmarks')
    from sprint import GRUFunction
    torch.manual_seed(0)
    rnn = nn.GRU(8, 8).double()
    e,h = torch.randn(5, 3, 8).double().requires_grad_(),torch.randn(3, 8).double().requires_grad_()
    w_ih,w_hh,b_ih,b_hh = rnn.parameters()
    ours = GRUFunction.apply(nn.functional.linear(e, w_ih, b_ih), h, w_hh, b_hh)
    theirs = rnn(e, h[None])[0]
    torch.testing.assert_close(ours, theirs)
    inputs = e,h,*rnn.parameters()
    grads = [torch.autograd.grad((o*o.cos()).sum(), inputs) for o in (ours, theirs)]
    for ours,theirs in zip(*grads): torch.testing.assert_close(ours, theirs)
