#!/bin/sh
# Runs every test and ends with the counts. Called by `make test`.
#
#   run.sh [unit|fuzz|tokens|fault|system ...]      (default: all)
#
# A test program is run by itself with a log of its own in build/test-logs; what failed is
# printed in full. Environment: BUILDS ("plain address-undefined"): which builds to test.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
builds=${BUILDS:-plain address-undefined}
parts=${*:-unit fuzz tokens fault system}
logs=$root/build/test-logs
rm -rf "$logs"
mkdir -p "$logs"
export TMPDIR="${TMPDIR:-/tmp}"
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS="abort_on_error=1:detect_leaks=1:detect_stack_use_after_return=1"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"
node=node
[ "$("$node" -p 'process.versions.node.split(".")[0]')" -ge 20 ] || node=$root/tests/node_modules/node/bin/node

wants() { case " $parts " in *" $1 "*) true ;; *) false ;; esac; }

# one NAME SECONDS COMMAND...: runs it, keeps the log, writes "passed failed skipped" beside it
one() {
	name=$1 seconds=$2
	shift 2
	log=$logs/$(printf '%s' "$name" | tr ' /' '__')
	start=$(date +%s)
	code=0
	timeout --kill-after=10 "$seconds" "$@" >"$log.log" 2>&1 || code=$?
	# TAP of cmocka and of node: the leaves count, a suite around them does not.
	awk -v code="$code" '
		/^[ \t]*# Subtest:/ { next }
		/^[ \t]*not ok [0-9]+/ { if ($0 ~ /# (SKIP|TODO)/) skipped++; else failed++; next }
		/^[ \t]*ok [0-9]+/ { if ($0 ~ /# SKIP/) skipped++; else passed++; next }
		/^1\.\.0 # SKIP/ { skipped++; next }
		/^# pass [0-9]+/ { node_passed += $3; node = 1 }
		/^# fail [0-9]+/ { node_failed += $3 }
		/^# cancelled [0-9]+/ { node_failed += $3 }
		/^# skipped [0-9]+/ { node_skipped += $3 }
		END {
			if (node) { passed = node_passed; failed = node_failed; skipped = node_skipped }
			if (code != 0 && failed == 0) failed = 1
			if (passed + failed + skipped == 0) failed = 1
			print passed + 0, failed + 0, skipped + 0
		}' "$log.log" >"$log.count"
	read -r p f s <"$log.count"
	printf '%-58s %4d passed %3d failed %3d skipped %4ds\n' "$name" "$p" "$f" "$s" "$(($(date +%s) - start))"
	if [ "$f" != 0 ]; then
		echo "---- $name ended with $code; its log:"
		tail -n 200 "$log.log"
		echo "----"
	fi
	return 0
}

for build in $builds; do
	out=$root/build/$build
	if wants unit; then
		for t in "$out"/unit/test_*; do
			case $t in *.d) continue ;; esac
			one "unit $build $(basename "$t")" 300 "$t"
		done
	fi
	if wants fuzz; then
		for t in "$out"/fuzz/fuzz_*; do
			name=$(basename "$t")
			one "fuzz seeds $build $name" 120 "$t" "$root/tests/fuzz/$name.in"
		done
	fi
	if wants tokens; then
		for kind in opencryptoki tpm2; do
			one "token $build $kind" 300 "tests/tokens/with-$kind.sh" "$out/tokens/test_token"
		done
	fi
	if wants fault; then
		for t in "$out"/fault/*; do
			[ -x "$t" ] && one "fault $build $(basename "$t")" 300 "$t"
		done
	fi
	if wants system; then
		for t in tests/system/*.test.mjs tests/system/*/*.test.mjs; do
			[ -e "$t" ] || continue
			one "system $build $t" 900 env BIN="$out/bin" BUILD_DIR="$out" \
				"$node" --test --test-reporter=tap --test-concurrency=1 "$t"
		done
	fi
done

cat "$logs"/*.count | awk '
	{ p += $1; f += $2; s += $3 }
	END { printf "\n%d passed, %d failed, %d skipped\n", p, f, s; exit f != 0 }'
