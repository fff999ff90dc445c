"The page on speed shows what the scripts in benchmarks/ wrote, and README and leaderboard show the same figures"
import json,re,shutil,sys
import pandas as pd,pytest
from conftest import root,sh
from fastcore.nbio import read_nb

page = read_nb(root/'nbs/tutorials/speed.ipynb').cells
code = [o.source for o in page if o.cell_type=='code']
shown = re.findall(r"^show\('(\w+)'\)", '\n'.join(code), re.M)

@pytest.fixture
def report(monkeypatch):
    monkeypatch.syspath_prepend(root/'benchmarks')
    import report
    return report

def test_all_are_made():
    "What the page shows, `make benchmarks` writes, and the other way round"
    makefile = (root/'Makefile').read_text()
    made = re.search(r'^benchmarks = (.+)', makefile, re.M)[1].split()
    assert sorted(shown)==sorted(made) and 'for o in $(benchmarks)' in makefile
    for o in made: assert "report(__file__, text, out" in (root/f'benchmarks/{o}.py').read_text(), o

@pytest.mark.parametrize('name', shown)
def test_tables_hold_the_figures(name, report):
    "Both files of a benchmark say the same"
    md,data = ((root/f'benchmarks/{name}.{o}').read_text(encoding='utf-8') for o in ('md', 'json'))
    machine,*tables = json.loads(data).values()
    assert tables and machine in md
    for rows in tables: assert report.markdown(rows) in md

def test_prose_holds_no_figures():
    "Figures in prose would outlive the tables that they are from"
    prose = '\n'.join(o.source for o in page if o.cell_type=='markdown')
    assert re.findall(r'\d[.,]\d|\d+%', prose)==[]

ratios = 'here : stock', 'here : bare', 'ahead : word by word', 'measuring : training'

def worse(name):
    "The figures of a benchmark, had all been a thousand times slower here"
    factors = dict.fromkeys(ratios, 1e3) | {'times faster': 1e-3, 'ratio': 1e-3 if name in ('stream', 'words') else 1e3}
    def change(row): return {k: v*factors[k] if v and k in factors else v for k,v in row.items()}
    return json.loads((root/f'benchmarks/{name}.json').read_text(encoding='utf-8'), object_hook=change)

def test_goals_are_judged(tmp_path, monkeypatch):
    "Had all been slower, the page would say that every goal is missed"
    for o in ('benchmarks', 'nbs/tutorials'): (tmp_path/o).mkdir(parents=True)
    for o in shown: (tmp_path/f'benchmarks/{o}.json').write_text(json.dumps(worse(o)), encoding='utf-8')
    monkeypatch.chdir(tmp_path/'nbs/tutorials')
    last = next(i for i,o in enumerate(code) if "goals['verdict']" in o)
    names = {}
    for o in code[:last+1]: exec(o, names)
    assert len(names['goals'])>10
    assert [o.goal for o in names['goals'].itertuples() if not o.verdict.startswith('missed by')]==[]

def first_seeds(names):
    "The token accuracy of seeds 1 to 3 in the leaderboard"
    runs = pd.read_csv(root/'benchmarks/leaderboard.csv').query('seed<=3').groupby('model').token_accuracy
    return {k: f'{runs.mean()[k]:.3f} ± {runs.std()[k]:.3f}' for k in names}

def test_readme_agrees_with_leaderboard():
    "Both train Model2 to Model7 by the same recipes with the same seeds"
    lines = (root/'README.md').read_text(encoding='utf-8').splitlines()
    cells = [[c.strip() for c in o.strip('|').split('|')] for o in lines if o.startswith('|')]
    head = next(o for o in cells if 'published accuracy' in o)
    place = head.index('token accuracy')
    shown = {o[0]: o[place] for o in cells if len(o)==len(head) and re.fullmatch('Model[2-7]', o[0])}
    assert len(shown)==6
    assert shown==first_seeds(shown)

def test_lesson_agrees_with_leaderboard():
    "The lesson trains its own Model2 to Model7 by the same recipes with the same seeds"
    outputs = [o for c in read_nb(root/'nbs/tutorials/lesson.ipynb').cells for o in c.get('outputs', [])]
    table = next(t for o in outputs if 'what it adds' in (t := ''.join(o.get('data', {}).get('text/plain', ''))))
    shown = {f'Model{k}': v for k,v in re.findall(r'^Model ([2-7]) .*?(\d\.\d{3} ± \d\.\d{3})', table, re.M)}
    assert len(shown)==6
    assert shown==first_seeds(shown)

def test_exercises_lead_to_what_the_lesson_says():
    "Every figure of an answer is in the file that `benchmarks/exercises.py` wrote"
    found = json.loads((root/'benchmarks/exercises.json').read_text(encoding='utf-8'))
    answers = '\n'.join(o.source for o in read_nb(root/'nbs/tutorials/lesson.ipynb').cells if o.cell_type=='markdown')
    for o in found['exercises']:
        if o['exercise'] not in ('Model5', 'PointerGRU'): assert o['accuracy'] in answers, o
    for o in found['gates']: assert f"{o['accuracy, training text']:.3f}" in answers, o

scripts = {
    'leaderboard': (dict(model='Model2'), ['--names', 'Model2', '--seeds', 2, '--n-procs', 2]),
    'suite': (dict(model='LSTM', task='recall'), ['recall']),
}

def read_runs(file): return pd.read_csv(file, keep_default_na=False)

def stable(runs):
    "The columns without times and without JSON"
    return runs.drop(columns=['seconds', 'train_seconds', 'words_per_second', 'scores', 'places', 'curve'], errors='ignore')

@pytest.mark.parametrize('name', scripts)
def test_lost_runs_are_trained_again(name, tmp_path):
    "Two processes train two runs that the file has lost. Other processors round otherwise: scores may differ by 0.1"
    which,args = scripts[name]
    for o in (root/'benchmarks').glob('*.py'): shutil.copy(o, tmp_path)
    stored = read_runs(root/f'benchmarks/{name}.csv')
    lost = (stored[list(which)]==pd.Series(which)).all(axis=1) & stored.seed.isin([1, 2])
    assert lost.sum()==2
    file = tmp_path/f'{name}.csv'
    stored[~lost].to_csv(file, index=False)
    res = sh(sys.executable, tmp_path/f'{name}.py', *args, env=dict(N_PROCS='2'), timeout=200)
    assert res.stdout.startswith('2 ')
    pd.testing.assert_frame_equal(stable(read_runs(file)), stable(stored), rtol=0, atol=0.1)
    assert not [*tmp_path.glob('*.part')]
