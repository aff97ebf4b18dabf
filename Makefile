# OnDijon datakit. `make help` lists what there is; every target installs what it needs, once.
#
# Settings (make TARGET NAME=value):
#   PYTHON   the Python 3.11-3.13 that .venv is made from     OUTPUT   where `make run` puts its report
#   VENV     the environment's folder                         ARGS     more options for `datakit run`
#   UV       uv's path, or UV= to use pip even where uv is    REPO     owner/name, for `make links`

VENV   ?= .venv
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
    $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
UV     ?= $(shell uv --version >/dev/null 2>&1 && command -v uv)
OUTPUT ?= reports/latest
ARGS   ?=
REPO   ?=

# Wherever this is set (images of containers do), each of the hundred processes of a run would compile pandas again.
unexport PYTHONDONTWRITEBYTECODE

bin    := $(VENV)/bin
# One stamp per set of packages: as long as its lock is not newer, nothing is installed again.
made    := $(VENV)/.datakit-made
for_run := $(VENV)/.datakit-run
for_dev := $(VENV)/.datakit-dev

ifneq ($(UV),)
install := "$(UV)" pip install --quiet --python $(bin)/python
check   := "$(UV)" pip check --python $(bin)/python
else
install := $(bin)/python -m pip install --quiet --disable-pip-version-check
check   := $(bin)/python -m pip --disable-pip-version-check check
endif
# Each line of a lock, by its hash, and nothing else: with --no-deps no resolver has a say, so a release of tomorrow
# changes nothing. What the lines need of one another is checked afterwards.
exact   := $(install) --no-deps --require-hashes --only-binary :all:

# Three at a time, for two processors: one of them often waits for a browser or a server. A file of tests stays on one, in
# the order of tests/conftest.py: the longest first.
tests   := $(bin)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: help run test coverage check lab lint bench setup setup-dev lock check-lock links sample cities messages notebooks docs clean
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# An environment that was moved or lost files would fail in words that help nobody: what needs it makes it again.
ifneq ($(wildcard $(made)),)
damage := $(shell if $(bin)/python -c "" 2>/dev/null; then $(bin)/python -I tools/environment.py check $(VENV); \
    else echo "its Python does not start"; fi)
ifneq ($(damage),)
.PHONY: $(made) $(for_run) $(for_dev)
endif
endif

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(for_run)  ## every notebook on the bundled sample, and a report
	@$(bin)/datakit run --output $(OUTPUT) $(ARGS)

test: $(for_dev)  ## every test
	@$(tests) $(ARGS)

# From 3.12 on the interpreter says itself which lines ran, which costs little; on 3.11 this takes half as long again.
coverage: export COVERAGE_CORE = $(shell $(bin)/python -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")')
coverage: $(for_dev)  ## the same, and how much of datakit/ they reach: 90 % at least
	@$(tests) --cov --cov-report=term --cov-fail-under=90 $(ARGS)

lab: $(for_run)  ## JupyterLab on the first notebook
	@find notebooks -name "*.ipynb" -exec $(bin)/jupyter trust {} + >/dev/null
	@JUPYTER_CONFIG_PATH="$(CURDIR)/.jupyter" $(bin)/jupyter lab --ServerApp.root_dir="$(CURDIR)" \
	    --LabApp.default_url="/lab/tree/$$($(bin)/python -c 'from datakit.run.choosing import notebooks_folder as f; print(f().as_posix())')/00_start_here.ipynb"

check: $(for_dev)  ## the quick tests of what changed since the last commit
	@$(bin)/python tools/check.py

lint: $(for_dev)  ## style, layers, types, workflows and data cards
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/lint-imports
	$(bin)/mypy
	$(bin)/zizmor --offline --no-progress .github/workflows
	$(bin)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(bin)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

bench: $(for_dev)  ## the measurements of benchmarks/
	@for f in benchmarks/bench_*.py; do echo "== $$f"; $(bin)/python $$f || exit 1; done

setup: $(for_run)  ## the environment, with the package and what it needs
setup-dev: $(for_dev)  ## the same, with what tests and lint need

lock: $(for_dev)  ## write the locks and conda environments again from pyproject.toml (UPGRADE=1 takes newer versions)
	@PATH="$(bin):$$PATH" $(bin)/python tools/make_lock.py

check-lock: $(for_dev)  ## ask for a wheel of every line of the locks, for each system and Python
	@PATH="$(bin):$$PATH" $(bin)/python tools/make_lock.py --check

links:  ## launch links and badges for REPO=owner/name (REPO= takes them out)
	@"$(PYTHON)" tools/links.py "$(REPO)"

sample: $(for_run)  ## make the bundled sample again
	@$(bin)/python tools/make_sample.py

cities: $(for_run)  ## the chapters on other invented cities: does a sentence stay when its figures turn round?
	@$(bin)/python tools/try_cities.py $(ARGS)

messages: $(for_dev)  ## bring the French up to date with what the code and the chapters say
	@$(bin)/python tools/make_messages.py $(ARGS)

notebooks: $(for_dev)  ## make notebooks/*.ipynb again from notebooks/src
	@$(bin)/python tools/build_notebooks.py

docs: $(for_run)  ## make docs/data.md again from the data cards, docs/api.md from the docstrings
	@$(bin)/python tools/make_data_dictionary.py
	@$(bin)/python tools/make_api.py

clean:  ## take away what make made, reports excepted
	@rm -rf $(VENV) build .pytest_cache .ruff_cache .import_linter_cache .coverage .coverage.*

$(made):
	@$(if $(damage),echo "Making $(VENV) again: $(damage)"; rm -rf $(VENV))
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11, 3.12 or 3.13 found. On Debian: apt-get install python3 python3-venv"; exit 1; }
ifneq ($(UV),)
	@"$(UV)" venv --quiet --allow-existing --python "$(PYTHON)" $(VENV)
else
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "make: this Python cannot make environments. On Debian: apt-get install python3-venv"; exit 1; }
	@"$(PYTHON)" -m venv $(VENV)
endif
	@touch $@

$(for_run): requirements.lock pyproject.toml | $(made)
	@echo "Installing into $(VENV) (once; a minute or two)"
	@$(exact) -r requirements.lock
	@$(install) --no-build-isolation --no-deps -e .
	@said=$$($(check) 2>&1) || { echo "$$said"; exit 1; }
	@$(bin)/python -I tools/environment.py note $(VENV)
	@touch $@

$(for_dev): requirements-dev.lock $(for_run)
	@echo "Installing what tests and lint need into $(VENV)"
	@$(exact) -r requirements-dev.lock
	@said=$$($(check) 2>&1) || { echo "$$said"; exit 1; }
	@$(bin)/python -I tools/environment.py note $(VENV)
	@touch $@
