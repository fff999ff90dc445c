"CPU seconds of training to a token accuracy of 0.98: python benchmarks/sprint.py [n_seeds [n_seeds of Model5]]"
import sys,time
import pandas as pd
from pathlib import Path
from fastai_humannums.all import *
from report import write_aside

class GRUFunction(torch.autograd.Function):
    "All steps of a GRU layer: PyTorch's `nn.GRU`, with one product for the gradient of the recurrent weights"
    @staticmethod
    def forward(ctx, x, h, w, b): # x `[seq_len, bs, 3*n_hidden]`, projected; returns all states
        n_hidden = h.shape[-1]
        hs = x.new_empty(len(x)+1, *h.shape)
        hs[0] = h
        rz,n,n_h = (x.new_empty(len(x), len(h), k*n_hidden) for k in (2, 1, 1))
        wt = w.t().contiguous()
        for t in range(len(x)):
            h_rz,h_n = torch.addmm(b, hs[t], wt).split([2*n_hidden, n_hidden], 1)
            torch.add(x[t,:,:2*n_hidden], h_rz, out=rz[t]).sigmoid_()
            r,z = rz[t].chunk(2, 1)
            n_h[t] = h_n
            torch.addcmul(x[t,:,2*n_hidden:], r, h_n, out=n[t]).tanh_()
            torch.lerp(n[t], hs[t], z, out=hs[t+1])
        ctx.save_for_backward(hs, rz, n, n_h, w)
        return hs[1:]

    @staticmethod
    def backward(ctx, grad): # Gradient of all states
        hs,rz,n,n_h,w = ctx.saved_tensors
        r,z = rz.chunk(2, 2)
        by_z = (hs[:-1]-n)*z*(1-z) # factors for all steps at once
        by_n = (1-z)*(1-n*n)
        by_r = n_h*r*(1-r)
        d_h,d_x = (n.new_empty(*n.shape[:2], len(w)) for _ in range(2))
        dh = torch.zeros_like(n[0])
        for t in reversed(range(len(n))):
            dh = dh+grad[t]
            d_r,d_z,d_hn = d_h[t].chunk(3, 1)
            d_n = d_x[t].chunk(3, 1)[2]
            torch.mul(dh, by_n[t], out=d_n)
            torch.mul(d_n, by_r[t], out=d_r)
            torch.mul(dh, by_z[t], out=d_z)
            torch.mul(d_n, r[t], out=d_hn)
            dh = torch.addmm(dh*z[t], d_h[t], w)
        both = 2*n.shape[-1]
        d_x[...,:both] = d_h[...,:both]
        flat = d_h.flatten(0, 1)
        return d_x,dh,flat.t()@hs[:-1].flatten(0, 1),flat.sum(0)

