// Plain build only: libfaketime must be loaded before a sanitizer that wants to be first.
// What becomes of a certificate after it was issued: renewal, revocation, use, tags, deletion, and what
// time alone does, on a daemon whose clock libfaketime moves over 400 days.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as ACM from '@aws-sdk/client-acm';
import * as PCA from '@aws-sdk/client-acm-pca';
import { Appliance, run, until } from './appliance.mjs';
import { activeRoot, activeSubordinate, certificateOf, createAuthority, csrOf, issue, requestIssued } from './authority.mjs';

const DAY = 86400;
const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const Passphrase = Buffer.from('correct horse');
const nowhere = 'arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000000';
let appliance, acm, pca, root, clockFile;

// Moves the clock of the daemon, and gives clients that sign for that time. Its TLS certificate is
// of another time than ours, so they do not judge it.
function moveClock(seconds) {
  writeFileSync(clockFile, `+${seconds}s\n`);
  const httpsAgent = new Agent({ rejectUnauthorized: false, keepAlive: true });
  appliance.agents.push(httpsAgent);
  const extra = { systemClockOffset: seconds * 1000, requestHandler: { httpsAgent, requestTimeout: 60000 } };
  acm = appliance.acm(extra);
  pca = appliance.pca(extra);
}

const permit = (authority) => pca.send(new PCA.CreatePermissionCommand({
  CertificateAuthorityArn: authority.arn, Principal: 'acm.amazonaws.com', Actions: ['IssueCertificate', 'GetCertificate', 'ListPermissions'],
}));

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-clock-'));
  chmodSync(folder, 0o755);
  clockFile = join(folder, 'clock');
  writeFileSync(clockFile, '+0s\n');
  appliance = await Appliance.start({
    env: { LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: clockFile, FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: '1' },
  });
  acm = appliance.acm();
  pca = appliance.pca();
  root = await activeRoot(pca, { name: 'Lifecycle Root' });
  await permit(root);
});
after(async () => {
  await appliance?.remove();
  rmSync(dirname(clockFile), { recursive: true, force: true });
});

const send = (command, input) => acm.send(new ACM[`${command}Command`](input));
const describe = async (CertificateArn) => (await send('DescribeCertificate', { CertificateArn })).Certificate;
const exported = (CertificateArn) => send('ExportCertificate', { CertificateArn, Passphrase });
const refused = (promise, name, text) => assert.rejects(promise, (error) => {
  assert.equal(error.name, name, `${error.name}: ${error.message}`);
  if (text) assert.match(error.message, text);
  return true;
});

async function exportedCertificate(options) {
  const CertificateArn = await requestIssued(acm, root, options);
  await exported(CertificateArn);
  return CertificateArn;
}

const renewed = (CertificateArn) => until('the renewal', async () => {
  const certificate = await describe(CertificateArn);
  return certificate.RenewalSummary?.RenewalStatus === 'SUCCESS' && certificate;
});

test('what is not exported, not there or no certificate is neither renewed nor revoked', async () => {
  const CertificateArn = await requestIssued(acm, root);
  const reason = { RevocationReason: 'UNSPECIFIED' };
  await refused(send('RenewCertificate', { CertificateArn }), 'ValidationException');
  await refused(send('RevokeCertificate', { CertificateArn, ...reason }), 'ValidationException');
  await refused(send('RenewCertificate', { CertificateArn: nowhere }), 'ResourceNotFoundException', /Could not find certificate/);
  await refused(send('RevokeCertificate', { CertificateArn: nowhere, ...reason }), 'ResourceNotFoundException');
  await refused(send('RenewCertificate', { CertificateArn: root.arn.replace('acm-pca', 'acm') }), 'InvalidArnException');
  assert.equal((await describe(CertificateArn)).RenewalEligibility, 'INELIGIBLE');
  assert.equal((await describe(CertificateArn)).RenewalSummary, undefined);
});

