#!/bin/sh
# Proves the arrows of docs/ARCHITECTURE.md: which folder may include which, and what each
# program links. Prints every offence; exit 1 when there is one.
#
#   check-arrows.sh [BIN]       (default: build/plain/bin)
set -eu
bin=${1:-build/plain/bin}
cd "$(dirname "$0")/.."
bad=0
offence() { echo "check-arrows: $*"; bad=1; }

# folder | what it may include of our own (extended regular expression)
arrows='firmware/base|firmware/base/
firmware|firmware/
hsm|hsm/|firmware/base/
ca/pki|ca/pki/|firmware/base/
ca/store|ca/store/|firmware/base/|migrations\.inc
ca/contract|ca/contract/|firmware/base/
ca/policy|ca/policy/|ca/contract/base64\.h|firmware/base/
ca|ca/|hsm/hsm\.h|firmware/base/
api|api/|firmware/base/
provisioning|provisioning/|ca/|hsm/|firmware/base/'

# Every quoted include of a folder must match one of its arrows; a folder named on its own row is
# judged by that row only.
check_includes() {
	folder=$1 allowed=$2
	grep -rEn '^#include "' --include='*.[ch]' "$folder" | while IFS= read -r line; do
		file=${line%%:*}
		case $folder in
		ca) case $file in ca/pki/* | ca/store/* | ca/contract/* | ca/policy/*) continue ;; esac ;;
		firmware) case $file in firmware/base/*) continue ;; esac ;;
		esac
		target=$(printf '%s' "$line" | sed 's/.*#include "\([^"]*\)".*/\1/')
		printf '%s\n' "$target" | grep -Eq "^($allowed)" || echo "$file includes $target"
	done
}
offences=$(printf '%s\n' "$arrows" | while IFS='|' read -r folder allowed; do
	[ -d "$folder" ] && check_includes "$folder" "$allowed"
done || true)
[ -z "$offences" ] || { printf '%s\n' "$offences" | sed 's/^/check-arrows: /'; bad=1; }

# what | where alone it may stand
only() {
	pattern=$1 folders=$2 what=$3
	found=$(grep -rElw "$pattern" --include='*.[ch]' firmware api ca hsm provisioning | grep -Ev "^($folders)" || true)
	[ -z "$found" ] || offence "$what outside of $folders:" $found
}
only 'sqlite3[_a-z0-9]*' 'ca/store/' 'SQLite'
only 'CK[A-Z]?_[A-Z0-9_]+|PKCS11_[A-Za-z_]+' 'hsm/' 'PKCS#11'
only 'MHD_[A-Za-z_]+|gnutls_[a-z0-9_]+' 'api/' 'the HTTP server'
only 'curl_[a-z_]+|CURL[A-Z_]*|ub_[a-z_]+' 'api/outbound/' 'calling out'
only 'X509_[A-Za-z0-9_]+' 'ca/pki/' 'X.509 building'
found=$(grep -rEln '"(SELECT|INSERT|UPDATE|DELETE) ' --include='*.[ch]' firmware api ca hsm provisioning | grep -Ev '^ca/store/' || true)
[ -z "$found" ] || offence "SQL outside of ca/store:" $found

# program | libraries it may need | libraries it must never need
links() {
	program=$1 never=$2
	[ -x "$bin/$program" ] || { offence "$bin/$program is not built"; return; }
	needed=$(readelf -d "$bin/$program" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
	for lib in $needed; do
		printf '%s\n' "$lib" | grep -Eq "$never" && offence "$program links $lib"
	done
	return 0
}
links chanceryd 'sqlite|p11|pkcs11|crypto|ssl|microhttpd|gnutls|curl|jansson|pcre|idn2|psl|qrencode|png'
links chancery-front 'sqlite|p11|pkcs11|crypto|ssl|curl|jansson|pcre|idn2|psl|qrencode|png'
links chancery-front-public 'sqlite|p11|pkcs11|crypto|ssl|curl|jansson|pcre|idn2|psl|qrencode|png'
links chancery-outbound 'sqlite|p11|pkcs11|microhttpd|gnutls|jansson|pcre|idn2|psl|qrencode|png'
links chancery-core 'microhttpd|curl|unbound|gnutls|ssl'
links chancery 'microhttpd|curl|unbound|gnutls|ssl'

[ "$bad" = 0 ] && echo "check-arrows: includes and link lines are as drawn"
exit "$bad"
