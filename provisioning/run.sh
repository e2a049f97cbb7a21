#!/bin/sh
# Provisions a fresh appliance in STATE if there is none, serves in the foreground and, on a
# fresh state, does the main job once and shows it. Called by `make run`.
#
#   run.sh BIN STATE PORT PUBLIC_PORT
set -eu

bin=$1 state=$2 port=$3 public_port=$4
here=$(cd "$(dirname "$0")" && pwd)
pid=

stop() {
	trap '' INT TERM
	if [ -n "$pid" ]; then
		kill -TERM "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	fi
	exit 0
}
trap stop INT TERM

mkdir -p "$state"
state=$(cd "$state" && pwd)
"$bin/chancery" init --state "$state" --port "$port" --public-port "$public_port"

"$bin/chanceryd" --state "$state" &
pid=$!

# Serving means: the operator's command gets an answer and the management port greets.
tries=0
until "$bin/chancery" status --state "$state" >/dev/null 2>&1 &&
	curl -s -o /dev/null --cacert "$state/ca-bundle.pem" "https://localhost:$port/"; do
	kill -0 "$pid" 2>/dev/null || { wait "$pid" || exit $?; exit 1; }
	tries=$((tries + 1))
	[ "$tries" -lt 600 ] || { echo "run: the appliance does not answer on port $port" >&2; stop; }
	sleep 0.1
done

if [ ! -e "$state/first-light/done" ]; then
	sh "$here/first-light.sh" "$state" &
	light=$!
	wait "$light" || { echo "run: the first issuance failed; the appliance goes on" >&2; }
fi

cat <<EOF

Chancery serves https://localhost:$port (state: $state). Ctrl-C stops it.
In another shell:
  . $state/env
  aws acm list-certificates --includes keyTypes=RSA_2048,EC_prime256v1
  aws acm-pca list-certificate-authorities
  aws acm request-certificate --domain-name api.example.internal --certificate-authority-arn \\
      $(cat "$state/first-light/ca-arn" 2>/dev/null || echo CA_ARN)
EOF
wait "$pid"