test('a passphrase has 4 to 128 ASCII characters without three of them', async () => {
  const CertificateArn = await requestIssued(acm, root);
  for (const bad of ['abc', 'a'.repeat(129), 'with#', 'with$', 'with%', 'pässe'])
    await refused(send('ExportCertificate', { CertificateArn, Passphrase: Buffer.from(bad) }), 'ValidationException');
  assert.equal((await describe(CertificateArn)).RenewalEligibility, 'INELIGIBLE');
  const { PrivateKey } = await send('ExportCertificate', { CertificateArn, Passphrase: Buffer.from('a'.repeat(128)) });
  assert.ok(createPrivateKey({ key: PrivateKey, passphrase: 'a'.repeat(128) }));
});

test('a renewal: same ARN, new key, SUCCESS, ineligible until the next export', async () => {
  const CertificateArn = await requestIssued(acm, root, { DomainName: 'renewed.example.internal' });
  const first = await exported(CertificateArn);
  const before = await describe(CertificateArn);
  assert.equal(before.RenewalEligibility, 'ELIGIBLE');
  await send('RenewCertificate', { CertificateArn });
  const after = await renewed(CertificateArn);
  assert.equal(after.RenewalEligibility, 'INELIGIBLE');
  assert.ok(after.RenewalSummary.UpdatedAt instanceof Date);
  assert.equal(after.RenewalSummary.RenewalStatusReason, undefined);
  assert.notEqual(after.Serial, before.Serial);
  assert.ok(after.NotAfter >= before.NotAfter);
  await refused(send('RenewCertificate', { CertificateArn }), 'ValidationException');
  const second = await exported(CertificateArn);
  const [a, b] = [first, second].map(({ Certificate }) => new X509Certificate(Certificate));
  assert.notEqual(a.publicKey.export({ type: 'spki', format: 'pem' }), b.publicKey.export({ type: 'spki', format: 'pem' }));
  assert.ok(b.checkPrivateKey(createPrivateKey({ key: second.PrivateKey, passphrase: Passphrase })));
  assert.ok(b.verify(new X509Certificate(root.pem).publicKey));
  assert.equal((await describe(CertificateArn)).RenewalEligibility, 'ELIGIBLE');
});

test('without the permission of ACM a renewal stays pending with PCA_ACCESS_DENIED', async () => {
  const strict = await activeRoot(pca, { name: 'Strict Root' });
  const CertificateArn = await requestIssued(acm, strict);
  await exported(CertificateArn);
  await send('RenewCertificate', { CertificateArn });
  const { Status, RenewalSummary } = await until('the reason', async () => {
    const certificate = await describe(CertificateArn);
    return certificate.RenewalSummary.RenewalStatusReason && certificate;
  });
  assert.deepEqual([Status, RenewalSummary.RenewalStatus, RenewalSummary.RenewalStatusReason],
    ['ISSUED', 'PENDING_AUTO_RENEWAL', 'PCA_ACCESS_DENIED']);
  await permit(strict);
  await send('RenewCertificate', { CertificateArn });
  await renewed(CertificateArn);
});

test('a revoked certificate says so, in ACM and at its authority', async () => {
  const CertificateArn = await exportedCertificate();
  await refused(send('RevokeCertificate', { CertificateArn, RevocationReason: 'REMOVE_FROM_CRL' }), 'ValidationException');
  const out = await send('RevokeCertificate', { CertificateArn, RevocationReason: 'SUPERCEDED' });
  assert.equal(out.CertificateArn, CertificateArn);
  const certificate = await describe(CertificateArn);
  assert.deepEqual([certificate.Status, certificate.RevocationReason], ['REVOKED', 'SUPERCEDED']);
  assert.ok(certificate.RevokedAt instanceof Date);
  await refused(send('RevokeCertificate', { CertificateArn, RevocationReason: 'SUPERSEDED' }), 'ValidationException');
  await refused(exported(CertificateArn), 'ValidationException');
  await refused(pca.send(new PCA.RevokeCertificateCommand({
    CertificateAuthorityArn: root.arn, CertificateSerial: certificate.Serial, RevocationReason: 'SUPERSEDED',
  })), 'RequestAlreadyProcessedException');
});

