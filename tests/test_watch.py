"The page on which a network counts, in a browser: its script computes what PyTorch computes, and people can use it"
import json,random,re,sys
import pytest
from conftest import root

pytest.importorskip('playwright.sync_api', reason="`make docs-look` installs what a look at the page needs")
sys.path.append(str(root/'tools'/'site'))
import look
if not look.browser(): pytest.skip("the page needs Chromium", allow_module_level=True)

import pandas as pd,torch
from fastai.torch_core import Tensor,tensor
from fastai_humannums.all import (HumanNumbersDataLoaders,LSTMModel,Model0,Model1,Model2,Model3,Model4,Model5,Model6,
    Model7,PointerGRU,TiedLSTM,attend,gru_gates,hidden_states,human_numbers_learner,load_numbers_learner,looking,reset_state,
    spell_numbers,text_ids,web_models,word_reader)
from fastcore.nbio import read_nb
from fastcore.test import test_close as close
from torch import nn

stored = {'Model5': 'Model5', 'PointerGRU': 'PointerGRU', 'PointerGRU, digit swap, any start': 'counter'}
folder = root/'nbs'/'tutorials'/'watch'
counter = 'PointerGRU, digit swap, any start'
bits = pd.read_csv(root/'benchmarks'/'watch.csv').bits.tolist()

@pytest.fixture(scope='module')
def learns():
    "The networks of the page"
    return {k: load_numbers_learner(folder/f'{v}.safetensors', device='cpu') for k,v in stored.items()}

@pytest.fixture(scope='module')
def small():
    "A small network of each kind that a page can show, trained a little"
    res = {}
    torch.manual_seed(1)
    for arch in (Model0, Model1, Model2, Model3, Model4, Model5, Model6, Model7, LSTMModel, TiedLSTM, PointerGRU):
        dls = HumanNumbersDataLoaders.from_range(range(1, 100), range(100, 120), bs=4, seq_len=arch.recipe.seq_len, device='cpu')
        learn = human_numbers_learner(dls, arch, n_hidden=12)
        with learn.no_bar(), learn.no_logging(): learn.fit(3, 3e-3)
        res[arch.__name__] = learn
    res['nn.LSTM, three layers'] = human_numbers_learner(dls, Model4(len(dls.vocab), 8, 3, nn.LSTM))
    return res

@pytest.fixture(scope='module')
def chrome():
    with look.opened() as res: yield res

@pytest.fixture
def tab(chrome, tmp_path):
    "Open a page with some scripts, from the file system"
    tabs = []
    def opened(*scripts):
        (tmp_path/'a.html').write_text('<!doctype html><meta charset="utf-8"><title>a</title>'+
            ''.join(f'<script src="{o}"></script>' for o in ('model.js', 'models.js')))
        (tmp_path/'model.js').write_bytes((root/'fastai_humannums'/'web'/'model.js').read_bytes())
        (tmp_path/'models.js').write_text(''.join(scripts), encoding='utf-8')
        tabs.append(chrome.new_page())
        tabs[-1].goto((tmp_path/'a.html').as_uri())
        return tabs[-1]
    yield opened
    for o in tabs: o.close()

@pytest.fixture
def page(tab): return tab((folder/'models.js').read_text(encoding='utf-8'))

def test_weights_are_those_of_the_networks(learns):
    "The script in the repository is what the stored networks give, byte for byte"
    assert (folder/'models.js').read_bytes()==web_models(learns, n_bits=dict(zip(stored, bits))).encode()

built = pytest.mark.skipif(not (root/'docs'/'tutorials'/'watch.html').is_file(), reason="the site has not been built")

@built
def test_the_site_is_fresh():
    "The scripts on the site are those of the package, and the weights those of the page's notebook"
    for o in (root/'docs'/'_static'/'watch').iterdir():
        source = folder if o.name=='models.js' else root/'fastai_humannums'/'web'
        assert o.read_bytes()==(source/o.name).read_bytes(), o.name

@built
@pytest.mark.parametrize('name', ['lesson', 'watch'])
@pytest.mark.parametrize('scripts', [False, True])
def test_pictures_without_scripts(chrome, name, scripts):
    "A picture stands where a network would run, and gives way to it"
    tab = chrome.new_page(java_script_enabled=scripts)
    tab.goto((root/'docs'/'tutorials'/f'{name}.html').as_uri())
    places = tab.locator('div.watch')
    assert places.count()
    for i in range(places.count()):
        place = places.nth(i)
        picture = place.locator('xpath=preceding-sibling::div[1]').locator('.cell_output img')
        if scripts: place.locator('xpath=self::*[@data-ready="true"]').wait_for()
        assert picture.is_visible()!=scripts and bool(place.locator('canvas, table').count())==scripts
    tab.close()

