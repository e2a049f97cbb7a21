// OCSP over the public plane, asked with openssl: good, revoked, unknown, and what is no question.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { RevokeCertificateCommand } from '@aws-sdk/client-acm-pca';
import { Appliance, freePort, run, until } from './appliance.mjs';
import { activeRoot, certificateOf, issue } from './authority.mjs';

let appliance, pca, folder;
const authorities = {};
const at = (name) => join(folder, name);
const url = (path = '/ocsp') => `http://localhost:${appliance.publicPort}${path}`;

async function leaf(kind, name) {
  const root = authorities[kind];
  const { stdout: csr } = await run('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${name}.key`), '-subj', `/CN=${name}`]);
  const { Certificate } = await certificateOf(pca, root.arn, await issue(pca, root.arn, csr, { signing: root.signing }));
  writeFileSync(at(`${name}.pem`), `${Certificate}\n`);
  return new X509Certificate(Certificate).serialNumber;
}

before(async () => {
  appliance = await Appliance.start({ public: true });
  pca = appliance.pca();
  folder = mkdtempSync(join(tmpdir(), 'chancery-ocsp-'));
  for (const [kind, key] of [['ec', 'EC_prime256v1'], ['rsa', 'RSA_2048']]) {
    authorities[kind] = await activeRoot(pca, { key });
    writeFileSync(at(`${kind}.pem`), `${authorities[kind].pem}\n`);
  }
});
after(async () => {
  await appliance?.remove();
  rmSync(folder, { recursive: true, force: true });
});

// What `openssl ocsp` says; it verifies the response, its responder's certificate and its nonce.
async function ask(kind, ...options) {
  try {
    const { stdout, stderr } = await run('openssl', ['ocsp', '-url', url(), '-issuer', at(`${kind}.pem`), '-CAfile', at(`${kind}.pem`), '-VAfile', at(`${kind}.pem`), ...options]);
    return stdout + stderr;
  } catch (error) {
    return `${error.stdout}${error.stderr}`;
  }
}

test('bytes that are no request are called malformed', async () => {
  for (const body of ['', 'hello', '3000', Buffer.alloc(8000)]) {
    writeFileSync(at('body'), body);
    const { stdout } = await run('curl', ['-s', '-H', 'Content-Type: application/ocsp-request', '--data-binary', `@${at('body')}`, url()], { encoding: 'buffer' });
    assert.deepEqual([...stdout], [0x30, 0x03, 0x0a, 0x01, 0x01]);
  }
});

test('for an authority that is not here the answer is unauthorized', async () => {
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('alien.key'), '-out', at('alien.pem'), '-subj', '/CN=Alien']);
  assert.match(await ask('alien', '-serial', '1'), /unauthorized \(6\)/);
});

test('a serial number that was never issued is unknown', async () => {
  for (const serial of ['1', '0x7fffffffffffffffffffffffffffffffffffffff', '0x1ffffffffffffffffffffffffffffffffffffffffff'])
    assert.match(await ask('ec', '-serial', serial), /: unknown/);
});

for (const kind of ['ec', 'rsa']) {
  test(`a certificate of an ${kind} authority is good, with either hash, with and without a nonce`, async () => {
    await leaf(kind, `${kind}-good`);
    for (const options of [['-sha1'], ['-sha256'], ['-no_nonce', '-sha256']]) {
      const said = await ask(kind, ...options, '-cert', at(`${kind}-good.pem`));
      assert.match(said, /Response verify OK/);
      assert.match(said, /: good/);
      assert.doesNotMatch(said, /WARNING/);
    }
  });
}

test('revoked is seen at once, with reason and time, also where the answer was kept', async () => {
  const serial = await leaf('ec', 'revoked');
  assert.match(await ask('ec', '-no_nonce', '-cert', at('revoked.pem')), /: good/);
  await pca.send(new RevokeCertificateCommand({ CertificateAuthorityArn: authorities.ec.arn, CertificateSerial: serial, RevocationReason: 'KEY_COMPROMISE' }));
  const said = await until('revoked to be seen', async () => {
    const answer = await ask('ec', '-no_nonce', '-cert', at('revoked.pem'));
    return /: revoked/.test(answer) && answer;
  });
  assert.match(said, /Reason: keyCompromise/);
});