test('an authority revokes by serial number, with and without colons, but not its own root', async () => {
  const revoke = (CertificateAuthorityArn, CertificateSerial) => pca.send(new PCA.RevokeCertificateCommand({
    CertificateAuthorityArn, CertificateSerial, RevocationReason: 'KEY_COMPROMISE',
  }));
  const serialOf = (pem) => new X509Certificate(pem).serialNumber;
  await refused(revoke(root.arn, serialOf(root.pem)), 'InvalidRequestException', /^Self-signed certificate can not be revoked$/);
  await refused(revoke(root.arn, 'aa'), 'ResourceNotFoundException');
  await refused(revoke(root.arn, 'no hex'), 'InvalidRequestException');
  const pending = await createAuthority(pca, 'ROOT', { name: 'Pending Root' });
  const csr = await csrOf(pca, pending);
  await refused(revoke(pending, 'aa'), 'InvalidStateException');
  const { Certificate } = await certificateOf(pca, root.arn, await issue(pca, root.arn, csr, { signing: root.signing }));
  const serial = serialOf(Certificate);
  await revoke(root.arn, serial.toLowerCase());
  await refused(revoke(root.arn, serial.match(/../g).join(':')), 'RequestAlreadyProcessedException');
  const sub = await activeSubordinate(pca, root, { name: 'Revoked Sub' });
  await revoke(root.arn, serialOf(sub.pem));
  const { CertificateAuthority } = await pca.send(new PCA.DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: sub.arn }));
  assert.equal(CertificateAuthority.Status, 'ACTIVE', 'the CRL of its parent says it, its state is its owner\'s');
});

// The example of docs/API.md.
async function curl(method, id, query = '', body) {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = appliance.env;
  const { stdout } = await run('curl', ['-sS', '--cacert', join(appliance.state, 'ca-bundle.pem'), '--aws-sigv4', 'aws:amz:us-east-1:chancery',
    '--user', `${AWS_ACCESS_KEY_ID}:${AWS_SECRET_ACCESS_KEY}`, '-X', method, ...(body ? ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)] : []),
    '-w', '\n%{http_code}', `https://localhost:${appliance.port}/chancery/v1/certificates/${id}/associations${query}`]);
  const [text, status] = [stdout.slice(0, stdout.lastIndexOf('\n')), Number(stdout.slice(stdout.lastIndexOf('\n') + 1))];
  return { status, json: text === '' ? null : JSON.parse(text) };
}

test('what uses a certificate stops its deletion and makes it eligible', async () => {
  const CertificateArn = await requestIssued(acm, root);
  const id = CertificateArn.split('/')[1];
  const Resource = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/front/1';
  const query = `?resource=${encodeURIComponent(Resource)}`;
  assert.equal((await curl('PUT', nowhere.split('/')[1], '', { Resource })).status, 404);
  assert.equal((await curl('PUT', id, '', { Resource: 'front' })).json.__type, 'ValidationException');
  assert.equal((await curl('DELETE', id, query)).status, 404);
  const put = await curl('PUT', id, '', { Resource });
  assert.deepEqual([put.status, put.json.CertificateArn, put.json.Resource], [200, CertificateArn, Resource]);
  assert.deepEqual((await curl('GET', id)).json.Associations.map((a) => a.Resource), [Resource]);
  const used = await describe(CertificateArn);
  assert.deepEqual([used.InUseBy, used.RenewalEligibility], [[Resource], 'ELIGIBLE']);
  const account = CertificateArn.split(':')[4];
  await refused(send('DeleteCertificate', { CertificateArn }), 'ResourceInUseException',
    new RegExp(`^Certificate ${CertificateArn} in account ${account} is in use\\.$`));
  await send('RenewCertificate', { CertificateArn });
  assert.equal((await renewed(CertificateArn)).RenewalEligibility, 'ELIGIBLE');
  assert.deepEqual(await curl('DELETE', id, query), { status: 200, json: null });
  assert.deepEqual((await curl('GET', id)).json, { Associations: [] });
  await send('DeleteCertificate', { CertificateArn });
  await refused(describe(CertificateArn), 'ResourceNotFoundException');
});

