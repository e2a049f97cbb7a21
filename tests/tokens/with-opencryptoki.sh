#!/bin/sh
# Runs a command with a fresh token of openCryptoki's software module, in namespaces of its own: the module's
# paths are fixed at build time, so private folders are mounted over them. Needs root. The command
# finds HSM_TEST_MODULE, HSM_TEST_LABEL and HSM_TEST_PIN_FILE.
#
#   with-opencryptoki.sh COMMAND [ARGUMENT ...]
set -eu

MODULE=/usr/lib/x86_64-linux-gnu/opencryptoki/libopencryptoki.so.0
if [ "${1:-}" != --inside ]; then
	[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root for namespaces"; exit 0; }
	[ -e "$MODULE" ] || { echo "1..0 # SKIP openCryptoki is not installed"; exit 0; }
	unshare --mount --pid --ipc --fork --mount-proc true 2>/dev/null || { echo "1..0 # SKIP no namespaces to be had here"; exit 0; }
	dir=$(mktemp -d)
	code=0
	OCK_DIR=$dir unshare --mount --pid --ipc --fork --mount-proc "$0" --inside "$@" || code=$?
	rm -rf "$dir"
	exit "$code"
fi
shift

group=$(getent group pkcs11 >/dev/null && echo pkcs11 || echo root)
for path in /etc/opencryptoki /var/lib/opencryptoki /var/lock/opencryptoki /run/opencryptoki; do
	private=$OCK_DIR$path
	mkdir -p "$private" "$path"
	[ "$path" != /etc/opencryptoki ] || cp -a "$path/." "$private/"
	chgrp -R "$group" "$private"
	chmod 770 "$private"
	mount --bind "$private" "$path"
done
# Only the software token: the others of the packaged configuration want hardware.
cat >/etc/opencryptoki/opencryptoki.conf <<'C'
version opencryptoki-3.1
slot 3
{
stdll = libpkcs11_sw.so
}
C
mkdir -p /var/lib/opencryptoki/swtok/TOK_OBJ /var/lock/opencryptoki/swtok
chgrp -R "$group" /var/lib/opencryptoki /var/lock/opencryptoki
chmod -R 770 /var/lib/opencryptoki /var/lock/opencryptoki
pkcsslotd
sleep 0.5

tool() { pkcs11-tool --module "$MODULE" "$@" >"$OCK_DIR/tool.log" 2>&1 || { cat "$OCK_DIR/tool.log" >&2; exit 1; }; }
tool --slot-index 0 --init-token --label chancery --so-pin 87654321
tool --slot-index 0 --login --login-type so --so-pin 87654321 --change-pin --pin 87654321 --new-pin 76543210
tool --slot-index 0 --login --login-type so --so-pin 76543210 --init-pin --new-pin 12345678
tool --slot-index 0 --login --pin 12345678 --change-pin --new-pin 1234567
printf 1234567 >"$OCK_DIR/pin"
chmod 600 "$OCK_DIR/pin"
export HSM_TEST_MODULE="$MODULE" HSM_TEST_LABEL=chancery HSM_TEST_PIN_FILE="$OCK_DIR/pin"
code=0
"$@" || code=$?
exit "$code"
