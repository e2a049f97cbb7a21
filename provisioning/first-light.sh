#!/bin/sh
# The main job, once, through the public API: a private root CA, a certificate for
# www.example.internal under it, exported, and checked with openssl. Called by run.sh.
#
#   first-light.sh STATE
set -eu

state=$1
out=$state/first-light
name=www.example.internal
umask 077
mkdir -p "$out"
. "$state/env"

step() { echo "first light: $*"; }
pca() { aws acm-pca "$@" --output text; }
acm() { aws acm "$@" --output text; }

step "creating a private root CA in the HSM"
ca=$(pca create-certificate-authority --certificate-authority-type ROOT \
	--certificate-authority-configuration \
	"KeyAlgorithm=EC_prime256v1,SigningAlgorithm=SHA256WITHECDSA,Subject={Organization=Example,CommonName=Example Root CA}" \
	--query CertificateAuthorityArn)
pca wait certificate-authority-csr-created --certificate-authority-arn "$ca"
pca get-certificate-authority-csr --certificate-authority-arn "$ca" --query Csr >"$out/ca.csr"

step "issuing and installing its own certificate"
cert=$(pca issue-certificate --certificate-authority-arn "$ca" --csr "fileb://$out/ca.csr" \
	--signing-algorithm SHA256WITHECDSA --validity Value=10,Type=YEARS \
	--template-arn arn:aws:acm-pca:::template/RootCACertificate/V1 --query CertificateArn)
pca wait certificate-issued --certificate-authority-arn "$ca" --certificate-arn "$cert"
pca get-certificate --certificate-authority-arn "$ca" --certificate-arn "$cert" \
	--query Certificate >"$out/ca.pem"
pca import-certificate-authority-certificate --certificate-authority-arn "$ca" \
	--certificate "fileb://$out/ca.pem"
echo "$ca" >"$out/ca-arn"

step "requesting a certificate for $name"
arn=$(acm request-certificate --domain-name "$name" --certificate-authority-arn "$ca" \
	--key-algorithm EC_prime256v1 --query CertificateArn)
status=
tries=0
while [ "$status" != ISSUED ]; do
	[ "$tries" -lt 60 ] || { echo "first light: $arn is still $status" >&2; exit 1; }
	[ "$tries" -eq 0 ] || sleep 1
	tries=$((tries + 1))
	status=$(acm describe-certificate --certificate-arn "$arn" --query Certificate.Status)
done

step "exporting it with its private key"
openssl rand -hex 16 | tr -d '\n' >"$out/passphrase"
acm export-certificate --certificate-arn "$arn" --passphrase "fileb://$out/passphrase" \
	--query 'join(`\n`, [Certificate, CertificateChain, PrivateKey])' >"$out/export.pem"
awk -v dir="$out" '
	/-----BEGIN ENCRYPTED PRIVATE KEY-----/ { file = dir "/private-key.pem" }
	/-----BEGIN CERTIFICATE-----/ { file = dir (n++ ? "/chain.pem" : "/certificate.pem") }
	file { print > file }
	/-----END/ { file = "" }' "$out/export.pem"
rm -f "$out/export.pem"

step "checking it with openssl"
openssl verify -CAfile "$out/chain.pem" -verify_hostname "$name" "$out/certificate.pem"
openssl pkey -in "$out/private-key.pem" -passin "file:$out/passphrase" -pubout >"$out/key.pub"
openssl x509 -in "$out/certificate.pem" -noout -pubkey | cmp -s - "$out/key.pub" ||
	{ echo "first light: the private key does not belong to the certificate" >&2; exit 1; }
rm -f "$out/key.pub" "$out/ca.csr"
touch "$out/done"

cat <<EOF

The certificate of $name and its private key were made in the HSM and exported:
  $out/certificate.pem
  $out/chain.pem
  $out/private-key.pem  (encrypted; passphrase in $out/passphrase)
  $arn
EOF