test('several certificates in one request are answered in one', async () => {
  const said = await ask('ec', '-cert', at('ec-good.pem'), '-cert', at('revoked.pem'), '-serial', '5');
  assert.match(said, /ec-good.pem: good[^]*revoked.pem: revoked[^]*5: unknown/);
});

test('GET answers as POST does, and tells caches how long', async () => {
  await run('openssl', ['ocsp', '-issuer', at('ec.pem'), '-cert', at('ec-good.pem'), '-no_nonce', '-reqout', at('request.der')]);
  const base64 = encodeURIComponent(readFileSync(at('request.der')).toString('base64'));
  for (const path of [`/ocsp/${base64}`, `/${base64}`]) {
    const { stdout } = await run('curl', ['-s', '-D', at('head'), '-o', at('answer.der'), '-w', '%{http_code}', url(path)]);
    assert.equal(stdout, '200');
    const head = readFileSync(at('head'), 'utf8');
    assert.match(head, /content-type: application\/ocsp-response/i);
    assert.match(head, /cache-control: max-age=\d+, public, no-transform, must-revalidate/i);
    const { stdout: said } = await run('openssl', ['ocsp', '-respin', at('answer.der'), '-issuer', at('ec.pem'), '-cert', at('ec-good.pem'), '-CAfile', at('ec.pem')]);
    assert.match(said, /: good/);
  }
});

test('the responder is delegated, may sign nothing else and need not be asked about', async () => {
  await run('openssl', ['ocsp', '-url', url(), '-issuer', at('ec.pem'), '-cert', at('ec-good.pem'), '-CAfile', at('ec.pem'), '-respout', at('answer.der')]);
  const { stdout } = await run('openssl', ['ocsp', '-respin', at('answer.der'), '-noverify', '-resp_text']);
  assert.match(stdout, /Extended Key Usage:[^\n]*\n\s*OCSP Signing\n/);
  assert.match(stdout, /OCSP No Check/);
  assert.match(stdout, /CA:FALSE/);
  const tool = await run('ocsptool', ['--verify-response', '--load-response', at('answer.der'), '--load-trust', at('ec.pem')]).catch((error) => error);
  assert.match(tool.stdout + tool.stderr, /Success/);
});

// A POST of these octets: [HTTP status, what openssl reads out of the body].
async function post(name, seconds = 120) {
  const { stdout } = await run('curl', ['-s', '-m', String(seconds), '-o', at('post.der'), '-w', '%{http_code}', '-H', 'Content-Type: application/ocsp-request', '--data-binary', `@${at(name)}`, url()]).catch((error) => error);
  const { stdout: said } = await run('openssl', ['ocsp', '-respin', at('post.der'), '-noverify', '-resp_text']).catch((error) => error);
  return [stdout, said];
}

test('kept answers are given while core does nothing; what has a nonce or is unknown is not kept', async () => {
  await leaf('ec', 'kept');
  await run('openssl', ['ocsp', '-issuer', at('ec.pem'), '-cert', at('kept.pem'), '-no_nonce', '-reqout', at('kept.req')]);
  await run('openssl', ['ocsp', '-issuer', at('ec.pem'), '-cert', at('kept.pem'), '-nonce', '-reqout', at('nonce.req')]);
  await run('openssl', ['ocsp', '-issuer', at('ec.pem'), '-serial', '77', '-no_nonce', '-reqout', at('unknown.req')]);
  for (const name of ['kept.req', 'nonce.req', 'unknown.req']) assert.equal((await post(name))[0], '200');
  const core = appliance.pids()['chancery-core'];
  process.kill(core, 'SIGSTOP');
  try {
    const [status, said] = await post('kept.req', 60);
    assert.equal(status, '200');
    assert.match(said, /Cert Status: good/);
    const base64 = encodeURIComponent(readFileSync(at('kept.req')).toString('base64'));
    const { stdout } = await run('curl', ['-s', '-m', '60', '-o', '/dev/null', '-w', '%{http_code}', url(`/ocsp/${base64}`)]);
    assert.equal(stdout, '200', 'GET and POST share what is kept');
    for (const name of ['nonce.req', 'unknown.req']) assert.equal((await post(name, 0.5))[0], '000', name);
  } finally {
    process.kill(core, 'SIGCONT');
  }
});

