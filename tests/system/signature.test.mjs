// Authentication on the wire: who signs wrongly is told so in AWS's names and words. Real signers
// (SDK, aws, curl) first, then hand-made requests that no signer would send.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { ListCertificatesCommand } from '@aws-sdk/client-acm';
import { Appliance, run, until } from './appliance.mjs';
import { Signer, mac, sha, signingKey, stamp } from './signer.mjs';

const debianAws = /aws-cli\/2\.9/.test((await run('/usr/bin/aws', ['--version']).catch(() => ({ stdout: '' }))).stdout);

let appliance, signer, id, secret;
before(async () => {
  appliance = await Appliance.start();
  signer = new Signer(appliance);
  ({ id, secret } = signer);
});
after(() => appliance?.remove());

const signed = (options) => signer.signed(options);
const send = (r) => signer.send(r);

describe('real signers', () => {
  test('the AWS SDK', async () => {
    const out = await appliance.acm().send(new ListCertificatesCommand({}));
    assert.deepEqual(out.CertificateSummaryList, []);
    assert.match(out.$metadata.requestId, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  });
  test('an unmodified aws command, with nothing but STATE/env', async () => {
    const { stdout } = await run('sh', ['-c', `. "${appliance.state}/env" && aws acm list-certificates --output json`], { env: { PATH: process.env.PATH, HOME: '/nonexistent' } });
    assert.deepEqual(JSON.parse(stdout), { CertificateSummaryList: [] });
  });
  test("Debian's own aws command, which is older than AWS_ENDPOINT_URL", { skip: !debianAws && 'it is not installed here' }, async () => {
    const { stdout } = await run('sh', ['-c', `. "${appliance.state}/env" && aws acm list-certificates --output json`], { env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' } });
    assert.deepEqual(JSON.parse(stdout), { CertificateSummaryList: [] });
  });
  test('curl --aws-sigv4', async () => {
    const { stdout } = await run('curl', ['-s', '--cacert', `${appliance.state}/ca-bundle.pem`, '--user', `${id}:${secret}`, '--aws-sigv4', 'aws:amz:us-east-1:acm',
      '-H', 'X-Amz-Target: CertificateManager.ListCertificates', '-H', 'Content-Type: application/x-amz-json-1.1', '-d', '{}', `https://localhost:${appliance.port}/`]);
    assert.deepEqual(JSON.parse(stdout), { CertificateSummaryList: [] });
  });
});

describe('what is refused', () => {
  const cases = [
    ['a wrong secret', { secret: 'x'.repeat(40) }, 'InvalidSignatureException', /^The request signature we calculated does not match the signature you provided\./],
    ['an unknown key', { id: 'AKIAAAAAAAAAAAAAAAAA' }, 'UnrecognizedClientException', /^The security token included in the request is invalid\.$/],
    ['a wrong region', { region: 'eu-north-7' }, 'InvalidSignatureException', /^Credential should be scoped to a valid region/],
    ['a wrong service', { service: 's3' }, 'InvalidSignatureException', /^Credential should be scoped to correct service: 'acm'\./],
    ['an old date', { date: new Date(Date.now() - 6 * 60e3) }, 'InvalidSignatureException', /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/],
    ['a date to come', { date: new Date(Date.now() + 6 * 60e3) }, 'InvalidSignatureException', /^Signature not yet current: /],
    ['a day that is not the date', { day: '20200101' }, 'InvalidSignatureException', /./],
  ];
  for (const [name, options, type, pattern] of cases) {
    test(name, async () => {
      const answer = await send(signed(options));
      assert.equal(answer.json.__type, type, answer.text);
      assert.match(answer.json.message, pattern);
      assert.equal(answer.status, 400);
      assert.match(answer.headers['x-amzn-requestid'], /^[0-9a-f-]{36}$/);
      assert.equal(answer.headers['content-type'], 'application/x-amz-json-1.1');
    });
  }
  test('an altered body', async () => {
    const answer = await send({ ...signed({ body: '{"MaxItems":1}' }), body: '{"MaxItems":9}' });
    assert.equal(answer.json.__type, 'InvalidSignatureException');
  });
  test('an altered target header', async () => {
    const r = signed();
    r.headers['x-amz-target'] = 'CertificateManager.DeleteCertificate';
    assert.equal((await send(r)).json.__type, 'InvalidSignatureException');
  });
  test('an added query', async () => {
    assert.equal((await send({ ...signed(), path: '/?a=b' })).json.__type, 'InvalidSignatureException');
  });
  test('no signature', async () => {
    const r = signed();
    delete r.headers.authorization;
    const answer = await send(r);
    assert.equal(answer.json.__type, 'MissingAuthenticationTokenException');
  });
  test('an Authorization header with parts missing: all of them are named', async () => {
    const r = signed();
    r.headers.authorization = 'AWS4-HMAC-SHA256 Nothing=here';
    delete r.headers['x-amz-date'];
    const answer = await send(r);
    assert.equal(answer.json.__type, 'IncompleteSignatureException');
    for (const part of ["'Credential' parameter", "'Signature' parameter", "'SignedHeaders' parameter", "'X-Amz-Date' or a 'Date' header"]) assert.ok(answer.json.message.includes(part), answer.json.message);
  });
  test('header and query at once', async () => {
    const answer = await send({ ...signed(), path: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256' });
    assert.equal(answer.json.__type, 'InvalidSignatureException');
    assert.match(answer.json.message, /^Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header\.$/);
  });
  test('a replay is accepted inside the window and refused outside of it', async () => {
    const almostOld = signed({ date: new Date(Date.now() - 295e3) });
    assert.equal((await send(almostOld)).status, 200);
    const refused = await until('the window to close', async () => {
      const answer = await send(almostOld);
      return answer.status !== 200 && answer;
    });
    assert.match(refused.json.message, /^Signature expired/);
  });
  test('a body that is not JSON is refused after the signature is right, not before', async () => {
    assert.equal((await send(signed({ body: 'not json' }))).json.__type, 'SerializationException');
    const unsigned = signed({ body: 'not json', secret: 'x'.repeat(40) });
    assert.equal((await send(unsigned)).json.__type, 'InvalidSignatureException');
  });
  test('an unknown operation', async () => {
    const answer = await send(signed({ target: 'CertificateManager.MakeCoffee' }));
    assert.equal(answer.json.__type, 'UnknownOperationException');
    assert.equal(answer.status, 400);
  });
});

describe('presigned query', () => {
  const presign = ({ date = new Date(), expires = 60, useSecret = secret, body = '{}' } = {}) => {
    const when = stamp(date);
    const scope = `${when.slice(0, 8)}/us-east-1/acm/aws4_request`;
    const query = [['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'], ['X-Amz-Credential', `${id}/${scope}`], ['X-Amz-Date', when], ['X-Amz-Expires', String(expires)], ['X-Amz-SignedHeaders', 'host;x-amz-target']]
      .map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join('&');
    const target = 'CertificateManager.ListCertificates';
    const canonical = ['POST', '/', query, `host:localhost:${appliance.port}`, `x-amz-target:${target}`, '', 'host;x-amz-target', sha(body)].join('\n');
    const signature = mac(signingKey({ secret: useSecret, day: when.slice(0, 8), region: 'us-east-1', service: 'acm' }), ['AWS4-HMAC-SHA256', when, scope, sha(canonical)].join('\n')).toString('hex');
    return { path: `/?${query}&X-Amz-Signature=${signature}`, body, headers: { host: `localhost:${appliance.port}`, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target } };
  };
  test('is accepted while it lasts', async () => {
    assert.equal((await send(presign())).status, 200);
  });
  test('is refused once it has expired', async () => {
    const answer = await send(presign({ date: new Date(Date.now() - 120e3), expires: 60 }));
    assert.match(answer.json.message, /^Signature expired/);
  });
  test('is refused with a wrong secret', async () => {
    assert.equal((await send(presign({ useSecret: 'y'.repeat(40) }))).json.__type, 'InvalidSignatureException');
  });
});
