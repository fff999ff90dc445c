"""The fewest trained parameters that count from "one" to 9,999

Trains `PlaceCounter`, shrinks it unit by unit, and writes the smallest one that counts without a slip:

    python benchmarks/smallest.py
    humannums-verify benchmarks/smallest.py:PlaceCounter --weights benchmarks/smallest.safetensors

Given by the structure: the last number is remembered word by word; the word at the same place of it is copied unless
the network changes it; a carry starts at the end of that number and moves to the left. Everything else is learned from
random weights: the order of the words, where the carry stops, and what becomes of a word. It trains on all numbers up
to 9,999, without augmentation; numbers with a large loss are drawn more often.

In 100 seconds of CPU time, seed 1 leads to 209 parameters. Of 8 models with 284 parameters that start from random
weights, 1 counts without a slip.
"""
import math,random,time
from functools import partial
from pathlib import Path
import torch
from fastai_humannums.data import spec_toks
from fastai_humannums.state import StatefulModel
from fastai_humannums.words import spell_numbers
from torch import nn
from torch.nn import functional as F

n_spec = len(spec_toks) # ids of special tokens come first, then the separator and the other words
n_words = 30 # separator, hundred, thousand, one to nine, twenty to ninety, ten to nineteen
window = 20 # words to remember: two numbers with their separators have at most 16
longest = 6 # words that can follow the first one of a number, without the separator

# The model

def places(
    words # Words `[bs, n]`; 0 is the separator
):
    "For each word: where the last number ends, and the place in it that corresponds to the next word"
    pos = torch.arange(words.shape[1])
    def last_before(i): return torch.cummax(torch.where(words==0, pos, -1), 1).values.gather(1, i.clamp(min=0))
    end = torch.maximum(last_before(pos.expand_as(words)), pos-window)
    start = torch.maximum(last_before(end-1), pos-window)
    return end, start+1 + pos-end

class PlaceMemory(StatefulModel):
    "Remembers the last `window` words, and finds those of the last number that matter for the next word"
    def recalled(self, x): # Ids `[bs, seq_len]`
        "The words before and at the same place of the last number, in the shape of `x`, and a list of those after it"
        x = x.as_subclass(torch.Tensor)
        old = self.carried(x)
        if old is None: old = x.new_full((len(x), 1), n_spec) # a text starts after a separator
        ids = torch.cat([old, x], 1)
        self.h = ids[:,-window:]
        words = (ids-n_spec).clamp(0, n_words-1)
        end,at = (o[:,-x.shape[1]:] for o in places(words))
        def word(i): return words.gather(1, torch.minimum(i, end).clamp(min=0))
        return word(at-1), word(at), [word(at+i) for i in range(1, longest+1)]

class PlaceCounter(PlaceMemory):
    "Rewrites the last number place by place: a carry arrives from the right, and a small network changes the word"
    def __init__(self,
        vocab_sz:int=40, # Words in the vocabulary
        n_emb:int=4, # Numbers per word
        n_carry:int=2, # Numbers that describe the words to the right
        n_hidden:int=5 # Hidden size of the network that changes a word
    ):
        super().__init__()
        self.vocab_sz,self.n_emb,self.n_carry,self.n_hidden = vocab_sz,n_emb,n_carry,n_hidden
        for k,o in shapes(n_emb, n_carry, n_hidden).items(): setattr(self, k, nn.Parameter(torch.randn(o)))

    def forward(self, x): # Ids `[bs, seq_len]`; returns logits `[bs, seq_len, vocab_sz]`
        left,word,right = self.recalled(x)
        carry = self.words.new_zeros(*x.shape, self.n_carry)
        for o in reversed(right):
            carry = torch.tanh(self.words[o]@self.word_carry + carry@self.carry_carry + self.carry_bias)
            carry = carry * (o!=0)[...,None] # it starts with zeros at the end of the number
        seen = self.words[left]@self.left_hidden + self.words[word]@self.word_hidden + carry@self.carry_hidden
        new = self.words[word] + torch.tanh(seen+self.hidden_bias)@self.change
        res = 2*new@self.words.T - self.words.square().sum(-1) # the squared distance, without a part that all share
        return F.pad(res, (n_spec, self.vocab_sz-n_spec-n_words), value=-100.)

