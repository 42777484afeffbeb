# `make demo` and `make test` are the two commands; both install what is missing first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build demo test dev tsan clang fuzz soak bench format lint clean

help:            ## this text
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup:           ## install missing Debian packages (sudo only if needed)
	@scripts/bootstrap

build: setup     ## build/release/moru
	@scripts/build release moru

demo: build      ## the main job on an embedded workload
	@scripts/demo

test: setup      ## all tests: release and sanitizer (ASan, UBSan) builds
	@scripts/test release dev

dev: setup       ## the sanitizer build's tests alone
	@scripts/test dev

tsan: setup      ## tests under ThreadSanitizer
	@scripts/test tsan

clang: setup     ## tests of the clang-16 build
	@scripts/bootstrap clang-16
	@scripts/test clang16

fuzz: setup      ## every fuzzer for 60 s (FUZZ_SECONDS)
	@scripts/bootstrap clang-16 libclang-rt-16-dev
	@scripts/fuzz

soak: build      ## long runs: a million requests, every chip with every model
	@scripts/soak

bench: build     ## benchmarks
	@scripts/bench

format:          ## clang-format-16 over the sources
	@scripts/format

lint:            ## formatting, sizes, spelling, clang-tidy
	@scripts/lint

clean:           ## remove build/
	rm -rf build
