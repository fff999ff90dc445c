"What all benchmarks use: the name of the machine, a report as Markdown and JSON, and a safe way to write a file"
import json,os,platform,re,subprocess
from functools import partial
from math import floor,isfinite,log10
from pathlib import Path
import joblib,torch

def processor():
    "The processor's name, as reported by the system"
    info = Path('/proc/cpuinfo')
    names = re.findall(r'^model name\s*: (.+)', info.read_text(), re.M) if info.exists() else []
    if platform.system()=='Darwin':
        names = [subprocess.run(['sysctl', '-n', 'machdep.cpu.brand_string'], capture_output=True, text=True).stdout]
    return names[0].strip() if names else platform.processor() or platform.machine()

def machine():
    "Processor, vector instructions that PyTorch detects, cores, GPU and versions"
    vectors = dict(AVX2='AVX2', AVX512='AVX-512').get(torch.backends.cpu.get_cpu_capability())
    n = joblib.cpu_count()
    parts = [f'`{processor()}`' + (f' with {vectors}' if vectors else ''), f"{n} core{'s'*(n>1)}"]
    if torch.cuda.is_available(): parts.append(f'`{torch.cuda.get_device_name()}`')
    parts += [f'Python {platform.python_version()}', f'PyTorch {torch.__version__.split("+")[0]}']
    return ', '.join(parts)

def write_aside(
    file, # File to write or replace
    write # Function that writes to a path
):
    "Write to another file first, so that an interrupted run leaves the old one whole"
    aside = Path(f'{file}.part')
    write(aside)
    os.replace(aside, file)

def write_text(file, text): write_aside(file, partial(Path.write_text, data=text, encoding='utf-8'))

def cell(o):
    "A float with three digits; anything else unchanged"
    if o is None: return ''
    if isinstance(o, int): return f'{o:,}'
    if not (isinstance(o, float) and isfinite(o)): return str(o)
    return f'{o:,.{max(0, 2-floor(log10(abs(o))))}f}' if o else '0'

def markdown(rows):
    "A table of `rows`, which are dictionaries with the same keys"
    lines = [rows[0], ['---']*len(rows[0]), *(map(cell, o.values()) for o in rows)]
    return '\n'.join(f"| {' | '.join(o)} |" for o in lines)

def plain(o): return float(f'{o:.6g}') if isinstance(o, float) else o

def report(
    script, # Path of the benchmark
    text, # What it measures and how, in Markdown
    out, # Markdown file for the tables; NAME.json gets the same values; None: only print
    how='one thread', # How it ran
    **tables # Rows of each table, which are dictionaries with the same keys
):
    "Print tables and write them to two files"
    name = Path(script).stem
    tables = {k: [{c: plain(o) for c,o in row.items()} for row in rows] for k,rows in tables.items()}
    ran = f"`python benchmarks/{name}.py` on {machine()}{f', {how}' if how else ''}:"
    md = '\n\n'.join([f'# {name.capitalize()}', text, ran, *map(markdown, tables.values())])+'\n'
    print(md)
    if not out: return
    write_text(out, md)
    data = dict(machine=machine(), **tables)
    write_text(Path(out).with_suffix('.json'), json.dumps(data, indent=1, ensure_ascii=False)+'\n')
