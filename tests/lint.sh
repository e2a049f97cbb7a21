#!/bin/sh
# clang-tidy and cppcheck over the product's code, with the checks of .clang-tidy.
set -eu
cd "$(dirname "$0")/.."
flags="-std=c17 -D_GNU_SOURCE -I. -Ibuild/plain/gen $(pkg-config --cflags p11-kit-1) -DCHANCERY_VERSION=\"0\""
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	--suppress=missingIncludeSystem --suppress=unknownMacro -D_GNU_SOURCE \
	'-DCHANCERY_VERSION="0"' -I. firmware api ca hsm provisioning
# shellcheck disable=SC2086
git ls-files '*.c' | grep -v '^tests/' | xargs -P "$(nproc)" -I '{}' clang-tidy --quiet '{}' -- $flags 2>/dev/null |
	tee build/clang-tidy.log
if grep -q 'warning:\|error:' build/clang-tidy.log; then
	echo "lint: $(grep -c 'warning:\|error:' build/clang-tidy.log) words of clang-tidy" >&2
	exit 1
fi
echo "lint: quiet"
