// Hierarchies root -> subordinate -> end entity in RSA and EC, requested through the AWS SDK,
// exported, and used for a TLS handshake that openssl verifies.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeCertificateCommand, ExportCertificateCommand, GetCertificateCommand } from '@aws-sdk/client-acm';
import { Appliance, freePort, run, until } from './appliance.mjs';
import { activeRoot, activeSubordinate, issue, certificateOf, requestIssued } from './authority.mjs';

let appliance, acm, pca;
before(async () => {
  appliance = await Appliance.start();
  acm = appliance.acm();
  pca = appliance.pca();
});
after(() => appliance?.remove());

const file = (name, text) => {
  const path = join(appliance.state, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

async function handshake(certificate, chain, key, root, name) {
  const port = await freePort();
  const server = spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', certificate,
    '-cert_chain', chain, '-key', key, '-pass', 'pass:correct horse', '-quiet'], { stdio: 'ignore' });
  try {
    return await until('a TLS handshake', async () => {
      if (server.exitCode !== null) throw new Error(`s_server ended with ${server.exitCode}`);
      try {
        const child = run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', root,
          '-verify_return_error', '-verify_hostname', name, '-brief']);
        child.child.stdin.end();
        const { stderr } = await child;
        return stderr;
      } catch (error) {
        if (/Connection refused|connect:errno/.test(error.stderr ?? '')) return null;
        throw error;
      }
    });
  } finally {
    server.kill('SIGKILL');
  }
}

const chains = [
  { root: 'EC_prime256v1', sub: 'EC_prime256v1' },
  { root: 'EC_secp384r1', sub: 'EC_secp384r1', signing: 'SHA384WITHECDSA' },
  { root: 'EC_secp521r1', sub: 'EC_secp521r1', signing: 'SHA512WITHECDSA' },
  { root: 'RSA_2048', sub: 'RSA_2048' },
  { root: 'RSA_4096', sub: 'EC_prime256v1' },
];
const leafKeys = ['EC_prime256v1', 'EC_secp384r1', 'EC_secp521r1', 'RSA_2048', 'RSA_3072', 'RSA_4096'];
const described = (alg) => alg.replace('_', '-');

for (const { root: rootKey, sub: subKey, signing } of chains) {
  test(`${rootKey} root, ${subKey} subordinate, a CSR of our own: openssl verifies the chain`, async () => {
    const root = await activeRoot(pca, { key: rootKey, signing: rootKey === subKey ? signing : undefined, name: `${rootKey} root` });
    const sub = await activeSubordinate(pca, root, { key: subKey, signing: rootKey === subKey ? signing : undefined, name: `${subKey} sub` });
    const { stdout: csr } = await run('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
      '-nodes', '-keyout', join(appliance.state, 'leaf.key'), '-subj', '/CN=leaf.example.internal',
      '-addext', 'subjectAltName=DNS:leaf.example.internal,DNS:two.example.internal']);
    const leaf = await certificateOf(pca, sub.arn, await issue(pca, sub.arn, csr, { signing: sub.signing }));
    assert.ok(!leaf.Certificate.endsWith('\n') && !leaf.CertificateChain.endsWith('\n'), 'no newline at the end, as AWS answers');
    const { stdout } = await run('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'two.example.internal',
      '-CAfile', file('root.pem', root.pem), '-untrusted', file('sub.pem', sub.pem), file('leaf.pem', leaf.Certificate)]);
    assert.match(stdout, /leaf\.pem: OK/);
    const x509 = new X509Certificate(leaf.Certificate);
    assert.equal(x509.subject, 'CN=leaf.example.internal');
    assert.equal(x509.subjectAltName, 'DNS:leaf.example.internal, DNS:two.example.internal');
    assert.equal(leaf.CertificateChain.match(/BEGIN CERTIFICATE/g).length, 2);
    assert.equal(leaf.CertificateChain.trim(), `${sub.pem.trim()}\n${root.pem.trim()}`);
  });
}

describe('exported certificates', () => {
  let root, sub;
  before(async () => {
    root = await activeRoot(pca, { name: 'Export root' });
    sub = await activeSubordinate(pca, root, { name: 'Export sub' });
  });

  for (const key of leafKeys) {
    test(`${key}: exported key completes a verified TLS handshake`, async () => {
      const CertificateArn = await requestIssued(acm, sub, { KeyAlgorithm: key,
        SubjectAlternativeNames: ['www.example.internal', 'api.example.internal'] });
      const exported = await acm.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from('correct horse') }));
      assert.match(exported.PrivateKey, /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
      const { stdout: parsed } = await run('openssl', ['asn1parse', '-in', file('key.pem', exported.PrivateKey)]);
      for (const part of ['PBES2', 'PBKDF2', 'hmacWithSHA256', 'aes-256-cbc']) assert.match(parsed, new RegExp(part));
      assert.throws(() => createPrivateKey({ key: exported.PrivateKey, passphrase: 'wrong horse' }));
      const output = await handshake(file('cert.pem', exported.Certificate), file('chain.pem', exported.CertificateChain),
        join(appliance.state, 'key.pem'), file('root.pem', root.pem), 'api.example.internal');
      assert.match(output, /Verification: OK|Verified peername/);
      const { Certificate: detail } = await acm.send(new DescribeCertificateCommand({ CertificateArn }));
      assert.equal(detail.KeyAlgorithm, described(key));
      assert.equal(detail.RenewalEligibility, 'ELIGIBLE', 'eligible once exported');
      const got = await acm.send(new GetCertificateCommand({ CertificateArn }));
      assert.equal(got.Certificate.trim(), exported.Certificate.trim());
    });
  }
});
