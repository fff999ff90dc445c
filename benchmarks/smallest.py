"""The fewest trained parameters that count from "one" to 9,999

Trains `PlaceCounter` with several seeds and writes the first that counts without a slip to `smallest.safetensors`.
Check it with

    humannums-verify benchmarks/smallest.py:PlaceCounter --weights benchmarks/smallest.safetensors
"""
import math
import torch
from fastai.basics import store_attr
from fastai_humannums.data import spec_toks
from fastai_humannums.state import StatefulModel
from torch import nn

n_spec = len(spec_toks) # ids of special tokens, which come first; the separator follows
n_words = 30 # the separator, hundred, thousand, one to nine, twenty to ninety, ten to nineteen
window = 20 # ids to remember: two numbers with their separators have at most 16
longest = 6 # words that can follow the first of a number, the separator excluded

def places(
    words # Words `[bs, n]`, 0 for a separator
): # Places `[bs, n]` in the text: where the last number ended, and the word that the next one corresponds to
    "For each word: the last separator, and the place in the last number where it is one word further in its own"
    pos = torch.arange(words.shape[1])
    def last_before(end): return torch.cummax(torch.where(words==0, pos, -1), 1).values.gather(1, end.clamp(min=0))
    end = torch.maximum(last_before(pos.expand_as(words)), pos-window)
    start = torch.maximum(last_before(end-1), pos-window)
    return end,start+1 + pos-end

class PlaceMemory(StatefulModel):
    "Remembers the last `window` ids, and finds the words of the last number that matter for the next word"
    def recalled(self, x):
        "The words before, at and after the same place of the last number: `[bs, seq_len]`, the same, a list of these"
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
    "Rewrites the last number place by place: a carry comes from the right, a small network changes the word"
    def __init__(self,
        vocab_sz:int=40, # Words in the vocabulary
        n_emb:int=2, # Numbers per word
        n_carry:int=1, # Numbers that say what the words to the right do
        n_hidden:int=5 # Hidden size of the network that changes a word
    ):
        store_attr()
        self.words = nn.Parameter(torch.randn(n_words, n_emb)) # for input and output
        self.carry = nn.Linear(n_emb+n_carry, n_carry)
        self.look = nn.Linear(2*n_emb+n_carry, n_hidden)
        self.change = nn.Linear(n_hidden, n_emb, bias=False)

    def carried_over(self, word, carry):
        "The carry `[..., n_carry]` to the left of `word`; a separator starts with zeros"
        new = torch.tanh(self.carry(torch.cat([self.words[word], carry], -1)))
        return new * (word!=0)[...,None]

    def rewritten(self, left, word, carry):
        "Logits `[..., n_words]`: minus the squared distance of each word from the changed `word`"
        seen = torch.cat([self.words[left], self.words[word], carry], -1)
        new = self.words[word] + self.change(torch.tanh(self.look(seen)))
        return 2*new@self.words.T - self.words.square().sum(-1) # without the part that all words share

    def forward(self, x): # Ids `[bs, seq_len]`; returns logits `[bs, seq_len, vocab_sz]`
        left,word,right = self.recalled(x)
        carry = self.words.new_zeros(*x.shape, self.n_carry)
        for o in reversed(right): carry = self.carried_over(o, carry)
        res = self.rewritten(left, word, carry)
        return nn.functional.pad(res, (n_spec, self.vocab_sz-n_spec-n_words), value=-100.)