class SprintGRU(PointerGRU):
    "A faster `PointerGRU`: products with one-hot words, and one dropout mask for all words of a row"
    def __init__(self,
        vocab_sz:int, # Words in the vocabulary
        n_hidden:int=48, # Hidden size
        window:int=12, # Number of words to look at, including the current one
        p:float=0.1 # Dropout probability
    ):
        super().__init__(vocab_sz, n_hidden, window, p)
        self.register_buffer("eye", torch.eye(vocab_sz), persistent=False)

    def dropped(self, x):
        "`x` `[bs, seq_len, n_hidden]` with the same units dropped at each word of a row, in training"
        if not self.training or not self.p: return x
        return x * x.new_empty(len(x), 1, x.shape[-1]).bernoulli_(1-self.p).div_(1-self.p)

    def steps(self, x, h): # Ids `[bs, seq_len]` and the state `[bs, n_hidden]`
        "The states after each word, before each word, `[bs, seq_len, n_hidden]`, and the last one"
        e = self.eye[x.T] @ F.linear(self.i_h.weight, self.rnn.weight_ih_l0, self.rnn.bias_ih_l0)
        hs = GRUFunction.apply(e, h, self.rnn.weight_hh_l0, self.rnn.bias_hh_l0)
        return hs.transpose(0, 1),torch.cat([h[None], hs[:-1]]).transpose(0, 1),hs[-1]

    def attention(self, q, k, ids): # Queries `[bs, seq_len, n_hidden]`, keys `[bs, n, n_hidden]` and ids `[bs, n]`
        return attend(q, k, self.window)

    def forward(self, x): # Ids `[bs, seq_len]`; returns log-probabilities `[bs, seq_len, vocab_sz]`
        x = x.as_subclass(Tensor)
        words = self.i_h.weight
        nothing = words.new_zeros(len(x), 0, self.n_hidden)
        h,keys,ids = self.carried(nothing) or (words.new_zeros(len(x), self.n_hidden), nothing, x[:,:0])
        res,before,h = self.steps(x, h)
        keys,ids = torch.cat([keys, before], 1),torch.cat([ids, x], 1)
        self.h = h,keys[:,-self.window:],ids[:,-self.window:]
        att = self.attention(self.query(self.dropped(res)), self.key(self.dropped(keys)), ids)
        copy = att @ self.eye[ids]
        out = self.dropped(self.bn(F.relu(self.h_h(torch.cat([res, copy @ words], -1)))))
        return mix_copy(self.h_o(out), copy, self.gate(out))

class CPUSeconds(Callback):
    "CPU and wall-clock seconds of `fit`, validation included"
    def before_fit(self): self.start = time.process_time(),time.perf_counter()
    def after_fit(self):
        self.cpu_secs,self.wall_secs = time.process_time()-self.start[0],time.perf_counter()-self.start[1]

# Chosen on tasks['tuning'] with one or two seeds, the epochs so that they take less time than those of Model5
sprint = Recipe(n_epoch=11, lr=1e-2, n_hidden=48, dls=dict(shift=True), learner=dict(wd=0.1))
entries = dict(SprintGRU=(SprintGRU, sprint), Model5=(Model5, Model5.recipe))

def row(name, seed, task='lesson', entries=entries):
    "Train once: the seconds and the accuracy after the last epoch"
    arch,recipe = entries[name]
    secs = CPUSeconds()
    learn = train(arch, task_dls(tasks[task], recipe.seq_len, recipe.bs, **recipe.dls), recipe, seed, secs, bar=False)
    return dict(model=name, task=task, seed=seed, cpu_seconds=round(secs.cpu_secs, 2), seconds=round(secs.wall_secs, 2),
                token_accuracy=learn.recorder.values[-1][-1],
                parameters=sum(o.numel() for o in learn.model.parameters()))

def missing(file, n_seeds):
    "The runs that `file` lacks: the models take turns, because another program slows down what runs beside it"
    done = pd.read_csv(file) if file.exists() else pd.DataFrame(columns=['model', 'seed'])
    done = set(zip(done.model, done.seed))
    jobs = [(name, seed) for seed in range(1, max(n_seeds.values())+1) for name in entries if seed<=n_seeds[name]]
    return [o for o in jobs if o not in done]

def put(file, res):
    "Add rows to `file`"
    old = [pd.read_csv(file)] if file.exists() else []
    write_aside(file, partial(pd.concat([*old, res]).to_csv, index=False))

if __name__=='__main__':
    file = Path(__file__).with_suffix('.csv')
    n_seeds = dict(zip(entries, [*map(int, sys.argv[1:]), *(10, 3)[len(sys.argv)-1:]]))
    for name,seed in missing(file, n_seeds):
        res = pd.DataFrame([row(name, seed)])
        print(res.to_string(header=False, index=False), flush=True)
        put(file, res)
    runs = pd.read_csv(file).groupby('model')[['cpu_seconds', 'token_accuracy']]
    print(runs.agg(['count', 'mean', 'std', 'min', 'max']).round(4).to_string())
