"A run that is hard to resume, in a process that may die: see test_saving.py"
import hashlib,io,json,os,shutil,signal,sys,traceback
from contextlib import redirect_stdout
from fastai.text.all import *
from fastai_humannums.words import number_words
from fastai_humannums.data import *
from fastai_humannums.models import *
from fastai_humannums.beyond import *
from fastai_humannums.copying import *
from fastai_humannums.learner import *
from fastai_humannums.saving import *

set_num_threads(1)
steps = 'open os.mkdir os.rename os.remove os.rmdir os.scandir'.split()

class Wet(Model5):
    "Draws random numbers of three kinds while it trains"
    def forward(self, x):
        e = F.dropout(self.i_h(x), 0.2, self.training)
        if self.training: e = e*(1+random.random()/10+np.random.rand()/10)
        res,self.h = self.rnn(e, self.carried(e, 1))
        return self.h_o(self.bn(res))

class DieAfter(Callback):
    order,only_looks = ResumeCallback.order+1,True
    def __init__(self, when): self.when = when
    def after_epoch(self):
        if self.epoch==self.when: os.kill(os.getpid(), signal.SIGKILL)

def die_at(k):
    "Die before the `k`-th thing that is done to a file in this folder"
    def step(event, args):
        nonlocal k
        if event not in steps or not isinstance(args[0], (str, os.PathLike)): return
        if os.path.relpath(args[0]).startswith('..'): return
        k -= 1
        if k==0: os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(step)

def get_dls():
    "Documents that are shuffled, read from a random place on, and cut into batches of random width"
    texts = [', '.join(map(number_words, range(o, o+50))) for o in (1, 51, 101, 151)]
    block = HumanNumbersBlock(8, number_vocab(' , '.join(texts)), shift=True, seq_std=1.)
    dblock = DataBlock(block, splitter=IndexSplitter([3]))
    return HumanNumbersDataLoaders.from_dblock(dblock, texts, bs=4)

class EverySecond(Callback):
    "Validates in every second epoch only"
    def before_validate(self):
        if self.epoch%2==0: raise CancelValidException()

def trackers():
    "Several of a class, with other settings"
    return [SaveModelCallback('train_loss'), *(EarlyStoppingCallback('train_loss', patience=o) for o in (1, 3)),
            *(ReduceLROnPlateau('train_loss', min_delta=o) for o in (0.2, 0.6))]

def one_cycle(cbs, arch=Wet, n_epoch=5):
    learn = human_numbers_learner(get_dls(), arch, 16)
    yield learn
    learn.fit_one_cycle(n_epoch, 1e-2, cbs=cbs)

def tuned(cbs):
    learn = human_numbers_learner(get_dls(), Wet, 16)
    yield learn
    learn.fine_tune(3, 1e-2, freeze_epochs=2, cbs=[*trackers(), *cbs])

def several(cbs):
    learn = human_numbers_learner(get_dls(), Wet, 16, cbs=[EverySecond(), *trackers(), *cbs], opt_func=SGD)
    yield learn
    for n in (3, 2, 2): learn.fit(n, 0.1)

def accumulated(cbs):
    learn = human_numbers_learner(get_dls(), Wet, 16, opt_func=ranger)
    learn.model = nn.DataParallel(learn.model)
    yield learn
    learn.fit_flat_cos(5, 1e-2, cbs=[GradientAccumulation(10), GradientClip(0.5), *cbs])

def pytorch(cbs):
    learn = human_numbers_learner(get_dls(), AWDLSTM, 16, opt_func=partial(OptimWrapper, opt=torch.optim.AdamW))
    learn.model = torch.compile(learn.model, backend='eager')
    yield learn
    learn.fit(4, 1e-2, cbs=[ReduceLROnPlateau(min_delta=0.5), *cbs])

def train(*cbs, recipe=one_cycle):
    "Train, and return a digest of all that came out of it"
    set_seed(7)
    steps = recipe(cbs)
    learn = next(steps)
    with learn.no_bar(), learn.no_logging(), redirect_stdout(io.StringIO()): list(steps)
    res,rec = hashlib.sha256(),learn.recorder
    for k,o in learn.model.state_dict().items(): res.update(k.encode()+o.numpy().tobytes())
    for o in (list(map(list, rec.values)), torch.stack(rec.losses).tolist(), list(map(float, rec.lrs)), rec.iters,
              {k: list(map(float, o)) for k,o in getattr(rec, 'hps', {}).items()}): res.update(repr(o).encode())
    return res.hexdigest()

