"What test_distrib.py runs in one process and in two: it trains small models and writes down the results"
import json,os,signal,sys
from fastai.text.all import *
from fastai_humannums.data import *
from fastai_humannums.distrib import *
from fastai_humannums.interpret import *
from fastai_humannums.learner import *
from fastai_humannums.models import *
from fastai_humannums.state import *
from fastai_humannums.stream import *
from fastai_humannums.words import *

n,rank = max(num_distrib(), 1),rank_distrib()

class TinyGRU(StatefulModel):
    "A recurrent network without batch normalization"
    def __init__(self, vocab_sz, n_hidden=32):
        self.i_h = nn.Embedding(vocab_sz, n_hidden)
        self.rnn = nn.GRU(n_hidden, n_hidden, batch_first=True)
        self.h_o = nn.Linear(n_hidden, vocab_sz)
    def forward(self, x):
        e = self.i_h(x)
        res,self.h = self.rnn(e, self.carried(e, 1))
        return self.h_o(res)

class Reader(Callback):
    "Records what the model trains on, epoch by epoch"
    def before_fit(self): self.read = []
    def before_train(self): self.read.append([])
    def before_batch(self):
        if self.training: self.read[-1].append(self.x.tolist())

class Look(Callback):
    "Looks at the model and copies it while it is trained"
    def after_batch(self):
        if not self.training or self.iter%20: return
        for o in (self.model, deepcopy(self.model)): assert type(inner_model(o)) is TinyGRU
        for f in (hidden_states, gru_gates): f(self.learn, 'one , two')
        self.learn.predict('one ,', 3)

class Fail(Callback):
    "Raises or dies in the third batch"
    def __init__(self, how): self.how = how
    def before_batch(self):
        if self.iter<2: return
        if self.how=='raise': raise RuntimeError('process 1 has had enough')
        os.kill(os.getpid(), signal.SIGKILL)

def text(start, stop): return ', '.join(number_words(o) for o in range(start, stop))

def learner(model, texts=None, seed=42, **kwargs):
    set_seed(seed)
    texts = texts or [text(1, 1500), text(8001, 8500)]
    block = HumanNumbersBlock(20, number_vocab(*map(', '.join, (texts[:-1], texts[-1:]))), **kwargs)
    dls = DataBlock(block, splitter=IndexSplitter([len(texts)-1])).dataloaders(texts, bs=64//n)
    learn = human_numbers_learner(dls, model, n_hidden=32, cbs=Reader())
    learn.remove_cb(ProgressCallback)
    learn.logger = noop
    return learn

def result(learn):
    rec = learn.recorder
    weights = {k: v.tolist() for k,v in learn.model.state_dict().items()}
    return dict(values=rec.values, n_targets=(learn.dls.valid.n_tokens-1)//64*64, losses=[float(o) for o in rec.losses],
                read=learn.reader.read, names=list(rec.metric_names), weights=weights)

def trained(learn, epochs=2, sync_bn=True):
    with learn.rows_distrib_ctx(sync_bn=sync_bn, cpu=True):
        learn.fit_one_cycle(epochs, 1e-2)
    assert type(learn.model) in (TinyGRU, Model5) and isinstance(learn.dls.train, NumbersDL)
    return result(learn)

def uneven(): return trained(learner(TinyGRU))

def looks():
    "The same with a look now and then; what is exported afterwards predicts as before"
    learn = learner(TinyGRU)
    learn.add_cb(Look())
    res = trained(learn)
    with rows_distrib_ctx(learn, cpu=True): learn.export(Path.cwd()/f'{n}.pkl')
    said = [o.predict('one ,', 9, temperature=0) for o in (learn, load_learner(f'{n}.pkl'))]
    return dict(res, said=said)

def twice():
    "Two fits in two contexts, with documents shuffled by fastai's own random numbers, which differ in process 1"
    learn = learner(TinyGRU, [text(o, o+150) for o in (1, 1000, 2000, 3000, 8001)])
    if rank: set_seed(1)
    return dict(first=trained(learn), second=trained(learn))

def shift():
    "Other seeds, other weights: process 0 decides"
    return trained(learner(TinyGRU, seed=42+rank, shift=True))

def batchnorm(): return {k: trained(learner(Model5), sync_bn=sync) for k,sync in (('synced', True), ('apart', False))}

def predictions():
    learn = learner(TinyGRU)
    with learn.rows_distrib_ctx(cpu=True):
        learn.fit(1, 1e-2)
        preds,targs = learn.get_preds()
        stream = [y.tolist() for _,y in learn.dls.valid]
        return dict(valid=list(learn.validate()), preds=preds.tolist(), targs=targs.tolist(), stream=stream)

def after_lr_find():
    learn = learner(TinyGRU)
    with learn.rows_distrib_ctx(cpu=True): found = learn.lr_find(num_it=40, show_plot=False)
    return dict(trained(learn), found=found.valley)

def after_error():
    "An error leaves the learner as it was"
    learn = learner(TinyGRU)
    class Stop(Callback):
        def after_batch(self): raise KeyError('stop')
    with expect_fail(KeyError), learn.rows_distrib_ctx(cpu=True): learn.fit(1, cbs=Stop())
    return [type(learn.model).__name__, type(learn.dls.train).__name__, hasattr(learn, 'row_distributed_trainer')]

def other_text():
    "Process 1 has one number more"
    learn = learner(TinyGRU, [text(1, 1500+rank), text(8001, 8500)])
    try:
        with learn.rows_distrib_ctx(cpu=True): learn.fit(1)
    except ValueError as e: return str(e)
    return 'no error'

def failing(how):
    learn = learner(TinyGRU)
    with learn.rows_distrib_ctx(cpu=True): learn.fit(1, cbs=Fail(how) if rank==1 else None)

if __name__=='__main__':
    what,how = sys.argv[1:]
    if what=='all':
        cases = uneven,looks,twice,shift,batchnorm,predictions,after_lr_find,after_error,other_text
        res = {o.__name__: o() for o in cases}
        Path(f'{n}-{rank}.json').write_text(json.dumps(res, default=list))
    failing(how)
