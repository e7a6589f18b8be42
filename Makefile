# Ebbtide: `make run` starts the demonstration clinic, `make test` proves it. `make` alone lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help run serve test coverage check fix nightly weekly bench bench-chair bench-monitor bench-pharmacology validation words lock clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 28

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Ebbtide needs Python 3.11 or newer; $(PYTHON) is older. Say: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing what Ebbtide runs on (once)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.run
	@echo "Installing what the tests need (once)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/test.txt
	@sh tools/chromium.sh
	@touch $@

$(VENV)/.check: requirements/check.txt $(VENV)/.test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/check.txt
	@touch $@

run: $(VENV)/.run ## start the demonstration clinic (Ctrl-C stops it)
	@exec $(BIN)/ebbtide serve --demo

serve: $(VENV)/.run ## start a real clinic, without the demonstration
	@exec $(BIN)/ebbtide serve

test: $(VENV)/.test ## run every test of the ordinary suite (two cores, under 20 min)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

coverage: $(VENV)/.test ## every branch of the pharmacology is tested, or it says which are not (two cores, under 5 min)
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder tests/pharmacology --cov=ebbtide.pharmacology --cov-report=term --cov-fail-under=100

check: $(VENV)/.check ## the gate: lint, floors, types, templates, migrations, secrets (under 1 min)
	@$(BIN)/python tools/check.py

fix: $(VENV)/.check ## repair what a tool can repair
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@$(BIN)/djhtml --tabwidth 2 src/ebbtide || true
	@$(BIN)/python -m tools.examples
	@$(BIN)/python -m tools.manual

nightly: $(VENV)/.test ## the slower rounds (two cores, under 30 min)
	@sh tools/fhir_validators.sh
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m nightly --timeout 1500 --durations 15

weekly: $(VENV)/.test ## the longest rounds, never required
	@$(BIN)/python -m pytest -q -m weekly --timeout 7200

bench: $(VENV)/.test ## measure, print a table, write build/bench/journey.json
	@$(BIN)/python -m tools.bench

bench-chair: $(VENV)/.test ## measure the chair, write build/bench/chair.json (the slow rounds: make nightly)
	@$(BIN)/python -m tools.bench_chair

bench-monitor: $(VENV)/.test ## measure the monitors' door, write build/bench/monitor.json
	@$(BIN)/python -m tools.bench_monitor

bench-pharmacology: $(VENV)/.test ## measure the models' engine, write build/bench/pharmacology.json
	@$(BIN)/python -m tools.bench_pharmacology

validation: $(VENV)/.test ## hold the pharmacology against published data, write docs/reference/validation.md
	@$(BIN)/python -m tools.validation

words: $(VENV)/.check ## gather the words to translate and compile them
	@cd src/ebbtide && ../../$(BIN)/python -m django makemessages -l es --settings ebbtide.site.settings --no-obsolete --no-location && ../../$(BIN)/python -m django compilemessages -l es --settings ebbtide.site.settings

lock: ## pin the requirements again, with their hashes
	@for group in run test check; do uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 requirements/$$group.in -o requirements/$$group.txt; done

clean: ## remove the virtual environment and what was built; never the clinic's data
	@rm -rf $(VENV) build