def forked(f):
    "Call `f` in a process of its own: was that killed?"
    pid = os.fork()
    if not pid:
        code = 1
        try: f(); code = 0
        except Exception: traceback.print_exc()
        finally: os._exit(code)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status)==0, status
    return os.WIFSIGNALED(status)

def clean_up(name):
    "Remove `name`, and the temporary folders that killed writers left"
    for o in Path().glob(f'.{Path.cwd().name}-*'): shutil.rmtree(o)
    os.remove(name)
    assert not set(os.listdir())-{'old', 'new'}

def sweep_run():
    "Kill a run after each epoch, and before each step of its first files; let it go on; count how often it had a file"
    def run(*cbs): Path('digest').write_text(train(ResumeCallback('run.ckpt'), *cbs))
    def dying(k): return lambda: (die_at(k), run())
    expected,found = train(),[]
    for f in [*(partial(run, DieAfter(o)) for o in range(5)), *map(dying, range(1, 17))]:
        assert forked(f)
        found.append(Path('run.ckpt').exists())
        assert not Path('digest').exists() and not forked(run)
        assert Path('digest').read_text()==expected
        os.remove('digest')
        clean_up('run.ckpt')
    print(f'{len(found)} runs killed, {sum(found)} of them with a file')

class DieIn(Callback):
    "Die in the `left`-th batch from now on"
    order,only_looks = 200,True
    def __init__(self, left): self.left = left
    def before_batch(self):
        self.left -= 1
        if not self.left: os.kill(os.getpid(), signal.SIGKILL)

def random_kills(seed, n=3):
    "Kill runs of all kinds in random batches, some of them twice, and let them go on"
    rng,found = random.Random(seed),[]
    for recipe in (tuned, several, accumulated, pytorch):
        expected = train(recipe=recipe)
        counter = DieIn(0)
        assert train(counter, recipe=recipe)==expected # somebody who looks on changes nothing
        for _ in range(n):
            def run(*cbs): Path('digest').write_text(train(ResumeCallback('run.ckpt'), *cbs, recipe=recipe))
            for _ in range(rng.choice((1, 1, 2))):
                forked(lambda: run(DieIn(rng.randrange(1, -counter.left))))
                found.append(Path('run.ckpt').exists())
            assert not forked(run)
            assert Path('digest').read_text()==expected, (recipe.__name__, seed)
            for o in ('digest', 'run.ckpt'): os.remove(o)
            shutil.rmtree('models', ignore_errors=True)
    print(f'{len(found)} runs killed, {sum(found)} of them with a file')

def facts():
    "What is written about runs of all kinds, as one text"
    short = [partial(one_cycle, arch=o, n_epoch=1) for o in (Model7, MinGRUModel, TransformerModel, PointerGRU)]
    for recipe in (tuned, several, accumulated, pytorch, *short):
        file = Path(f'facts-{os.getpid()}')
        train(ResumeCallback(file), recipe=recipe)
        for state in ResumeCallback(file).read(): yield json.dumps([state[o] for o in ('facts', 'start')])
        file.unlink()

def sweep_save():
    "Kill `save_numbers` before each of its steps, with and without an older file; count what was left"
    dls,left = get_dls(),[]
    old,new = (human_numbers_learner(dls, Model5, o) for o in (8, 9))
    old.save_numbers('old'); new.save_numbers('new')
    old_bytes,new_bytes = Path('old').read_bytes(),Path('new').read_bytes()
    for had in (False, True):
        for k in itertools.count(1):
            if had: Path('numbers').write_bytes(old_bytes)
            killed = forked(lambda: (die_at(k), new.save_numbers('numbers', overwrite=True)))
            now = Path('numbers').read_bytes() if Path('numbers').exists() else None
            assert now==new_bytes or killed and now==(old_bytes if had else None)
            if now: load_numbers_learner('numbers')
            old.save_numbers('numbers', overwrite=True)
            clean_up('numbers')
            if not killed: break
            left.append('nothing' if now is None else 'new' if now==new_bytes else 'old')
    print(f"{len(left)} writers killed, leaving {dict(Counter(left))}")

if __name__=='__main__':
    what,*args = sys.argv[1:]
    if what=='plain': print(train())
    if what=='run': print(train(ResumeCallback('run.ckpt'), *(DieAfter(int(o)) for o in args)))
    if what=='sweep': sweep_run()
    if what=='random': random_kills(int(args[0]))
    if what=='facts': print(*facts(), sep='\n')
    if what=='save': sweep_save()
