# One command each; `make help` lists them. Needs Python 3.11 or newer and make; all else is fetched here.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export PYTHONUTF8 := 1

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
ARGS ?=
T ?= tests
WORKERS ?= 2
SEEDS ?= 1000
FROM ?= 0
STORE ?= sqlite

INSTALLED := $(VENV)/.installed
TEST_INSTALLED := $(VENV)/.installed-test
DEV_INSTALLED := $(VENV)/.installed-dev

.PHONY: help setup demo run serve db test simulate check fix lint types templates bench vendor screenshots docs clean

help:  ## Show this list
	@awk 'BEGIN {FS = ":.*?## "} /^[a-z-]+:.*?## / {printf "  \033[36m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(DEV_INSTALLED)  ## Install everything that a developer needs, and the commit checks
	@test ! -d .git || $(BIN)/pre-commit install >/dev/null
	@echo "Ready: 'make run' starts the app, 'make check' checks your change."

demo: $(INSTALLED)  ## Run the whole job on sample data and serve it (ARGS=--no-serve ends after the table)
	@$(BIN)/campaigns demo $(ARGS)

run: demo  ## The app with its worker and demo data

serve: $(INSTALLED)  ## Serve the app with its embedded worker, on your own data
	@$(BIN)/campaigns serve $(ARGS)

db: $(INSTALLED)  ## Bring the database to the present schema
	@$(BIN)/campaigns db upgrade

test: $(TEST_INSTALLED)  ## Run every test (T=tests/engine runs a part, ARGS='-k name' chooses)
	@scripts/ensure-browser $(BIN)
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(T) $(ARGS)

simulate: $(TEST_INSTALLED)  ## Play the runtime with more seeds (SEEDS=10000 FROM=0 STORE=postgresql)
	@SIMULATED_SEEDS=$(SEEDS) SIMULATED_FROM=$(FROM) SIMULATED_STORE=$(STORE) $(BIN)/pytest -n $(WORKERS) tests/simulation $(ARGS)

check: test  ## What continuous integration runs: the tests, which include lint, types, layers and templates

lint: $(TEST_INSTALLED)  ## Style of code, layers, spelling
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-logo && $(BIN)/codespell .

types: $(TEST_INSTALLED)  ## Types, strictly
	@$(BIN)/mypy

templates: $(TEST_INSTALLED)  ## Style of templates
	@$(BIN)/djlint templates --lint --quiet

fix: $(TEST_INSTALLED)  ## Mend what tools can mend
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(TEST_INSTALLED)  ## Measure the headline figures on both databases
	@$(BIN)/campaigns bench $(ARGS)

vendor: $(INSTALLED)  ## Fetch the pinned browser packages again (needs npm)
	@$(BIN)/python scripts/vendor.py

screenshots: $(TEST_INSTALLED)  ## Take pictures of a running demo (ARGS='--email … --password … /path …')
	@scripts/ensure-browser $(BIN)
	@$(BIN)/python scripts/screenshots.py $(ARGS)

docs: $(INSTALLED)  ## Write the reference pages that come from code
	@$(BIN)/python scripts/reference.py

clean:  ## Remove the environment and all caches; your data in instance/ stays
	rm -rf $(VENV) dist build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*

$(BIN)/python:
	@PYTHON="$(PYTHON)" scripts/make-venv $(VENV)

$(INSTALLED): pyproject.toml scripts/install | $(BIN)/python
	@scripts/install $(VENV) "."
	@touch $@

$(TEST_INSTALLED): pyproject.toml scripts/install | $(BIN)/python
	@scripts/install $(VENV) ".[test]"
	@touch $(INSTALLED) $@

$(DEV_INSTALLED): pyproject.toml scripts/install | $(BIN)/python
	@scripts/install $(VENV) ".[test,dev]"
	@touch $(INSTALLED) $(TEST_INSTALLED) $@
