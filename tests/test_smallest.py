"The smallest counters count from one to 9,999, with as many parameters as they claim"
import re,runpy
from conftest import command,root,sh

by_hand = ['benchmarks/by_hand.py:ByHand']
trained = ['benchmarks/smallest.py:PlaceCounter', '--weights', 'benchmarks/smallest.safetensors']

def size(submission):
    "How many parameters a submission has, if it counts"
    out = sh(command('humannums-verify'), *submission).stdout
    assert "verified: it counts from 'one' to 'nine thousand nine hundred ninety nine', 9,998 of 9,998" in out
    return int(re.search(r'([\d,]+) parameters, 0 numbers in buffers, 0 in other tensors', out)[1].replace(',', ''))

def test_by_hand(): assert size(by_hand)==59

def test_trained(): assert size(trained)==209

def test_training_computes_what_the_model_does():
    "The batched computation of the training gives the model's logits"
    import torch
    from fastai_humannums.words import spell_numbers
    names = runpy.run_path(str(root/'benchmarks/smallest.py'))
    model = names['PlaceCounter']()
    vocab = [',', *dict.fromkeys(w for o in spell_numbers(range(1, 10000)) for w in o.split())]
    text = names['Text'](vocab)
    idx = torch.tensor([[0, 8, 98, 997, 3998, 9997]])
    p = {k: o.detach()[None] for k,o in model.named_parameters()}
    losses,right = names['answers'](p, text, idx)
    for i,n in enumerate(idx[0].tolist()):
        words = [vocab.index(w) for o in spell_numbers([n+1, n+2]) for w in [*o.split(), ',']]
        ids = torch.tensor([words])+names['n_spec']
        start = 1+words.index(0)
        model.reset()
        res = model(ids)[0,start-1:-1,names['n_spec']:names['n_spec']+30]
        loss = torch.nn.functional.cross_entropy(res, ids[0,start:]-names['n_spec'], reduction='sum')
        assert torch.allclose(loss, losses[0,i], rtol=1e-4), n+1
        assert (res.argmax(-1)==ids[0,start:]-names['n_spec']).all()==right[0,i]
