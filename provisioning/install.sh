#!/bin/sh
# Installs what Chancery needs on Debian 12, and only what is missing.
#
#   install.sh run     to build and run the appliance
#   install.sh test    the same and what the tests need
#   install.sh bench   to run and measure, with what is measured beside us
#
# Says what it installs; does nothing, quickly and without a network, when all is there.
set -eu

RUN_PACKAGES="gcc libc6-dev make pkg-config libssl-dev openssl libp11-dev libp11-kit-dev softhsm2 opensc
	libsqlite3-dev libmicrohttpd-dev libgnutls28-dev libjansson-dev libpcre2-dev libidn2-dev libpsl-dev
	libqrencode-dev libpng-dev
	libseccomp-dev libinih-dev libunbound-dev libcurl4-openssl-dev dns-root-data ca-certificates curl"
TEST_PACKAGES="libcmocka-dev clang libclang-rt-14-dev cppcheck clang-tidy gnutls-bin sqlite3 faketime
	libnss3 libnss3-tools opencryptoki swtpm binutils procps python3 libyaml-dev knot nginx-light iproute2
	openjdk-17-jdk-headless"
BENCH_PACKAGES="python3 golang-cfssl"
USERS="_chancery-front _chancery-core _chancery-outbound"

here=$(cd "$(dirname "$0")/.." && pwd)
what=${1:-run}
case $what in
run) packages=$RUN_PACKAGES ;;
test) packages="$RUN_PACKAGES $TEST_PACKAGES" ;;
bench) packages="$RUN_PACKAGES $BENCH_PACKAGES" ;;
*) echo "usage: install.sh run|test|bench" >&2; exit 2 ;;
esac

say() { echo "install: $*"; }

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"
	elif command -v sudo >/dev/null 2>&1; then sudo "$@"
	else
		echo "install: this needs root: $*" >&2
		echo "install: run it as root, or install sudo, and try again" >&2
		exit 1
	fi
}

is_installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

install_packages() {
	missing=
	for p in "$@"; do is_installed "$p" || missing="$missing $p"; done
	[ -n "$missing" ] || return 0
	say "Debian packages:$missing"
	as_root apt-get update -qq
	# RUNLEVEL=1: a package that brings a service (pkcsslotd) does not start it here.
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
		apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# Each process of the appliance runs as a user of its own when started by root.
install_users() {
	[ "$(id -u)" = 0 ] || return 0
	for user in $USERS; do
		getent passwd "$user" >/dev/null && continue
		say "system user $user"
		useradd --system --user-group --no-create-home --home-dir /nonexistent \
			--shell /usr/sbin/nologin "$user"
	done
}

node_is_new_enough() { [ "$("$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 20 ]; }

# The AWS SDK for JavaScript needs Node.js 20; Debian 12 has 18, so npm brings a newer one beside it.
install_node() {
	if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
		install_packages nodejs npm
	fi
	cd "$here/tests"
	if [ ! -e node_modules/.installed ] || [ package-lock.json -nt node_modules/.installed ]; then
		say "npm packages of tests/package.json"
		npm ci --no-audit --no-fund --loglevel=error
		touch node_modules/.installed
	fi
	if ! node_is_new_enough node && ! node_is_new_enough node_modules/node/bin/node; then
		say "npm package node (20)"
		npm install --no-save --no-audit --no-fund --loglevel=error node@20
		touch node_modules/.installed
	fi
}

# The PKCS#11 module for TPM 2.0 depends on newer system libraries than a server may want to take:
# it is unpacked beside the tests, not installed.
install_tpm2_module() {
	root="$here/build/tpm2-root"
	[ -e "$root/.complete" ] && [ -e "$root/usr/sbin/tpm2-abrmd" ] && return 0
	say "libtpm2-pkcs11-1 and its libraries, unpacked to build/tpm2-root"
	mkdir -p "$root"
	cd "$root"
	apt-get download -qq libtpm2-pkcs11-1 libtss2-esys-3.0.2-0 libtss2-fapi1 libtss2-mu0 libtss2-rc0 \
		libtss2-sys1 libtss2-tctildr0 libtss2-tcti-swtpm0 libtss2-tcti-cmd0 libtss2-tcti-device0 \
		libjson-c5 libcurl4 libyaml-0-2 tpm2-abrmd libtss2-tcti-tabrmd0 >/dev/null 2>&1 || {
		say "not to be had here; the TPM part of the HSM tests will be skipped"
		return 0
	}
	for deb in *.deb; do dpkg -x "$deb" . ; done
	rm -f ./*.deb
	touch .complete
}

# shellcheck disable=SC2086
install_packages $packages
command -v aws >/dev/null 2>&1 || install_packages awscli
install_users
if [ "$what" = test ]; then
	install_node
	install_tpm2_module
fi
