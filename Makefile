# make demo: install and show the main job.  make test: install and check everything.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := minilm,static,plot,excel,zst
DEV_EXTRAS := $(EXTRAS),notebooks,search
export HF_HUB_OFFLINE ?= 1

.PHONY: demo test test-all live lint types unit faults bench build clean

demo: $(VENV)/installed
	$(BIN)/toolkit demo

test: lint types unit

test-all: lint types
	$(BIN)/python -m pytest -m "slow or live or not slow"

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

unit: $(VENV)/installed-dev
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

faults: $(VENV)/installed-dev
	$(BIN)/python -m tests.servers.fault_table

live: $(VENV)/installed-dev
	LIVE_REQUIRED=1 $(BIN)/python -m pytest -m live tests/live

bench: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks $(if $(DATA),--data $(DATA))

build: $(VENV)/installed-dev
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) dist build

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (about 2 GB with torch; a few minutes the first time) ..."
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[$(EXTRAS)]"
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[$(DEV_EXTRAS)]" --group dev
	@touch $@
