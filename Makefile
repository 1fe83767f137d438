# Each target sets up what it needs in .venv first.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test test-all mutants lint format bench screenshot clean

run: .venv/ready  ## open the dashboard
	$(BIN)/streamlit run streamlit_app.py

test test-all: export PYTHONDONTWRITEBYTECODE =  # what one process compiles others need not

test: .venv/ready  ## the tests, two at a time; those in a browser need Chromium
	$(BIN)/python -m pytest -n 2

test-all: .venv/ready  ## with those marked as slow: the full products of the matrices
	$(BIN)/python -m pytest -n 2 -m ""

mutants: .venv/ready  ## which of 100 small faults does no test see? Takes long
	$(BIN)/python -m tests.mutants

lint: .venv/ready  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/ready  ## put the code in its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/ready  ## times, side by side
	$(BIN)/python -m tests.bench

screenshot: .venv/ready  ## pictures of the README, and of every example and tab; needs Chromium
	$(BIN)/python -m tests.screenshot

.venv/ready: requirements.txt requirements-more.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements.txt -r requirements-more.txt
	touch $@

clean:
	rm -rf .venv
