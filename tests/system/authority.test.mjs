// Plain build only: libfaketime must be loaded before a sanitizer that wants to be first.
// The life of authorities through the SDK: states, deletion and what comes after it, tags, permissions,
// audit reports; on a daemon whose clock libfaketime moves.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as PCA from '@aws-sdk/client-acm-pca';
import { Appliance, run, until } from './appliance.mjs';
import { activeRoot, activeSubordinate, certificateOf, createAuthority, csrOf, issue } from './authority.mjs';

const DAY = 86400;
const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
let appliance, pca, root, clockFile;

function moveClock(seconds) {
  writeFileSync(clockFile, `+${seconds}s\n`);
  const httpsAgent = new Agent({ rejectUnauthorized: false, keepAlive: true });
  appliance.agents.push(httpsAgent);
  pca = appliance.pca({ systemClockOffset: seconds * 1000, requestHandler: { httpsAgent, requestTimeout: 60000 } });
}

const send = (command, arn, input = {}) => pca.send(new PCA[`${command}Command`]({ CertificateAuthorityArn: arn, ...input }));
const describe = async (arn) => (await send('DescribeCertificateAuthority', arn)).CertificateAuthority;
const refused = (promise, name, text) => assert.rejects(promise, (error) => {
  assert.equal(error.name, name, `${error.name}: ${error.message}`);
  if (text) assert.match(error.message, text);
  return true;
});

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-clock-'));
  chmodSync(folder, 0o755);
  clockFile = join(folder, 'clock');
  writeFileSync(clockFile, '+0s\n');
  appliance = await Appliance.start({
    env: { LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: clockFile, FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: '1' },
    configure: { 'reports.buckets': 'audit-reports' },
  });
  pca = appliance.pca();
  root = await activeRoot(pca, { name: 'Life Root' });
});
after(async () => {
  await appliance?.remove();
  rmSync(dirname(clockFile), { recursive: true, force: true });
});

test('what is ACTIVE is not deleted, what is not DELETED is not restored', async () => {
  await refused(send('DeleteCertificateAuthority', root.arn), 'InvalidStateException', /^The certificate authority is not in a valid state for deletion\.$/);
  await refused(send('RestoreCertificateAuthority', root.arn), 'InvalidStateException');
  await refused(send('UpdateCertificateAuthority', root.arn, { Status: 'DELETED' }), 'InvalidArgsException');
  const waiting = await createAuthority(pca, 'ROOT', { name: 'Waiting' });
  await csrOf(pca, waiting);
  await refused(send('UpdateCertificateAuthority', waiting, { Status: 'ACTIVE' }), 'InvalidStateException');
  await refused(send('DeleteCertificateAuthority', waiting, { PermanentDeletionTimeInDays: 6 }), 'ValidationException');
});

test('a report goes to a configured bucket only, and is written as JSON and CSV', async () => {
  const report = { S3BucketName: 'audit-reports', AuditReportResponseFormat: 'JSON' };
  await refused(send('CreateCertificateAuthorityAuditReport', root.arn, { ...report, S3BucketName: 'elsewhere' }), 'ValidationException',
    /^Permission error with your S3 bucket 'elsewhere'\./);
  const sub = await activeSubordinate(pca, root, { name: 'Reported' });
  for (const [authority, format] of [[root, 'JSON'], [sub, 'CSV']]) {
    const made = await send('CreateCertificateAuthorityAuditReport', authority.arn, { ...report, AuditReportResponseFormat: format });
    const { state } = await PCA.waitUntilAuditReportCreated({ client: pca, maxWaitTime: 30, minDelay: 1 },
      { CertificateAuthorityArn: authority.arn, AuditReportId: made.AuditReportId });
    assert.equal(state, 'SUCCESS');
    assert.equal(made.S3Key, `audit-report/${authority.arn.split('/')[1]}/${made.AuditReportId}.${format.toLowerCase()}`);
    const file = join(appliance.state, 'reports/audit-reports', made.S3Key);
    assert.equal(statSync(file).mode & 0o007, 0);
    const text = readFileSync(file, 'utf8');
    if (format === 'JSON') assert.deepEqual(JSON.parse(text).map((line) => line.subject).sort(), ['CN=Life Root,O=Example', 'CN=Reported,O=Example']);
    else assert.match(text, /^awsAccountId,requestedByServicePrincipal,certificateArn,.*,templateArn\n$/);
  }
});

