"""A counter whose weights are set by hand: nothing is trained

It reads the ids of words as numbers, so it is given the order of the vocabulary:

    9 the separator, 10 hundred, 11 thousand, 12 to 20 one to nine, 21 to 28 twenty to ninety, 29 to 38 ten to nineteen

Check it with

    humannums-verify benchmarks/by_hand.py:ByHand
"""
import sys
from pathlib import Path
import torch
from torch import nn
sys.path.append(str(Path(__file__).parent))
from smallest import PlaceMemory,n_spec,n_words

class Ranges(nn.Module):
    "A layer of units that are 1 from `low` to `high` and 0 one away from there, each with a weight `out`"
    def __init__(self,
        *units # For each unit `low`, `high` and `out`
    ):
        super().__init__()
        self.low,self.high,self.out = (nn.Parameter(torch.tensor(o, dtype=torch.float)) for o in zip(*units))

    def forward(self, z): # Whole numbers `[...]`; returns the sum of `out` over the ranges that they are in
        z = z[...,None]
        return (1 - (self.low-z).relu() - (z-self.high).relu()).relu()@self.out

sep,hundred,thousand,one,nine,twenty,eighty,ninety,ten,eighteen,nineteen = 9,10,11,12,20,21,27,28,29,37,38

def z(carry, word, left=0): return 40*word + left - 1600*carry # 40 is more than all ids, 1600 is 40*40

class ByHand(PlaceMemory):
    "Rewrites the last number place by place, with weights set by hand"
    def __init__(self, vocab_sz:int=40): # Words in the vocabulary
        super().__init__()
        self.vocab_sz = vocab_sz
        # One whole number `z` for word, left neighbor and carry. Different cases have different numbers.
        self.case = nn.Parameter(torch.tensor([40., 1., -1600.]))
        # The carry says what the words to the right are. It is 0 at the end of the number, and then, from the right:
        self.carry = Ranges(
            (z(0, nine),     z(0, nine),     1001), # 1: nine
            (z(1, ninety),   z(1, ninety),   1002), # 2: ninety nine
            (z(2, hundred),  z(2, hundred),  1003), # 3: hundred ninety nine
            (z(3, nine),     z(3, nine),     1005), # 5: nine hundred ninety nine
            (z(5, thousand), z(5, thousand), 1004)) # 4: thousand nine hundred ninety nine
        self.carry.high = self.carry.low # each of these ranges is a single number
        # Any other word makes it -1000, too far away for all ranges.
        self.no_match = nn.Parameter(torch.tensor(-1000.))
        # What to add to the id of the word. First, words with a successor next to them in the vocabulary:
        self.change = Ranges(
            (z(0, one),      z(0, nine, 39),          1), # one to eight, at the end of a number; nine: see below
            (z(0, ten),      z(0, eighteen, 39),      1), # ten to eighteen
            (z(1, twenty),   z(1, eighty, 39),        1), # twenty to eighty, before a nine
            (z(4, one),      z(3, nine-1, 39),        1), # one to eight, before a part that is full: 4 or 3
            (z(2, hundred, nine), z(2, hundred, nine), thousand-hundred), # after 999, "one" and then this
            # Words that start the next series
            (z(0, nineteen), z(0, nineteen, 39), twenty-nineteen),
            (z(0, nine, sep), z(0, nine, thousand), ten-nine-1), # a nine without tens; 1 is added already
            # Nines after tens end the number, except that 99 becomes "one" and then "hundred"
            (z(0, nine, twenty), z(0, nine, eighty), sep-nine-1),
            (z(0, nine, ninety), z(0, nine, ninety), hundred-nine-1),
            # A part that is full: "one" if a new word starts here, or the end of the number
            (z(1, ninety, sep),      z(1, ninety, thousand), one-ninety), # after a separator or thousand
            (z(1, ninety, hundred),  z(1, ninety, hundred),  sep-one), # after hundred, it ends
            (z(3, nine, sep),        z(3, nine, sep),        one-nine),
            (z(3, nine, thousand),   z(3, nine, thousand),   sep-nine),
            # After hundred, thousand and tens, "one" is appended
            (z(0, sep, hundred), z(0, sep, thousand), one-sep),
            (z(0, sep, twenty),  z(0, sep, ninety),   one-sep))

    def forward(self, x): # Ids `[bs, seq_len]`; returns logits `[bs, seq_len, vocab_sz]`
        left,word,right = self.recalled(x)
        def case(left, word, carry): return torch.stack([word+n_spec, left, carry], -1).float()@self.case
        carry = torch.zeros_like(self.no_match).expand(x.shape)
        for o in reversed(right):
            matched = self.no_match + self.carry(case(torch.zeros_like(o), o, carry))
            carry = torch.where(o==0, 0., matched)
        new = word+n_spec + self.change(case(left+n_spec, word, carry))
        ids = torch.arange(n_spec, n_spec+n_words)
        res = -(new[...,None]-ids).abs() # the nearest id
        return nn.functional.pad(res, (n_spec, self.vocab_sz-n_spec-n_words), value=-100.)
