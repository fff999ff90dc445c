"Train the networks of the page \"Watch it count\" and store them with rounded weights: python benchmarks/watch.py"
import sys
from dataclasses import replace
from pathlib import Path
from fastai_humannums.all import *
from fastai_humannums.browser import *

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

if __name__=='__main__':
    set_num_threads(1)
    for name in sys.argv[1:] or networks:
        learn = networks[name]()
        exact = learn.count_on('one', 9998).until_slip
        round_weights(learn.model)
        learn.save_numbers(folder/f'{name}.safetensors', overwrite=True)
        print(f"{name}: token accuracy {learn.validate()[-1]:.4f}; from one, {learn.count_on('one', 9998).until_slip} numbers "
              f'until the first slip, {exact} before the weights were rounded', flush=True)
