"What `torch.compile` and bfloat16 are worth, for an epoch of training and for validation"
import os,time
os.environ['TORCHINDUCTOR_FORCE_DISABLE_CACHES'] = '1' # so that compiling takes as long as the first time
from fastai_humannums.all import *
from fastcore.script import *
from report import report

class Clock(Callback):
    "Seconds of training and of validation in an epoch"
    order = 100
    def now(self):
        dict(cuda=torch.cuda.synchronize, mps=torch.mps.synchronize).get(self.dls.device.type, noop)()
        return time.perf_counter()
    def before_train(self): self.start = self.now()
    def after_train(self): self.train_secs = self.now()-self.start
    before_validate = before_train
    def after_validate(self): self.valid_secs = self.now()-self.start

class Autocast(Callback):
    "Compute in bfloat16 where that is safe, on any device"
    order = MixedPrecision.order
    def before_batch(self):
        self.context = torch.autocast(self.dls.device.type, dtype=torch.bfloat16)
        self.context.__enter__()
    def after_pred(self): self.learn.pred = to_float(self.pred)
    def after_loss(self): self.context.__exit__(None, None, None)

class FloatLoss(Callback):
    "The loss of a model in bfloat16, in float32"
    def after_pred(self): self.learn.pred = to_float(self.pred)

def compiled(learn): learn.model = torch.compile(learn.model)
def weights(learn):
    learn.model.bfloat16()
    learn.add_cb(FloatLoss())

ways = {'float32': noop, '`torch.compile`': compiled, '`to_bf16()`': Learner.to_bf16,
        '`autocast` to bfloat16': lambda learn: learn.add_cb(Autocast()), 'weights in bfloat16': weights}

def new_learner(arch, device, way=noop, seed=1):
    recipe,device = arch.recipe,torch.device(device)
    set_seed(seed)
    dls = HumanNumbersDataLoaders.from_range(bs=64, seq_len=recipe.seq_len, device=device, **recipe.dls)
    learn = human_numbers_learner(dls, arch)
    way(learn)
    return learn

def epoch(learn):
    "Train and validate once: the seconds of both, and the loss"
    clock = Clock()
    with learn.no_bar(), learn.no_logging(): learn.fit(1, 3e-3, cbs=clock)
    return clock.train_secs,clock.valid_secs,learn.recorder.values[-1][1]

columns = ('training, s', 'training : float32', 'validation, s', 'validation : float32', 'first epoch, s more',
           'loss', 'differs by', 'seeds differ by')

def tried(arch, device, way):
    "A learner after its first epoch, and the figures of that; or the reason why there is none"
    try:
        learn = new_learner(arch, device, way)
        return learn,epoch(learn)
    except Exception as e:
        if way is noop: raise
        return None,f'{type(e).__name__}: {str(e).splitlines()[0]}'.replace('|', '/')

def remark(way, learn, res, loss):
    "What the figures alone don't say"
    if learn is None: return res
    if way not in ('float32', '`torch.compile`') and res[2]==loss: return 'changes nothing'

def figures(res, times, base, loss, spread):
    "The fastest epoch, what the first one took beyond it, and how far its loss is from that of float32"
    train,valid = map(min, zip(*times))
    values = (train, train/base[0], valid, valid/base[1], sum(res[:2])-train-valid, res[2], abs(res[2]-loss), spread)
    return dict(zip(columns, values))

def rows(arch, device, n, seeds):
    "A row for each way, timed in turns after the first epoch"
    torch._dynamo.reset()
    tries = {k: tried(arch, device, way) for k,way in ways.items()}
    learns = {k: learn for k,(learn,_) in tries.items() if learn}
    turns = [{k: epoch(o)[:2] for k,o in learns.items()} for _ in range(n)]
    times = {k: [o[k] for o in turns] for k in learns}
    base = [*map(min, zip(*times['float32']))]
    loss = tries['float32'][1][2]
    losses = [loss, *(epoch(new_learner(arch, device, seed=o))[2] for o in range(2, seeds+1))]
    spread = max(losses)-min(losses)
    for k,(learn,res) in tries.items():
        known = figures(res, times[k], base, loss, spread) if learn else dict.fromkeys(columns)
        yield {'device': device, 'model': arch.__name__, 'way': k, **known, 'remark': remark(k, learn, res, loss)}

@call_parse
def main(
    n:int=5, # Epochs after the first; the fastest counts
    seeds:int=3, # Float32 is trained with as many, to see how much the loss differs between seeds
    out:str=None # Also write the table to this file
):
    "Seconds of training and validation: compiled, and in bfloat16"
    torch.set_num_threads(1)
    archs = Model5,Model7,TransformerModel,PointerGRU
    there = {'cpu': True, 'cuda': torch.cuda.is_available(), 'mps': torch.backends.mps.is_available()}
    jobs = [(arch, device) for device,o in there.items() if o for arch in archs]
    table = [row for job in progress_bar(jobs) for row in rows(*job, n, seeds)]
    table += [dict.fromkeys(table[0]) | {'device': k, 'remark': 'not seen'} for k,o in there.items() if not o]
    text = (f'Seconds for training and validation: the fastest of {n} epochs after the first, all variants '
            'alternating. `torch.compile` compiles in the first epoch, which takes a few extra seconds. *Loss* is the '
            'validation loss after one epoch, *differs by* its difference from the loss in float32, and *seeds differ '
            f'by* the largest difference between {seeds} seeds in float32.')
    report(__file__, text, out, compile=table)
