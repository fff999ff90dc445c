"`FusedAdam` takes the steps of fastai's `Adam`, and callbacks hear what they hear from fastai's own `Learner`"
import inspect
from collections import Counter
from copy import deepcopy
from functools import partial
import fastai.callback.core
import pytest,torch
from fastai.callback.core import *
from fastai.learner import *
from fastai.losses import CrossEntropyLossFlat
from fastai.optimizer import *
from fastai.torch_core import TensorBase,set_seed
from hypothesis import given,settings,strategies as st
from torch import Tensor
from torch.optim.adamw import adamw
from fastai_humannums import learner
from fastai_humannums.data import *
from fastai_humannums.learner import *
from fastai_humannums.models import *
from fastai_humannums.optimizer import *

# Steps

hypers = st.fixed_dictionaries(dict(
    lr=st.sampled_from([0., 1e-4, 1e-2, 0.5]), mom=st.sampled_from([0., 0.5, 0.95]), sqr_mom=st.sampled_from([0.9, 0.999]),
    eps=st.sampled_from([1e-8, 1e-5, 1.]), wd=st.sampled_from([0., 0.01, 0.5])))
shapes = st.lists(st.lists(st.integers(0, 4), max_size=3), min_size=1, max_size=3)

@st.composite
def trainings(draw):
    "Groups of shapes, which weights decay, and steps: hyperparameters of each group, weights with gradient, what happens"
    groups = draw(st.lists(shapes, min_size=1, max_size=3))
    n = sum(map(len, groups))
    flags = st.lists(st.booleans(), min_size=n, max_size=n)
    step = st.tuples(st.lists(hypers, min_size=len(groups), max_size=len(groups)), flags,
        st.sampled_from(['', '', '', 'saved', 'swapped', 'cleared', 'transposed']))
    return groups,draw(flags),draw(st.lists(step, min_size=1, max_size=12)),draw(st.sampled_from([torch.float32, torch.float64]))

def made(opt_func, groups, decays, dtype):
    set_seed(0)
    opt = opt_func([[torch.randn(o, dtype=dtype).requires_grad_() for o in group] for group in groups], lr=1e-3)
    for (p,*_),decay in zip(opt.all_params(), decays):
        if not decay: opt.state[p]['do_wd'] = False
    return opt

def gradient(p, transposed):
    grad = torch.randn_like(p)
    return grad.mT.contiguous().mT.clone() if transposed and p.ndim>1 else grad

def stepped(opt, seed, hypers, trained, transposed):
    set_seed(seed)
    for h,new in zip(opt.hypers, hypers): h.update(new)
    for (p,*_),train in zip(opt.all_params(), trained): p.grad = gradient(p, transposed) if train else None
    opt.step()
    opt.zero_grad()

@settings(max_examples=150, deadline=None)
@given(trainings())
def test_same_steps_as_adam(training):
    "Whatever the schedule, the groups and the gradients, also if each goes on from what the other has saved"
    groups,decays,steps,dtype = training
    theirs,ours = (made(o, groups, decays, dtype) for o in (Adam, FusedAdam))
    for i,(hypers,trained,what) in enumerate(steps):
        for opt in (theirs, ours): stepped(opt, i, hypers, trained, what=='transposed')
        states = [deepcopy(o.state_dict()) for o in (theirs, ours)]
        assert [o.keys() for o in states[0]['state']]==[o.keys() for o in states[1]['state']]
        assert [o.get('step') for o in states[0]['state']]==[o.get('step') for o in states[1]['state']]
        if what=='saved': theirs.load_state_dict(states[0]),ours.load_state_dict(states[1])
        if what=='swapped': theirs.load_state_dict(states[1]),ours.load_state_dict(states[0])
        if what=='cleared': theirs.clear_state(),ours.clear_state()
    for (p,*_),(q,*_) in zip(theirs.all_params(), ours.all_params()):
        torch.testing.assert_close(p, q, rtol=1e-4, atol=1e-5)
        assert q.grad is None

