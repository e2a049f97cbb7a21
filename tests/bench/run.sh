#!/bin/sh
# Measures a fresh appliance with a SoftHSM token and prints our figures beside the raw limits of the
# same run. Writes docs/BENCHMARKS.md when RECORD=1.
#
#   run.sh BIN BENCH
set -eu
bin=$1 bench=$2
seconds=${SECONDS_EACH:-5}
cd "$(dirname "$0")/../.."
state=$(mktemp -d /tmp/chancery-bench.XXXXXX)
chmod 755 "$state"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
pid=
cleanup() {
	[ -z "$pid" ] || { kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }
	rm -rf "$state"
}
trap cleanup EXIT INT TERM
table=$state/table

row() { printf '| %s | %s |\n' "$1" "$2" | tee -a "$table"; }
head_row() { printf '\n### %s\n\n| what | figure |\n| --- | --- |\n' "$1" | tee -a "$table"; }
rss() { awk '/VmRSS/ { printf "%.1f MB", $2 / 1024 }' "/proc/$1/status"; }
child() { ps -o pid=,comm= --ppid "$pid" | awk -v name="$1" '$2 == name { print $1 }' | head -1; }

serve() {
	"$bin/chanceryd" --state "$state" >"$state/log" 2>&1 &
	pid=$!
	tries=0
	until curl -s -o /dev/null --cacert "$state/ca-bundle.pem" "https://localhost:$port/"; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || { cat "$state/log"; exit 1; }
		sleep 0.1
	done
}

load() {
	service=$1 target=$2 body=$3 clients=$4
	"$bench/load" --port "$port" --bundle "$state/ca-bundle.pem" --service "$service" \
		--target "$target" --body "$body" --clients "$clients" --seconds "$seconds"
}

"$bin/chancery" init --state "$state" --port "$port" --public-port 0 >/dev/null
export SOFTHSM2_CONF="$state/softhsm2.conf"
module=$(sed -n 's/^module *= *//p' "$state/chancery.conf")
label=$(sed -n 's/^token_label *= *//p' "$state/chancery.conf")

head_row "The limits"
row "processors, kernel" "$(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), Linux $(uname -r)"
openssl speed -seconds 2 ecdsap256 2>/dev/null | awk '/ecdsa/ { print $(NF-1), $NF }' >"$state/speed"
row "openssl speed, P-256, 1 process: sign/s, verify/s" "$(cat "$state/speed")"
openssl speed -seconds 2 rsa2048 2>/dev/null | awk '/rsa 2048/ { print $(NF-1), $NF }' >"$state/speed"
row "openssl speed, RSA-2048, 1 process: sign/s, verify/s" "$(cat "$state/speed")"
"$bench/sign" "$module" "$label" "$state/secrets/pin" 2 | while IFS=: read -r what figure; do row "$what" "${figure# }"; done

start=$(date +%s%N)
serve
row "start to serving" "$(( ($(date +%s%N) - start) / 1000000 )) ms"
sh provisioning/first-light.sh "$state" >"$state/light.log"
. "$state/env"
ca=$(cat "$state/first-light/ca-arn")
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=bench.example.internal \
	-addext subjectAltName=DNS:bench.example.internal -out "$state/bench.csr" 2>/dev/null
printf '{"CertificateAuthorityArn":"%s","Csr":"%s","SigningAlgorithm":"SHA256WITHECDSA","Validity":{"Type":"DAYS","Value":30}}' \
	"$ca" "$(base64 -w0 "$state/bench.csr")" >"$state/issue.json"
for alg in EC_prime256v1 RSA_2048; do
	printf '{"DomainName":"bench.example.internal","CertificateAuthorityArn":"%s","KeyAlgorithm":"%s"}' "$ca" "$alg" >"$state/request-$alg.json"
done
printf '{"CertificateAuthorityArn":"%s"}' "$ca" >"$state/describe.json"

store_size() { cat "$state"/store/chancery.db* | wc -c; }
issued() { "$bin/chancery" status --state "$state" | awk -F'[: ]+' '/issued/ { print $NF }'; }

head_row "Through HTTPS, durable and audited, clients on the same machine"
for clients in 1 8 32 64; do
	row "IssueCertificate P-256, $clients clients" "$(load acm-pca ACMPrivateCA.IssueCertificate "$state/issue.json" "$clients")"
done
row "RequestCertificate P-256, 16 clients" "$(load acm CertificateManager.RequestCertificate "$state/request-EC_prime256v1.json" 16)"
sleep 4
row "RequestCertificate RSA-2048, 4 clients, keys made ahead while they last" "$(load acm CertificateManager.RequestCertificate "$state/request-RSA_2048.json" 4)"
row "DescribeCertificateAuthority, 32 clients" "$(load acm-pca ACMPrivateCA.DescribeCertificateAuthority "$state/describe.json" 32)"

head_row "Memory and store"
row "resident, core" "$(rss "$(child chancery-core)")"
row "resident, front" "$(rss "$(child chancery-front)")"
row "resident, chanceryd" "$(rss "$pid")"
count=$(issued)
row "store: octets for each certificate with its audit records ($count certificates)" "$(( $(store_size) / (count + 1) ))"

if [ "${RECORD:-0}" = 1 ]; then
	{
		echo "# Benchmarks"
		echo
		echo "Printed by \`make bench\` on $(date -u +%Y-%m-%d); SoftHSM, SQLite with synchronous=FULL, TLS 1.3, everything on one machine,"
		echo "the clients included. Compare figures of one run only: machines differ and drift."
		cat "$table"
	} >docs/BENCHMARKS.md
fi