// Asks until revoked was said five times: what was said each time, true where it was revoked. Rejects where it is not said in two minutes.
async function askUntilRevoked(body, serial) {
  const number = Buffer.from(serial.replace(/^(00)+/, ''), 'hex');
  const revoked = 0xa1; // CertStatus [1], RFC 6960 4.2.1
  const history = [];
  for (const end = Date.now() + 120000; history.filter(Boolean).length < 5;) {
    assert.ok(Date.now() < end, 'revoked at last');
    const answer = Buffer.from(await (await fetch(url(), { method: 'POST', headers: { 'content-type': 'application/ocsp-request' }, body })).arrayBuffer());
    const at = answer.indexOf(number);
    assert.ok(at > 0, 'the answer speaks of the certificate');
    history.push(answer[at + number.length] === revoked);
  }
  return history;
}

test('under a storm of questions no good answer is given after revoked was seen, and none is kept', async () => {
  for (let round = 0; round < 3; round++) {
    const serial = await leaf('ec', 'storm');
    await run('openssl', ['ocsp', '-issuer', at('ec.pem'), '-cert', at('storm.pem'), '-no_nonce', '-reqout', at('storm.req')]);
    const body = readFileSync(at('storm.req'));
    const asking = Promise.all(Array.from({ length: 8 }, () => askUntilRevoked(body, serial)));
    const [histories] = await Promise.all([asking, pca.send(new RevokeCertificateCommand({
      CertificateAuthorityArn: authorities.ec.arn, CertificateSerial: serial, RevocationReason: 'SUPERSEDED' }))]);
    for (const history of histories)
      assert.ok(!history.slice(history.indexOf(true)).includes(false), 'never good again');
  }
});

test('core is killed in mid-run: 503 at the worst, never a 4xx, and then answers again', async () => {
  const statuses = new Set();
  let stop = false;
  const asking = Promise.all(Array.from({ length: 4 }, async () => {
    while (!stop) statuses.add((await post('kept.req', 120))[0]);
  }));
  const before = appliance.pids()['chancery-core'];
  process.kill(before, 'SIGKILL');
  try {
    await until('core to answer again', async () => {
      const core = appliance.pids()['chancery-core'];
      return core && core !== before && (await post('nonce.req', 120))[0] === '200';
    }, 120);
  } finally {
    stop = true;
    await asking;
  }
  assert.ok([...statuses].every((status) => ['200', '503'].includes(status)), [...statuses].join());
});

test('the HSM is away: kept answers go on, others are told to try later, by a 200 or a 503', async () => {
  assert.equal((await post('kept.req'))[0], '200');
  renameSync(join(appliance.state, 'token'), join(appliance.state, 'token.away'));
  try {
    for (let i = 0; i < 3; i++) {
      const [status, said] = await post('nonce.req');
      assert.ok(status === '503' || (status === '200' && /trylater/.test(said)), `${status} ${said}`);
    }
    assert.match((await post('kept.req'))[1], /Cert Status: good/);
  } finally {
    renameSync(join(appliance.state, 'token.away'), join(appliance.state, 'token'));
  }
  await until('fresh answers', async () => /Cert Status: good/.test((await post('nonce.req'))[1]));
});

test('a TLS server staples the answer, and OpenSSL and curl accept it', async () => {
  await leaf('ec', 'staple');
  const port = await freePort();
  const server = spawn('openssl', ['s_server', '-accept', String(port), '-cert', at('staple.pem'), '-key', at('staple.key'), '-CAfile', at('ec.pem'), '-status_url', url(), '-www'], { stdio: 'ignore' });
  try {
    const said = await until('a stapled answer', async () => {
      const { stdout } = await run('sh', ['-c', `openssl s_client -connect localhost:${port} -status -CAfile "${at('ec.pem')}" </dev/null 2>&1 || true`]);
      return /OCSP Response Status/.test(stdout) && stdout;
    });
    assert.match(said, /OCSP Response Status: successful/);
    assert.match(said, /Cert Status: good/);
    const { stdout } = await run('curl', ['-sS', '-m', '120', '--cert-status', '--cacert', at('ec.pem'), '--connect-to', `staple:443:localhost:${port}`, '-o', '/dev/null', '-w', '%{http_code} %{ssl_verify_result}', 'https://staple/']).catch((error) => error);
    assert.equal(stdout, '200 0');
  } finally {
    server.kill();
  }
});
