# Every target with "##" behind it is explained by `make help`.
SHELL := /bin/sh
# Each of the shop's processes would compile all of its code again.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/uv pip compile -q --universal --generate-hashes --no-strip-extras --python-version 3.11 --no-emit-index-url
PACKAGES := shopbot customers catalog entitlements pricing delivery orders telegram_bot webhooks api
# Enough of an environment to judge the settings of a real deployment.
DEPLOYED := ENV_FILE=/dev/null LOG_LEVEL=ERROR DEBUG=0 DATA_DIR=$${TMPDIR:-/tmp}/shopbot-deploy-check \
	SECRET_KEY=checked-at-build-time-checked-at-build-time-0123456789 \
	TELEGRAM_WEBHOOK_KEY=checked-at-build-time-checked-at-build-time \
	TELEGRAM_BOT_TOKEN=1000001:NOT-A-REAL-TOKEN PUBLIC_URL=https://shop.example.com BEHIND_PROXY=1 \
	SELLER_NAME=Example SELLER_ADDRESS=Example SELLER_EMAIL=shop@example.com

.DEFAULT_GOAL := help
.PHONY: help run stop setup test test-sqlite bench bench-quick cover check format lint types contracts migrations texts docs lock hooks clean

help: ## Explain every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/runtime ## Open the shop here: chat, admin and API (PORT=8000); Ctrl-C closes it
	@$(BIN)/python manage.py up

setup: $(VENV)/development ## Install everything for working on the shop into .venv

test: $(VENV)/development ## Run every test on PostgreSQL (pass options as T='-k price -x')
	@$(BIN)/pytest -n 2 --dist loadgroup -q $(T)

test-sqlite: $(VENV)/development ## Run every test on SQLite, the engine of a local trial
	@TEST_ENGINE=sqlite $(BIN)/pytest -n 2 --dist loadgroup -q $(T)

bench: $(VENV)/development ## Measure the shop beside its peers; fails while a bound is missed
	@$(BIN)/python -m bench

bench-quick: $(VENV)/development ## The same with fewer rounds, in about two minutes
	@$(BIN)/python -m bench --quick

cover: $(VENV)/development ## Run every test and report which branches none went through
	@$(BIN)/pytest -n 2 --dist loadgroup -q --cov --cov-report=term-missing:skip-covered $(T)

check: lint types contracts migrations texts ## Judge format, lint, types, imports, migrations, words

format: $(VENV)/development ## Put the code in its one format and mend what can be mended
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

lint: $(VENV)/development ## Judge format and lint
	@$(BIN)/ruff format --check -q . || { echo "Not in format: run 'make format'."; exit 1; }
	@$(BIN)/ruff check -q .

types: $(VENV)/development ## Judge the types (mypy, strict)
	@$(BIN)/mypy $(PACKAGES)

contracts: $(VENV)/development ## Judge which module may import which
	@$(BIN)/lint-imports

# SQLite makes a table anew for each new constraint, which the linter takes for both excluded faults.
migrations: $(VENV)/development ## Judge migrations and the settings of a deployment
	@$(DEPLOYED) $(BIN)/python manage.py makemigrations --check --dry-run
	@$(DEPLOYED) DJANGO_SETTINGS_MODULE=shopbot.settings.check $(BIN)/python manage.py lintmigrations \
		--no-cache --quiet ok ignore --exclude-migration-tests NOT_NULL ADD_UNIQUE --include-apps kernel $(filter-out shopbot,$(PACKAGES))
	@$(DEPLOYED) $(BIN)/python manage.py check --deploy --fail-level WARNING

texts: $(VENV)/development ## Judge the spelling, and whether every language has every text
	@$(BIN)/typos
	@$(DEPLOYED) $(BIN)/python manage.py texts --check

docs: $(VENV)/development ## Write the parts of the documentation that the code knows
	@$(BIN)/python -m shopbot.settings.document
	@$(BIN)/python manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn

lock: $(VENV)/development ## Compile requirements*.in into locked requirements*.txt
	@$(COMPILE) requirements.in -o requirements.txt
	@$(COMPILE) requirements-dev.in -o requirements-dev.txt

hooks: $(VENV)/development ## Have git run the checks before each commit
	@$(BIN)/pre-commit install

clean: ## Remove what the tools keep; the shop's data in var/ stays
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name it as in 'make PYTHON=python3.12 run'."; exit 2; }
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

# The stamps are newer than the lists that they stand for, so an unchanged list installs nothing.
$(VENV)/runtime: requirements.txt | $(BIN)/python
	@echo "Installing what the shop runs on; the first time takes a minute or two …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/development: requirements-dev.txt $(VENV)/runtime
	@echo "Installing the tools for tests and checks …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
