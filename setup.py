"Package metadata, read from settings.ini: edit that file, not this one"
from configparser import ConfigParser
from pathlib import Path
from setuptools import setup, find_packages

here = Path(__file__).parent
parser = ConfigParser(delimiters=['='], interpolation=None)
parser.read(here/'settings.ini', encoding='utf-8')
cfg = parser['DEFAULT']
pythons = cfg['pythons'].split() # those that the tests run with, the oldest first
lines = lambda key: [o.strip() for o in cfg[key].splitlines() if o.strip()]
statuses = ['1 - Planning', '2 - Pre-Alpha', '3 - Alpha', '4 - Beta', '5 - Production/Stable', '6 - Mature', '7 - Inactive']

setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'], author=cfg['author'],
    license_expression=cfg['license'], keywords=cfg['keywords'].split(),
    long_description=(here/'README.md').read_text(encoding='utf-8'), long_description_content_type='text/markdown',
    python_requires=f'>={pythons[0]}', packages=find_packages(include=[f"{cfg['lib_name']}*"]),
    package_data={cfg['lib_name']: ['web/*']},
    install_requires=lines('requirements'), extras_require={o: lines(f'{o}_requirements') for o in ('dev', 'distrib', 'look')},
    classifiers=[f"Development Status :: {statuses[int(cfg['status'])-1]}", f"Intended Audience :: {cfg['audience']}",
                 f"Natural Language :: {cfg['language']}", 'Programming Language :: Python :: 3 :: Only',
                 *(f'Programming Language :: Python :: {o}' for o in pythons)],
    entry_points={'console_scripts': lines('console_scripts'),
                  'nbdev': [f"{cfg['lib_name']} = {cfg['lib_name']}._modidx:d"]},
    zip_safe=False)
