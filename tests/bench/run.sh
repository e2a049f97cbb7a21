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
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port) public_port=$(free_port)
pid=
cleanup() {
	[ -z "$pid" ] || stop
	rm -rf "$state"
}
trap cleanup EXIT INT TERM
table=$state/table

row() { printf '| %s | %s |\n' "$1" "$2" | tee -a "$table"; }
head_row() { printf '\n### %s\n\n| what | figure |\n| --- | --- |\n' "$1" | tee -a "$table"; }
# All that is resident; what of it is the process's own, and what the pages of programs and libraries.
rss() {
	awk '/^VmRSS|^RssAnon|^RssFile/ { mb[$1] = $2 / 1024 }
		END { printf "%.1f MB: %.1f of its own, %.1f of files", mb["VmRSS:"], mb["RssAnon:"], mb["RssFile:"] }' "/proc/$1/status"
}
child() { ps -o pid=,comm= --ppid "$pid" | awk -v name="$1" '$2 == name { print $1 }' | head -1; }

# Ticks of processor time that a process has used; the idle share of the machine in the next second.
ticks() { awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
idle() {
	one=$(sed -n 's/^cpu  *//p' /proc/stat)
	sleep 1
	echo "$one $(sed -n 's/^cpu  *//p' /proc/stat)" |
		awk '{ for (i = 1; i <= 8; i++) all += $(i + 10) - $i; printf "%d %%", 100 * ($14 - $4) / all }'
}

stop() {
	kill "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	pid=
}

serve() {
	"$bin/chanceryd" --state "$state" >"$state/log" 2>&1 &
	pid=$!
	tries=0
	until curl -s -o /dev/null --cacert "$state/ca-bundle.pem" "https://localhost:$port/"; do
		tries=$((tries + 1))
		[ "$tries" -lt 1500 ] || { cat "$state/log"; exit 1; }
		sleep 0.02
	done
}

# Waits until core has nothing left to do: keys are made ahead, and requests leave keys to be made.
settle() {
	core=$(child chancery-core)
	tries=0 before=$(ticks "$core")
	while [ "$tries" -lt 120 ]; do
		sleep 1
		now=$(ticks "$core")
		[ $((now - before)) -gt 2 ] || return 0
		before=$now tries=$((tries + 1))
	done
	echo "run.sh: core does not come to rest" >&2
}

# load SERVICE TARGET BODY CLIENTS [CALLS [--until-issued]]
load() {
	service=$1 target=$2 body=$3 clients=$4 calls=${5:-0} more=${6:-}
	"$bench/load" --port "$port" --bundle "$state/ca-bundle.pem" --service "$service" --target "$target" \
		--body "$body" --clients "$clients" --seconds "$seconds" --calls "$calls" $more
}

# The same, with the processor time that a call cost.
load_cost() {
	core=$(child chancery-core) front=$(child chancery-front)
	core_before=$(ticks "$core") front_before=$(ticks "$front") start=$(date +%s%N)
	line=$(load "$@")
	echo "$line $(($(date +%s%N) - start)) $(($(ticks "$core") - core_before)) $(($(ticks "$front") - front_before))" |
		awk -v hz="$(getconf CLK_TCK)" '{ calls = $1 * $(NF - 2) / 1e9; if (calls < 1) calls = 1
			core = $(NF - 1); front = $NF; NF -= 3
			printf "%s; processor: core %d us, front %d us a call\n", $0, core * 1e6 / hz / calls, front * 1e6 / hz / calls }'
}

"$bin/chancery" init --state "$state" --port "$port" --public-port "$public_port" >/dev/null
export SOFTHSM2_CONF="$state/softhsm2.conf"
module=$(sed -n 's/^module *= *//p' "$state/chancery.conf")
label=$(sed -n 's/^token_label *= *//p' "$state/chancery.conf")

