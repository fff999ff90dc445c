"""How far the layers of `fastai_humannums.linear` are from other implementations of the same recurrences

The other packages are needed only here: `pip install --no-deps fla-core einops xlstm rwkv lru-pytorch`. Their
slow, plain versions are loaded file by file, because the packages themselves need a GPU or more packages.
"""
import json,os
from fastai_humannums.linear import *
from fastcore.script import *
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec,module_from_spec,spec_from_file_location
from pathlib import Path
from report import write_text
import torch
import torch.nn.functional as F

bs,n_heads,seq_len,d = 3,4,30,16

@cache
def load(package, path):
    "A module of an installed package, without the rest of the package"
    os.environ['RWKV_JIT_ON'],os.environ['RWKV_V7_ON'] = '0','1'
    file = Path(find_spec(package).submodule_search_locations[0])/path
    spec = spec_from_file_location(f'reference_{file.parent.name}_{file.stem}', file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

def fla(op): return load('fla', f'ops/{op}/naive.py')
def turned(*args): return [o.transpose(1, 2) for o in args] # heads and words

def inputs():
    q,k,v = torch.randn(3, bs, n_heads, seq_len, d)
    S = torch.randn(bs, n_heads, d, d)
    return q,F.normalize(k, dim=-1),v,torch.rand(bs, n_heads, seq_len, 1),-2*torch.rand(bs, n_heads, seq_len, d),S

# For each layer: what it computes here, then what the other implementation computes

def lru():
    layer = LRU(d)
    ref = load('LRU_pytorch', 'LRU.py').LRU(d, d, d)
    B,C = layer.i_h.weight.chunk(2),layer.h_o.weight.chunk(2, 1)
    with torch.no_grad():
        ref.nu_log.copy_(layer.nu)
        ref.theta_log.copy_(layer.theta)
        ref.gamma_log.copy_(layer.gamma.log())
        ref.B.copy_(torch.complex(*B))
        ref.C.copy_(torch.complex(*C))
        ref.D.copy_(layer.d.diag())
    e = torch.randn(bs, seq_len, d)
    return layer(e)[:1],[ref(e)]

def retnet():
    q,k,v,*_,S = inputs()
    w = (1 - 2.**(-5-torch.arange(n_heads))).log()[:,None,None].expand(-1, seq_len, 1)
    return decayed_attention(q/d**0.5, k, v, w, 0*S)[:1],[fla('retention').naive_retention(q, k, v)]

def gated_linear_attention():
    q,k,v,_,log_w,S = inputs()
    out,new = fla('gla').naive_recurrent_gla(*turned(q, k, v, log_w), initial_state=S, output_final_state=True)
    return decayed_attention(q/d**0.5, k, v, log_w, S),[out.transpose(1, 2), new]

def mlstm_():
    q,k,v,*_ = inputs()
    i,f = torch.randn(2, bs, n_heads, seq_len)
    step = load('xlstm', 'blocks/mlstm/backends.py').recurrent_step_stabilized_simple
    h = torch.zeros(bs, n_heads, d, d),torch.zeros(bs, n_heads, d, 1),torch.zeros(bs, n_heads, 1, 1)
    theirs = []
    for t in range(seq_len):
        word = [o[:,:,t:t+1].clone() for o in (q, k, v)]
        out,h = step(*h, *word, i[:,:,t,None,None], f[:,:,t,None,None], eps=0)
        theirs.append(out)
    ours,(C,m) = mlstm(q, k/d**0.5, v, i, f, (torch.zeros(bs, n_heads, d, d+1), torch.zeros(bs, n_heads, 1)))
    return [ours, C, m],[torch.cat(theirs, 2), torch.cat(h[:2], -1), h[2][...,0]]

def delta_net():
    q,k,v,beta,_,S = inputs()
    theirs = fla('delta_rule').delta_rule_recurrence(q, k, v, beta[...,0], initial_state=S)
    return delta_rule(q/d**0.5, k, v, beta, 0*beta, S),theirs

def gated_delta_net():
    q,k,v,beta,log_w,S = inputs()
    log_w = log_w[...,:1]
    args = turned(q, k, v, beta[...,0], log_w[...,0])
    out,new = fla('gated_delta_rule').naive_recurrent_gated_delta_rule(*args, initial_state=S, output_final_state=True)
    return delta_rule(q/d**0.5, k, v, beta, log_w, S),[out.transpose(1, 2), new]

def delta_product():
    q,k,v,beta,_,S = inputs()
    args = [*turned(q[:,:,1::2], k, v), None, 2*turned(beta[...,0])[0], d**-0.5]
    ref = fla('gated_delta_product').naive_recurrent_gated_delta_product
    out,new = ref(*args, initial_state=S, output_final_state=True, num_householder=2)
    ours,S = delta_rule(q/d**0.5, k, v, 2*beta, 0*beta, S)
    return [ours[:,:,1::2], S],[out.transpose(1, 2), new]

def rwkv7():
    n = n_heads*d
    layer = RWKV7(n, n_heads)
    layer.ln.eps = 64e-5 # theirs is for heads of 64 units
    with torch.no_grad():
        for o in layer.r_k,layer.ln.weight,layer.ln.bias: o.normal_()
        layer.i_g[2].bias.zero_()
        layer.h_o.bias.zero_()
    def low(o): return [o[2].bias, o[0].weight.T, o[2].weight.T]
    x,x_prev,S = torch.randn(seq_len, n),torch.randn(n),torch.randn(n_heads, d, d)
    mix = [layer.mix[i] for i in (0, 1, 2, 3, 4, 5)]
    ones = [o.weight.T for o in (layer.i_r, layer.i_k, layer.i_v, layer.h_o)]
    norm = [o.repeat(n_heads) for o in (layer.ln.weight, layer.ln.bias)]
    args = [0, n_heads, d, x, x_prev, None, S.mT, *mix, *low(layer.i_w), *low(layer.i_a), None, None, None,
            *low(layer.i_g)[1:], layer.k_k, layer.k_a, layer.r_k, *ones, *norm]
    with torch.no_grad(): out,last,new,_ = load('rwkv', 'model.py').RWKV_x070_TMix_seq(*args)
    ours,(e,S) = layer(x[None], (x_prev[None], S[None]))
    return [ours[0], e[0], S[0]],[out, last, new.mT]

references = dict(LRU=('lru-pytorch', lru), RetNet=('fla-core', retnet),
                  GatedLinearAttention=('fla-core', gated_linear_attention), MLSTM=('xlstm', mlstm_),
                  DeltaNet=('fla-core', delta_net), GatedDeltaNet=('fla-core', gated_delta_net),
                  DeltaProduct=('fla-core', delta_product), RWKV7=('rwkv', rwkv7))
compared = dict(LRU='layer', RWKV7='layer')

def difference(compute, seed=1):
    "The largest difference between both, relative to the largest number, of outputs and of last states"
    torch.manual_seed(seed)
    with torch.no_grad(): ours,theirs = compute()
    return max(((a-b).abs().max()/b.abs().max().clamp(min=1)).item() for a,b in zip(ours, theirs))

@call_parse
def main(
    out:str=None # Also write the table to this file
):
    "Compare eight layers with other implementations"
    rows = [{'layer': k, 'package': package, 'version': version(package), 'compared': compared.get(k, 'recurrence'),
             'largest difference': float(f'{max(difference(f, seed) for seed in range(10)):.2g}')}
            for k,(package,f) in references.items()]
    for o in rows: print(o)
    if out: write_text(out, json.dumps(rows, indent=1)+'\n')
