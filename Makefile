# `make` alone lists what there is. Each target works in a fresh clone and installs under target/ what it needs.

DENY_VERSION := 0.20.2
DENY := target/tools/cargo-deny-$(DENY_VERSION)/bin/cargo-deny

.DEFAULT_GOAL := help
.PHONY: help demo test lint fmt clippy deny advisories contract bench ci

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## play the story on two sandbox forges, then stay up (ONCE=1 ends after it, PORT=8000 sets the port)
	cargo run --features sandbox -- demo $(if $(filter 1,$(ONCE)),--once) $(if $(PORT),--port $(PORT))

test: ## run every test and record what they exchange with the sandbox in target/exchanges
	rm -rf target/exchanges && mkdir -p target/exchanges/sandbox
	SLIPWAY_SANDBOX_RECORD=$(CURDIR)/target/exchanges/sandbox/own.jsonl cargo test --features sandbox

lint: fmt clippy deny ## check the format, clippy with and without the sandbox, and what the dependencies bring

fmt:
	cargo fmt --check

clippy:
	cargo clippy --features sandbox --all-targets -- -D warnings
	cargo clippy -- -D warnings

deny: $(DENY)
	$(DENY) --locked --log-level error check bans licenses sources

advisories: $(DENY) ## look the dependencies up in the RustSec database (needs github.com, so it is not part of ci)
	$(DENY) --locked check advisories

contract: ## hold what the tests recorded against the forges' published API descriptions
	.ci/contract

bench: ## measure the ingest and the changelogs beside the least they could cost (release build)
	cargo bench --bench ingest
	cargo bench --bench changelog --features sandbox

ci: ## everything that has to pass before a merge
	.ci/run

# Unoptimized on purpose: that builds in a fraction of the time and a check still takes seconds.
$(DENY):
	cargo install cargo-deny --locked --version $(DENY_VERSION) --debug --root target/tools/cargo-deny-$(DENY_VERSION)
