# `make demo` and `make test` do their own set-up, so that on a machine with only a Swift toolchain they are all that
# anyone needs to type. `make build` and `make debug` install nothing: they name what is missing. One build flavour serves
# the command and the tests: optimised, testable. The benchmarks are a package of their own.

SWIFT ?= swift
FLAVOUR := -c release -Xswiftc -enable-testing
# More flags for every build, such as SWIFT_FLAGS="-j 2".
SWIFT_FLAGS ?=
# What `make test FILTER=TrieTests` and `make bench FILTER=encode` narrow down to.
FILTER ?=
# Seconds that `make fuzz` gives each target.
FUZZ_SECONDS ?= 60

SWIFT_SOURCES := $(wildcard Package.swift Sources Tests Benchmarks Fuzz)

.DEFAULT_GOAL := help
.PHONY: help setup build debug demo pipeline serve test python wheel interop examples bench attack fuzz tsan lint format docs dist clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install the system libraries that are missing
	@scripts/setup

build: ## Build the library and the command, optimised
	@scripts/setup --check --quiet
	$(SWIFT) build $(FLAVOUR) $(SWIFT_FLAGS) --product semid

debug: ## Build everything without optimisation
	@scripts/setup --check --quiet
	$(SWIFT) build -c debug $(SWIFT_FLAGS) --build-tests

demo: setup ## Index and search this machine's apt catalogue, from text to candidates
	@$(MAKE) --no-print-directory build
	$$($(SWIFT) build $(FLAVOUR) $(SWIFT_FLAGS) --show-bin-path)/semid demo

pipeline: setup ## From raw reviews to a table of results (Amazon's where SEMID_DATA has them, else MovieLens)
	@$(MAKE) --no-print-directory build
	@scripts/pipeline $$($(SWIFT) build $(FLAVOUR) $(SWIFT_FLAGS) --show-bin-path)/semid

serve: setup ## Serve the catalogue of the demo at http://127.0.0.1:8080, with a page to look at it (PORT=n for another)
	@$(MAKE) --no-print-directory build
	@scripts/serve $$($(SWIFT) build $(FLAVOUR) $(SWIFT_FLAGS) --show-bin-path)/semid $(if $(PORT),--port $(PORT))

test: ## Build and run the tests (FILTER=name for some)
	@scripts/setup --quiet
	@scripts/python-env --quiet
	@datasets/fetch --quiet movielens-100k || echo "no MovieLens 100K to be had: its tests will be left out"
# Built by `swift build`: `swift test` would add flags of its own, and each of the two would compile everything again.
	$(SWIFT) build $(FLAVOUR) $(SWIFT_FLAGS) --build-tests
	$(SWIFT) test $(FLAVOUR) $(SWIFT_FLAGS) --skip-build --disable-xctest $(if $(FILTER),--filter $(FILTER))

python: setup ## Build the Python package's library, check its types and run its tests (FILTER=name for some)
	@scripts/python-env --quiet
	@$(MAKE) --no-print-directory build
	@scripts/python-library
	@scripts/python-test $$($(SWIFT) build $(FLAVOUR) $(SWIFT_FLAGS) --show-bin-path)/semid $(if $(FILTER),-k $(FILTER))

wheel: setup ## Make the Python wheel, and test it in an empty environment
	@scripts/python-wheel

interop: setup ## Hold what we write against the libraries that users train and serve with
	@$(MAKE) --no-print-directory build
	@scripts/interop $$($(SWIFT) build $(FLAVOUR) $(SWIFT_FLAGS) --show-bin-path)/semid

examples: setup ## Run the commands of the README and of the guides
	@$(MAKE) --no-print-directory build
	@scripts/examples $$($(SWIFT) build $(FLAVOUR) $(SWIFT_FLAGS) --show-bin-path)/semid

bench: ## Run the micro-benchmarks (FILTER=regex for some)
	@scripts/setup --quiet
# The plugin builds the suites in release mode by itself, and does not find its own tool when told to by `-c release`. Its
# filter is a regular expression that has to match a whole name.
	cd Benchmarks && $(SWIFT) package $(SWIFT_FLAGS) --allow-writing-to-package-directory benchmark \
	  $(if $(CI),--no-progress) $(if $(FILTER),--filter '(?i).*($(FILTER)).*')

attack: ## Kill verbs that write, and flip bits of what they wrote
	@scripts/setup --quiet
	@scripts/attack kill
	@scripts/attack flip

fuzz: ## Feed every parser with mutated input, FUZZ_SECONDS each (FILTER=name for one)
	@scripts/setup --quiet
	@scripts/fuzz $(FUZZ_SECONDS) $(FILTER)

tsan: ## Search an index that changes, under the thread sanitizer
	@scripts/setup --quiet
	@scripts/tsan

lint: ## Check the formatting of the Swift sources, the syntax of the scripts and the order of modules and folders
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_SOURCES)
	@for script in $$(grep -lE '^#!.*(bash|sh)$$' scripts/* datasets/* .ci/*); do bash -n "$$script" || exit 1; done
	@scripts/check-floors

format: ## Format the Swift sources in place
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_SOURCES)

docs: ## Write the reference of the library into .build/docs, and that of the Python package into .build/docs-python
	@scripts/setup --quiet
	@scripts/docs
	@scripts/python-docs

dist: ## Make a tarball with the command that runs where nothing was installed
	@scripts/dist

clean: ## Remove what the builds made
	rm -rf .build .build-fuzz .build-dist .build-wheel python/semid/lib Benchmarks/.build
