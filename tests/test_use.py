"Models in use: wrapped, nested, copied, in half precision, watched while they train, and asked by several threads"
import os,random,time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
import pytest,torch
from fastai.text.all import Callback,GradientClip,MixedPrecision,Module,ProgressCallback
from fastai.text.all import load_learner,noop,set_num_threads,set_seed
from torch import distributed as dist,nn
from torch.optim.swa_utils import AveragedModel
from fastai_humannums.data import *
from fastai_humannums.interpret import *
from fastai_humannums.learner import *
from fastai_humannums.models import *
from fastai_humannums.predict import *
from fastai_humannums.beyond import *
from fastai_humannums.copying import *
from fastai_humannums.saving import *
from fastai_humannums.state import *
from fastai_humannums.words import *

set_num_threads(1)

@pytest.fixture(scope='module')
def dls(): return HumanNumbersDataLoaders.from_range(range(1, 200), range(200, 240), bs=8, seq_len=3)

@dataclass
class Memory:
    "A state that is neither a tensor nor a tuple"
    seen:dict

class Encoder(Module):
    "A part of a model that keeps its state under its own name"
    def __init__(self, vocab_sz, n_hidden):
        self.i_h,self.memory = nn.Embedding(vocab_sz, n_hidden),None
        self.rnn = nn.GRU(n_hidden, n_hidden, batch_first=True)
    def reset(self): self.memory = None
    def forward(self, x):
        e = self.i_h(x)
        h = self.memory.seen['h'][0] if self.memory else None
        if h is not None and h.shape[1]!=len(x): h = None
        res,h = self.rnn(e, h if h is None else h.to(e))
        self.memory = Memory({'h': [h]})
        return res

def nested(vocab_sz, n_hidden): return nn.Sequential(Encoder(vocab_sz, n_hidden), nn.Linear(n_hidden, vocab_sz))

class Autocast(Callback):
    "Mixed precision, as fastai has it on a GPU"
    order = MixedPrecision.order
    def before_batch(self):
        self.ctx = torch.autocast('cpu', dtype=torch.bfloat16)
        self.ctx.__enter__()
    def after_pred(self): self.learn.pred = self.pred.float()
    def after_loss(self): self.ctx.__exit__(None, None, None)

class Average(Callback):
    "A moving average of the weights begins with a copy in the middle of training"
    def after_batch(self):
        if self.training: AveragedModel(inner_model(self.model))

class Look(Callback):
    "Ask the learner everything, during training and during validation"
    def ask(self):
        if self.iter%7: return
        self.learn.predict('one ,', 3)
        answers(self.learn)
        self.learn.show_results(max_n=1)
    before_batch = after_pred = after_batch = after_epoch = ask

archs_in_use = dict(archs, nested=nested)
ways = dict(bare=noop, parallel=nn.DataParallel, compiled=partial(torch.compile, backend='eager'),
            both=lambda o: nn.DataParallel(torch.compile(o, backend='eager')))

def learner(dls, arch, wrap=noop, cbs=None):
    "Without bars and lines, always with the same weights"
    set_seed(1)
    learn = human_numbers_learner(dls, wrap(archs_in_use[arch](len(dls.vocab), 16)), cbs=cbs)
    learn.remove_cbs(learn.cbs.filter(lambda o: isinstance(o, ProgressCallback)))
    learn.logger = noop
    return learn

def answers(learn):
    "All that a learner says about its model"
    preds,targs = learn.get_preds()
    return (learn.predict('one , two ,', 4, temperature=0), learn.predict('one ,', 4, seed=1),
            learn.count_on('five', 2).numbers, list(learn.validate()), preds.tolist())

def weights(learn): return [o.clone() for o in inner_model(learn.model).state_dict().values()]
def same(xs, ys): return len(xs)==len(ys) and all(map(torch.equal, xs, ys))
def left(learn): return [o for o in stateful_modules(learn.model) if o.h is not None]
def fit(learn, seed):
    set_seed(seed)
    learn.fit(1, 1e-2)
    return weights(learn),learn.recorder.values

@pytest.mark.parametrize('way', ['parallel', 'compiled', 'both'])
@pytest.mark.parametrize('arch', ['Model5', 'nested', 'AWDLSTM'])
def test_wrapped(dls, arch, way):
    "A wrapped model trains and answers as the bare one, whether it was wrapped before or after the learner was made"
    bare,before,after = learner(dls, arch),learner(dls, arch, ways[way]),learner(dls, arch)
    after.model = ways[way](after.model)
    (expected,values),*others = [fit(o, 2) for o in (bare, before, after)]
    for o,v in others: assert same(o, expected) and v==values
    assert answers(bare)==answers(before)==answers(after)==answers(after)
    assert not any(map(left, (bare, before, after)))

