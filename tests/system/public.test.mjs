// The public plane: what relying parties fetch over plain HTTP, and what they cannot have there.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { request } from 'node:http';
import { Appliance, until } from './appliance.mjs';
import { activeRoot, activeSubordinate } from './authority.mjs';

let appliance, root, sub;
before(async () => {
  appliance = await Appliance.start({ public: true });
  root = await activeRoot(appliance.pca());
  sub = await activeSubordinate(appliance.pca(), root);
});
after(() => appliance?.remove());

const ask = (path, { method = 'GET', headers = {}, body } = {}) => new Promise((resolve, reject) => {
  const req = request({ host: 'localhost', port: appliance.publicPort, path, method, headers }, (res) => {
    const parts = [];
    res.on('data', (part) => parts.push(part));
    res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts) }));
  });
  req.on('error', reject);
  req.end(body);
});
const uuid = (authority) => authority.arn.split('/')[1];

test('the API is not there', async () => {
  for (const target of ['CertificateManager.ListCertificates', 'ACMPrivateCA.ListCertificateAuthorities']) {
    const { status } = await ask('/', { method: 'POST', body: '{}', headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' } });
    assert.equal(status, 415);
  }
});

test('what is not published is not found', async () => {
  for (const path of ['/ca/', '/ca/nothing.cer', `/ca/${uuid(root)}`, `/ca/${uuid(root)}.cer/`, `/ca/../ca/${uuid(root)}.cer`,
    '/ca/00000000-0000-4000-8000-000000000000.cer', '/crl/00000000-0000-4000-8000-000000000000.crl', `/ca/${uuid(root).toUpperCase()}.cer`, '/%', '/favicon.ico']) {
    const { status, body } = await ask(path);
    assert.equal(status, 404, path);
    assert.match(body.toString(), /"__type"/, path);
  }
});

test('other methods are refused with those that are allowed', async () => {
  const { status, headers } = await ask(`/ca/${uuid(root)}.cer`, { method: 'DELETE' });
  assert.equal(status, 405);
  assert.equal(headers.allow, 'GET');
});

test('a body that no OCSP request can have is refused', async () => {
  const { status } = await ask('/ocsp', { method: 'POST', body: Buffer.alloc(9000), headers: { 'content-type': 'application/ocsp-request' } });
  assert.equal(status, 413);
});

test('certificates of authorities are served as DER, with what caches need', async () => {
  for (const authority of [root, sub]) {
    const { status, headers, body } = await ask(`/ca/${uuid(authority)}.cer`);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/pkix-cert');
    assert.match(headers['cache-control'], /max-age=\d+/);
    assert.equal(headers.server, undefined);
    assert.equal(new X509Certificate(body).toString().trim(), authority.pem.trim());
    const again = await ask(`/ca/${uuid(authority)}.cer`, { headers: { 'if-none-match': headers.etag } });
    assert.equal(again.status, 304);
    assert.equal(again.body.length, 0);
    const head = await ask(`/ca/${uuid(authority)}.cer`, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(Number(head.headers['content-length']), body.length);
  }
});

test('the chain is served as PEM, leaf first', async () => {
  const { status, headers, body } = await ask(`/ca/${uuid(sub)}/chain.pem`);
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'application/pem-certificate-chain');
  const certificates = body.toString().match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  assert.deepEqual(certificates, [sub.pem.trim(), root.pem.trim()]);
});

test('killed, it comes back, alone', async () => {
  const pids = appliance.pids();
  process.kill(pids['chancery-front-'], 'SIGKILL');
  await until('the public plane to be back', async () => {
    try {
      return (await ask(`/ca/${uuid(root)}.cer`)).status === 200;
    } catch {
      return false;
    }
  });
  const now = appliance.pids();
  assert.notEqual(now['chancery-front-'], pids['chancery-front-']);
  assert.equal(now['chancery-core'], pids['chancery-core']);
  assert.equal(now['chancery-front'], pids['chancery-front']);
});