def shapes(n_emb, n_carry, n_hidden):
    "The shapes of all weights"
    return dict(
        words=(n_words, n_emb), # for input and output
        word_carry=(n_emb, n_carry), carry_carry=(n_carry, n_carry), carry_bias=(n_carry,),
        left_hidden=(n_emb, n_hidden), word_hidden=(n_emb, n_hidden), carry_hidden=(n_carry, n_hidden),
        hidden_bias=(n_hidden,), change=(n_hidden, n_emb))

def n_params(*sizes): return sum(math.prod(o) for o in shapes(*sizes).values())

# The text: for each number its words, those to their left, and the words of the next number

def number_table(
    vocab, # Words in the order of their ids, the separator first
    last:int=9999, # Last number
    width:int=8 # Words per number, with at least one separator
):
    "Words, left neighbors and targets of all numbers but the last, `[n, width]`, and which targets count"
    w2i = {o: i for i,o in enumerate(vocab)}
    rows = [[w2i[o] for o in words.split()] for words in spell_numbers(range(1, last+1))]
    table = torch.tensor([o+[0]*(width-len(o)) for o in rows])
    n = torch.tensor([len(o) for o in rows])
    asked = torch.arange(width)<=n[1:,None] # the words of the next number and its separator
    return table[:-1], F.pad(table[:-1], (1, 0))[:,:-1], table[1:], asked

class Text:
    "Draws numbers, those with a large loss more often"
    def __init__(self, vocab):
        words,left,self.targets,self.asked = number_table(vocab)
        self.words,self.left = (F.one_hot(o, n_words).float() for o in (words, left))

    def __len__(self): return len(self.words)

# Training: all weights have a first axis for several models at once

def logits(
    p, # Weights by name, each `[n_models, ...]`
    left, # Left neighbors, one-hot `[n_models, width, bs, n_words]`
    words # Words in the same shape
): # Logits `[n_models, width*bs, n_words]`
    "What `PlaceCounter` computes, for whole numbers"
    n,width,bs,_ = words.shape
    e = p['words']
    sizes = e.shape[2],p['carry_bias'].shape[1],p['hidden_bias'].shape[1]
    to_carry,to_hidden = (e@p[f'word_{o}']+p[f'{o}_bias'][:,None] for o in ('carry', 'hidden'))
    from_word = torch.cat([e, to_carry, to_hidden], 2)
    e_word,to_carry,to_hidden = torch.bmm(words.view(n, width*bs, -1), from_word).split(sizes, 2)
    to_hidden = to_hidden + torch.bmm(left.view(n, width*bs, -1), e@p['left_hidden'])
    to_carry = to_carry.view(n, width, bs, -1).unbind(1)
    is_word = (1-words[...,:1]).unbind(1)
    carries = [e.new_zeros(n, bs, sizes[1])]
    for i in reversed(range(1, width)):
        carries.append(torch.tanh(torch.baddbmm(to_carry[i], carries[-1], p['carry_carry'])) * is_word[i])
    carry = torch.stack(carries[::-1], 1).view(n, width*bs, -1)
    new = e_word + torch.bmm(torch.tanh(to_hidden + torch.bmm(carry, p['carry_hidden'])), p['change'])
    return torch.baddbmm(-e.square().sum(-1)[:,None], new, 2*e.mT)

def answers(
    p, # Weights by name, each `[n_models, ...]`
    text:Text, # Text
    idx # Which numbers: `[n_models, bs]`
): # Losses `[n_models, bs]`, and whether the whole next number is right
    "Loss and correctness of the numbers after those at `idx`"
    def pick(o): return o[idx].transpose(1, 2).contiguous()
    targets,asked = pick(text.targets),pick(text.asked)
    res = logits(p, pick(text.left), pick(text.words))
    losses = F.cross_entropy(res.flatten(0, 1), targets.flatten(), reduction='none').view_as(targets)
    right = res.argmax(-1).view_as(targets)==targets
    return (losses*asked).sum(1), (right|~asked).all(1)