def test_ddp(dls, tmp_path):
    "The same for `DistributedDataParallel`"
    dist.init_process_group('gloo', init_method=(tmp_path/'store').as_uri(), rank=0, world_size=1)
    try:
        bare,wrapped = learner(dls, 'Model5'),learner(dls, 'Model5', nn.parallel.DistributedDataParallel)
        assert same(fit(bare, 2)[0], fit(wrapped, 2)[0]) and answers(bare)==answers(wrapped)
    finally: dist.destroy_process_group()

def test_put_in_later(dls):
    "A model with a state that takes the place of one without gets what it needs"
    learn = learner(dls, 'Model2')
    learn.model = nested(len(dls.vocab), 16)
    learn.opt = None
    fit(learn, 2)
    assert learn.model[0].memory is None

def test_remembers_without_reset(dls):
    "A model that can't forget is refused by name, whatever its state is called"
    class Sponge(Encoder): reset = None
    model = nn.Sequential(Sponge(len(dls.vocab), 8), nn.Linear(8, len(dls.vocab)))
    with pytest.raises(TypeError, match='Sponge still remembers'): human_numbers_learner(dls, model)

@pytest.mark.parametrize('arch', ['Model0', 'Model3', 'TiedLSTM', 'AWDLSTM', 'PointerGRU', 'nested'])
def test_looking_changes_nothing(dls, arch, capsys):
    "Weights and figures of a training are the same, bit by bit, with and without looks in the middle of it"
    plain,watched = learner(dls, arch),learner(dls, arch, cbs=Look())
    assert same(fit(plain, 2)[0], fit(watched, 2)[0])
    assert plain.recorder.values==watched.recorder.values and same(plain.recorder.losses, watched.recorder.losses)
    watched.remove_cb(Look)
    assert answers(plain)==answers(watched) and not left(watched)

def test_shuffled_and_shifted(capsys):
    "The same where the text itself is drawn at random"
    results = []
    for cbs in (None, Look()):
        set_seed(3)
        drawn = dict(bs=8, seq_len=8, shift=True, seq_std=2.)
        learn = learner(HumanNumbersDataLoaders.from_range(range(1, 200), range(200, 240), **drawn), 'Model5', cbs=cbs)
        set_seed(4)
        learn.fit(2, 1e-2)
        results.append((weights(learn), learn.recorder.values))
    assert same(results[0][0], results[1][0]) and results[0][1]==results[1][1]

def test_validate_in_validate(dls):
    "A look from a callback of `validate` and of `get_preds` neither waits forever nor changes them"
    plain,watched = learner(dls, 'Model5'),learner(dls, 'Model5', cbs=Look())
    assert list(plain.validate())==list(watched.validate())
    assert torch.equal(plain.get_preds()[0], watched.get_preds()[0])

def test_threads(dls):
    "Answers of several threads are those of one, whatever they ask"
    learn = learner(dls, 'Model5')
    learn.fit(1, 1e-2)
    asks = [partial(f, number_words(i)) for i in range(20, 40) for f in (
        lambda o: learn.predict(f'{o} ,', 5, temperature=0), lambda o: learn.count_on(o, 2).numbers,
        lambda o: hidden_states(learn, text_ids(learn, o)).sum().item(), lambda o: learn.get_preds()[0].sum().item())]
    one = [o() for o in asks]
    with ThreadPoolExecutor(4) as ex: assert list(ex.map(lambda o: o(), asks))==one

def test_train_beside(dls):
    "A thread that asks while another trains changes nothing of the training"
    alone,asked = learner(dls, 'Model5'),learner(dls, 'Model5')
    expected = fit(alone, 2)[0]
    with ThreadPoolExecutor(2) as ex:
        trained = ex.submit(fit, asked, 2)
        while not trained.done(): asked.predict('one ,', 2, temperature=0)
    assert same(trained.result()[0], expected)

def test_other_words(dls):
    "A model or a text that is put in later must fit the other"
    learn,n = learner(dls, 'Model5'),len(dls.vocab)
    learn.dls = HumanNumbersDataLoaders.from_range(range(1, 200), range(200, 240), bs=8, seq_len=3, ordinal=True)
    for o in (learn.fit, learn.fit_one_cycle, learn.lr_find):
        with pytest.raises(ValueError, match=f'{n}.*{len(learn.dls.vocab)}'): o(1) if o!=learn.lr_find else o()

