# Two words do everything: `make demo` shows the main job, `make test` runs the tests.
PYTHON ?= python3
WORKERS ?= 4
WHEEL_TESTS ?= tests/contract tests/docs tests/cli/test_main.py tests/cli/test_imports.py tests/e2e/test_exec.py tests/processes/api
WEAK_TESTS := tests/weaknesses/test_others.py
PYTEST_ARGS ?=
BENCH_ARGS ?=
FUZZ_MINUTES ?= 60
FUZZ_TARGETS ?=
# The newest that the Go of Debian 12 builds.
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
BIN := .venv/bin
STAMP := .venv/.complete
DEMO := build/demo

.PHONY: venv clients engines demo test test-weak test-long fuzz check lint types actions pages site site-look wheel-test bench bench-parts clean

# The stamp is written last, so an interrupted set-up starts again instead of half-working.
$(STAMP): pyproject.toml
	$(PYTHON) -m venv --upgrade-deps .venv
	$(BIN)/pip install -q --group lint --group test -e '.[desktop]'
	touch $@

venv: $(STAMP)

# The real clients of docs/clients.md that are not programs of the system.
clients:
	tests/clients/build build/clients

# Only what the demo itself needs: pyvault and the AWS CLI, beside whatever else is here. What is imported is compiled then.
$(DEMO)/.complete: pyproject.toml
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/pip install -q --no-compile --disable-pip-version-check -e . 'awscli>=1.46,<2'
	touch $@

demo: $(DEMO)/.complete
	$(DEMO)/bin/python tests/demo.py

# The S3 servers of tests/engines.py, apart from our own packages: they bring many, and pin some.
ENGINES := build/engines/.complete
$(ENGINES): pyproject.toml
	$(PYTHON) -m venv --upgrade-deps build/engines
	build/engines/bin/pip install -q --group engines
	touch $@

engines: $(ENGINES)

test: venv
	$(BIN)/python -m pytest -n $(WORKERS) --ignore $(WEAK_TESTS) $(PYTEST_ARGS)

# What proves that other stores are weak; it says nothing of ours.
test-weak: venv
	$(BIN)/python -m pytest -n $(WORKERS) $(PYTEST_ARGS) $(WEAK_TESTS)

# All of them, and each start of pyvault a real one (tests/README.md). Needs the packages of tests/peers/apt-packages.txt and apt-packages-long.txt; without libdbus-1-dev the
# tests of KWallet are skipped. Stores of others with known weaknesses are installed below build/.
test-long: venv
	-$(BIN)/pip install -q --group long
	PYVAULT_REAL_START=1 $(BIN)/python -m pytest -n $(WORKERS) --long $(PYTEST_ARGS)

# Every reader of foreign input under a coverage-guided fuzzer, FUZZ_MINUTES in all; what it finds lies below build/fuzz.
fuzz: venv
	$(BIN)/pip install -q --group fuzz
	PYTHONPATH=tests FUZZ_MINUTES=$(FUZZ_MINUTES) $(BIN)/python -m fuzz.campaign $(FUZZ_TARGETS)

check: lint types

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: venv
	$(BIN)/mypy
	$(BIN)/pyright

# The workflows of .github and of the documents, whatever else is installed here; needs Go.
actions:
	PYTHONPATH=tests $(PYTHON) -m docs.workflows build/workflows
	go run $(ACTIONLINT) -shellcheck= -pyflakes= .github/workflows/*.yml build/workflows/*.yml

# What of docs/ is made, written anew: references, man pages, pictures. Then read the diff.
pages: venv
	$(BIN)/python -m pytest -q --rewrite $(wildcard tests/docs/test_generated.py tests/docs/test_reference.py)

# The site in build/site, and its tests: links, anchors, no other host.
site: venv
	$(BIN)/pip install -q --group docs
	PYTHONPATH=tests $(BIN)/python -m website.build
	PYVAULT_SITE=build/site $(BIN)/python -m pytest -q tests/website/test_gather.py tests/website/test_site.py

# The site in Chromium, narrow and wide, light and dark, under axe-core. Needs npm and chromium. Pictures of it in build/site-look.
site-look: site
	tests/website/fetch-axe build/axe
	PYVAULT_SITE=build/site $(BIN)/python -m pytest -q --long tests/website/test_look.py

# The tests once more, against the installed wheel: what is not in it fails here.
wheel-test: venv
	rm -rf dist build/wheel-test
	$(BIN)/python -m build --wheel --outdir dist . >/dev/null
	$(PYTHON) -m venv build/wheel-test/venv
	build/wheel-test/venv/bin/pip install -q --upgrade pip
	build/wheel-test/venv/bin/pip install -q --group test "$$(echo dist/*.whl)[desktop]"
	cp -r tests docs pyproject.toml README.md build/wheel-test/
	cd build/wheel-test && PYVAULT_ENGINES="$(CURDIR)/build/engines" PYVAULT_REAL_START=1 venv/bin/python -m pytest -n $(WORKERS) $(WHEEL_TESTS)

# All budgets in one run (docs/performance.md). AWS_VAULT_BIN=FILE: aws-vault beside them. BENCH_ARGS="--runs 5".
bench: venv
	$(BIN)/python benchmarks/run.py $(BENCH_ARGS)

# What the parts cost, without budgets but for the server's.
bench-parts: venv
	$(BIN)/python benchmarks/kdf.py
	$(BIN)/python benchmarks/store.py
	$(BIN)/python benchmarks/config.py
	$(BIN)/python benchmarks/server.py
	$(BIN)/python benchmarks/backends.py

clean:
	rm -rf .venv dist build .coverage* .mypy_cache .ruff_cache .hypothesis