@torch.no_grad()
def n_right(p, text):
    "How many numbers each model says right after their predecessor"
    n = len(p['words'])
    return sum(answers(p, text, o.expand(n, -1))[1].sum(1) for o in torch.arange(len(text)).split(2000)).tolist()

def train(
    p, # Weights by name, each `[n_models, ...]`
    text:Text, # Text
    gen, # Generator of random numbers
    n_steps:int, # Number of steps
    lr:float, # Maximum learning rate
    bs:int=64, # Numbers per step
    start:float=0., # Fraction of training after which the learning rate falls
    masks=None # Masks of units before and after, if some are taken away in the first half of training
): # The trained weights
    "Train several models at once, each on its own numbers"
    p = {k: o.clone().requires_grad_() for k,o in p.items()}
    opt = torch.optim.Adam(p.values(), lr=lr, betas=(0.9, 0.98))
    weights = torch.ones(len(p['words']), len(text))
    for i in range(n_steps):
        done = i/n_steps
        opt.param_groups[0]['lr'] = lr * min(1, (i+1)/30) * (1+math.cos(math.pi*max(0, done-start)/(1-start)))/2
        idx = torch.multinomial(weights, bs, replacement=True, generator=gen)
        losses,_ = answers(masked(p, masks, max(0, 1-2*done)), text, idx)
        weights.scatter_(1, idx, losses.detach().clamp(max=3)+2e-3)
        opt.zero_grad()
        (losses.sum()/bs).backward()
        norm = sum(o.grad.flatten(1).square().sum(1) for o in p.values()).sqrt().clamp(min=1)
        for o in p.values(): o.grad /= norm.view(-1, *[1]*(o.ndim-1))
        opt.step()
    return {k: o.detach() for k,o in masked(p, masks, 0.).items()}

# Shrinking: a mask of ones and zeros for the units of each kind

def masked(
    p, # Weights by name, each `[n_models, ...]`
    masks, # Before and after: masks `[n_models, n]` of embedding, carry and hidden units; None: no masks
    share # From 0, only the masks after, to 1, only those before
): # Weights without the units that are taken away
    "Take units away"
    if masks is None: return p
    emb,carry,hidden = (b*share + a*(1-share) for b,a in zip(*masks))
    return dict(
        words=p['words']*emb[:,None],
        word_carry=p['word_carry']*carry[:,None], carry_carry=p['carry_carry']*carry[:,None],
        carry_bias=p['carry_bias']*carry,
        left_hidden=p['left_hidden']*hidden[:,None], word_hidden=p['word_hidden']*hidden[:,None],
        carry_hidden=p['carry_hidden']*hidden[:,None], hidden_bias=p['hidden_bias']*hidden,
        change=p['change']*hidden[...,None]*emb[:,None])

def turned(p, emb):
    "Rotate the embedding of one model, so that its directions are sorted by how much the words differ in them"
    on = emb.bool()
    e = p['words'][:,on]
    turn = torch.linalg.svd(e-e.mean(0), full_matrices=False)[2].T
    p = {k: o.clone() for k,o in p.items()}
    for k in ('words', 'change'): p[k][:,on] = p[k][:,on]@turn
    for k in ('word_carry', 'left_hidden', 'word_hidden'): p[k][on] = turn.T@p[k][on]
    return p

def fewer(p, masks, rng):
    "Weights and masks of one model, and its masks without one unit, which mostly is one that matters little"
    kind = rng.choices(range(3), [0.35, 0.1, 0.55])[0]
    if masks[kind].sum()==1: kind = 2
    if kind==0: p = turned(p, masks[0])
    matters = (p['words'].var(0), p['carry_hidden'].norm(dim=1), p['change'].norm(dim=1))[kind]
    on = sorted(masks[kind].nonzero().flatten().tolist(), key=lambda o: matters[o])
    after = [o.clone() for o in masks]
    after[kind][on[min(len(on)-1, int(rng.expovariate(2 if kind==0 else 0.5)))]] = 0
    return p,masks,after

def sizes(masks): return [int(o.sum()) for o in masks]

