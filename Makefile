# `make serve` runs the service, `make test` the tests. Each makes what it
# needs in a virtual environment inside this directory and installs nothing
# outside of it. PYTHON names the interpreter: make test PYTHON=python3.12;
# PORT the port to serve on, if not 8774: make serve PORT=8775

PYTHON ?= python3
VENV ?= .venv$(if $(filter-out python3,$(PYTHON)),-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	--constraint tools/constraints.txt
DESCRIPTION := setup.cfg setup.py requirements.txt tools/constraints.txt
SPHINX := $(BIN)/sphinx-build -W --keep-going -q -b html

# pbr takes the version from git. A tree without history gets this one.
ifeq ($(shell git rev-parse --verify --quiet HEAD 2>/dev/null),)
export PBR_VERSION ?= 0.0.1
endif

.PHONY: help serve test lint types docs sbom bench clean

help:
	@echo 'make serve   run the service on this machine, for trying it out'
	@echo 'make test    run the tests'
	@echo 'make lint    check style, spelling and common mistakes'
	@echo 'make types   check the types'
	@echo 'make docs    build the documentation, warnings are errors'
	@echo 'make sbom    write what an installation consists of (CycloneDX)'
	@echo 'make bench   compare our speed with that of a real Nova'
	@echo 'make clean   remove what these made'

serve: $(VENV)/.serve
	@$(BIN)/python -m keypair_ext.testbed $(if $(PORT),--port $(PORT))

test: $(VENV)/.test
	@$(BIN)/python tools/run_tests.py

lint: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet
	$(BIN)/codespell

types: $(VENV)/.test
	$(BIN)/mypy

docs: $(VENV)/.docs
	$(SPHINX) doc/source doc/build/html
	$(SPHINX) api-ref/source api-ref/build/html
	$(SPHINX) releasenotes/source releasenotes/build/html

# From the environment of a tool alone, so that the bill has none of ours.
sbom: .venv-sbom/.created
	@.venv-sbom/bin/python tools/supply_chain.py sbom build/sbom.cdx.json

bench: $(VENV)/.bench
	@$(BIN)/python -m benchmarks run $(or $(BENCH),--form short)

clean:
	rm -rf .venv .venv-* .demo .mypy_cache .ruff_cache .stestr .coverage \
		.coverage.* build cover doc/build api-ref/build \
		releasenotes/build

# Built without isolation: what builds the package is pinned, too.
$(VENV)/.created: tools/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		2>/dev/null || { echo 'keypair_ext needs Python 3.11 or newer,' \
		'which $(PYTHON) is not; name one that is, for example:' \
		'make $(MAKECMDGOALS) PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo '$(PYTHON) cannot make a virtual environment; on Debian:' \
		'apt-get install python3-venv' >&2; exit 1; }
	$(INSTALL) pbr setuptools
	@touch $@

# The bill is of what pip installs anew, at the same releases.
.venv-sbom/.created: tools/constraints.txt
	@$(PYTHON) -m venv .venv-sbom
	.venv-sbom/bin/python -m pip install --quiet \
		--disable-pip-version-check --constraint tools/constraints.txt \
		cyclonedx-bom
	@touch $@

$(VENV)/.serve: $(VENV)/.created $(DESCRIPTION)
	$(INSTALL) --no-build-isolation --editable '.[serve]'
	@touch $@

$(VENV)/.test: $(VENV)/.created $(DESCRIPTION) test-requirements.txt
	$(INSTALL) --no-build-isolation --editable '.[serve,notifications,unified]' \
		--requirement test-requirements.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.test benchmarks/requirements.txt
	$(INSTALL) --no-build-isolation --editable '.[mysql,mysqlclient]' \
		--requirement benchmarks/requirements.txt
	@touch $@

$(VENV)/.docs: $(VENV)/.created $(DESCRIPTION) doc/requirements.txt
	$(INSTALL) --no-build-isolation --editable . \
		--requirement doc/requirements.txt
	@touch $@
