# SPDX-License-Identifier: MIT
# A short front for CMake. The release build lies in build/, the others in build/<preset>/ (see CMakePresets.json).
PREFIX ?= /usr/local
JOBS   ?= $(shell nproc)
FUZZ_SECONDS ?= 60

# The tools below run their own make: our flags and job server are not theirs.
configure = cmake --preset $(1) >/dev/null
compile   = env -u MAKEFLAGS -u MAKELEVEL cmake --build --preset $(1) --parallel $(JOBS)
check     = $(configure) && $(compile) && ctest --preset $(1) --parallel $(JOBS) --output-log build/$(1)/tests.log

.PHONY: all demo test fuzz bench docs amalgamation install clean help
.NOTPARALLEL:

all:            ## build the library and the tool: build/libweir.{a,so}, build/weir
	@tools/install-deps build
	@$(call configure,release)
	@$(call compile,release)

demo: all       ## move a real file through every backend and transport, with a table at the end
	@build/weir demo

test:           ## build and run all tests: asserts on, then ASan + UBSan, then the threads under TSan
	@tools/install-deps test
	@$(call check,dev)
	@$(call check,asan)
	@$(call check,tsan)
	@for p in dev asan tsan; do printf '%-5s' $$p; grep 'tests passed' build/$$p/tests.log; done

fuzz:           ## look for new paths through the parsers, FUZZ_SECONDS (60) for each, with clang's libFuzzer
	@tools/install-deps fuzz
	@$(call configure,fuzz)
	@$(call compile,fuzz)
	@tests/fuzz/run build/fuzz/tests $(FUZZ_SECONDS)

bench:          ## measure against raw loops, libuv, socat and haproxy
	@tools/install-deps bench
	@$(call configure,release) -DWEIR_BUILD_BENCH=ON
	@$(call compile,release)
	@bench/run
	@bench/relay

docs:           ## write the reference, the guide and the decisions: build/docs/html, and man pages in build/docs/man
	@tools/install-deps docs
	@$(call configure,release)
	@cmake --build build --target docs >/dev/null
	@echo build/docs/html/index.html

amalgamation: all ## write build/amalgamation/weir.{c,h}: the library as one source and one header
	@cmake --build build --target amalgamation >/dev/null
	@ls -l build/amalgamation/weir.c build/amalgamation/weir.h

install: all    ## install below PREFIX (/usr/local), itself below DESTDIR
	@DESTDIR='$(DESTDIR)' cmake --install build --prefix '$(PREFIX)'

clean:          ## remove everything that was built
	@rm -rf build

help:           ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /make \1|/p' Makefile | awk -F'|' '{ printf "%-13s %s\n", $$1, $$2 }'
