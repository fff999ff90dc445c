"What the lesson's experiments to try lead to, three seeds each: python benchmarks/exercises.py --out benchmarks/exercises.md"
from dataclasses import replace
from fastai_humannums.all import *
from fastcore.script import call_parse
from report import report

seeds = 1,2,3

def stream(seq_len, **kwargs): return HumanNumbersDataLoaders.from_range(bs=64, seq_len=seq_len, **kwargs)

class OneLSTM(Model4):
    "`Model4` with an LSTM"
    def __init__(self, vocab_sz, n_hidden=64): super().__init__(vocab_sz, n_hidden, rnn=nn.LSTM)

class TwoWords(Model0):
    "`Model0` without its third step"
    def forward(self, x):
        e = self.i_h(x)
        h = self.bn(F.relu(e[:,0]))
        return self.h_o(self.bn(F.relu(self.h_h(h + e[:,1]))))

# A model, the stream it reads, and what its recipe changes
exercises = {
    'Model1, learning rate 0.01': (Model1, stream(3, wrap=True), dict(lr=1e-2)),
    'Model0, 8 units': (Model0, stream(3, wrap=True), dict(n_hidden=8)),
    'Model0 for two words': (TwoWords, stream(2, wrap=True), dict(seq_len=2)),
    'Model1, 6 words': (Model1, stream(6, wrap=True), dict(seq_len=6)),
    'Model3, 5 words': (Model3, stream(5), dict(seq_len=5)),
    'Model5, 16 units': (Model5, stream(20), dict(n_hidden=16)),
    'Model4 with an LSTM': (OneLSTM, stream(20), dict(n_epoch=10, lr=1e-2)),
    'Model5': (Model5, stream(20), {}),
    'PointerGRU': (PointerGRU, stream(20, shift=True), {}),
    'PointerGRU, window of 4': (partial(PointerGRU, window=4), stream(20, shift=True), {})}

def trained(arch, dls, changes):
    "A learner for each seed"
    recipe = getattr(arch, 'func', arch).recipe
    return [train(arch, dls, replace(recipe, **changes), seed, bar=False) for seed in seeds]

def counts(learners):
    "How far each network counts on within its training text"
    if type(learners[0].model) not in (Model5, PointerGRU): return ''
    prompt = 'four thousand ninety seven, four thousand ninety eight'
    return ' '.join(str(o.count_on(prompt, n=2000, stop=True).until_slip) for o in learners)

def row(name):
    learners = trained(*exercises[name])
    scores,losses = (np.array([o.recorder.values[-1][i] for o in learners]) for i in (-1, 0))
    spread = f'{scores.mean():.3f} ± {scores.std(ddof=1):.3f}'
    return {'exercise': name, 'accuracy': spread, 'training loss': losses.mean().item(), 'counts on': counts(learners)}

def step(cell, z, x, h):
    "A step of `cell` with all update gates at `z`"
    if h is None: h = x.new_zeros(len(x), cell.h2h.in_features)
    x_r,_,x_n = cell.i2h(x).chunk(3, -1)
    h_r,_,h_n = cell.h2h(h).chunk(3, -1)
    n = torch.tanh(x_n + torch.sigmoid(x_r + h_r)*h_n)
    return z*h + (1-z)*n

def with_fixed(learn, z):
    "Token accuracy on the training text with all update gates at `z`"
    cell = learn.model.rnnc
    cell.forward = partial(step, cell, z)
    with learn.no_bar(): return learn.validate(0)[-1]

def gate_rows():
    learn = train(Model7, stream(20), seed=1, bar=False)
    return [{'update gates at': z, 'accuracy, training text': with_fixed(learn, z)} for z in (0, 1)]

@call_parse
def main(
    out:str=None # Markdown file for the table
):
    "Train what the lesson suggests to try"
    torch.set_num_threads(1)
    rows = [row(o) for o in progress_bar(list(exercises))]
    text = ('Accuracy on the validation text after the last epoch, mean ± standard deviation of three seeds. *Counts on*: '
            'how many numbers are right after "four thousand ninety seven, four thousand ninety eight", of 2,000.')
    report(__file__, text, out, exercises=rows, gates=gate_rows())