@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('arch', list(archs))
def test_half(dls, arch, dtype):
    "Every model answers in half precision"
    learn = learner(dls, arch)
    learn.model.to(dtype)
    assert answers(learn)==answers(learn) and not left(learn)

@pytest.mark.parametrize('arch', list(archs_in_use))
def test_autocast_and_copies(dls, arch, tmp_path):
    "Every model trains in mixed precision; a copy or an export in the middle of that changes nothing"
    class InTheMiddle(Callback):
        def after_pred(self):
            if self.training and self.iter==2: self.learn.export(tmp_path/'model.pkl')
    learn,alone = learner(dls, arch, cbs=[Autocast(), Average(), InTheMiddle()]),learner(dls, arch, cbs=Autocast())
    assert same(fit(learn, 2)[0], fit(alone, 2)[0])
    loaded = load_learner(tmp_path/'model.pkl')
    assert not loaded.busy and not left(loaded) and len(loaded.predict('one', 3).split())==4

def test_pair_of_metrics(dls):
    "Validating one learner while another validates leaves the figures of both alone"
    inner = learner(dls, 'Model5')
    expected = list(inner.validate())
    class Other(Callback):
        def after_batch(self): assert list(inner.validate())==expected
    outer = learner(dls, 'Model5', cbs=Other())
    inner.metrics = outer.metrics = token_accuracy
    expected = list(inner.validate())
    assert list(outer.validate())==expected

def test_script(dls, capsys):
    "Outside a notebook, results are plain text, and counts are silent"
    learn = learner(dls, 'Model5')
    learn.show_results(max_n=1)
    assert 'prediction' in (shown := capsys.readouterr().out) and '<' not in shown
    with learn.no_bar(): learn.count_on('one', 2000)
    assert capsys.readouterr().out==''

def test_log_file(dls, capsys):
    "Outside a notebook and a terminal, training writes a line for each epoch"
    learn = human_numbers_learner(dls, Model5, 16)
    for _ in range(2):
        learn.fit(2)
        header,*lines = capsys.readouterr().out.splitlines()
        assert header.split()[:2]==['epoch', 'train_loss'] and [o[0] for o in lines]==['0', '1']
        with learn.no_bar(), learn.no_logging(): learn.fit(1)
        assert capsys.readouterr().out==''

def test_any_use(dls, tmp_path, capsys):
    "Whatever is done in whatever order, a learner answers like one with a bare model, and no state is left"
    rng = random.Random(int(os.environ.get('HUMANNUMS_SEED', 0)))
    end = time.monotonic()+15
    for trial in range(25):
        if time.monotonic()>end: break
        arch,way = rng.choice(list(archs_in_use)),rng.choice(list(ways))
        dtype,cbs = rng.choice([(torch.float32, []), (torch.float32, [GradientClip]), (torch.float32, [Autocast]),
                                (torch.bfloat16, [Autocast])]) # fastai's figures need a loss in full precision
        watch = rng.choice([[], [Look], [Average]])
        uses = [rng.choice(['fit', 'fit', 'ask', 'save', 'load', 'numbers', 'wrap']) for _ in range(5)]
        said = f'{trial=} {arch=} {way=} {dtype=} {cbs=} {watch=} {uses=}'
        used = learner(dls, arch, ways[way], cbs=[o() for o in cbs+watch])
        twin = learner(dls, arch, cbs=[o() for o in cbs])
        used.path = twin.path = tmp_path
        for o in (used, twin): o.model.to(dtype)
        for i,use in enumerate(['fit', *uses]):
            if use=='fit': assert same(fit(used, i)[0], fit(twin, i)[0]), said
            if use=='ask': assert answers(used)==answers(used), said
            if use=='save': used.save('model')
            if use=='load' and 'save' in uses[:i]: 
                used.load('model')
                inner_model(twin.model).load_state_dict(inner_model(used.model).state_dict())
            if use=='wrap': used.model = nn.DataParallel(used.model)
            if use=='numbers' and arch!='nested' and dtype==torch.float32:
                loaded = load_numbers_learner(used.save_numbers(tmp_path/'model.safetensors', overwrite=True))
                assert loaded.predict('one ,', 5, seed=1)==used.predict('one ,', 5, seed=1), said
            assert not left(used), said
        used.remove_cbs(used.cbs.filter(lambda o: isinstance(o, Look)))
        assert answers(used)==answers(twin), said
        torch._dynamo.reset()
