#!/bin/sh
# How fast names of public certificates are proved and their certificates issued, against a real knotd; on an appliance of its own.
# Prints "what: figure" lines.
#
#   validation.sh BIN
set -eu
bin=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
command -v knotd >/dev/null || { echo "names proved by DNS: knotd is not installed"; exit 0; }
node=node
[ "$("$node" -p 'process.versions.node.split(".")[0]')" -ge 20 ] || node=tests/node_modules/node/bin/node
BIN=$bin exec "$node" tests/bench/validation.mjs 2>/dev/null
