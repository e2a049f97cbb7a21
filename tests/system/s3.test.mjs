// Plain build only
// CRLs and audit reports are put into an S3-compatible store: s3rver of npm. It does not verify signatures of version 4, so
// a gate before it does. The keys are sealed in the appliance; wrong ones are refused, and the files come with the right ones.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer, request } from 'node:http';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateCertificateAuthorityAuditReportCommand, DescribeCertificateAuthorityAuditReportCommand } from '@aws-sdk/client-acm-pca';
import S3rver from 's3rver';
import { Appliance, BIN, freePort, until } from './appliance.mjs';
import { activeRoot } from './authority.mjs';
import { mac, sha, signingKey } from './signer.mjs';

const SECRET = 'S3RVER';

let waiting = 0; // puts that have come
let held = null; // while it is a promise, the store takes puts and says nothing

// Passes on what is signed with SECRET and has the body that it says, and answers 403 to all else.
function gate(port) {
  return createServer((from, to) => {
    const chunks = [];
    from.on('data', (chunk) => chunks.push(chunk));
    from.on('end', async () => {
      waiting++;
      await held;
      const body = Buffer.concat(chunks);
      const [, scope, names, signature] = /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)/.exec(from.headers.authorization ?? '') ?? [];
      const [day, region, service] = (scope ?? '//').split('/');
      const canonical = [from.method, from.url, '', ...(names ?? '').split(';').map((n) => `${n}:${from.headers[n] ?? ''}`), '', names, sha(body)].join('\n');
      const toSign = ['AWS4-HMAC-SHA256', from.headers['x-amz-date'], scope, sha(canonical)].join('\n');
      if (mac(signingKey({ secret: SECRET, day, region, service }), toSign).toString('hex') !== signature || service !== 's3') {
        to.writeHead(403).end();
        return;
      }
      const on = request({ port, host: '127.0.0.1', method: from.method, path: from.url, headers: from.headers },
        (answer) => { to.writeHead(answer.statusCode); answer.pipe(to); });
      on.end(body);
    });
  });
}

let store, guard, folder, port, appliance, pca;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chancery-s3-'));
  port = await freePort();
  store = new S3rver({ port, address: '127.0.0.1', silent: true, directory: folder,
    configureBuckets: [{ name: 'pki-crl' }, { name: 'reports' }] });
  await store.run();
  guard = gate(port);
  await new Promise((resolve) => guard.listen(0, '127.0.0.1', resolve));
  appliance = await Appliance.start({ public: true, configure: { 'crl.buckets': 'pki-crl', 'reports.buckets': 'reports',
    's3.endpoint': `http://127.0.0.1:${guard.address().port}`, 'trust.create': 'demand' } });
  pca = appliance.pca();
});
after(async () => {
  await appliance?.remove();
  guard?.close();
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

const keys = (user, secret) => execFileSync(join(BIN, 'chancery'),
  ['secret', 'set', 's3', '--state', appliance.state, '--user', user], { input: `${secret}\n` });

// The store writes a file bit by bit: it is there when read() does not throw.
async function object(bucket, key, read) {
  const file = join(folder, bucket, `${key}._S3rver_object`);
  return until(`${key} in ${bucket}: ${appliance.log.split('\n').slice(-3)}`, () => {
    try { return read(readFileSync(file)); } catch { return null; }
  }, 90);
}
const crlText = (der) => execFileSync('openssl', ['crl', '-inform', 'DER', '-noout', '-issuer'], { input: der, stdio: 'pipe' }).toString();

test('a CRL is put under its path once the keys of the store are right, and an audit report, too', async () => {
  keys('S3RVER', 'wrong');
  const root = await activeRoot(pca, { RevocationConfiguration: { CrlConfiguration: {
    Enabled: true, ExpirationInDays: 7, S3BucketName: 'pki-crl', CustomPath: 'some/path', S3ObjectAcl: 'BUCKET_OWNER_FULL_CONTROL' } } });
  const arn = root.arn ?? root;
  await until('the store to refuse', () => /is not in bucket pki-crl yet: the store answered with status 403/.test(appliance.log), 60);
  keys('S3RVER', SECRET);
  assert.match(await object('pki-crl', `some/path/${arn.split('/')[1]}.crl`, crlText), /Test ROOT/);
  const made = await pca.send(new CreateCertificateAuthorityAuditReportCommand({
    CertificateAuthorityArn: arn, S3BucketName: 'reports', AuditReportResponseFormat: 'JSON' }));
  assert.ok(Array.isArray(await object('reports', made.S3Key, JSON.parse)));
});

test('killed while the store has not answered, the appliance puts what it owes once it is back', async () => {
  const root = await activeRoot(pca);
  const arn = root.arn ?? root;
  let release;
  held = new Promise((resolve) => { release = resolve; });
  const before = waiting;
  const made = await pca.send(new CreateCertificateAuthorityAuditReportCommand({
    CertificateAuthorityArn: arn, S3BucketName: 'reports', AuditReportResponseFormat: 'CSV' }));
  await until('a put under way', () => waiting > before);
  await appliance.stop('SIGKILL');
  await appliance.launch();
  pca = appliance.pca();
  release();
  held = null;
  assert.match(await object('reports', made.S3Key, (csv) => csv.toString()), /awsAccountId/);
  await until('SUCCESS', async () => (await pca.send(new DescribeCertificateAuthorityAuditReportCommand({
    CertificateAuthorityArn: arn, AuditReportId: made.AuditReportId }))).AuditReportStatus === 'SUCCESS');
});
