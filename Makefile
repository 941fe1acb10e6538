# The two commands of the README are `make run` and `make test`.
GO ?= go
export CGO_ENABLED = 0

.PHONY: all build run test deep deep-memory race lint fmt fuzz bench bench-compare cost cover clean test-integration

all: build

# A static binary.
build:
	$(GO) build -trimpath -buildvcs=auto -o bin/mozart ./runner/cmd/mozart

# The main job: one training step of OLMoE under Mozart-C.
run: build
	bin/mozart run olmoe-mozart-c

# With the rules of engine domains checked.
test:
	$(GO) test -tags invariants ./...

# Whole random systems, far more of them than `make test` draws, and every row of the
# reference simulators (three minutes).
deep:
	$(GO) test -tags invariants ./runner/build ./runner/analytic -count=1 -rapid.checks=800
	$(GO) test ./runner/reference -count=1 -deep -timeout 30m

# Every efficiency table measured again, and one OLMoE block at bank level: a quarter of
# an hour.
deep-memory:
	MOZART_DEEP=1 $(GO) test ./runner/micro ./runner/run -run 'StacksAreAsMeasured|WeightsStreamAlike' -count=1 -timeout 30m

# The race detector needs cgo; record and the built-in steps are too slow under it.
race:
	CGO_ENABLED=1 $(GO) test -race -tags invariants -short $$($(GO) list ./... | grep -v -e /runner/record -e /runner/cmd)

lint:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$bad" ]; then echo "gofmt would change:"; echo "$$bad"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags invariants ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff

fmt:
	gofmt -w $$(git ls-files '*.go')

# Every fuzz target for ten seconds.
fuzz:
	@for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz'); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime 10s $$pkg || exit 1; \
	  done; \
	done

# Benchmarks, about three minutes; leaves bench/<git describe>.txt for benchstat.
# BENCH=regex takes some of them, COUNT=n runs each n times.
bench:
	@BENCH='$(value BENCH)' COUNT='$(COUNT)' .ci/bench

# The same benchmarks on a revision and on the work tree, in turns:
# make bench-compare BASE=HEAD~1
bench-compare:
	@BASE='$(BASE)' BENCH='$(value BENCH)' COUNT='$(COUNT)' .ci/bench-compare

# How the cost of an emulation grows: docs/cost.csv and docs/cost.svg, a few minutes.
cost:
	$(GO) run ./runner/cmd/costplot -out docs

cover:
	$(GO) test -coverprofile=cover.out ./... && $(GO) tool cover -func=cover.out | tail -1

# No test needs a browser or a cluster yet.
test-integration: test

clean:
	rm -rf bin bench runs cover.out
