"Look up every word of the project's prose in Hunspell's dictionary of English, or in words.txt beside this file"
import ast,io,re,subprocess,sys,tokenize
from functools import lru_cache
from pathlib import Path

from fastcore.nbio import read_nb
from hunspell import Hunspell

here = Path(__file__).resolve().parent
words_file = here/'words.txt'

def listed(): return words_file.read_text(encoding='utf-8').splitlines()

@lru_cache(None)
def dictionary():
    "Hunspell's English and words.txt, where `colour/color` lets one word have the endings of another"
    res = Hunspell('en_US')
    for o in listed(): (res.add_with_affix if '/' in o else res.add)(*o.split('/'))
    return res

# What is prose

_code = re.compile(r'^ *(`{3,}|~{3,}).*?^ *\1[`~]* *$|(`+).+?\2|^ *\$\$.*?\$\$|\$[^$\n]+\$|<!--.*?-->|</?[a-zA-Z][^>]*>', re.M|re.S)
_link = re.compile(r'\]\([^()\s]+\)|<?\b[a-z]+://\S+|\{[.#:][^}\n]*\}|^#\|.*', re.M)
_word = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_name = re.compile(r'\S*(?:[_@=\\#]|\w\.\w|\w\(|\d|[a-z][A-Z])\S*|(?<!\S)(?:\.*/\S+|--[a-z]\S*(?: [\w.-]+)?)')

def prose(md):
    "`md` without code, mathematics, HTML and addresses, and without names such as `from_folder`, `fit.py`, `f(x)` or `DataBlock`"
    return _name.sub(' ', _link.sub('] ', _code.sub(' ', md)))

def code_prose(src):
    "Comments and docstrings of the Python code `src`, and the names in it"
    if re.match(r'\s*(%%|!)', src): return '',set()
    src = re.sub(r'^(\s*)[%!].*', r'\1pass', src, flags=re.M)
    toks = list(tokenize.generate_tokens(io.StringIO(src).readline))
    said = [o.string for o in toks if o.type==tokenize.COMMENT and not o.string.startswith('#|')]
    for o in ast.walk(ast.parse(src)):
        if isinstance(o, (ast.Module, ast.ClassDef, ast.FunctionDef)) and (doc := ast.get_docstring(o)): said.append(doc)
    return '\n'.join(o.lstrip('#') for o in said), {o.string for o in toks if o.type==tokenize.NAME}

def pieces(path):
    "What there is to read in file `path`: where it stands, the prose, and the names that it may use as words"
    if path.suffix=='.md': return [(path.name, prose(path.read_text(encoding='utf-8')), set())]
    if path.suffix=='.py':
        text,names = code_prose(path.read_text(encoding='utf-8'))
        return [(path.name, prose(text), names)]
    cells = read_nb(path).cells
    code = {i: code_prose(c.source) for i,c in enumerate(cells) if c.cell_type=='code'}
    names = set().union(*(o for _,o in code.values()))
    return [(f'{path.name}, cell {i}', prose(code[i][0] if i in code else c.source), names if i in code else set())
            for i,c in enumerate(cells) if c.cell_type!='raw']

# What is wrong

def unknown(text, names=()):
    "The words of `text` that are neither in the dictionary nor in `names`"
    res = [o.replace('’', "'").removesuffix("'s") for o in _word.findall(text)]
    return [o for o in res if len(o)>1 and o not in names and not dictionary().spell(o)]

def misspelt(path):
    "Every unknown word of file `path`, as `file, cell 3: word`"
    return [f'{where}: {o}' for where,text,names in pieces(Path(path)) for o in unknown(text, names)]

def files(root):
    "What people wrote: notebooks, Markdown and Python files that git knows, less what is generated"
    names = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    generated = 'docs/', 'fastai_humannums/'
    return [root/o for o in names if o.endswith(('.ipynb', '.md', '.py')) and not o.startswith(generated) and (root/o).is_file()]

if __name__=='__main__':
    found = [o for f in [Path(o) for o in sys.argv[1:]] or files(here.parent) for o in misspelt(f)]
    print('\n'.join(found) or 'all words are known')
    sys.exit(bool(found))
