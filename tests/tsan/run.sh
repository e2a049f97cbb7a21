#!/bin/sh
# Runs unit tests that were built with SANITIZE=thread; a data race in our code fails them. Called by `make tsan`.
#
#   run.sh FOLDER TEST ...
set -eu
folder=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
export TSAN_OPTIONS="suppressions=$here/suppressions exitcode=66 second_deadlock_stack=1"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
bad=0
for test in "$@"; do
	code=0
	timeout --kill-after=10 300 "$folder/$test" >"$log" 2>&1 </dev/null || code=$?
	if [ "$code" = 0 ]; then
		echo "tsan: $test: no race"
	else
		bad=1
		echo "tsan: $test ended with $code:"
		cat "$log"
	fi
done
exit "$bad"
