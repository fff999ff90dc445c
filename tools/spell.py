"Look up every word of the project's prose in Hunspell's English dictionary and in words.txt next to this file"
import ast,io,re,subprocess,sys,tokenize
from functools import cache
from pathlib import Path

from fastcore.nbio import read_nb
from hunspell import Hunspell
from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

here = Path(__file__).resolve().parent
markdown = MarkdownIt().use(dollarmath_plugin, allow_space=False, allow_digits=False)
# Code, even without backticks: from_folder, f(x), fit.py, DataBlock, --lang, ./runs
names = re.compile(r'\S*(?:[_@=\\#{}\d]|\w\.\w|\w\(|[a-z][A-Z]|://)\S*|(?<!\S)(?:--|\.*/)\S+')

@cache
def dictionary():
    "Hunspell's English dictionary and words.txt, where `colour/color` gives one word the endings of another"
    res = Hunspell('en_US')
    for line in (here/'words.txt').read_text(encoding='utf-8').splitlines():
        word,*model = line.split('/')
        res.add_with_affix(word, *model) if model else res.add(word)
    return res

def code_prose(src):
    "Comments and docstrings of the Python code `src`"
    src = TransformerManager().transform_cell(src)
    comments = [o.string for o in tokenize.generate_tokens(io.StringIO(src).readline) if o.type==tokenize.COMMENT]
    documented = ast.Module,ast.ClassDef,ast.FunctionDef
    docs = [ast.get_docstring(o) or '' for o in ast.walk(ast.parse(src)) if isinstance(o, documented)]
    return '\n\n'.join([o.lstrip('#') for o in comments if not o.startswith('#|')]+docs)

def unknown(md):
    "The words of `md` that aren't in the dictionary, without those in code, formulas, HTML and addresses"
    texts = [o.content for token in markdown.parse(md) for o in token.children or () if o.type=='text']
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", names.sub(' ', '\n'.join(texts)))
    words = [o.replace('’', "'").removesuffix("'s") for o in words]
    return [o for o in words if len(o)>1 and not dictionary().spell(o)]

def misspelled(path):
    "Every unknown word in a notebook, Python or Markdown file, as `file, cell 3: word`"
    parts = [(path.name, path.suffix=='.py', path.read_text(encoding='utf-8'))]
    if path.suffix=='.ipynb':
        parts = [(f'{path.name}, cell {i}', c.cell_type=='code', c.source) for i,c in enumerate(read_nb(path).cells)]
    return [f'{where}: {o}' for where,code,src in parts for o in unknown(code_prose(src) if code else src)]

def files():
    "All notebooks, Markdown and Python files that git doesn't ignore and nothing generates"
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'],
                            cwd=here.parent, capture_output=True, text=True, check=True).stdout.splitlines()
    paths = [here.parent/o for o in listed if not o.startswith(('docs/', 'fastai_humannums/'))]
    return [o for o in paths if o.suffix in ('.ipynb', '.md', '.py') and o.is_file()]

if __name__=='__main__':
    found = [o for path in map(Path, sys.argv[1:] or files()) for o in misspelled(path)]
    print('\n'.join(found) or 'all words are known')
    sys.exit(bool(found))
