# make run        build, and run a concentrator with built-in defaults (root)
# make test       everything that must pass before a change is pushed (root)
# See CONTRIBUTING.md for what each kind of test needs.

GO        ?= go
BIN       := bin
TOOLS     := $(CURDIR)/build/bin
MODULE    := github.com/pptpac/pptpac

GOLANGCI_VERSION   := v2.15.0
PROTOC_GEN_GRPC    := v1.6.2
PROTOC_GEN_GO      := $(shell $(GO) list -m -f '{{.Version}}' google.golang.org/protobuf 2>/dev/null)
PROTOC_GEN_CONNECT := $(shell $(GO) list -m -f '{{.Version}}' connectrpc.com/connect 2>/dev/null)

# The interop tests boot a guest and run on their own; a plain
# `go test ./...` without root fails there and says so.
PACKAGES = $(shell $(GO) list ./... | grep -v '^$(MODULE)/contrib/interop$$')

FUZZ_SHORT ?= 3s
FUZZ_LONG  ?= 2m
SOAK_TIME  ?= 30m
SOAK_COUNT ?= 20

# By default every program built with -race rests for a second before it exits.
export GORACE ?= atexit_sleep_ms=0

.PHONY: all build run test deps vet unit fuzz-short integration interop fuzz soak bench lint proto clean

all: build

build:
	$(GO) build -trimpath -o $(BIN)/pptpac ./cmd/pptpac

run: build
	$(BIN)/pptpac serve --first-user

# The order is cheap to dear; each step fails the whole.
test: deps vet unit fuzz-short integration interop

deps:
	contrib/install-test-deps.sh

vet:
	$(GO) vet ./...

unit:
	$(GO) test -race -shuffle=on -skip '^TestIntegration' -timeout 10m $(PACKAGES)

# Root: network namespaces, TUN devices, raw sockets. Never skipped.
integration:
	$(GO) test -race -count=1 -run '^TestIntegration' -timeout 10m $(PACKAGES)

# Root: Debian's pppd in a User Mode Linux guest against pptpac.
interop:
	$(GO) test -count=1 -timeout 20m ./contrib/interop/

fuzz-short:
	GO=$(GO) contrib/fuzz.sh $(FUZZ_SHORT)

fuzz:
	GO=$(GO) contrib/fuzz.sh $(FUZZ_LONG)

# What is too long for `make test`: the unit tests over and over, pppd coming and
# going, and our own clients with a million bad packets while nothing may grow.
soak:
	$(GO) test -race -count=$(SOAK_COUNT) -shuffle=on -skip '^TestIntegration' -timeout 60m $(PACKAGES)
	PPTPAC_SOAK=$(SOAK_TIME) $(GO) test -count=1 -v -run '^TestInteropChurn$$' -timeout 24h ./contrib/interop/
	$(GO) run ./contrib/soak -time $(SOAK_TIME)

# A figure a line, comparisons as ratios.
bench:
	$(GO) test -run '^$$' -bench . -benchmem -timeout 60m $(PACKAGES)
	$(GO) run ./contrib/bench
	$(GO) run ./contrib/interop/cmd/setup-time

lint: $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)
	$< run ./...

$(TOOLS)/golangci-lint-$(GOLANGCI_VERSION):
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv $(TOOLS)/golangci-lint $@

# Generated code is checked in. Needs protoc (Debian: protobuf-compiler, libprotobuf-dev).
proto:
	GOBIN=$(TOOLS) $(GO) install google.golang.org/protobuf/cmd/protoc-gen-go@$(PROTOC_GEN_GO)
	GOBIN=$(TOOLS) $(GO) install google.golang.org/grpc/cmd/protoc-gen-go-grpc@$(PROTOC_GEN_GRPC)
	GOBIN=$(TOOLS) $(GO) install connectrpc.com/connect/cmd/protoc-gen-connect-go@$(PROTOC_GEN_CONNECT)
	PATH=$(TOOLS):$$PATH protoc --proto_path=. --go_out=. --go_opt=module=$(MODULE) \
		--go-grpc_out=. --go-grpc_opt=module=$(MODULE) aaa/pluginrpc/v1/aaa.proto
	PATH=$(TOOLS):$$PATH protoc --proto_path=. --go_out=. --go_opt=module=$(MODULE) \
		--connect-go_out=. --connect-go_opt=module=$(MODULE) concentrator/admin/v1/admin.proto

clean:
	rm -rf $(BIN) build
	$(GO) clean -testcache
