# Everything that is done to this project, by name. Each target does its own set-up.

# What a build and the tests need, on Debian 12. Without Open MPI all works but training in several
# processes, without lowdown there are no man pages, and zsh is for a test.
packages := g++ cmake make libboost-program-options-dev libhdf5-dev libdnnl-dev libfmt-dev \
	doctest-dev nlohmann-json3-dev libxxhash-dev librandom123-dev libmuparser-dev libseccomp-dev \
	libopenmpi-dev openmpi-bin libpng-dev libprotobuf-dev protobuf-compiler lowdown zsh
# Without these some tests are skipped by name: recipes, and what is compared with h5py.
test_packages := jq parallel python3-h5py
lint_packages := clang-format-14 clang-tidy-14 cppcheck shellcheck
# Without libopenblas0-openmp, PyTorch multiplies matrices with the reference BLAS, 20 times slower.
bench_packages := python3-torch python3-numpy python3-h5py python3-matplotlib python3-venv \
	libopenblas0-openmp libjemalloc2

cluster_packages := slurm-wlm munge iproute2
kill_packages := strace
tensorboard_packages := python3-venv
minari_packages := python3-venv
deb_packages := dpkg-dev lintian
# The compiler of the sanitizers and the fuzzer; clang-test takes the Debian's own.
clang_packages := clang-14 libclang-rt-14-dev

