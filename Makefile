# Two words do everything: `make demo` shows the main job, `make test` runs the tests.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete

.PHONY: venv demo test test-long check lint types bench clean

# The stamp is written last, so an interrupted set-up starts again instead of half-working.
$(STAMP): pyproject.toml
	$(PYTHON) -m venv --upgrade-deps .venv
	$(BIN)/pip install -q --group lint --group test -e '.[desktop]'
	touch $@

venv: $(STAMP)

demo: venv
	$(BIN)/python tests/demo.py

test: venv
	$(BIN)/python -m pytest -n auto

test-long: venv
	$(BIN)/python -m pytest -n auto --long

check: lint types

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: venv
	$(BIN)/mypy
	$(BIN)/pyright

bench: venv
	$(BIN)/python benchmarks/startup.py

clean:
	rm -rf .venv dist build .coverage* .mypy_cache .ruff_cache .hypothesis
