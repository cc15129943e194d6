# The project's commands. Only Python 3.11 or newer, make and git are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# one more than there are cores, as tests of processes and brokers mostly wait
WORKERS = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
# the tests' many processes start from what the first of them compiled: 0.6 s of a core each
export PYTHONDONTWRITEBYTECODE =

.PHONY: install demo test check chaos bench format audit sbom lock docs messages screenshots pictures

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Saudager needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@

install: $(VENV)/.installed  ## make .venv with everything the product needs

demo: install  ## a made-up shop on http://127.0.0.1:8000
	$(BIN)/saudager demo

test: $(VENV)/.installed-dev  ## the whole suite, or with ONLY="slow or servers" a part of it
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(if $(ONLY),-m "$(ONLY)")

check: $(VENV)/.installed-dev  ## format, lint, types, import contracts, fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow and not browser and not servers"

chaos: $(VENV)/.installed-dev  ## 10 000 messages and 100 kills in every shape; docs/chaos.md has the counts
	$(BIN)/python -m tests.chaos

$(VENV)/.installed-bench: pyproject.toml $(VENV)/.installed-dev
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[bench]'
	@touch $@

bench: $(VENV)/.installed-bench  ## measure beside the rivals, and write docs/benchmarks.md
	$(BIN)/saudager bench all --write docs/benchmarks.md

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install  ## what is generated: settings, commands, queues, jobs, modules, the API, licences, and the synonyms' dictionary forms
	$(BIN)/python -m scripts.make_docs
	$(BIN)/python -m scripts.list_licences
	$(BIN)/python -m scripts.lemmatise_synonyms

messages: $(VENV)/.installed-dev  ## gather what the console says into its catalogues
	$(BIN)/python -m scripts.gather_messages

screenshots: $(VENV)/.installed-dev  ## the pictures of the documentation, drawn anew with chromium
	$(BIN)/python -m tests.console.screenshots
	SAUDAGER_SCREENSHOTS=1 $(BIN)/python -m pytest -q -n 0 tests/demo/test_demo_browser.py -k picture_of_the_readme

pictures: install  ## the contact sheet of docs/pictures.md, drawn anew on this machine
	$(BIN)/python -m scripts.draw_contact_sheet

audit: $(VENV)/.installed-dev  ## look for locked libraries with known holes
	$(BIN)/python -m scripts.audit

sbom: $(VENV)/.installed-dev  ## dist/sbom.cdx.json: what is installed with the product, as CycloneDX
	$(BIN)/python -m scripts.write_sbom

lock: $(VENV)/.installed-dev  ## take newer versions of the libraries
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --no-header --no-strip-extras --upgrade --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --no-header --no-strip-extras --upgrade --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