class Search:
    "Grows counters, and shrinks those that count without a slip"
    def __init__(self,
        vocab, # Words in the order of their ids, the separator first
        seed:int, # Seed
        n:int=8, # Models to train at once
        start=(4, 2, 10) # Units of the embedding, the carry and the hidden layer to begin with
    ):
        self.text,self.n,self.start = Text(vocab),n,start
        self.gen,self.rng = torch.Generator().manual_seed(seed),random.Random(seed)
        self.counts,self.slips = [],[] # weights and masks of those that count, and of those that nearly do

    def size(self, o): return n_params(*sizes(o[1]))

    def keep(self, p, masks, rounds=None):
        "Sort trained models into those that count and those that nearly do, and return how many numbers are right"
        right = n_right(p, self.text)
        for i,n in enumerate(right):
            o = {k: v[i].clone() for k,v in p.items()},[m[i].clone() for m in masks]
            if n==len(self.text): self.counts.append(o)
            elif n>=len(self.text)-120 and rounds and rounds[i]<3: self.slips.append((*o, n, rounds[i]+1))
        self.counts = sorted(self.counts, key=self.size)[:6]
        best = self.size(self.counts[0]) if self.counts else 0
        self.slips = [o for o in self.slips if self.size(o)<best]
        self.slips.sort(key=lambda o: self.size(o)+(len(self.text)-o[2])*0.3)
        return right

    def grow(self, n_steps=2000):
        "Train new models"
        def drawn(k, o):
            scale = dict(words=1., carry_bias=0.1, hidden_bias=0.1, change=0.3/o[0]**0.5).get(k, o[0]**-0.5)
            return scale*torch.randn(self.n, *o, generator=self.gen)
        p = {k: drawn(k, o) for k,o in shapes(*self.start).items()}
        masks = [torch.ones(self.n, o) for o in self.start]
        return self.keep(train(p, self.text, self.gen, n_steps, 0.03), masks)

    def shrink(self, n_steps=500):
        "Take one unit away from models that count, or train those on that nearly do"
        members = []
        for i in range(self.n):
            if self.slips and i<self.n//2 and self.rng.random()<0.8:
                p,masks,_,n = self.slips.pop(0)
                members.append((p, masks, masks, n))
            else:
                o = self.counts[min(len(self.counts)-1, int(self.rng.expovariate(0.8)))]
                members.append((*fewer(*o, self.rng), 0))
        ps,*masks,rounds = zip(*members)
        masks = [[torch.stack(o) for o in zip(*m)] for m in masks]
        p = {k: torch.stack([o[k] for o in ps]) for k in ps[0]}
        return self.keep(train(p, self.text, self.gen, n_steps, 0.015, bs=48, start=0.3, masks=masks), masks[1], rounds)

    def smallest(self):
        "The weights of the smallest model that counts, without the units that were taken away"
        p,masks = self.counts[0]
        emb,carry,hidden = (o.bool() for o in masks)
        on = dict(words=(slice(None), emb), word_carry=(emb, carry), carry_carry=(carry, carry), carry_bias=(carry,),
                  left_hidden=(emb, hidden), word_hidden=(emb, hidden), carry_hidden=(carry, hidden),
                  hidden_bias=(hidden,), change=(hidden, emb))
        def cut(k, o):
            for axis,m in enumerate(on[k]):
                if not isinstance(m, slice): o = o.index_select(axis, m.nonzero().flatten())
            return o.contiguous()
        return {k: cut(k, o) for k,o in p.items()}

def main(seed=1, n_rounds=20, out=Path(__file__).with_suffix('.safetensors')):
    "Search for the smallest counter and write its weights"
    from fastai_humannums.data import HumanNumbersDataLoaders
    from report import write_aside
    from safetensors.torch import save_file
    torch.set_num_threads(1)
    began = time.process_time()
    search = Search(list(HumanNumbersDataLoaders.from_range().vocab)[n_spec:n_spec+n_words], seed)
    def show(what, right): print(f"{time.process_time()-began:4.0f} s", what, right, flush=True)
    while not search.counts: show(n_params(*search.start), search.grow())
    for i in range(n_rounds):
        right = search.shrink()
        show(f"{n_params(*sizes(search.counts[0][1]))} {sizes(search.counts[0][1])}", right)
        write_aside(out, partial(save_file, search.smallest()))

if __name__=='__main__':
    import sys
    main(*map(int, sys.argv[1:]))