sudo := $(if $(filter 0,$(shell id -u)),,sudo)
jobs := $(shell nproc)
prefix ?= /usr/local
# Of make chroot-test.
SUITE ?= bookworm
# Of make fuzz, for each target.
seconds ?= 60
sources := $(shell find apps lib tests -name '*.cpp' -o -name '*.h')
scripts := .ci/run data/make_sample docs/demo docs/make_pictures $(shell find tests -name '*.sh') \
	tests/cli/run tests/man/agree tests/man/run_examples tests/install/check tests/dynamics/rollout/check tests/examples/load_in_pytorch tests/examples/act_in_gymnasium tests/examples/using tests/examples/read_by_minari tests/fuzz/make_seeds tests/fuzz/run tests/kill/run tests/lint/check_includes tests/lint/check_promises tests/tensorboard/check tests/chroot \
	tests/netns/run tests/slurm/run $(wildcard docs/slurm/*.sbatch) tests/cli/processes/common tests/cli/shards/common tests/cli/export/common tests/docs/run

install_missing = missing=$$(dpkg-query -W -f '$${Package} $${db:Status-Abbrev}\n' $(1) 2>&1 \
	| awk '/no packages found matching/ {print $$NF; next} $$2 != "ii" {print $$1}'); \
	[ -z "$$missing" ] || { $(sudo) apt-get update -q && \
	$(sudo) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $(1); }

.PHONY: help deps build test check asan tsan lint format bench bench-torch demo docs large-test kill-test fuzz damage-test tensorboard-test minari-test \
	clang-test cluster-test chroot-test test-build asan-build tsan-build install deb clean

help:
	@echo 'make demo         a real dataset becomes a pre-trained transformer'
	@echo 'make test         all tests'
	@echo 'make build        build/mast'
	@echo 'make check        lint, then the tests under the address and thread sanitizers'
	@echo 'make lint         format, clang-tidy, cppcheck, shellcheck, include rules'
	@echo 'make format       format the sources in place'
	@echo 'make docs         pictures of the documents, into docs/pictures'
	@echo 'make bench        training steps beside PyTorch, masks, and single operations'
	@echo 'make bench-torch  the newest PyTorch, for make bench'
	@echo 'make large-test   memory of ingest on a 4 GB file, and of pretrain on a 20 GB store'
	@echo 'make kill-test    ingest, mask and pretrain killed at 100 moments and at each call that writes, which also fails'
	@echo 'make fuzz         each parser on changed inputs, for seconds=60; what breaks one is kept in its corpus'
	@echo 'make damage-test  each kind of file cut at 500 places and with 2,000 bytes changed'
	@echo 'make tensorboard-test  event files, read by the package tensorboard'
	@echo 'make minari-test  what export writes, read by the package minari'
	@echo 'make cluster-test jobs and trainings on a Slurm, and between two hosts, that it makes here'
	@echo 'make clang-test   all tests, built by clang; a warning is an error'
	@echo 'make chroot-test  both commands of the README, the package and clang-test in a bare Debian; SUITE=bookworm'
	@echo 'make install      into prefix=$(prefix), below DESTDIR'
	@echo 'make deb          a Debian package, into build-deb'

deps:
	@$(call install_missing,$(packages))

# The program alone is less to compile than the tests.
build: goal := program
test-build: goal := all
build test-build: deps
	@cmake --preset release -DCMAKE_INSTALL_PREFIX=$(prefix) >/dev/null
	@cmake --build --preset release -j $(jobs) --target $(goal) -- --no-print-directory

test: test-build
	@$(call install_missing,$(test_packages))
	ctest --preset release -j $(jobs)

clang-test: deps
	@$(call install_missing,clang $(test_packages))
	@cmake --preset clang >/dev/null
	@cmake --build --preset clang -j $(jobs) -- --no-print-directory
	ctest --preset clang -j $(jobs)

demo: build
	@docs/demo

docs: build
	@docs/make_pictures

asan-build tsan-build: %-build: deps
	@$(call install_missing,$(clang_packages))
	@cmake --preset $* >/dev/null
	@cmake --build --preset $* -j $(jobs) -- --no-print-directory

asan tsan: %: %-build
	ctest --preset $@ -j $(jobs)

check: lint asan tsan

lint: deps
	@$(call install_missing,$(lint_packages) $(clang_packages))
	@clang-format-14 --dry-run --Werror $(sources)
	@shellcheck -s bash -S warning $(scripts)
	tests/lint/check_includes
	cppcheck --quiet --std=c++20 --language=c++ --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 -j $(jobs) -I lib -I apps \
		--suppressions-list=tests/lint/cppcheck.txt apps lib
	@# Most of its time goes into headers of packages, and this preset puts the sources of a room together.
	@cmake --preset asan >/dev/null
	@cmake --build --preset asan --target mast_event git_id -- --no-print-directory >/dev/null
	@run-clang-tidy-14 -quiet -p build-asan -j $(jobs) 'build-asan/CMakeFiles/.*cxx$$|/(apps|lib)/[a-z]+/[a-z0-9_]+.cpp$$' \
		>build-asan/clang-tidy.txt 2>&1 || { grep -A 5 'error:' build-asan/clang-tidy.txt; exit 1; }

format:
	@$(call install_missing,clang-format-14)
	clang-format-14 -i $(sources)

bench: build
	@$(call install_missing,$(bench_packages))
	@cmake --build --preset release -j $(jobs) --target bench_ops bench_masks -- --no-print-directory
	apps/bench/compare --mast build/mast --speedup
	apps/bench/compare --mast build/mast --speedup --precision bf16
	apps/bench/scaling --mast build/mast
	apps/bench/time_to_loss --mast build/mast --plot build/time_to_loss.svg
	@mkdir -p build/bench && build/mast ingest data/halfcheetah-sample.hdf5 -o build/bench/store.h5 -O -q
	build/bench_masks build/bench/store.h5
	@rm -rf build/bench
	build/bench_ops

# The newest PyTorch, several GB, for apps/bench/compare.
bench-torch:
	@$(call install_missing,$(bench_packages))
	@test -x build/torch/bin/python || python3 -m venv build/torch
	build/torch/bin/pip install --quiet torch numpy h5py

large-test: build
	@$(call install_missing,python3-h5py)
	tests/ingest/large_file --mast build/mast
	tests/train/large_store --mast build/mast

kill-test: build
	@$(call install_missing,$(kill_packages))
	tests/kill/run --mast build/mast --moments 100 --calls --faults

fuzz: deps
	@$(call install_missing,$(clang_packages))
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz -j $(jobs) -- --no-print-directory
	tests/fuzz/run build-fuzz/tests/fuzz $(seconds)

damage-test: test-build asan-build
	MAST_DAMAGE=full build/tests/damage_test
	MAST_DAMAGE=full build-asan/tests/damage_test

# What a run shows, read by the package tensorboard too, about 100 MB.
tensorboard-test: build
	@$(call install_missing,$(tensorboard_packages))
	@test -x build/tensorboard/bin/python || python3 -m venv build/tensorboard
	build/tensorboard/bin/pip install --quiet tensorboard
	PYTHON_TENSORBOARD=build/tensorboard/bin/python tests/tensorboard/check build/mast

# What export writes, read by the package that it is written for.
minari-test: build
	@$(call install_missing,$(minari_packages))
	@test -x build/minari/bin/python || python3 -m venv build/minari
	build/minari/bin/pip install --quiet 'minari[hdf5]' pillow
	PYTHON_MINARI=build/minari/bin/python tests/examples/read_by_minari build/mast

cluster-test: build
	@$(call install_missing,$(cluster_packages))
	tests/netns/run build/mast
	tests/slurm/run build/mast

chroot-test:
	@$(call install_missing,debootstrap)
	$(sudo) tests/chroot $(SUITE)

# DESTDIR is where packagers collect what belongs under the prefix.
install: build
	$(if $(DESTDIR),,$(sudo)) cmake --install build

# Depends on the libraries of the Debian that it is made on.
deb: deps
	@$(call install_missing,$(deb_packages))
	@cmake --preset deb >/dev/null
	@cmake --build --preset deb -j $(jobs) -- --no-print-directory
	cd build-deb && cpack
	lintian --allow-root --fail-on error,warning build-deb/*.deb

clean:
	rm -rf build build-asan build-tsan build-fuzz build-clang build-deb
