# `make serve` runs the service, `make test` the tests. Each makes what it
# needs in a virtual environment inside this directory and installs nothing
# outside of it. PYTHON names the interpreter: make test PYTHON=python3.12;
# PORT the port to serve on, if not 8774: make serve PORT=8775; TEST a regular
# expression for the names of tests: make test TEST=unit.keytypes

PYTHON ?= python3
ifeq ($(PYTHON),python3)
VENV ?= .venv
else
VENV ?= .venv-python$(shell $(PYTHON) -c \
	'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
endif
VENV := $(VENV)
BIN := $(VENV)/bin
# The target, also where it is an environment that is made for one.
ASKED := $(patsubst .%,%,$(notdir $(MAKECMDGOALS)))
# What tells one interpreter, and what was made with it, from another.
WHICH := -c 'import sys; print(sys.version_info[:2], sys.base_prefix)'
# Two that start at once would make the same environment.
ALONE := $(if $(shell command -v flock),flock $(VENV).lock)
INSTALL := @$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	--constraint tools/constraints.txt
OR_SAY := || { echo 'pip could not install what is needed; where the' \
	'package index cannot be reached, name another one in PIP_INDEX_URL' \
	'or a proxy in PIP_PROXY.' >&2; exit 1; }
DESCRIPTION := setup.cfg setup.py requirements.txt tools/constraints.txt
SPHINX := $(BIN)/sphinx-build -W --keep-going -q -b html

# Release notes are read from git.
HISTORY := $(shell git rev-parse --verify --quiet HEAD 2>/dev/null)

READY := ready-serve ready-test ready-docs ready-bench

.PHONY: help serve test lint types docs sbom bench clean $(READY)

help:
	@echo 'make serve   run the test bed on this machine, for trying it out'
	@echo 'make test    run the tests, about five minutes on two processors;'
	@echo '            one or a few by name: make test TEST=test_house'
	@echo 'make lint    check style, spelling and common mistakes'
	@echo 'make types   check the types'
	@echo 'make docs    build the documentation, warnings are errors'
	@echo 'make sbom    write what an installation consists of (CycloneDX)'
	@echo 'make bench   compare our speed with that of a real Nova'
	@echo 'make clean   remove what these made'

serve: ready-serve
	@$(BIN)/python -m keypair_ext.testbed serve $(if $(PORT),--port $(PORT))

test: ready-test
	@$(BIN)/python tools/run_tests.py $(foreach name,$(TEST),'$(name)')

lint: ready-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet
	$(BIN)/codespell

types: ready-test
	$(BIN)/mypy

docs: ready-docs
	$(SPHINX) doc/source doc/build/html
	$(SPHINX) api-ref/source doc/build/html/api-ref
	$(if $(HISTORY),$(SPHINX) releasenotes/source doc/build/html/releasenotes,\
		@echo 'No release notes: they are read from git, and this is no clone.')

# From the environment of a tool alone, so that the bill has none of ours.
sbom: .venv-sbom/.created
	@.venv-sbom/bin/python tools/supply_chain.py sbom build/sbom.cdx.json

bench: ready-bench
	@$(BIN)/python -m benchmarks run $(or $(BENCH),--form short)

clean:
	rm -rf .venv .venv.lock .venv-* .testbed .tox .eggs *.egg-info build dist \
		.mypy_cache .ruff_cache .stestr .coverage .coverage.* \
		coverage.xml cover AUTHORS ChangeLog doc/build \
		doc/source/_static/*.sample
	find . -name __pycache__ -prune -exec rm -rf {} +

# What there is in the environment, made by one at a time.
$(READY): ready-%:
	@! test -L $(BIN)/python || \
		test "`$(BIN)/python $(WHICH)`" = "`$(PYTHON) $(WHICH)`" || { \
		echo '$(VENV) was made with another Python than $(PYTHON);' \
		'remove it, and it is made anew: rm -rf $(VENV)' >&2; exit 1; }
	@$(ALONE) $(MAKE) --silent --no-print-directory $(VENV)/.$*

# Built without isolation: what builds the package is pinned, too.
$(VENV)/.created: tools/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		2>/dev/null || { echo 'keypair_ext needs Python 3.11 or newer,' \
		'which $(PYTHON) is not; name one that is, for example:' \
		'make $(ASKED) PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo '$(PYTHON) cannot make a virtual environment; on Debian:' \
		'apt-get install python3-venv' >&2; exit 1; }
	@echo 'Installing into $(VENV)'
	$(INSTALL) pbr setuptools $(OR_SAY)
	@touch $@

# The bill is of what pip installs anew, at the same releases.
.venv-sbom/.created: tools/constraints.txt
	@$(PYTHON) -m venv .venv-sbom
	.venv-sbom/bin/python -m pip install --quiet \
		--disable-pip-version-check --constraint tools/constraints.txt \
		cyclonedx-bom
	@touch $@

$(VENV)/.serve: $(VENV)/.created $(DESCRIPTION)
	$(INSTALL) --no-build-isolation --editable '.[testbed]' $(OR_SAY)
	@touch $@

$(VENV)/.test: $(VENV)/.created $(DESCRIPTION) test-requirements.txt
	$(INSTALL) --no-build-isolation --editable '.[badkeys,notifications,serve,testbed,unified]' \
		--requirement test-requirements.txt $(OR_SAY)
	@touch $@

$(VENV)/.bench: $(VENV)/.test benchmarks/requirements.txt
	$(INSTALL) --no-build-isolation --editable '.[mysql,mysqlclient]' \
		--requirement benchmarks/requirements.txt $(OR_SAY)
	@touch $@

$(VENV)/.docs: $(VENV)/.created $(DESCRIPTION) doc/requirements.txt
	$(INSTALL) --no-build-isolation --editable . \
		--requirement doc/requirements.txt $(OR_SAY)
	@touch $@
