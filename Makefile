# Needs nothing but Python 3.11 with venv (Debian: python3 and python3-venv). Everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RIVALS := $(VENV)/.rivals
DEMO := build/support_copilot

.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint bench schema wheel clean

help:            ## show this list
	@sed -n 's/^\([a-z-]*\): .*## /  make \1 \t/p' $(MAKEFILE_LIST)

demo: $(READY)   ## propose the design of the example and write its documents
	$(BIN)/advisor propose examples/support_copilot/scenario.yml -o $(DEMO)

test: $(READY)   ## run all tests
	$(BIN)/python -m pytest -n auto --dist worksteal

test-all: $(READY)  ## run all tests with every drawn problem (an hour)
	ADVISOR_ALL=1 $(BIN)/python -m pytest -n auto --dist worksteal

lint: $(READY)   ## check style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(RIVALS) ## measure load, candidates, solve, evaluate and render, other people's solvers beside
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/optimizer.py
	$(BIN)/python benchmarks/analysis.py
	$(BIN)/python benchmarks/why_not.py
	$(BIN)/python benchmarks/selection.py
	$(BIN)/python benchmarks/fronts.py
	$(BIN)/python benchmarks/latency.py

schema: $(READY) ## renew the schema that editors use for the examples
	$(BIN)/advisor schema > examples/scenario.schema.json

wheel: $(READY)  ## build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:           ## remove everything that was made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Installed again only when the dependencies may have changed. A half-made environment is started over.
# Compiled here, since where Python may not keep what it compiles each command would do it again.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "python3-venv is needed: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m compileall -q advisor
	$(BIN)/python -m advisor.methods
	@touch $@

# What only benchmarks compare with: too large for a test environment.
$(RIVALS): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	@touch $@