test('tags by certificate and by resource are the same tags', async () => {
  const CertificateArn = await requestIssued(acm, root);
  const ResourceArn = CertificateArn;
  await refused(send('AddTagsToCertificate', { CertificateArn, Tags: [{ Key: 'aws:x', Value: 'y' }] }), 'InvalidTagException', /AWS internal tags/);
  await refused(send('TagResource', { ResourceArn, Tags: [{ Key: 'aws:x' }] }), 'ValidationException');
  await refused(send('TagResource', { ResourceArn: nowhere, Tags: [{ Key: 'a' }] }), 'ResourceNotFoundException');
  const many = (n, from = 0) => Array.from({ length: n }, (_, i) => ({ Key: `key${from + i}`, Value: 'v' }));
  await send('AddTagsToCertificate', { CertificateArn, Tags: many(50) });
  await refused(send('AddTagsToCertificate', { CertificateArn, Tags: many(1, 50) }), 'TooManyTagsException');
  await refused(send('TagResource', { ResourceArn, Tags: many(1, 50) }), 'ServiceQuotaExceededException');
  await send('UntagResource', { ResourceArn, TagKeys: many(49).map(({ Key }) => Key) });
  await send('TagResource', { ResourceArn, Tags: [{ Key: 'k'.repeat(128), Value: 'v'.repeat(256) }] });
  const { Tags } = await send('ListTagsForResource', { ResourceArn });
  assert.equal(Tags.length, 2);
  assert.deepEqual(Tags, (await send('ListTagsForCertificate', { CertificateArn })).Tags);
});

test('the waiter of the SDK ends with a certificate that failed', async () => {
  const pending = await createAuthority(pca, 'ROOT', { name: 'Waiter Root' });
  const { CertificateArn } = await send('RequestCertificate', { DomainName: 'www.example.internal', CertificateAuthorityArn: pending });
  await assert.rejects(ACM.waitUntilCertificateValidated({ client: acm, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { CertificateArn }), /FAILURE/);
  await refused(send('RenewCertificate', { CertificateArn }), 'ValidationException');
  await send('DeleteCertificate', { CertificateArn });
});

// Last, as the clock is not moved back.
test('time alone renews, expires and times out', async () => {
  const DomainName = 'time.example.internal';
  const forgotten = await requestIssued(acm, root, { DomainName });
  const kept = await exportedCertificate({ DomainName });
  const { Serial } = await describe(kept);
  const { CertificateArn: waiting } = await send('RequestCertificate', { DomainName: 'waiting.example.com', ValidationMethod: 'DNS' });
  const statusIs = (arn, status) => until(`${arn} to be ${status}`, async () => (await describe(arn)).Status === status);
  await statusIs(waiting, 'PENDING_VALIDATION');
  moveClock(71 * 3600);
  assert.equal((await describe(waiting)).Status, 'PENDING_VALIDATION');
  moveClock(73 * 3600);
  await statusIs(waiting, 'VALIDATION_TIMED_OUT');
  assert.deepEqual(appliance.records('DomainValidationTimedOut', waiting).map((r) => r.eventType), ['AwsServiceEvent']);
  moveClock(336 * DAY);
  const renewal = await renewed(kept);
  assert.notEqual(renewal.Serial, Serial);
  assert.equal(renewal.Status, 'ISSUED');
  moveClock(400 * DAY);
  await statusIs(forgotten, 'EXPIRED');
  const listed = await until('the list to say so', async () => {
    const { CertificateSummaryList } = await send('ListCertificates', { CertificateStatuses: ['EXPIRED'], Includes: { keyTypes: ['EC_prime256v1'] } });
    return CertificateSummaryList.some(({ CertificateArn }) => CertificateArn === forgotten) && CertificateSummaryList;
  });
  assert.ok(!listed.some(({ CertificateArn }) => CertificateArn === kept));
  assert.equal((await describe(kept)).Status, 'ISSUED');
  await refused(send('RenewCertificate', { CertificateArn: forgotten }), 'ValidationException');
  await send('DeleteCertificate', { CertificateArn: forgotten });
});
