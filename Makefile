# make run and make test set up everything they need. PYTHON is the interpreter that creates .venv.
PYTHON ?= python3
BIN = .venv/bin
SETUP = settings.ini setup.py pyproject.toml constraints.txt
benchmarks = stream epochs lesson run count compile growth words
# The notebooks with cells that have this flag
flagged = $$(grep -lr --include='*.ipynb' '\#| $(1)' nbs | xargs -n 1 basename | paste -s -d '|')

# Notebooks are executed by the kernel in this folder: it draws figures as SVG
export JUPYTER_PATH = $(CURDIR)/tools/jupyter

.PHONY: run test test-slow test-long test-sets leaderboard suite moonshots exercises notebooks docs docs-check docs-look docs-serve benchmarks measure dist clean

run: .venv/run.done
	$(BIN)/humannums-lesson

test: .venv/dev.done
	$(BIN)/nbdev-test
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not dist"

test-slow: .venv/dev.done
	$(BIN)/nbdev-test --flags slow --file-re "$(call flagged,slow)"
	HUMANNUMS_SLOW=1 $(BIN)/python -m pytest tests/test_dataset.py tests/test_stream.py tests/test_words.py

# Also train the models beyond the lesson and rerun all experiments; takes about half an hour
test-long: .venv/dev.done
	$(BIN)/nbdev-test --flags long --file-re "$(call flagged,long)"

# Test the wheel with the oldest, pinned and newest requirements, and with other Pythons; SETS="floor" tests one set
test-sets:
	$(PYTHON) tools/sets.py $(SETS)

# Train the runs that the leaderboard lacks (it says how long that takes), and rebuild its page
leaderboard: .venv/dev.done
	$(BIN)/python benchmarks/leaderboard.py
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace nbs/tutorials/leaderboard.ipynb
	$(BIN)/nbdev-clean

# Train the runs that the suite lacks, and rebuild its page
suite: .venv/dev.done
	$(BIN)/python benchmarks/suite.py
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace nbs/tutorials/suite.ipynb
	$(BIN)/nbdev-clean

# Check every number up to 999,999 with ten seeds, train up to 0.98 on one core, and rebuild the page
moonshots: .venv/dev.done
	$(BIN)/python benchmarks/six_digits.py
	$(BIN)/python benchmarks/sprint.py 10 10
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace nbs/tutorials/moonshots.ipynb
	$(BIN)/nbdev-clean

# Train what the lesson suggests to try, and write down where it leads; takes some five minutes
exercises: .venv/dev.done
	$(BIN)/python benchmarks/exercises.py --out benchmarks/exercises.md

# Run all notebooks from top to bottom and save their outputs
notebooks: .venv/dev.done
	$(BIN)/nbdev-export
	for nb in nbs/[0-9]*.ipynb nbs/tutorials/*.ipynb nbs/index.ipynb; do $(BIN)/jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.timeout=3600 $$nb || exit 1; done
	$(BIN)/nbdev-clean

docs: .venv/dev.done
	$(BIN)/nbdev-export
	$(BIN)/python tools/site/build.py

docs-check: .venv/dev.done
	$(BIN)/python tools/site/build.py --check

# Test in Chromium, then open every page of docs/ there, wide and narrow, light and dark;
# PAGES="index.html models.html" opens only these
docs-look: .venv/look.done
	$(BIN)/python -m pytest -rs tests/test_look.py tests/test_watch.py
	$(BIN)/python tools/site/look.py $(PAGES)

docs-serve: .venv/dev.done
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory docs

# Measure speed and rebuild its page; takes about twenty minutes on an idle machine
benchmarks: .venv/dev.done
	for o in $(benchmarks); do $(BIN)/python benchmarks/$$o.py --out benchmarks/$$o.md || exit 1; done
	$(BIN)/python benchmarks/languages.py
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace nbs/tutorials/speed.ipynb
	$(BIN)/nbdev-clean

# Print code metrics for each exported notebook
measure: .venv/dev.done
	$(BIN)/python tools/measure.py

dist: .venv/dev.done
	rm -rf dist
	$(BIN)/python -m build --outdir dist
	DIST=dist $(BIN)/python -m pytest -m dist

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run.done: $(SETUP) | .venv/bin/python
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	@touch $@

.venv/dev.done: $(SETUP) | .venv/bin/python
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[dev]"
	@touch $@ .venv/run.done

.venv/look.done: .venv/dev.done
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[dev,look]"
	@touch $@

clean:
	rm -rf .venv .venv-* build dist *.egg-info _proc .pytest_cache .hypothesis
