"Train every model of the leaderboard with three seeds, and write a row for each run: python benchmarks/leaderboard.py [name ...]"
import json,sys
from pathlib import Path
from fastai_humannums.all import *

here = Path(__file__).parent
def swap(dls): return DigitSwap(every=2)
regularized = dict(cbs=RNNRegularizer(alpha=2., beta=1.), learner=dict(wd=0.1))
shift = dict(dls=dict(shift=True))

# What is trained, how, and what it teaches. Model2 to Model7 are trained as in the lesson; all other settings were chosen with task='tuning'
entries = {
    'Model2': (Model2, dict(n_epoch=10, lr=1e-4, fit=dict(pct_start=0.1)), 'twenty words of memory and no state that is carried'),
    'Model3': (Model3, dict(n_epoch=20, lr=3e-3), 'carrying a state is worth more than anything that follows in the lesson, if it trains'),
    'Model4': (Model4, dict(n_epoch=20, lr=3e-3), 'the same recurrence inside PyTorch, with tanh, trains better'),
    'Model5': (Model5, dict(n_epoch=10, lr=1e-2), 'gates and a second layer: the best of the lesson'),
    'Model6': (Model6, dict(n_epoch=10, lr=1e-2), 'one layer of gates'),
    'Model7': (Model7, dict(n_epoch=10, lr=1e-2), 'written by hand, the same'),
    'LSTM': (LSTMModel, dict(n_epoch=10, lr=1e-2, **shift), 'a memory of its own: no better than a GRU here'),
    'TiedLSTM': (TiedLSTM, dict(n_epoch=15, lr=1e-2, **shift, **regularized), 'the book\'s regularization: a few hundredths more, and the same wall'),
    'AWD-LSTM': (awd_lstm, dict(n_epoch=15, lr=1e-2, **shift, **regularized), 'all of its dropouts are too much for a model this small'),
    'minGRU': (MinGRUModel, dict(n_epoch=10, lr=1e-2, **shift), 'gates that do not see the state, and so no loop: nearly as good'),
    'Transformer': (TransformerModel, dict(n_epoch=10, lr=3e-3, **shift), 'attention in place of a state: as good, more uneven, and the same wall'),
    'PointerGRU': (PointerGRU, dict(n_epoch=30, lr=1e-2, **shift, learner=dict(wd=0.1)), 'who can say again what was read needs no "eight thousand" in training'),
    'Model5, digit swap': (Model5, dict(n_epoch=30, lr=1e-2, seq_len=35, **shift, augment=swap, declare='digit swap'), 'who is shown that digits are names needs no pointer'),
    'PointerGRU, digit swap': (PointerGRU, dict(n_epoch=60, lr=1e-2, seq_len=35, **shift, learner=dict(wd=0.1), augment=swap, declare='digit swap'), 'both: what is left can hardly be known'),
}

def rows(name):
    arch,opts,teaches = entries[name]
    res = bench(arch, name=name, n_procs=int(os.environ.get('N_PROCS', 0)) or None, **opts)
    print(res.markdown.splitlines()[-1], flush=True)
    runs = res.runs.assign(model=name, declared=res.augmented or '', ceiling=res.ceiling, teaches=teaches)
    return runs.assign(places=runs.places.map(json.dumps), curve=runs.curve.map(json.dumps))

if __name__=='__main__':
    file = here/'leaderboard.csv'
    for name in sys.argv[1:] or entries:
        runs = [rows(name)] + ([pd.read_csv(file, keep_default_na=False)] if file.exists() else [])
        runs = pd.concat([runs[0], *(o[(o.model!=name) & o.model.isin(list(entries))] for o in runs[1:])])
        runs.sort_values(['model', 'seed'], key=lambda o: o.map(list(entries).index) if o.name=='model' else o).to_csv(f'{file}.part', index=False)
        os.replace(f'{file}.part', file)