# Words and probabilities

in_browser = """([name, prompts, k]) => prompts.map(prompt => {
    const model = humanNumbers.models.get(name), reader = new humanNumbers.Reader(model)
    const probs = model.ids(prompt).map(id => reader.read(id)).map(o => [...o.probs])
    const last = probs.at(-1), words = []
    let seen = {best: model.allowed.reduce((a, b) => last[b] > last[a] ? b : a)}
    for (let i = 0; i < k; i++) {
        words.push(model.word(seen.best))
        seen = reader.read(seen.best)
    }
    return {last, words}
})"""

def in_python(learn, prompt, k):
    "Probabilities after `prompt`, and the `k` words that follow"
    with word_reader(learn) as read: probs = read(text_ids(learn, prompt)).softmax(-1)
    said = learn.predict(prompt, k, temperature=0).split()
    return probs,said[-k:] if k else []

def some_prompts(last, n=200):
    "One to three numbers in a row, with and without a comma behind them"
    gen = random.Random(1)
    def one():
        first,k = gen.randint(1, last-3),gen.randint(1, 3)
        return ' , '.join(spell_numbers(range(first, first+k)))+gen.choice([' ,', ''])
    return [one() for _ in range(n)]

def check_alike(tab, learns, prompts, k):
    "The same probabilities, and the same `k` words unless the two likeliest are almost equal"
    for name,learn in learns.items():
        for prompt,o in zip(prompts, tab.evaluate(in_browser, [name, prompts, k])):
            probs,words = in_python(learn, prompt, k)
            assert (tensor(o['last'])-probs).abs().max()<1e-5, (name, prompt)
            best = probs[9:].topk(2)[0] # without special tokens
            if best[0]-best[1]>1e-4: assert o['words']==words, (name, prompt)

def test_same_words_and_probabilities(page, learns): check_alike(page, learns, some_prompts(9999), 8)

def test_every_kind_of_network(tab, small): check_alike(tab(web_models(small, n_bits=30)), small, some_prompts(119), 1)

def test_rounding_changes_little(tab, small):
    "The default of 16 bits is enough"
    prompts = some_prompts(119, 50)
    exact,rounded = (tab(web_models(small, n_bits=o)) for o in (30, 16))
    for name in small:
        a,b = (tensor([o['last'] for o in t.evaluate(in_browser, [name, prompts, 0])]) for t in (exact, rounded))
        assert 0<(a-b).abs().max()<1e-3, name

def test_counts_to_the_end(page, learns):
    "From one to 9,999, word by word, as in Python"
    said = page.evaluate("""name => {
        const count = new humanNumbers.Count(humanNumbers.models.get(name), 'one')
        while (!count.ended) count.step()
        return {numbers: count.verdicts.map(o => o.said), nRight: count.nRight}
    }""", counter)
    assert said['numbers']==['one', *learns[counter].count_on('one', 9998).numbers]
    assert said['nRight']==9998

# What the page shows of a network

read = """([name, text, settings]) => {
    const model = humanNumbers.models.get(name), reader = new humanNumbers.Reader(model, settings)
    return model.ids(text).map(id => reader.read(id)).map(({probs, layers, point}) => ({
        probs: [...probs], h: layers.map(o => [...o.h]), r: layers.map(o => [...o.r ?? []]), z: layers.map(o => [...o.z ?? []]), point}))
}"""
text = ' , '.join(spell_numbers(range(4997, 5003)))

def column(seen, key): return tensor([o[key] for o in seen])

def test_states_and_gates(page, learns):
    seen = page.evaluate(read, ['Model5', text, {}])
    close(column(seen, 'h'), hidden_states(learns['Model5'], text), 1e-5)
    for ours,theirs in zip('rz', gru_gates(learns['Model5'], text)): close(column(seen, ours), theirs, 1e-5)

def test_mean_gates(page, learns):
    _,z = gru_gates(learns['Model5'], ' , '.join(spell_numbers(range(4000, 4300)))+' ,')
    found = page.evaluate("humanNumbers.models.get('Model5').meanGates().map(o => [...o])")
    close(tensor(found), z[1:].mean(0), 1e-5)

