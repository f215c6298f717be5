# Two commands: `make serve` and `make test`. Everything else is a step of theirs.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

export THIDUA_HOST := $(HOST)
export THIDUA_PORT := $(PORT)

.PHONY: serve build test soak faults lint lock clean
.DELETE_ON_ERROR:

serve: build
	@exec $(BIN)/thidua serve

# A release of the committed data, published; nothing is done twice.
build: $(VENV)/installed
	@version=$$($(BIN)/thidua build) && $(BIN)/thidua publish "$$version"

test: $(VENV)/installed-dev
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# The service under good, bad and hostile requests, with a release published every minute; KILLS=--kills ends query
# processes besides.
SECONDS ?= 600
soak: build $(VENV)/installed-dev
	@$(BIN)/python -m bench.soak --seconds $(SECONDS) $(KILLS)

# Commands killed at every moment, full disks and flipped bytes; FAULTS="kills --kills 300 --every 0" for a part of it.
faults: $(VENV)/installed-dev
	@$(BIN)/python -m bench.faults $(FAULTS)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "thidua needs Python 3.11 or later")'
	@$(PYTHON) -m venv $(VENV)

# The registry package is data to us, so nothing it depends on is installed: hence --no-deps.
# Python may read where the checkout is as ASCII (LC_ALL=C), so that is told as a way from there, not by its name.
$(VENV)/installed: $(VENV)/bin/python requirements.lock pyproject.toml | $(VENV)/parts
	@echo "Installing what requirements.lock pins" >&2
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@for found in $(VENV)/lib/python3*/site-packages/_editable_impl_thidua.pth; do echo ../../../.. >$$found; done
	@touch $@

# What pages load from npm. Where it cannot be had, the service runs all the same.
$(VENV)/parts: $(VENV)/bin/python service/npm/package-lock.json service/npm/install
	@echo "Installing what service/npm/package-lock.json pins" >&2
	@service/npm/install $(BIN)/python && touch $@ || \
		echo "That failed: /sparql is a plain form until make is run again with a registry of npm in reach" >&2

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	@echo "Installing what requirements-dev.lock pins" >&2
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

# Needs pip-tools. The files name no registry.
LOCK := pip-compile --quiet --generate-hashes --strip-extras --no-header --no-emit-options --no-emit-index-url \
	--no-emit-find-links --no-emit-trusted-host $(foreach name,geopy shapely tqdm unidecode geographiclib numpy,--unsafe-package $(name))
lock:
	$(LOCK) -o requirements.lock pyproject.toml requirements.in
	$(LOCK) -o requirements-dev.lock requirements-dev.in

clean:
	rm -rf $(VENV) releases service/npm/node_modules
