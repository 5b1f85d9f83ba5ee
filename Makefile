# Every target sets up what it needs by itself; the second time it is quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The tests start many processes: what is compiled once is kept, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check bench diagrams lock clean
demo: $(VENV)/.runtime
	$(BIN)/python -m bot demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m bot content check
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/integration/test_migrations.py tests/unit/test_project.py

bench: $(VENV)/.dev
	$(BIN)/python -m bench

# Written anew from the flows; `check` fails when they are out of step.
diagrams: $(VENV)/.runtime
	$(BIN)/python docs/diagrams.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# Hash-pinned; `--no-deps` since a lock is complete; the project itself is installed without fetching a builder.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

$(VENV)/.runtime: locks/runtime.txt pyproject.toml | $(VENV)/bin/python
	$(INSTALL) --require-hashes --no-deps -r locks/runtime.txt
	$(INSTALL) --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: locks/dev.txt pyproject.toml | $(VENV)/bin/python
	$(INSTALL) --require-hashes --no-deps -r locks/dev.txt
	$(INSTALL) --no-build-isolation --no-deps -e .
	@touch $@ $(VENV)/.runtime

# Written anew from pyproject.toml; needs `uv` on the PATH.
COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header
lock:
	$(COMPILE) pyproject.toml --group build -o locks/runtime.txt
	$(COMPILE) pyproject.toml --group build --group dev -c locks/runtime.txt -o locks/dev.txt

clean:
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