@pytest.mark.parametrize('hold', [0, 1])
def test_a_held_gate(page, learns, hold):
    "As with a bias that leaves the gate no choice"
    learn = load_numbers_learner(folder/'Model5.safetensors', device='cpu')
    for layer in (0, 1): getattr(learn.model.rnn, f'bias_ih_l{layer}').data[64:128] = 1e4 if hold else -1e4
    with looking(learn.model), torch.no_grad(): probs = learn.model(text_ids(learn, text)[None])[0].softmax(-1)
    close(column(page.evaluate(read, ['Model5', text, dict(hold=hold)]), 'probs'), probs, 1e-5)

@pytest.mark.parametrize('name', ['Model5', 'PointerGRU'])
def test_a_reset(page, learns, name):
    learn = learns[name]
    ids = text_ids(learn, text)[None]
    with looking(learn.model), torch.no_grad():
        probs = []
        for o in ids.split(20, 1):
            reset_state(learn.model)
            probs.append(learn.model(o)[0].softmax(-1))
    close(column(page.evaluate(read, [name, text, dict(resetEvery=20)]), 'probs'), torch.cat(probs), 1e-5)

def test_pointer(page, learns):
    "The weights are those of `attend`, and belong to the last words"
    m = learns['PointerGRU'].model
    ids = text_ids(learns['PointerGRU'], text)[None]
    with looking(m), torch.no_grad():
        outs = m.rnn(m.i_h(ids.as_subclass(Tensor)))[0]
        before = torch.cat([torch.zeros_like(outs[:,:1]), outs[:,:-1]], 1)
        weights = attend(m.query(outs), m.key(before), m.window)[0]
    for i,o in enumerate(page.evaluate(read, ['PointerGRU', text, {}])):
        at = o['point']['at']
        assert at==list(range(max(0, i-m.window+1), i+1))
        close(tensor(o['point']['weights']), weights[i,at], 1e-5)

# Prompts

def message(f):
    try: f()
    except Exception as e: return str(e)

typos = ['eigt thousand', 'one , tow', 'Fourty', 'xyz', "o'clock", 'a b c d e f g', 'xxbos', 'hundert , , tousand', 'sixty-one']

def test_unknown_words_get_the_message_of_predict(page, learns):
    for o in typos:
        ours = page.evaluate("text => { try { humanNumbers.models.get('Model5').ids(text) } catch (e) { return e.message } }", o)
        assert ours==message(lambda: learns['Model5'].predict(o)), o

def test_prompts_in_words_and_digits(page):
    def words(o): return page.evaluate("""text => {
        const model = humanNumbers.models.get('Model5')
        return model.promptIds(text).map(id => model.word(id)).join(' ')
    }""", o)
    wanted = 'xxbos eight thousand one , nine ,'
    for o in ('8001 9', '8001, 9', '8,001, 9', ' eight thousand one, 9 ,', 'Eight Thousand One,nine', ',8001,,nine,,'):
        assert words(o)==wanted, o
    for o,why in {'': 'a prompt must contain a number', ' , ,': 'a prompt must contain a number',
                  '10000': 'this page knows the numbers from 1 to 9999, not 10000'}.items():
        assert why in message(lambda: words(o)), o

@pytest.mark.parametrize('lang', ['fr', 'da', 'ja'])
def test_numbers_of_other_languages(tab, lang):
    dls = HumanNumbersDataLoaders.from_range(range(1, 400), range(400, 500), bs=4, seq_len=5, lang=lang, device='cpu')
    learn = human_numbers_learner(dls, Model7, n_hidden=4)
    numbers = tab(web_models({'a': learn}, range(1, 500))).evaluate("""() => {
        const {numbers} = humanNumbers.models.get('a')
        return Array.from({length: 499}, (_, i) => [numbers.words(i + 1), numbers.number(numbers.words(i + 1))])
    }""")
    assert [o for o,_ in numbers]==list(dls.counting.spell(range(1, 500)))
    assert [n for _,n in numbers]==list(range(1, 500))

# The page itself

@pytest.fixture
def watching(chrome, learns, tmp_path):
    "Write the page of a network, and open it from the file system"
    tabs,asked = [],[]
    def opened(learn=None, **kwargs):
        page = (learn or learns['Model5']).to_web(tmp_path/f'page{len(tabs)}')
        tab = chrome.new_page(**kwargs)
        tabs.append(tab)
        look.listen(tab, asked.append)
        tab.goto(page.as_uri())
        tab.wait_for_selector('[data-ready=true]')
        return tab
    yield opened
    for o in tabs: o.close()
    assert asked==[] # no other host, no error in a script

def part(tab, name): return tab.locator(f'[data-part={name}]').inner_text()

