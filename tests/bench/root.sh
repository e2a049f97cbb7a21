#!/bin/sh
# An active private root with that key, on the appliance that the environment names; prints its ARN.
#
#   root.sh KEY_ALGORITHM SIGNING_ALGORITHM
set -eu

pca() { aws acm-pca "$@" --output text; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ca=$(pca create-certificate-authority --certificate-authority-type ROOT --query CertificateAuthorityArn \
	--certificate-authority-configuration "KeyAlgorithm=$1,SigningAlgorithm=$2,Subject={CommonName=Root of $1}")
pca wait certificate-authority-csr-created --certificate-authority-arn "$ca"
pca get-certificate-authority-csr --certificate-authority-arn "$ca" --query Csr >"$work/csr"
cert=$(pca issue-certificate --certificate-authority-arn "$ca" --csr "fileb://$work/csr" --signing-algorithm "$2" \
	--validity Value=5,Type=YEARS --template-arn arn:aws:acm-pca:::template/RootCACertificate/V1 --query CertificateArn)
pca wait certificate-issued --certificate-authority-arn "$ca" --certificate-arn "$cert"
pca get-certificate --certificate-authority-arn "$ca" --certificate-arn "$cert" --query Certificate >"$work/pem"
pca import-certificate-authority-certificate --certificate-authority-arn "$ca" --certificate "fileb://$work/pem"
echo "$ca"
