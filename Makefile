# Troth. `make` alone says what there is to make.
#
# Everything runs in an environment of its own, filled from the lock files: every package pinned, every file
# checked against its hash. PYTHON and VENV can be set: `make test PYTHON=python3.12 VENV=.venv-312`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
# One more for the slow tests: they wait for databases, browsers and other processes more than half of their time.
SIZES ?=
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
CHECKED := preferences mailer webapp tests $(wildcard benchmarks)

# What one process has compiled, the hundreds that tests begin need only read.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install run test check rest prove torture bench lock

help: ## Say what there is to make
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## Install what is needed, and start nothing

run: $(VENV)/.installed ## Install what is needed and start Troth: http://127.0.0.1:8642
	@exec $(BIN)/troth run

test: $(VENV)/.installed-dev ## Run the fast tests: on SQLite, and where workers meet on PostgreSQL, too
	@TROTH_TEST_PROFILE=quick $(BIN)/python -m pytest -q -n $(JOBS) -m "not slow"

check: test rest ## Run everything a change must pass

rest: $(VENV)/.installed-dev ## Run what `make test` leaves out: style, types, arrows, migrations, slow tests, properties for longer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CHECKED)
	$(BIN)/lint-imports --no-logo
	$(BIN)/troth migrate --check
	$(BIN)/python -m pytest -q -n $$(($(JOBS) + 1)) --dist worksteal --durations 15 -m "slow or hypothesis"

prove: $(VENV)/.installed-dev ## Kill processes in the middle of a send, and show that nothing is lost or sent twice
	@$(BIN)/python -m benchmarks.prove
	@$(BIN)/python -m benchmarks.torture 5 1000

torture: $(VENV)/.installed-dev ## The same a hundred times in a long send, to every process there is, database and broker included
	@$(BIN)/python -m benchmarks.torture

bench: $(VENV)/.installed-dev ## Measure each claim against a reference; SIZES="--messages 2000 --pairs 1 --readers 50000" is short
	@$(BIN)/python -m benchmarks $(SIZES)

# A lock file names packages, versions and hashes, and never where they come from.
COMPILE = env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(BIN)/uv --no-config pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links

lock: $(VENV)/.installed ## Pin the newest allowed version of every dependency anew
	@$(INSTALL) --require-hashes -r requirements/lock.txt
	$(COMPILE) --upgrade requirements/lock.in -o requirements/lock.txt
	$(COMPILE) --upgrade --extra dev pyproject.toml -o requirements/dev.txt
	$(COMPILE) --upgrade -c requirements/dev.txt pyproject.toml -o requirements/run.txt
	$(COMPILE) --upgrade -c requirements/dev.txt requirements/build.in -o requirements/build.txt
	@! grep -nE 'http|file:|index|find-links|/' requirements/*.txt

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Troth needs Python 3.11 or newer: install python3, or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Troth needs Python 3.11 or newer, and $$($(PYTHON) --version) is older. Name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "This Python cannot make environments: install python3-venv (Debian, Ubuntu) and try again." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements/run.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing Troth into $(VENV) (under a minute, only when a lock file has changed) ..."
	@$(INSTALL) --require-hashes -r requirements/run.txt -r requirements/build.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV) ..."
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@