def test_by_keyboard(watching, learns):
    "From the prompt to a slip without a mouse"
    tab = watching()
    tab.locator('[name=prompt]').focus()
    tab.keyboard.press('ControlOrMeta+a')
    tab.keyboard.type('4998')
    tab.keyboard.press('Enter')
    for _ in range(5): # to the button Step
        if tab.evaluate('document.activeElement.name')=='step': break
        tab.keyboard.press('Tab')
    assert tab.evaluate('document.activeElement.name')=='step'
    for _ in range(18): tab.keyboard.press('Space')
    text = ' '.join(part(tab, 'text').split())
    assert 'four thousand nine hundred ninety eight' in text and 'five thousand' in text # what would have been right
    assert '1 number right, then a slip: it said “four thousand”' in part(tab, 'verdict')
    assert learns['Model5'].count_on('four thousand nine hundred ninety eight', 2).verdict=='1 of 2 right, 1 before the first slip'

def test_for_screen_readers(watching):
    "Every control has a name, and what is read is announced"
    tab = watching()
    nameless = """[...document.querySelectorAll('input, select, button')].filter(
        o => o.checkVisibility() && !(o.labels?.length || o.textContent.trim() || o.ariaLabel)).map(o => o.name)"""
    assert tab.evaluate(nameless)==[]
    assert tab.locator('[data-part=status]').get_attribute('aria-live')=='polite'
    tab.locator('[name=step]').click()
    assert 'Likeliest next: “' in part(tab, 'status')
    assert tab.locator('canvas').count()==tab.locator('canvas[role=img][aria-label]').count()>0

def test_an_unknown_word(watching, learns):
    tab = watching()
    tab.locator('[name=prompt]').fill('eigt')
    tab.locator('[name=prompt]').press('Enter')
    assert message(lambda: learns['Model5'].predict('eigt')) in part(tab, 'error')
    assert tab.locator('[name=prompt]').get_attribute('aria-invalid')=='true'
    tab.locator('[name=prompt]').fill('eight')
    tab.locator('[name=prompt]').press('Enter')
    assert tab.locator('[name=prompt]').get_attribute('aria-invalid')=='false' and not part(tab, 'error')

@pytest.mark.parametrize('dark', [False, True])
def test_narrow_and_dark(watching, dark):
    "Nothing sticks out, is cut off or hard to read"
    tab = watching(viewport=dict(width=390, height=800), color_scheme='dark' if dark else 'light', reduced_motion='reduce')
    for _ in range(9): tab.locator('[name=step]').click()
    assert tab.evaluate((root/'tools'/'site'/'look.js').read_text(encoding='utf-8'), 5000)==[]

def test_skip_stops_before_a_carry(watching):
    tab = watching()
    tab.locator('[name=prompt]').fill('4097 4098')
    tab.locator('[name=skip]').click()
    tab.wait_for_function("document.querySelector('[data-part=status]').textContent.includes('carries')")
    said = tab.evaluate("[...document.querySelectorAll('[data-part=text] .number')].at(-1).textContent")
    assert said.startswith('four thousand ninety nine')

def test_another_language(watching):
    "A network that counts in French, or tries to"
    dls = HumanNumbersDataLoaders.from_range(range(1, 60), range(60, 65), bs=2, seq_len=10, lang='fr', device='cpu')
    learn = human_numbers_learner(dls, Model5, n_hidden=32)
    with learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(40, 1e-2)
    tab = watching(learn)
    tab.locator('[name=prompt]').fill('21')
    for _ in range(12): tab.locator('[name=step]').click()
    assert 'vingt et un' in part(tab, 'text') and 'right' in part(tab, 'verdict')
    said = tab.evaluate("""() => {
        const count = new humanNumbers.Count(humanNumbers.models.get('Model5'), 'vingt et un')
        while (count.verdicts.length < 5 && !count.ended) count.step()
        return count.verdicts.map(o => [o.said, o.right])
    }""")
    wanted = learn.count_on('vingt et un', len(said)-1)
    assert [o for o,_ in said]==['vingt et un', *wanted.numbers] and said[1][1]==wanted.right[0]

def places():
    "Where pages of the site run a network"
    for nb in sorted((root/'nbs'/'tutorials').glob('*.ipynb')):
        for c in read_nb(nb).cells:
            if m := re.search(r'^#\| watch: (.+)$', c.source, re.M): yield nb.stem,json.loads(m[1])

def test_every_place_can_start(page):
    "The models and prompts that the notebooks name"
    found = list(places())
    assert {'lesson', 'watch'} <= {nb for nb,_ in found}
    for _,o in found:
        model = o.get('model', 'Model5')
        assert page.evaluate("([model, prompt]) => humanNumbers.models.get(model).promptIds(prompt).length>1", [model, o['prompt']])
