# One command a habit. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
# The clang that came with Swift has the BPF target; Debian's need not be there.
CLANG ?= $(or $(wildcard $(dir $(shell command -v $(SWIFT)))clang),clang)
PREFIX ?= /usr/local
DESTDIR ?=

# Building and testing share one configuration, so that everything is compiled once.
FLAGS := -c release -Xswiftc -enable-testing
# What is installed and measured carries Swift's libraries inside, and nothing for tests.
STATIC := -c release --static-swift-stdlib --scratch-path .build-static --product nestaudit

# For containers without libraries; their own people need it for `ctl`, `tail` and `ps`.
CLIENT := -c release -Xswiftc -static-executable -Xlinker -lcap-ng -Xlinker -lelf -Xlinker -lz \
	--scratch-path .build-client --product nestaudit

OBJECT := Sources/CNestaudit/nestaudit.bpf.o
BPF_SOURCES := $(wildcard bpf/*.c bpf/*.h bpf/event/*.h bpf/lib/*.h bpf/lib/types/*.h)
C_SOURCES := $(wildcard bpf/*.c bpf/*.h bpf/event/*.h bpf/lib/*.h bpf/lib/types/*.h Sources/CNestaudit/*.c \
	Sources/CNestaudit/include/*.h Tests/Workload/*.c Tests/Workload/*.h \
	Tests/CTableReader/*.c Tests/CTableReader/include/*.h Benchmarks/*.c)
SHELL_SOURCES := .ci/run scripts/container-fixture scripts/demo scripts/install-dependencies \
	scripts/kernel-audit scripts/nested-fixture scripts/run-tests scripts/runtime-fixture scripts/vm scripts/vm-matrix \
	$(wildcard scripts/vm.d/*) Tests/GuestTests/guest Tests/GuestTests/functions
PYTHON_SOURCES := Benchmarks/run $(wildcard Benchmarks/*.py) scripts/auparse-check scripts/compare-audit-logs
SWIFT_SOURCES := Package.swift Sources Tests

.PHONY: help
help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: dependencies
dependencies: ## install the Debian packages that are missing (root)
	@scripts/install-dependencies

.PHONY: test-dependencies
test-dependencies:
	@scripts/install-dependencies --tests

.PHONY: build
build: dependencies $(OBJECT) ## build the program
	@echo "==> building nestaudit"
	$(SWIFT) build $(FLAGS)

# SwiftPM does not see that object.c embeds the object: its time has to tell.
$(OBJECT): $(BPF_SOURCES)
	@echo "==> building the BPF object"
	$(CLANG) -O2 -g -Wall -Werror -target bpf -D__TARGET_ARCH_x86 -Ibpf \
		-c bpf/nestaudit.bpf.c -o $@
	touch Sources/CNestaudit/object.c

.PHONY: test
test: test-dependencies static-client ## run every test; as root also those with real BPF and containers
	@echo "==> building the tests"
	$(SWIFT) build $(FLAGS) --build-tests
	@echo "==> running the tests"
	scripts/run-tests $(SWIFT) test $(FLAGS) --skip-build --no-parallel

.PHONY: soak
soak: test-dependencies $(OBJECT) ## ten containers a second come and go for ten minutes (FOR=seconds; root)
	$(SWIFT) build $(FLAGS) --build-tests
	NESTAUDIT_CHURN=$(or $(FOR),600) $(SWIFT) test $(FLAGS) --skip-build --no-parallel \
		--filter ContainerTests.Churn

.PHONY: fuzz
fuzz: $(OBJECT) ## inputs by chance for the parser and the compiler of rules, and for replay (SEED=, COUNT=)
	$(SWIFT) build $(FLAGS) --product fuzz
	@for target in parser compiler; do \
		.build/release/fuzz $$target --output .build \
			--count $(or $(COUNT),1000000) $(addprefix --seed=,$(SEED)); \
	done
	@.build/release/fuzz recording --output .build \
		--count $(or $(COUNT),20000) $(addprefix --seed=,$(SEED))

.PHONY: demo
demo: build ## two containers and the host, three audit logs, one capture (root)
	@scripts/demo

.PHONY: parity
parity: test-dependencies $(OBJECT) ## compare with the kernel's own audit, write docs/parity.md's table (root)
	$(SWIFT) build $(FLAGS) --build-tests
	NESTAUDIT_PARITY_PAGE=docs/parity.md $(SWIFT) test $(FLAGS) --skip-build --no-parallel \
		--filter 'KernelTests.Parity|theWorkloadIsToldAsTheKernelTellsIt|requestsAreToldAsTheKernelTellsThem'

.PHONY: bench
bench: static ## measure against the kernel's audit, write docs/benchmarks.md (root)
	@scripts/install-dependencies --benchmarks
	@CLANG=$(CLANG) Benchmarks/run

.PHONY: static
static: dependencies $(OBJECT) ## build the one binary that is installed
	@echo "==> building nestaudit with Swift's libraries inside"
	$(SWIFT) build $(STATIC)

.PHONY: static-client
static-client: dependencies $(OBJECT) ## build a program that needs no library, for use within containers
	@echo "==> building nestaudit without any library"
	$(SWIFT) build $(CLIENT)

.PHONY: install
install: static ## install binary, man pages and systemd unit (PREFIX, DESTDIR)
	install -D -s -m 755 .build-static/release/nestaudit $(DESTDIR)$(PREFIX)/sbin/nestaudit
	install -d $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man8 \
		$(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 644 packaging/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 packaging/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8
	sed 's|@sbindir@|$(PREFIX)/sbin|' packaging/nestaudit.service \
		> $(DESTDIR)$(PREFIX)/lib/systemd/system/nestaudit.service
	chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/nestaudit.service

.PHONY: format
format: test-dependencies ## format Swift and C sources
	$(SWIFT) format -i -r $(SWIFT_SOURCES)
	clang-format -i $(C_SOURCES)

.PHONY: lint
lint: test-dependencies ## check the format of all sources, and the scripts
	$(SWIFT) format lint --strict -r $(SWIFT_SOURCES)
	clang-format --dry-run -Werror $(C_SOURCES)
	for script in $(SHELL_SOURCES); do bash -n $$script; done
	for script in $(PYTHON_SOURCES); do \
		python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' $$script; done
	if command -v shellcheck > /dev/null; then shellcheck $(SHELL_SOURCES); fi

.PHONY: clean
clean: ## remove everything that was built
	rm -rf .build .build-static .build-client $(OBJECT)