def test_averages_in_another_order():
    "fastai's `Adam` saves averages in the order of the first gradient: the fused kernel must not read them as they lie"
    theirs,ours = (opt_func([torch.zeros(2, 4).requires_grad_()], lr=0.1) for opt_func in (Adam, FusedAdam))
    stepped(theirs, 0, [], [True], True)
    assert not theirs.state[theirs.param_lists[0][0]]['sqr_avg'].is_contiguous()
    ours.load_state_dict(deepcopy(theirs.state_dict()))
    for opt in (theirs, ours):
        opt.param_lists[0][0].data.zero_()
        stepped(opt, 1, [], [True], False)
    torch.testing.assert_close(theirs.param_lists[0][0], ours.param_lists[0][0])

def test_weights_of_many_kinds():
    "Weights with and without a fused kernel go together, and those whose numbers don't lie side by side"
    def weights(): return [torch.ones(3, 4), torch.ones(3, 4).double(), torch.ones(3, 8)[:,::2], torch.ones(3, 4).t(), torch.ones(())]
    opts = []
    for opt_func in (Adam, FusedAdam):
        opt = opt_func([o.requires_grad_() for o in weights()], lr=0.1)
        for i in range(5): stepped(opt, i, [], [True]*5, False)
        opts.append(opt)
    for (p,*_),(q,*_) in zip(*(o.all_params() for o in opts)): torch.testing.assert_close(p, q, rtol=1e-4, atol=1e-5)

def test_gradients_that_overflow():
    "PyTorch's scaler of gradients skips a step, as with fastai's `Adam`"
    p = torch.ones(3, requires_grad=True)
    opt,scaler = FusedAdam([p], lr=0.1),torch.amp.GradScaler('cpu', init_scale=4.)
    for factor,same in ((float('inf'), True), (1., False)):
        before = p.detach().clone()
        scaler.scale((p*factor).sum()).backward()
        scaler.step(opt)
        scaler.update()
        opt.zero_grad()
        assert torch.equal(p, before)==same
    assert opt.state[p]['step']==1

def test_the_default():
    "`human_numbers_learner` trains with `FusedAdam`, and with whatever it is given"
    dls = HumanNumbersDataLoaders.from_range(range(1, 60), range(60, 80), bs=2, seq_len=8)
    def opt(**kwargs):
        learn = human_numbers_learner(dls, Model5, 8, **kwargs)
        learn.create_opt()
        return learn.opt
    assert type(opt()) is FusedAdam
    assert type(opt(opt_func=Adam)) is Optimizer and opt(opt_func=Adam).cbs
    assert opt(opt_func=partial(FusedAdam, eps=1e-8)).hypers[0]['eps']==1e-8

# Events

tiny = HumanNumbersDataLoaders.from_range(range(1, 13), range(13, 20), bs=2, seq_len=6)
outer = """after_create before_fit before_epoch before_train after_cancel_train after_train before_validate
    after_cancel_validate after_validate after_cancel_epoch after_epoch after_cancel_fit after_fit""".split()
events = [o for o in vars(event) if not o.startswith('_')]
cancels = [CancelBatchException, CancelBackwardException, CancelStepException, CancelTrainException, CancelValidException,
    CancelEpochException, CancelFitException, ZeroDivisionError]

class Stock(HumanNumbersLearner): __call__ = Learner.__call__

def act(cb, what, log):
    "What a callback does when it hears an event"
    if isinstance(what, type): raise what('on purpose')
    if what=='add': cb.learn.add_cb(Ears(99, dict.fromkeys(events[1:], ''), log))
    if what=='remove': cb.learn.remove_cb(cb)
    if what=='append': cb.learn.cbs.append(cb)
    if what=='mute': cb.run = False
    if what=='order': cb.order = -cb.order
    if what=='listen': cb.after_loss = lambda: log.append((cb.i, 'after_loss'))

def method(name, i, whats, log):
    "A method that logs that an event was heard, and does something once"
    def f(self):
        log.append((i, name, getattr(self.learn, 'training', None), getattr(self.learn, 'iter', None)))
        act(self, whats.pop(name, ''), log)
    return f

