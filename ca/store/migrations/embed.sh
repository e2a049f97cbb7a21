#!/bin/sh
# Prints each numbered migration as one C initialiser: {number, "text"},
# The text ends by setting the schema number, so that it changes with the schema or not at all.
# Usage: embed.sh 0001.sql [0002.sql ...]
set -eu

for file in "$@"; do
    name=$(basename "$file" .sql)
    case $name in
    [0-9][0-9][0-9][0-9]) ;;
    *)
        echo "embed.sh: $file: the name must be four digits and .sql" >&2
        exit 1
        ;;
    esac
    number=$(printf '%s' "$name" | sed 's/^0*//')
    printf '{%s,\n' "$number"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/^/ "/' -e 's/$/\\n"/' "$file"
    printf ' "PRAGMA user_version = %s;\\n"},\n' "$number"
done
