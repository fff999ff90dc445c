'Train the networks of the page "Watch it count" and store them with rounded weights: python benchmarks/watch.py'
import pandas as pd
from dataclasses import replace
from pathlib import Path
from fastai_humannums.all import *
from report import write_aside

folder = Path(__file__).resolve().parent.parent/'nbs'/'tutorials'/'watch'
seed = 1

def swap(dls): return DigitSwap(every=2)

def trained(arch):
    "Train by the recipe of `arch`"
    recipe = arch.recipe
    return train(arch, task_dls(tasks['lesson'], recipe.seq_len, recipe.bs, **recipe.dls), recipe, seed)

def any_start():
    "*PointerGRU, digit swap, any start*: train with digit swap, then on the unchanged text with `BeginAnywhere`"
    recipe = replace(PointerGRU.recipe, n_epoch=60, seq_len=35, augment=swap, declare='digit swap')
    learn = train(PointerGRU, task_dls(tasks['lesson'], recipe.seq_len, recipe.bs, **recipe.dls), recipe, seed)
    set_seed(seed, reproducible=True)
    learn.remove_cb(DigitSwap)
    learn.dls = task_dls(tasks['lesson'], 20)
    learn.fit_one_cycle(30, 5e-3, wd=0.1, cbs=BeginAnywhere())
    return learn

networks = {'Model5': partial(trained, Model5), 'PointerGRU': partial(trained, PointerGRU), 'counter': any_start}

def reading(learn):
    "The probabilities that a network gives for the validation text `[n_tokens, vocab_sz]`"
    with word_reader(learn) as read: return read.each(learn.dls.valid.text).softmax(-1)

def round_safely(learn):
    "Round to the fewest bits that change no guess on the validation text and not how far the network counts from one"
    def until(): return learn.count_on('one', 9998).until_slip
    exact,far = reading(learn),until()
    weights = {k: o.clone() for k,o in learn.model.state_dict().items()}
    for n_bits in range(8, 24):
        learn.model.load_state_dict(weights)
        round_weights(learn.model, n_bits)
        rounded = reading(learn)
        if (exact.argmax(-1)==rounded.argmax(-1)).all() and until()==far: break
    return dict(bits=n_bits, largest_change=(exact-rounded).abs().max().item(), until_slip=far, words=len(exact))

def row(name):
    "Train a network, round its weights and store it"
    learn = networks[name]()
    rounding = round_safely(learn)
    learn.save_numbers(folder/f'{name}.safetensors', overwrite=True)
    n = sum(o.numel() for o in learn.model.parameters())
    return dict(network=name, parameters=n, token_accuracy=learn.validate()[-1]) | rounding

if __name__=='__main__':
    set_num_threads(1)
    table = pd.DataFrame([row(o) for o in networks])
    write_aside(Path(__file__).with_suffix('.csv'), partial(table.to_csv, index=False))
    print(table.to_string())
