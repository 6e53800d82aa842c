# Everything from a clean checkout with Python 3.11 or newer, make and git; Node comes from PyPI.
#
#   make lab     JupyterLab with Colophon on the example notebook; ARGS='--port 9000 --no-browser'
#   make test    check, then the Python and the end-to-end tests
#   make check   types, lint, format, unused code, unit tests; under a minute
#   make fix     what lint and format can put right by themselves
#   make build   the labextension and the agent
#   make wheel   dist/*.whl
#   make nightly ten thousand simulations, a thousand rounds of kill -9, chaos; half an hour
#   make bench   the programs in bench/; ARGS='name' for some of them
#   make clean   what was built; `make distclean` what was installed, too
#
# The environment is .venv: `. .venv/bin/activate` gives its python, jupyter, node and npm. Colophon
# is installed in it as an editable package and its labextension as a link, so Python changes show
# when the server restarts, and TypeScript changes when `make build` (or `node --run watch`) has run
# and the page is reloaded. Every step leaves a stamp; only what has changed is done again.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
NOTEBOOK ?= $(firstword $(wildcard examples/*.ipynb))
ARGS ?=

VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

REQUIREMENTS := $(VENV)/.requirements
NODE_MODULES := node_modules/.package-lock.json
BUILT := $(VENV)/.built
INSTALLED := $(VENV)/.installed

SOURCES := $(shell find schema agent src style -type f -not -name '*.md') \
	package.json tsconfig.json tsconfig.base.json scripts/bundle-agent.mjs
LABEXTENSION := share/jupyter/labextensions/jupyterlab-colophon

.PHONY: help lab test check fix build wheel bench nightly clean distclean chromium

help:
	@sed -n '/^#   make/s/^#   //p' Makefile

$(REQUIREMENTS): requirements-dev.txt scripts/link-node.py
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --requirement requirements-dev.txt
	python scripts/link-node.py
	@touch $@

$(NODE_MODULES): package-lock.json | $(REQUIREMENTS)
	npm ci
	@touch $@

$(BUILT): $(SOURCES) $(NODE_MODULES)
	node --run build
	@touch $@

# Editable, and the labextension a link to where it is built.
$(INSTALLED): pyproject.toml hatch_build.py package.json $(wildcard jupyter-config/*/*) $(REQUIREMENTS) | $(BUILT)
	COLOPHON_SKIP_BUILD=1 python -m pip install --quiet --no-deps --no-build-isolation --editable .
	mkdir -p $(VENV)/$(dir $(LABEXTENSION))
	ln -sfn $(CURDIR)/jupyterlab_colophon/labextension $(VENV)/$(LABEXTENSION)
	@touch $@

build: $(BUILT)

lab: $(BUILT) $(INSTALLED)
	jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(NOTEBOOK) $(ARGS)

check: $(NODE_MODULES)
	ruff check --quiet .
	ruff format --quiet --check .
	node --run check

test: check $(BUILT) $(INSTALLED) chromium
	python -m pytest
	CHROMIUM="$$(bash scripts/chromium.sh)" node --run test:e2e

# The end-to-end tests drive a browser; as root it is installed when there is none.
chromium:
	@bash scripts/chromium.sh --install > /dev/null

fix: $(NODE_MODULES)
	ruff check --fix .
	ruff format .
	node --run fix

# What takes too long for each change.
nightly: $(BUILT) $(INSTALLED)
	COLOPHON_SEEDS=10000 node node_modules/.bin/vitest run tests/simulation
	COLOPHON_KILL_ROUNDS=1000 node node_modules/.bin/vitest run --config vitest.e2e.config.mjs tests/integration/journal-kills.test.ts
	COLOPHON_CHAOS_ROUNDS=10 node node_modules/.bin/vitest run --config vitest.e2e.config.mjs tests/integration/chaos.test.ts

wheel: $(BUILT)
	COLOPHON_SKIP_BUILD=1 python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

bench: $(BUILT) $(INSTALLED)
	node scripts/bench.mjs $(ARGS)

clean:
	rm -rf lib dist coverage .cache jupyterlab_colophon/labextension jupyterlab_colophon/agent $(BUILT)

distclean: clean
	rm -rf node_modules $(VENV)
