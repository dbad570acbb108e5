# Kubeflow on Pulumi. `make help` lists what there is.

STACK ?= nocloud
CONTEXT ?=
DELETE_DATA ?=
ADOPT ?=
MEND ?=
SEED ?= 1
MOMENTS ?= 40
UV_VERSION := 0.13.9
CACHE := $(or $(KUBEFLOW_CACHE),$(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/kubeflow-on-pulumi)
OUR_UV := $(CACHE)/uv-$(UV_VERSION)/bin/uv
UV := $(or $(shell command -v uv),$(OUR_UV))
# Compiled files save a second at each start of the program. Pulumi runs the program in .venv, where it adds the SDK of
# the stack's cloud; what else works on the project is in .venv-dev.
SYNC_ANY := $(UV) sync --locked --compile-bytecode --quiet
SYNC := $(SYNC_ANY) --no-default-groups --inexact
RUN := $(UV) run --no-sync --quiet
SYNC_DEV := UV_PROJECT_ENVIRONMENT=.venv-dev $(SYNC_ANY) --all-groups
RUN_DEV := UV_PROJECT_ENVIRONMENT=.venv-dev $(RUN)
# Tests of the engine wait for the cluster half of their time: more processes than cores share them, each with a control
# plane of its own. Groups are said in tests/conftest.py.
WORKERS ?= 4
PYTEST := $(RUN_DEV) pytest --no-loadscope-reorder
export PATH := $(PATH):$(dir $(OUR_UV))

.DEFAULT_GOAL := help
.PHONY: help up preview down recover drift faults env dev check static types unit test tests e2e bench docs checksums format

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  STACK=nocloud|cloud and CONTEXT=name-of-a-kubeconfig-context choose what they work on."

up: $(UV) ## deploy Kubeflow; on a bare machine, with a cluster of its own
	@$(SYNC)
	@$(RUN) python -m tools up --stack "$(STACK)" --context "$(CONTEXT)"

preview: $(UV) ## show what `make up` would change
	@$(SYNC)
	@$(RUN) python -m tools preview --stack "$(STACK)" --context "$(CONTEXT)"

down: $(UV) ## remove it, and keep users' data; DELETE_DATA=yes deletes that too
	@$(SYNC)
	@$(RUN) python -m tools down --stack "$(STACK)" --delete-data "$(DELETE_DATA)"

recover: $(UV) ## finish what was cut off, or go on with a damaged or lost state; ADOPT=id-of-an-installation
	@$(SYNC)
	@$(RUN) python -m tools recover --stack "$(STACK)" --context "$(CONTEXT)" --adopt "$(ADOPT)"

drift: $(UV) ## show what others changed in the cluster; MEND=yes takes it back
	@$(SYNC)
	@$(RUN) python -m tools drift --stack "$(STACK)" --context "$(CONTEXT)" --mend "$(MEND)"

faults: $(UV) ## end updates at random moments and see that the next command finishes them; SEED=number MOMENTS=40
	@$(SYNC)
	@$(RUN) python -m tools.faults --seed "$(SEED)" --moments "$(MOMENTS)"

env: $(UV) ## for eval "$(make env)": pulumi and kubectl on what is up
	@$(SYNC)
	@$(RUN) python -m tools env --stack "$(STACK)"

dev: $(UV) ## for eval "$(make dev)": pytest and the other tools in this shell
	@$(SYNC)
	@$(SYNC_DEV)
	@echo 'export PATH="$(CURDIR)/.venv-dev/bin:$(PATH)"'

check: $(UV) ## format, lint, types, import rules, unit and policy tests: under a minute
	@$(SYNC_DEV)
	@$(MAKE) --no-print-directory --jobs=2 static unit

static:
	$(RUN_DEV) ruff format --check
	$(RUN_DEV) ruff check
	$(RUN_DEV) lint-imports
	$(RUN_DEV) pyrefly check --summary=none

types:
	$(RUN_DEV) pyright

unit:
	$(PYTEST) -n auto tests/unit tests/policy tests/cloud_models

test: $(UV) ## every test, from a bare machine: installs what is missing
	@$(SYNC)
	@$(SYNC_DEV)
	@$(MAKE) --no-print-directory static
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=none types tests

tests:
	$(PYTEST) -n $(WORKERS)

e2e: $(UV) ## log in, spawn and compute on a real cluster: CONTEXT=its kubeconfig context; images: CONTRIBUTING.md
	@$(SYNC_DEV)
	$(RUN_DEV) pytest tests/e2e --context "$(CONTEXT)"

bench: $(UV) ## time and count ours beside a flat program and kubectl
	@$(SYNC_DEV)
	$(RUN_DEV) python -m tools.bench

docs: $(UV) ## write the settings reference and schema anew
	@$(SYNC_DEV)
	$(RUN_DEV) python -m tools.reference

checksums: $(UV) ## write tools/checksums.txt anew, from what publishers of programs say
	@$(SYNC)
	@$(RUN) python -m tools checksums

format: $(UV) ## format the code
	@$(SYNC_DEV)
	$(RUN_DEV) ruff format
	$(RUN_DEV) ruff check --fix

$(OUR_UV):
	@echo "Installing uv $(UV_VERSION)." >&2
	@python3 -m venv "$(CACHE)/uv-$(UV_VERSION)"
	@"$(CACHE)/uv-$(UV_VERSION)/bin/pip" install --quiet --disable-pip-version-check uv==$(UV_VERSION)
