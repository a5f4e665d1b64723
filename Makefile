# `make serve` and `make test` set up whatever is missing; what stands is not set up again.

SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules --no-print-directory
unexport PYTHONDONTWRITEBYTECODE  # start-up is several times slower without bytecode

BIN := .venv/bin
BROWSER_SOURCES := $(shell find labextension -type f -not -path '*/node_modules/*' \
	-not -path '*/dist/*' -not -path '*/lib/*' -not -name '*.tsbuildinfo')

.PHONY: help serve test chaos attacks lint format docs bench install engine image constraints clean

help:  ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 16

serve: install image  ## Serve on http://127.0.0.1:8888 (PLATFORM_PORT)
	@scripts/serve

test: .venv/.test image  ## Run every check and every test
	@scripts/setup-browser
	@scripts/setup-postgres
	@scripts/test

chaos: .venv/.test image  ## Let everything die while people work (CHAOS_SEED, CHAOS_MINUTES or CHAOS_FAULTS)
	@$(BIN)/python -m platform_server.testing.chaos

attacks: .venv/.test image  ## Try every numbered attack (SANDBOX_RUNTIME: of the sandboxes)
	@scripts/setup-browser
	@scripts/setup-postgres
	@$(BIN)/pytest tests/attacks

lint: .venv/.test  ## Run the checks without the tests
	@scripts/test --lint

format: .venv/.test  ## Put the Python code in shape
	@$(BIN)/ruff check --fix-only --quiet . && $(BIN)/ruff format .

docs: .venv/.test  ## Write the reference pages that follow from the code
	@$(BIN)/python scripts/reference.py

bench: .venv/.test image  ## Measure ours beside a stock Jupyter Server
	@$(BIN)/python -m benchmarks --history docs/reference/benchmarks.md

install: .venv/.base  ## Install the platform into .venv

engine: .venv/.base  ## Find or start a Docker engine
	@scripts/setup-engine

image: engine  ## Build the sandbox image if it is missing or old
	@$(BIN)/jupyter-platform image build

constraints:  ## Pin the newest versions of everything in constraints.txt
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml scripts/build-requirements.txt --extra test \
		--universal --python-version 3.11 --upgrade --quiet \
		--no-header --no-annotate --no-emit-index-url --output-file constraints.txt

clean:  ## Remove everything that was made, except PLATFORM_HOME
	rm -rf .venv build dist labextension/{node_modules,lib,dist} .*_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.tools: constraints.txt scripts/build-requirements.txt scripts/setup-python
	@scripts/setup-python tools
	@touch $@

.venv/.labextension: .venv/.tools $(BROWSER_SOURCES) scripts/setup-labextension
	@scripts/setup-labextension
	@touch $@

.venv/.base: .venv/.labextension pyproject.toml
	@scripts/setup-python base
	@touch $@

.venv/.test: .venv/.base
	@scripts/setup-python test
	@touch $@