def Ears(i, whats, log, kind='class', **attrs):
    "A callback that does `whats[event]` the first time it hears an event"
    whats = dict(whats)
    methods = {o: method(o, i, whats, log) for o in whats}
    if kind=='own': res = Callback(**methods)
    elif kind=='all':
        def hear(self, event_name):
            log.append((i, 'call', event_name))
            return Callback.__call__(self, event_name)
        res = type(f'Ears{i}', (Callback,), methods | dict(__call__=hear))()
    else: res = type(f'Ears{i}', (Callback,), methods)()
    res.i = i
    for k,o in attrs.items(): setattr(res, k, o)
    return res

acts = st.sampled_from(['']*12+['add', 'remove', 'append', 'mute', 'order', 'listen']+cancels)
ears = st.fixed_dictionaries(dict(
    whats=st.dictionaries(st.sampled_from(events[1:]), acts, max_size=8), kind=st.sampled_from(['class', 'own', 'all']),
    order=st.integers(-60, 60), run_train=st.booleans(), run_valid=st.booleans()))

def heard(kind, callbacks):
    "All that callbacks hear in two fits, and how these end"
    log = []
    cbs = [Ears(i, log=log, **o) for i,o in enumerate(callbacks)]
    set_seed(0)
    learn = kind(tiny, Model5(len(tiny.vocab), 4), CrossEntropyLossFlat(), cbs=cbs)
    for _ in range(2):
        try:
            with learn.no_logging(), learn.no_bar(): learn.fit(2)
        except Exception as e: log.append(type(e))
    return log,[o.tolist() for o in learn.model.parameters()]

@pytest.mark.filterwarnings('ignore')
@settings(max_examples=100, deadline=None)
@given(st.lists(ears, max_size=4))
def test_callbacks_hear_the_same(callbacks):
    "The same events in the same order as from fastai's own `Learner`, and the same training"
    assert heard(HumanNumbersLearner, callbacks)==heard(Stock, callbacks)

# Names of fastai and PyTorch

def names(f): return list(inspect.signature(f).parameters)

def test_events_of_a_batch():
    "Every event is one of a batch or not, and fastai knows no others"
    assert sorted(outer+learner._in_a_batch)==sorted(events)
    assert set(fastai.callback.core._inner_loop)<=set(learner._in_a_batch)

def test_what_the_package_overrides():
    "Where this package replaces a part of fastai, that part is what it was"
    assert names(Learner.__call__)==['self', 'event_name'] and names(Callback.__call__)==['self', 'event_name']
    assert names(Learner._set_device)==['self', 'b']
    assert names(CrossEntropyLossFlat.__call__)==['self', 'inp', 'targ', 'kwargs']
    assert names(Adam)[:6]==names(FusedAdam)==['params', 'lr', 'mom', 'sqr_mom', 'eps', 'wd']
    assert [o.default for o in inspect.signature(Adam).parameters.values()][1:6]==[
        o.default for o in inspect.signature(FusedAdam).parameters.values()][1:]
    assert names(Optimizer.step)==['self', 'closure'] and names(Optimizer.zero_grad)==names(Optimizer.state_dict)==['self']

def test_fastai_calls_what_the_package_overrides():
    "A `Learner` moves each batch with `_set_device`, and announces each event by a call of itself"
    calls = Counter()
    class Spy(Learner):
        def __call__(self, event_name):
            calls[str(event_name)] += 1
            super().__call__(event_name)
        def _set_device(self, b):
            calls['device'] += 1
            return super()._set_device(b)
    learn = Spy(tiny, Model1(len(tiny.vocab), 4), loss4)
    with learn.no_logging(), learn.no_bar(): learn.fit(1)
    n_train,n_valid = map(len, tiny.loaders)
    assert calls['device']==calls['before_batch']==calls['after_loss']==n_train+n_valid
    assert calls['after_step']==calls['before_backward']==n_train

def test_what_the_package_calls():
    "PyTorch's functional optimizer and its switch for subclasses of `Tensor`"
    assert names(adamw)[:6]==['params', 'grads', 'exp_avgs', 'exp_avg_sqs', 'max_exp_avg_sqs', 'state_steps']
    assert {'fused', 'amsgrad', 'beta1', 'beta2', 'lr', 'weight_decay', 'eps', 'maximize'}<=set(names(adamw))
    t = TensorBase([1., 2.])
    with torch._C.DisableTorchFunctionSubclass(): assert type(t+t) is Tensor
    assert type(t+t) is TensorBase