head_row "The limits"
row "idle before the run" "$(idle)"
row "processors, kernel" "$(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), Linux $(uname -r)"
openssl speed -seconds 2 ecdsap256 2>/dev/null | awk '/ecdsa/ { print $(NF-1), $NF }' >"$state/speed"
row "openssl speed, P-256, 1 process: sign/s, verify/s" "$(cat "$state/speed")"
openssl speed -seconds 2 rsa2048 2>/dev/null | awk '/rsa 2048/ { print $(NF-1), $NF }' >"$state/speed"
row "openssl speed, RSA-2048, 1 process: sign/s, verify/s" "$(cat "$state/speed")"
"$bench/sign" "$module" "$label" "$state/secrets/pin" 2 | while IFS=: read -r what figure; do row "$what" "${figure# }"; done
"$bench/import" "$module" "$label" "$state/secrets/pin" 100 | while IFS=: read -r what names figure; do row "$what:$names" "${figure# }"; done

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
for key in "EC_prime256v1 ec -pkeyopt ec_paramgen_curve:P-256" "RSA_2048 rsa:2048"; do
	# shellcheck disable=SC2086
	openssl req -x509 -newkey ${key#* } -nodes -keyout "$state/import.key" -subj /CN=import.example.internal -days 90 \
		-addext subjectAltName=DNS:import.example.internal -out "$state/import.pem" 2>/dev/null
	printf '{"Certificate":"%s","PrivateKey":"%s"}' "$(base64 -w0 "$state/import.pem")" "$(base64 -w0 "$state/import.key")" \
		>"$state/import-${key%% *}.json"
done

# After a moment without work the write-ahead log is in the database.
store_size() { sleep 1; wc -c <"$state/store/chancery.db"; }
# The steps of a call in core, measured in a program of its own while the appliance is stopped.
steps() {
	stop
	"$bench/stages" "$state" "$state/issue.json" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" 300 |
		while IFS=: read -r what figure; do row "$what" "${figure# }"; done
}
# An account that lists its certificates, one call after the other, while another account issues with 64 clients.
neighbours() {
	account=$("$bin/chancery" account add --state "$state" neighbour | sed -n 's/^account *//p')
	"$bin/chancery" user add --state "$state" quiet --account "$account" --administrator --format env >"$state/quiet-env"
	echo '{}' >"$state/list-all.json"
	quiet() { ( . "$state/quiet-env" && load acm CertificateManager.ListCertificates "$state/list-all.json" 1 ); }
	row "ListCertificates of a quiet account, nobody else" "$(quiet)"
	load acm-pca ACMPrivateCA.IssueCertificate "$state/issue.json" 64 >"$state/busy" &
	busy=$!
	row "ListCertificates of a quiet account, beside 64 clients of another" "$(quiet)"
	wait "$busy"
	row "what those 64 had meanwhile" "$(cat "$state/busy")"
}
issued() { "$bin/chancery" status --state "$state" | awk -F'[: ]+' '/issued/ { print $NF }'; }
pending() { aws acm list-certificates --certificate-statuses PENDING_VALIDATION --query 'length(CertificateSummaryList)'; }

settle
head_row "Through HTTPS, durable and audited, clients on the same machine"
size=$(store_size) count=$(issued)
for clients in 1 8 32 64; do
	row "IssueCertificate P-256, $clients clients" "$(load_cost acm-pca ACMPrivateCA.IssueCertificate "$state/issue.json" "$clients")"
done
size=$(($(store_size) - size)) count=$(($(issued) - count))
rsa=$(sh tests/bench/root.sh RSA_2048 SHA256WITHRSA)
sed "s|$ca|$rsa|; s/SHA256WITHECDSA/SHA256WITHRSA/" "$state/issue.json" >"$state/issue-rsa.json"
for clients in 8 32; do
	row "IssueCertificate, an authority with RSA-2048, $clients clients" "$(load_cost acm-pca ACMPrivateCA.IssueCertificate "$state/issue-rsa.json" "$clients")"
done
neighbours
row "DescribeCertificateAuthority, 32 clients" "$(load_cost acm-pca ACMPrivateCA.DescribeCertificateAuthority "$state/describe.json" 32)"
row "RequestCertificate P-256, key and certificate, 16 clients" "$(load_cost acm CertificateManager.RequestCertificate "$state/request-EC_prime256v1.json" 16)"
for alg in EC_prime256v1 RSA_2048; do
	row "ImportCertificate $alg, 16 clients" "$(load_cost acm CertificateManager.ImportCertificate "$state/import-$alg.json" 16)"
done
row "RequestCertificate RSA-2048, 12 calls with a key made ahead" "$(load acm CertificateManager.RequestCertificate "$state/request-RSA_2048.json" 1 12)"
settle
start=$(date +%s%N)
load acm CertificateManager.RequestCertificate "$state/request-RSA_2048.json" 4 10 >/dev/null
while [ "$(pending)" != 0 ]; do sleep 0.2; done
row "RequestCertificate RSA-2048, 40 at once until the last one is issued" "$((($(date +%s%N) - start) / 1000000)) ms"
settle

figures() { while IFS= read -r line; do row "${line%%: *}" "${line#*: }"; done; }
head_row "The public plane, plain HTTP, clients on the same machine; and beside it what Debian has"
sh tests/bench/public.sh "$bench" "$state" "$public_port" "${ca##*/}" | figures

head_row "Public certificates, proved by DNS against knotd, issued with a timestamp of the own log"
sh tests/bench/validation.sh "$bin" | figures

head_row "Memory and store"
row "resident, core" "$(rss "$(child chancery-core)")"
row "resident, front" "$(rss "$(child chancery-front)")"
row "resident, chanceryd" "$(rss "$pid")"
row "store: octets for each certificate with its audit record ($count certificates)" "$((size / (count + 1)))"

head_row "Ten thousand idle connections at the front"
ulimit -n "$(ulimit -H -n)"
"$bench/idle" "$port" 10000 "$(child chancery-front)" >"$state/idle" 2>&1 || true
grep -v "kept connection" "$state/idle" | while read -r line; do row "idle connections" "$line"; done

sed -i 's/^\(pool_rsa_[0-9]*\) *=.*/\1 = 0/' "$state/chancery.conf"
stop
serve
settle
head_row "RequestCertificate RSA-2048 without keys made ahead, until the certificate is issued"
for clients in 1 4; do
	row "$clients at a time" "$(load acm CertificateManager.RequestCertificate "$state/request-RSA_2048.json" "$clients" $((24 / clients)) --until-issued)"
done

head_row "Where the time of one IssueCertificate P-256 goes in core, one call at a time"
steps

revocations=${REVOCATIONS:-50000}
head_row "CRLs of $revocations revocations, while another thread issues certificates"
"$bench/crl" "$state" "${ca##*/}" "$revocations" | figures

# The store is filled while nothing runs (steps has stopped the appliance), so that the figures below are of a fresh start.
certificates=${CERTIFICATES:-1000000}
account=$(echo "$ca" | cut -d: -f5) region=$(echo "$ca" | cut -d: -f4)
head_row "$certificates certificates in one account and region"
size=$(wc -c <"$state/store/chancery.db")
"$bench/million" fill "$state/store/chancery.db" "$account" "$region" "$certificates" | figures
row "store: octets for each certificate without its wrapped key (95 % with the row of their authority)" \
	"$((($(wc -c <"$state/store/chancery.db") - size) / certificates))"
"$bench/million" measure "$state/store/chancery.db" "$account" "$region" "$certificates" | figures
start=$(date +%s%N)
serve
row "start to serving" "$(( ($(date +%s%N) - start) / 1000000 )) ms"
contains() { printf '{"FilterStatement":{"Filter":{"X509AttributeFilter":{"SubjectAlternativeName":{"DnsName":{"Value":"%s","ComparisonOperator":"%s"}}}}}}' "$1" "$2"; }
printf '{"Includes":{"keyTypes":["RSA_2048"]}}' >"$state/list.json"
contains host-0123456.eu.example.com EQUALS >"$state/equals.json"
contains shared CONTAINS >"$state/contains.json"
contains example CONTAINS >"$state/contains-all.json"
row "ListCertificates, 100 entries, 1 client" "$(load acm CertificateManager.ListCertificates "$state/list.json" 1)"
row "SearchCertificates, DNS name EQUALS, 1 client" "$(load acm CertificateManager.SearchCertificates "$state/equals.json" 1)"
row "SearchCertificates, CONTAINS a rare part, 1 client" "$(load acm CertificateManager.SearchCertificates "$state/contains.json" 1)"
row "SearchCertificates, CONTAINS all, 100 entries, 1 client" "$(load acm CertificateManager.SearchCertificates "$state/contains-all.json" 1)"
row "ListCertificates, 100 entries, 16 clients" "$(load acm CertificateManager.ListCertificates "$state/list.json" 16)"
row "resident, core" "$(rss "$(child chancery-core)")"

if [ "${RECORD:-0}" = 1 ]; then
	{
		echo "# Benchmarks"
		echo
		echo "Printed by \`make bench\` on $(date -u +%Y-%m-%d); SoftHSM, SQLite with synchronous=FULL, TLS 1.3, everything on one machine,"
		echo "the clients included. Compare figures of one run only: machines differ and drift."
		cat "$table"
		echo
		sed -n '/^## Reading/,$p' docs/BENCHMARKS.md 2>/dev/null
	} >"$state/BENCHMARKS.md"
	cp "$state/BENCHMARKS.md" docs/BENCHMARKS.md
fi
