# 睦邻 Mulin. A bare machine needs git, make and Python 3.11 or newer with pip; everything else lands in .venv.
PYTHON ?= python3
PORT ?= 8080
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq
PACKAGES := $(patsubst %/__init__.py,%,$(filter-out tests/%,$(wildcard */__init__.py)))

.DEFAULT_GOAL := help
.PHONY: help setup run test chat check bench docs lock

help:  ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name does; do printf '  make %-6s  %s\n' "$$name" "$$does"; done

setup: $(VENV)/.ready-dev  ## set everything up in this checkout; the command is then .venv/bin/mulin

run: $(VENV)/.ready  ## open the demonstration community and print one URL (PORT=9000 changes the port)
	@exec $(BIN)/mulin demo --port $(PORT)

chat: $(VENV)/.ready  ## talk to the bot in this terminal
	@exec $(BIN)/mulin talk

test: setup  ## run the whole suite, with real PostgreSQL and Redis (ARGS="-k polls" runs a part)
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: setup  ## lint, types, floors and docs
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(PACKAGES)
	@$(BIN)/python -m pytest -q tests/test_floors.py tests/test_docs.py tests/test_handbook.py

bench: setup  ## measure turns per second beside their bare counterparts (FULL=1 ONLY=name runs one whole)
	@FULL="$(FULL)" ONLY="$(ONLY)" $(BIN)/python -m bench

docs: $(VENV)/.ready  ## copy dialogues and tables into the handbook anew, and say where to read what
	@$(BIN)/python docs/build.py
	@echo "README.md                 what it is for, the two commands, the way to a real channel"
	@echo "docs/handbook/            a page per kind of user; its dialogues are the transcripts the tests run"
	@echo "docs/architecture.md      the house; docs/glossary.md its words; docs/decisions/ why it is so"

# For maintainers: pin the newest versions that fit pyproject.toml, with hashes and without addresses (needs uv).
lock:
	@for set in -dev ""; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	    pyproject.toml --extra setup $$(test -z "$$set" && printf -- '--constraint requirements-dev.txt' || printf -- '--extra dev') -o requirements$$set.txt || exit 1; \
	done

# A machine without ensurepip (Debian without python3-venv) still has a pip of its own: it fills the folder from outside.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Mulin needs Python 3.11 or newer; name it: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null && $(PYTHON) -m venv $(VENV) \
	  || { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } \
	  || { rm -rf $(VENV); echo "Python cannot make a virtual environment here; install its venv and pip packages (Debian: apt-get install python3-venv python3-pip)." >&2; exit 1; }

$(VENV)/.ready: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Setting up (once; about a minute) …"
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt $(VENV)/.ready
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@
