# `make demo` and `make test` are all that a newcomer needs; `make help` lists the rest.
SHELL := /bin/bash
SWIFT ?= swift
TOOLS ?= $(CURDIR)/.tools
export CUSTOMER360_TOOLS ?= $(TOOLS)
export CUSTOMER360_DATA ?= $(CURDIR)/../shared/data
RELEASE := $(SWIFT) build -c release --product customer360 --static-swift-stdlib

.PHONY: help setup build release size demo test lint format examples tsan bench blackbox hostile schemathesis clients faults fuzz image image-check compose-check clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## install what is missing: Debian packages and mongod (idempotent)
	@scripts/setup.sh

build: setup ## debug build of everything
	$(SWIFT) build --build-tests

release: setup ## release build of the one binary
	$(RELEASE)

size: release ## the stripped binary is under 25 MB
	@scripts/size.sh "$$($(RELEASE) --show-bin-path)/customer360"

demo: release ## start, load the sample retailer, train, serve on http://127.0.0.1:8360 until Ctrl-C
	@exec "$$($(RELEASE) --show-bin-path)/customer360" demo

test: build examples ## the whole test suite, against real mongod processes
	$(SWIFT) test --skip-build --no-parallel
	CUSTOMER360_PROGRAM="$$($(SWIFT) build --show-bin-path)/customer360" FAULTS_WITHOUT_NAMESPACES=0 scripts/faults.sh --short

examples: ## the example packages build
	$(SWIFT) build --package-path Examples/Echo

lint: ## format and style, without changing anything
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests
	printf '#include <gmime/gmime.h>\n#include "Sources/CMail/GMime.h"\n' | \
	  cc -x c -fsyntax-only -Werror $$(pkg-config --cflags gmime-3.0) -I. -

format: ## format in place
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

tsan: setup ## server, store, projection and model tests under ThreadSanitizer
	$(SWIFT) test --sanitize=thread --scratch-path .build-tsan --no-parallel --filter 'HTTPServerTests|StoreTests|ProjectionTests|ModelsTests'

bench: setup ## reads and ingest beside bare libmongoc loops, as ratios
	Benchmarks/run.sh

blackbox: build ## the service on loopback against HTTP/1.1, byte by byte, over TCP and over TLS
	python3 Benchmarks/HTTP/blackbox

hostile: ## attacks on the server while a well-behaved client goes on asking; slowhttptest in its four modes
	$(SWIFT) build -c release --static-swift-stdlib --package-path Benchmarks/HTTP --product Ours
	python3 Benchmarks/HTTP/hostile.py

schemathesis: release ## property tests of the running service against openapi.yaml
	scripts/schemathesis.sh

clients: release ## analytics SDKs from PyPI and the Pub/Sub emulator send to the running service
	scripts/clients.sh

faults: release ## kill, freeze, cut off and fill up real MongoDB nodes under load, and count (as root)
	scripts/faults.sh

fuzz: release ## 5,000 malformed requests for each dialect of the running service; what is taken in is read back and held against the rules
	scripts/fuzz.sh

image: ## container image without a Docker engine (buildah)
	scripts/image.sh build

compose-check: ## hold compose.yaml against the schema of the Compose specification
	scripts/compose-check.sh

image-check: setup image ## run the image as a non-root user against a replica set
	scripts/image.sh check

clean: ## what was built
	rm -rf .build .build-tsan
