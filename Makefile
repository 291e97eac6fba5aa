# Makefile - the short way into the Meson build. `./bootstrap TARGET` installs what is missing first.
# SPDX-License-Identifier: Apache-2.0
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
MESON_FLAGS ?=
OUT ?= assay-demo
SECONDS ?= 30
ARCH ?=
CLIPS ?=

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD) --prefix=$(PREFIX) $(MESON_FLAGS)

# Three services of our own, tested four ways; the report is in $(OUT).
demo: all
	$(BUILD)/assay demo --out $(OUT)

test: all
	tests/run $(BUILD)

test-long: all
	LONG=1 tests/run $(BUILD)

install: all
	DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

# The relocatable bundle: dist/assay-VERSION-ARCH.tar.xz. ARCH=aarch64 builds across (as root, on
# x86-64; tools/cross); CLIPS=DIR adds recordings of people that may be shared (tools/dist/clips).
dist:
	tools/dist/dist "$(ARCH)" "$(CLIPS)"

# A container image of the bundle that is in dist/: docker load -i dist/assay-VERSION-ARCH.image.tar.
image:
	tools/dist/image $(ARCH)

# The Debian package: dist/assay_VERSION_ARCH.deb, looked at by lintian.
deb:
	tools/dist/deb

# Address and undefined-behaviour sanitizers over the whole suite; then threads.
asan:
	[ -d build-asan ] || meson setup build-asan -Dbuildtype=debugoptimized \
		-Db_sanitize=address,undefined -Db_lundef=false
	ninja -C build-asan
	tests/run build-asan

tsan:
	[ -d build-tsan ] || meson setup build-tsan -Dbuildtype=debugoptimized \
		-Db_sanitize=thread -Db_lundef=false
	ninja -C build-tsan
	tests/run build-tsan

# Requests of every sort to `assay serve` built with AddressSanitizer: no leak (part of asan, too).
leaks:
	[ -d build-asan ] || meson setup build-asan -Dbuildtype=debugoptimized \
		-Db_sanitize=address,undefined -Db_lundef=false
	ninja -C build-asan
	meson test -C build-asan --no-rebuild --timeout-multiplier 4 serve/mixed serve/service

# A soak that is killed 100 times.
soak-kills: all
	SOAK_KILLS=100 ASSAY=$(abspath $(BUILD)/assay) tests/e2e/soak

clang:
	[ -d build-clang ] || CC=clang meson setup build-clang
	ninja -C build-clang
	tests/run build-clang

# libFuzzer over every parser, SECONDS each (tests/fuzz). What it finds goes, once it is mended,
# to tests/fuzz/seeds/found/<target>/.
fuzz:
	[ -d build-fuzz ] || CC=clang meson setup build-fuzz -Dbuildtype=debugoptimized -Dfuzz=true \
		-Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link
	ninja -C build-fuzz
	tests/fuzz/run build-fuzz $(SECONDS)

# What the load engine reaches against the truth, the floor and wrk; BENCH="small 512" picks rows.
bench: all
	$(BUILD)/tests/bench/bench-engine $(BENCH)

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf $(BUILD) build-asan build-tsan build-clang build-fuzz

.PHONY: all demo test test-long install dist image deb asan tsan leaks soak-kills clang fuzz bench format clean
