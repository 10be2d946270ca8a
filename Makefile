# Two commands on a fresh machine: `make demo` and `make test`. Everything they need, they install.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MODEL ?= zoo:mobilenetv2
# In real browsers; what other work beside them does to times decides none: several at a time, as the tests without.
UNMEASURED := $(addprefix tests/browser/test_,apps benchmarks beyond cells cold companions debugged felt flags \
	gpu_kernels gpu_library gpu_modules gpu_replay gpu_switches gpu_trouble gpu_unusable gpu_way hard_pages holders \
	inside kernels lattice memory no_browser nothing_left one_file packaged page_modules page_tasks parting programs qoe \
	reaching started stopped timed traced transplant trouble tuned two_at_once watch watch_in_vain watch_realms watched) \
	$(addprefix tests/live/test_,command crashed faults hostile_page one_side options qoe selftest watch webgl webgpu)
# The other ones have the machine to themselves, one after the other.
MEASURING := $(filter-out $(UNMEASURED:%=%.py),$(wildcard tests/browser/test_*.py tests/live/test_*.py))
# First, so that nobody waits for it in the end.
LONGEST := tests/test_platforms.py
ZOO := mobilenetv2 resnet50 resnet20 squeezenet bert-small decoder-small int8-cnn

.PHONY: demo test test-long lint style types page-types fetched reports bench clean

demo: $(VENV)/installed
	$(BIN)/gapprof setup --yes
	$(BIN)/gapprof explain $(MODEL) --allow-noisy

# Hundreds of processes: where Python is told to keep no compiled modules, each would compile all of them anew.
test test-long: export PYTHONDONTWRITEBYTECODE :=
# Of tests/conftest.py: what `make test` decides about a change does not change with examples of chance.
test-long: export HYPOTHESIS_PROFILE := new examples

# Two installations side by side, and then a download beside what keeps a core busy. Browsers wait for processes,
# timers and deadlines for much of their time: a third of them beside two keeps two cores at work.
test:
	$(MAKE) --jobs=2 $(VENV)/installed-dev page-types
	$(MAKE) --jobs=2 fetched types style
	$(BIN)/python -m pytest -m "not long" -n 3 --dist loadfile --no-loadscope-reorder \
		$(LONGEST) tests $(addprefix --ignore=,$(MEASURING))
	$(BIN)/python -m pytest -m "not long" $(MEASURING)

test-long: $(VENV)/installed-dev
	$(MAKE) fetched
	$(BIN)/python -m pytest

lint: types style page-types

types: $(VENV)/installed-dev
	$(BIN)/mypy

style: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

page-types: probes_web/node_modules/.package-lock.json
	cd probes_web && npx --no-install tsc -p tsconfig.json

# What a run needs beside the package.
fetched: $(VENV)/installed
	$(BIN)/gapprof setup --yes

# One command per model; recording, JSON and Markdown lie side by side in reports/zoo/.
reports: $(VENV)/installed
	$(BIN)/gapprof setup --yes
	for model in $(ZOO); do $(BIN)/python reports/make.py $$model || exit 1; done

bench: $(VENV)/installed-dev
	for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

# At once what `installed` has as well: a second installation would begin from nothing.
$(VENV)/installed-dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(VENV)/installed $@

probes_web/node_modules/.package-lock.json: probes_web/package-lock.json
	cd probes_web && npm ci --ignore-scripts --no-audit --no-fund

clean:
	rm -rf $(VENV) probes_web/node_modules .mypy_cache .ruff_cache .pytest_cache
