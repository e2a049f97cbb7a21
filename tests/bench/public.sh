#!/bin/sh
# The public plane under load: OCSP from what is kept and freshly signed, a static page, a CRL; and beside
# them, in the same run, what Debian has: openssl ocsp, and cfssl as signer and as responder. Prints "what: figure"
# lines.
#
#   public.sh BENCH STATE PORT AUTHORITY-ID
#
# The appliance serves, and first-light has run. Environment: SECONDS_EACH (5).
set -eu
bench=$1 state=$2 port=$3 authority=$4
seconds=${SECONDS_EACH:-5}
light=$state/first-light
work=$(mktemp -d "$state/public.XXXXXX")
others=
cleanup() {
	for one in $others; do kill "$one" 2>/dev/null || true; done
	rm -rf "$work"
}
trap cleanup EXIT INT TERM

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
plain() { "$bench/plain" "$@"; }
say() { printf '%s: %s\n' "$1" "$2"; }
# Waits until somebody listens there.
await() {
	tries=0
	until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || curl -s -o /dev/null --max-time 1 "http://127.0.0.1:$1/"; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || return 1
		sleep 0.05
	done
}

question() { openssl ocsp -issuer "$1" -cert "$2" "$3" -reqout "$4" >/dev/null 2>&1; }
question "$light/ca.pem" "$light/certificate.pem" -no_nonce "$work/kept.req"
question "$light/ca.pem" "$light/certificate.pem" -nonce "$work/nonce.req"
ocsp=application/ocsp-request
for clients in 1 16 64; do
	say "OCSP, kept answer, $clients connections" "$(plain "$port" /ocsp "$clients" "$seconds" "$work/kept.req" $ocsp)"
done
say "OCSP, freshly signed for a nonce, 64 connections" "$(plain "$port" /ocsp 64 "$seconds" "$work/nonce.req" $ocsp)"
say "a static page of the public plane (the authority's certificate), 64 connections" "$(plain "$port" "/ca/$authority.cer" 64 "$seconds")"
[ ! -f "$state/public/crl/$authority.crl" ] ||
	say "a CRL of the public plane, 64 connections" "$(plain "$port" "/crl/$authority.crl" 64 "$seconds")"

# ---- what Debian has, with a software key ----
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/ca.key" -out "$work/ca.pem" \
	-subj /CN=Software -days 30 2>/dev/null
openssl ec -in "$work/ca.key" -out "$work/ca.ec.key" 2>/dev/null
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=leaf.example.internal -out "$work/leaf.csr" 2>/dev/null
openssl x509 -req -in "$work/leaf.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -set_serial 0x1234567890 -days 20 -out "$work/leaf.pem" 2>/dev/null
question "$work/ca.pem" "$work/leaf.pem" -no_nonce "$work/other.req"

printf 'V\t351231235959Z\t\t1234567890\tunknown\t/CN=leaf.example.internal\n' >"$work/index.txt"
at=$(free_port)
openssl ocsp -port "$at" -index "$work/index.txt" -CA "$work/ca.pem" -rsigner "$work/ca.pem" -rkey "$work/ca.key" -nmin 60 >/dev/null 2>&1 &
others="$others $!"
sleep 1
say "openssl ocsp, a software key, 1 connection" "$(plain "$at" / 1 "$seconds" "$work/other.req" $ocsp)"

command -v cfssl >/dev/null || { say "cfssl" "is not installed"; exit 0; }
at=$(free_port)
(cd "$work" && exec cfssl serve -address 127.0.0.1 -port "$at" -ca ca.pem -ca-key ca.ec.key -loglevel 4) >/dev/null 2>&1 &
others="$others $!"
await "$at"
python3 -c 'import json, sys; print(json.dumps({"certificate_request": open(sys.argv[1]).read()}))' "$work/leaf.csr" >"$work/sign.json"
for clients in 1 16 64; do
	say "cfssl serve, sign P-256 with a software key, nothing stored, no TLS, $clients connections" \
		"$(plain "$at" /api/v1/cfssl/sign "$clients" "$seconds" "$work/sign.json" application/json)"
done
cfssl ocspsign -ca "$work/ca.pem" -responder "$work/ca.pem" -responder-key "$work/ca.ec.key" -cert "$work/leaf.pem" -loglevel 4 2>/dev/null |
	python3 -c 'import json, sys; print(json.load(sys.stdin)["ocspResponse"])' >"$work/responses"
at=$(free_port)
cfssl ocspserve -address 127.0.0.1 -port "$at" -responses "$work/responses" -loglevel 4 >/dev/null 2>&1 &
others="$others $!"
await "$at"
say "cfssl ocspserve, answers signed before, 64 connections" "$(plain "$at" / 64 "$seconds" "$work/other.req" $ocsp)"
