#!/bin/sh
# Builds each fuzz target with clang's libFuzzer, ASan and UBSan and hunts for SECONDS each,
# starting from its seeds. What it finds is kept in build/fuzz-finds.
#
#   hunt.sh SECONDS
set -eu
seconds=$1
cd "$(dirname "$0")/../.."
make --no-print-directory BUILD=build/libfuzzer CC=clang SANITIZE=address,undefined,fuzzer-no-link \
	CFLAGS="-O1 -g -Wno-unused-command-line-argument -Wno-missing-field-initializers" -j2 \
	build/libfuzzer/libca.a build/libfuzzer/libhsm.a build/libfuzzer/libstore.a \
	build/libfuzzer/libcontract.a build/libfuzzer/libpki.a build/libfuzzer/libbase.a build/libfuzzer/libfront.a
mkdir -p build/libfuzzer/bin build/fuzz-finds
for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	case $name in
	fuzz_relay) libs="front base" link="-linih -lseccomp -lmicrohttpd -lgnutls" ;;
	*) libs="ca hsm store contract pki base" link="-linih -lseccomp -lsqlite3 -ljansson -lpcre2-8 -lidn2 -lpsl -lp11 -lcrypto" ;;
	esac
	archives=
	for l in $libs; do archives="$archives build/libfuzzer/lib$l.a"; done
	# shellcheck disable=SC2086
	clang -std=c17 -D_GNU_SOURCE -I. -O1 -g -fsanitize=fuzzer,address,undefined -o "build/libfuzzer/bin/$name" "$source" \
		$archives $link -pthread
	mkdir -p "build/fuzz-corpus/$name"
	echo "fuzz: $name for $seconds s"
	"build/libfuzzer/bin/$name" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 \
		-artifact_prefix="build/fuzz-finds/$name-" "build/fuzz-corpus/$name" "tests/fuzz/$name.in" \
		>"build/fuzz-finds/$name.log" 2>&1 || { tail -40 "build/fuzz-finds/$name.log"; exit 1; }
	grep -E 'stat::(number_of_executed_units|average_exec_per_sec)' "build/fuzz-finds/$name.log"
done
echo "fuzz: nothing found"
