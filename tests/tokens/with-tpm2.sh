#!/bin/sh
# Runs a command with a fresh token of tpm2-pkcs11 on a software TPM (swtpm) of its own, behind a resource
# manager (tpm2-abrmd), as the kernel is one for real TPMs: alone a TPM holds three loaded objects, and
# the module does not unload what it destroys. All comes unpacked in build/tpm2-root. The
# command finds HSM_TEST_MODULE, HSM_TEST_LABEL and HSM_TEST_PIN_FILE.
#
#   with-tpm2.sh COMMAND [ARGUMENT ...]
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)/build/tpm2-root
libs=$root/usr/lib/x86_64-linux-gnu
module=$(find "$libs" -name 'libtpm2_pkcs11.so.1' 2>/dev/null | head -1)
[ -n "$module" ] || { echo "1..0 # SKIP tpm2-pkcs11 is not unpacked"; exit 0; }
abrmd=$root/usr/sbin/tpm2-abrmd
[ -x "$abrmd" ] || { echo "1..0 # SKIP tpm2-abrmd is not unpacked"; exit 0; }
for program in swtpm dbus-run-session; do
	command -v "$program" >/dev/null || { echo "1..0 # SKIP $program is not installed"; exit 0; }
done
if [ "${1:-}" != --inside ]; then
	exec dbus-run-session -- "$0" --inside "$@"
fi
shift

dir=$(mktemp -d)
port=$(python3 -c 'import socket
a = socket.socket(); b = socket.socket()
while True:
    a.bind(("127.0.0.1", 0)); port = a.getsockname()[1]
    try: b.bind(("127.0.0.1", port + 1)); break
    except OSError: a.close(); a = socket.socket()
print(port)')
manager=
cleanup() {
	[ -z "$manager" ] || kill "$manager" 2>/dev/null || true
	[ ! -e "$dir/swtpm.pid" ] || kill "$(cat "$dir/swtpm.pid")" 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
mkdir "$dir/tpm" "$dir/store"
swtpm socket --tpm2 --tpmstate "dir=$dir/tpm" --server "type=tcp,port=$port,disconnect" \
	--ctrl "type=tcp,port=$((port + 1))" --flags not-need-init,startup-clear --daemon --pid "file=$dir/swtpm.pid"

export LD_LIBRARY_PATH="$libs" TPM2_PKCS11_STORE="$dir/store" TPM2_PKCS11_BACKEND=esysdb TSS2_LOG=all+none \
	TPM2_PKCS11_TCTI=tabrmd:bus_type=session
"$abrmd" --session --allow-root --max-transients=100 --tcti="swtpm:host=127.0.0.1,port=$port" >"$dir/abrmd.log" 2>&1 &
manager=$!
tries=0
until dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
	string:com.intel.tss2.Tabrmd 2>/dev/null | grep -q true; do
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || { cat "$dir/abrmd.log" >&2; exit 1; }
	sleep 0.1
done
tool() { pkcs11-tool --module "$module" "$@" >"$dir/tool.log" 2>&1 || { cat "$dir/tool.log" >&2; exit 1; }; }
tool --slot-index 0 --init-token --label chancery --so-pin 87654321
tool --slot-index 0 --login --login-type so --so-pin 87654321 --init-pin --new-pin 1234567
printf 1234567 >"$dir/pin"
chmod 600 "$dir/pin"
export HSM_TEST_MODULE="$module" HSM_TEST_LABEL=chancery HSM_TEST_PIN_FILE="$dir/pin"
code=0
"$@" || code=$?
exit "$code"