test('tags and permissions come and go', async () => {
  await send('TagCertificateAuthority', root.arn, { Tags: [{ Key: 'a', Value: '1' }, { Key: 'b' }] });
  const page = await send('ListTags', root.arn, { MaxResults: 1 });
  const { Tags } = await send('ListTags', root.arn, { MaxResults: 1, NextToken: page.NextToken });
  assert.deepEqual([...page.Tags, ...Tags].map((tag) => tag.Key), ['a', 'b']);
  await send('UntagCertificateAuthority', root.arn, { Tags: [{ Key: 'a' }] });
  assert.equal((await send('ListTags', root.arn)).Tags.length, 1);
  await send('CreatePermission', root.arn, { Principal: 'acm.amazonaws.com', Actions: ['IssueCertificate'] });
  assert.equal((await send('ListPermissions', root.arn)).Permissions[0].Principal, 'acm.amazonaws.com');
  await send('DeletePermission', root.arn, { Principal: 'acm.amazonaws.com' });
  assert.deepEqual((await send('ListPermissions', root.arn)).Permissions, []);
});

test('a parent elsewhere certifies an authority: openssl signs, every mismatch is named, and renews', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-outside-'));
  const at = (name) => join(folder, name);
  const openssl = (...args) => run('openssl', args);
  try {
    await openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('ca.key'), '-out', at('ca.pem'),
      '-days', '3650', '-subj', '/CN=Outside Root', '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
    const arn = await createAuthority(pca, 'SUBORDINATE', { name: 'Inside' });
    writeFileSync(at('sub.csr'), await csrOf(pca, arn));
    const signed = async (extensions, days, ...more) => {
      writeFileSync(at('ext'), extensions);
      await openssl('x509', '-req', '-in', at('sub.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-days', String(days), '-extfile', at('ext'), '-out', at('sub.pem'), ...more);
      return readFileSync(at('sub.pem'));
    };
    const ca = 'basicConstraints=critical,CA:TRUE,pathlen:0\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n';
    const usage = 'keyUsage=critical,digitalSignature,keyCertSign,cRLSign\n';
    const chain = { CertificateChain: readFileSync(at('ca.pem')) };
    const imported = async (Certificate, rest = chain) => send('ImportCertificateAuthorityCertificate', arn, { Certificate, ...rest });
    await refused(imported(await signed(`${ca}keyUsage=critical,cRLSign\n`, 365)), 'MalformedCertificateException', /keyCertSign/);
    await refused(imported(await signed(`basicConstraints=critical,CA:FALSE\n${usage}`, 365)), 'MalformedCertificateException', /CA:TRUE/);
    await refused(imported(await signed(ca + usage, 365, '-subj', '/CN=Somebody else')), 'CertificateMismatchException', /subject/);
    await refused(imported(readFileSync(at('ca.pem'))), 'CertificateMismatchException', /public key/);
    await refused(imported(await signed(`basicConstraints=CA:TRUE\n${usage}`, 365)), 'MalformedCertificateException', /critical/);
    for (const extension of ['crlDistributionPoints=critical,URI:http://crl.example/', 'authorityInfoAccess=critical,OCSP;URI:http://ocsp.example/',
      'policyConstraints=critical,requireExplicitPolicy:0', '1.2.3.4=critical,ASN1:NULL'])
      await refused(imported(await signed(`${ca}${usage}${extension}\n`, 365)), 'MalformedCertificateException', /critical/);
    await imported(await signed(`${ca}${usage}nameConstraints=critical,permitted;DNS:.example\nextendedKeyUsage=critical,serverAuth,clientAuth\n`, 365));
    const good = await signed(ca + usage, 365);
    await refused(imported(good, {}), 'InvalidRequestException');
    await refused(imported(good, { CertificateChain: Buffer.from(root.pem) }), 'CertificateMismatchException', /chain/);
    await imported(good);
    const first = await describe(arn);
    assert.equal(first.Status, 'ACTIVE');
    await imported(await signed(ca + usage, 700));
    const renewed = await describe(arn);
    assert.equal(renewed.Status, 'ACTIVE');
    assert.ok(renewed.NotAfter - first.NotAfter > 300 * DAY * 1000);
    await openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('leaf.key'), '-out', at('leaf.csr'), '-subj', '/CN=leaf.example');
    const leaf = await certificateOf(pca, arn, await issue(pca, arn, readFileSync(at('leaf.csr')), { signing: 'SHA256WITHECDSA' }));
    writeFileSync(at('leaf.pem'), leaf.Certificate);
    writeFileSync(at('chain.pem'), leaf.CertificateChain);
    const { stdout } = await openssl('verify', '-x509_strict', '-CAfile', at('ca.pem'), '-untrusted', at('chain.pem'), at('leaf.pem'));
    assert.match(stdout, /OK/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('what the request asked for, and names of what is above, are compared with the certificate', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-asked-'));
  const at = (name) => join(folder, name);
  const parent = async (name, ...constraints) => run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-days', '3650', '-subj', `/CN=${name}`, '-addext', 'keyUsage=critical,keyCertSign,cRLSign', ...constraints]);
  try {
    writeFileSync(at('open.cnf'), '[req]\ndistinguished_name=d\nx509_extensions=x\n[d]\n[x]\nbasicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n'
      + 'nameConstraints=critical,permitted;dirName:there\n[there]\nO=Elsewhere\n');
    await parent('Open');
    await parent('Narrow', '-config', at('open.cnf'));
    const repository = { AccessMethod: { AccessMethodType: 'CA_REPOSITORY' }, AccessLocation: { UniformResourceIdentifier: 'http://repository.example/' } };
    const { CertificateAuthorityArn: arn } = await pca.send(new PCA.CreateCertificateAuthorityCommand({ CertificateAuthorityType: 'SUBORDINATE',
      CertificateAuthorityConfiguration: { KeyAlgorithm: 'EC_prime256v1', SigningAlgorithm: 'SHA256WITHECDSA', Subject: { Organization: 'Example', CommonName: 'Asking' },
        CsrExtensions: { KeyUsage: { KeyCertSign: true, CRLSign: true, NonRepudiation: true }, SubjectInformationAccess: [repository] } } }));
    writeFileSync(at('sub.csr'), await csrOf(pca, arn));
    const imported = async (extensions, by = 'Open') => {
      writeFileSync(at('ext'), `basicConstraints=critical,CA:TRUE,pathlen:0\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n${extensions}\n`);
      await run('openssl', ['x509', '-req', '-in', at('sub.csr'), '-CA', at(`${by}.pem`), '-CAkey', at(`${by}.key`), '-days', '365', '-extfile', at('ext'), '-out', at('sub.pem')]);
      return send('ImportCertificateAuthorityCertificate', arn, { Certificate: readFileSync(at('sub.pem')), CertificateChain: readFileSync(at(`${by}.pem`)) });
    };
    const usage = 'keyUsage=critical,digitalSignature,keyCertSign,cRLSign';
    await refused(imported(`${usage},keyEncipherment`), 'CertificateMismatchException', /KeyEncipherment/);
    await refused(imported(`${usage}\nsubjectInfoAccess=caRepository;URI:http://another.example/`), 'CertificateMismatchException', /subject information access/);
    await refused(imported(usage, 'Narrow'), 'CertificateMismatchException', /outside the permitted subtrees/);
    await imported(usage); // what AWS's own templates make of every request
    await imported(`${usage},nonRepudiation\nsubjectInfoAccess=caRepository;URI:http://repository.example/`);
    assert.equal((await describe(arn)).Status, 'ACTIVE');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('another appliance certifies an authority of this one, and this one an authority of openssl', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-both-'));
  const at = (name) => join(folder, name);
  const put = (name, text) => { writeFileSync(at(name), `${text}\n`); return at(name); };
  const request = async (name) => {
    await run('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`]);
    return readFileSync(at(`${name}.csr`));
  };
  const verified = async (leaf, chain, anchor) => assert.match((await run('openssl',
    ['verify', '-x509_strict', '-CAfile', put('anchor', anchor), '-untrusted', put('between', chain), put('leaf', leaf)])).stdout, /OK/);
  const above = await Appliance.start();
  try {
    const far = above.pca();
    const farRoot = await activeRoot(far, { name: 'Far Root' });
    const arn = await createAuthority(pca, 'SUBORDINATE', { name: 'Near' });
    const made = await certificateOf(far, farRoot.arn, await issue(far, farRoot.arn, await csrOf(pca, arn),
      { templateName: 'SubordinateCACertificate_PathLen0/V1', signing: farRoot.signing, days: 365 }));
    await send('ImportCertificateAuthorityCertificate', arn, { Certificate: Buffer.from(made.Certificate), CertificateChain: Buffer.from(made.CertificateChain) });
    const leaf = await certificateOf(pca, arn, await issue(pca, arn, await request('near.example'), { signing: 'SHA256WITHECDSA' }));
    await verified(leaf.Certificate, leaf.CertificateChain, farRoot.pem);
  } finally {
    await above.remove();
  }
  try {
    const outside = await certificateOf(pca, root.arn, await issue(pca, root.arn, await request('Outside CA'),
      { templateName: 'SubordinateCACertificate_PathLen0/V1', signing: root.signing, days: 365 }));
    await request('far.example');
    const { stdout } = await run('openssl', ['x509', '-req', '-in', at('far.example.csr'), '-CA', put('ca.pem', outside.Certificate), '-CAkey', at('Outside CA.key'), '-days', '30']
      .concat(['-extfile', put('ext', 'authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:far.example')]));
    await verified(stdout, outside.Certificate, root.pem);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a deleted authority is restored as it was, or is gone with its key', async () => {
  const kept = await activeSubordinate(pca, root, { name: 'Kept' });
  const lost = await activeSubordinate(pca, root, { name: 'Lost' });
  for (const { arn } of [kept, lost]) {
    await send('UpdateCertificateAuthority', arn, { Status: 'DISABLED' });
    await send('DeleteCertificateAuthority', arn, { PermanentDeletionTimeInDays: 7 });
    const ca = await describe(arn);
    assert.equal(ca.Status, 'DELETED');
    assert.ok(ca.RestorableUntil > new Date(Date.now() + 6.9 * DAY * 1000));
    await refused(send('ListTags', arn), 'InvalidStateException', /in the DELETED state and must be restored/);
  }
  moveClock(6 * DAY);
  await send('RestoreCertificateAuthority', kept.arn);
  assert.equal((await describe(kept.arn)).Status, 'DISABLED');
  await send('UpdateCertificateAuthority', kept.arn, { Status: 'ACTIVE' });
  moveClock(8 * DAY);
  await refused(describe(lost.arn), 'ResourceNotFoundException');
  await refused(send('RestoreCertificateAuthority', lost.arn), 'ResourceNotFoundException');
  await until('the key to be destroyed', async () => appliance.log.includes(`authority ${lost.arn.split('/')[1]} can no longer be restored: its key is destroyed`), 30);
  const other = await createAuthority(pca, 'ROOT', { name: 'Still there' });
  const certificate = await certificateOf(pca, kept.arn, await issue(pca, kept.arn, await csrOf(pca, other), { signing: 'SHA256WITHECDSA' }));
  assert.match(certificate.Certificate, /BEGIN CERTIFICATE/);
});
