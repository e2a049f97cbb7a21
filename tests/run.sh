#!/bin/sh
# Runs every test and ends with the counts. Called by `make test`.
#
#   run.sh [unit|fuzz|tokens|fault|system ...]      (default: all)
#
# A test program is run by itself, four at a time (many wait more than they work), with a log of its own in build/test-logs; what failed is
# printed in full. Environment: BUILDS ("plain address-undefined"): which builds to test; JOBS (4).
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
logs=$root/build/test-logs
export TMPDIR="${TMPDIR:-/tmp}"
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS="abort_on_error=1:detect_leaks=1:detect_stack_use_after_return=1"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"

# run.sh --one NAME SECONDS COMMAND...: runs it, keeps the log, writes "passed failed skipped" beside it
one() {
	name=$1 seconds=$2
	shift 2
	log=$logs/$(printf '%s' "$name" | tr ' /' '__')
	start=$(date +%s)
	code=0
	timeout --kill-after=10 "$seconds" "$@" >"$log.log" 2>&1 </dev/null || code=$?
	# TAP of cmocka and of node: the leaves count; of node, whose suites count too, its own summary.
	awk -v code="$code" '
		/^[ \t]*not ok / { if ($0 ~ /# (SKIP|TODO)/) skipped++; else failed++; next }
		/^[ \t]*ok [0-9]+/ { if ($0 ~ /# SKIP/) skipped++; else passed++; next }
		/^1\.\.0 # SKIP/ { skipped++; next }
		/^# pass [0-9]+/ { node_passed += $3; node = 1 }
		/^# (fail|cancelled) [0-9]+/ { node_failed += $3 }
		/^# skipped [0-9]+/ { node_skipped += $3 }
		END {
			if (node) { passed = node_passed; failed = node_failed; skipped = node_skipped }
			if (code != 0 && failed == 0) failed = 1
			if (passed + failed + skipped == 0) failed = 1
			print passed + 0, failed + 0, skipped + 0
		}' "$log.log" >"$log.count"
	read -r p f s <"$log.count"
	printf '%-62s %4d passed %3d failed %3d skipped %4ds\n' "$name" "$p" "$f" "$s" "$(($(date +%s) - start))"
	[ "$f" = 0 ] || printf -- '---- %s ended with %s; its log:\n%s\n----\n' "$name" "$code" "$(tail -n 150 "$log.log")"
}
if [ "${1:-}" = --one ]; then
	shift
	one "$@"
	exit 0
fi

builds=${BUILDS:-plain address-undefined}
parts=${*:-unit fuzz tokens fault system}
rm -rf "$logs"
mkdir -p "$logs"
node=node
[ "$("$node" -p 'process.versions.node.split(".")[0]')" -ge 20 ] || node=$root/tests/node_modules/node/bin/node
wants() { case " $parts " in *" $1 "*) true ;; *) false ;; esac; }

# One line a test program: NAME <tab> SECONDS <tab> COMMAND <tab> ARGUMENT ...
list() {
	build=$1 out=build/$1
	if wants system; then
		for t in tests/system/*.test.mjs tests/system/*/*.test.mjs; do
			# Some wait for slow clients and ask the daemon nothing that others do not.
			[ "$build" = plain ] || ! grep -q '^// Plain build only' "$t" || continue
			printf 'system %s %s\t900\tenv\tBIN=%s\tBUILD_DIR=%s\t%s\t--test\t--test-reporter=tap\t%s\n' \
				"$build" "${t#tests/system/}" "$out/bin" "$out" "$node" "$t"
		done
	fi
	if wants fault; then
		for t in "$out"/fault/*; do
			[ -f "$t" ] && [ -x "$t" ] && printf 'fault %s %s\t900\tenv\tBUILD_DIR=%s\t%s\n' "$build" "${t##*/}" "$out" "$t"
		done
	fi
	if wants unit; then
		for t in "$out"/unit/test_*; do printf 'unit %s %s\t300\t%s\n' "$build" "${t##*/}" "$t"; done
	fi
	if wants fuzz; then
		for t in "$out"/fuzz/fuzz_*; do
			printf 'seeds %s %s\t120\t%s\ttests/fuzz/%s.in\n' "$build" "${t##*/}" "$t" "${t##*/}"
		done
	fi
	if wants tokens; then
		for kind in opencryptoki tpm2; do
			# The modules of others leak, and not for us to mend.
			printf 'token %s %s\t300\tenv\tASAN_OPTIONS=detect_leaks=0\ttests/tokens/with-%s.sh\t%s/tokens/test_token\n' "$build" "$kind" "$kind" "$out"
		done
	fi
	return 0
}

for build in $builds; do list "$build"; done >"$logs/list"
tr '\t' '\n' <"$logs/list" | awk 'index($0, "\047") { exit 1 }' || { echo "run.sh: a name with a quote" >&2; exit 2; }
# xargs takes a line as words in quotes, so that names may hold blanks.
sed "s/[^	]*/'&'/g; s/	/ /g" "$logs/list" | xargs -P "${JOBS:-4}" -L 1 sh tests/run.sh --one

cat "$logs"/*.count | awk '
	{ p += $1; f += $2; s += $3 }
	END { printf "\n%d passed, %d failed, %d skipped\n", p, f, s; exit f != 0 }'
