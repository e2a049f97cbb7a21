// The endpoint's own certificate, its renewal, and what TLS it speaks.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { Front, sleep, workshop } from './harness.mjs';

const shop = workshop();
let front;

before(async () => { front = await new Front(shop, {}).serve(); });
after(async () => { assert.equal(await front.stop(), 0, front.log); });

/** What openssl s_client says; it is asked to accept anything itself. */
function sClient(...options) {
  return new Promise((done) => {
    const child = execFile('openssl', ['s_client', '-connect', `127.0.0.1:${front.port}`, ...options],
      { timeout: 10000 }, (error, out, err) => done({ ok: !error, text: out + err }));
    child.stdin.end();
  });
}

for (const version of ['-tls1', '-tls1_1']) {
  test(`${version.slice(1)} is refused`, async () => {
    const { ok, text } = await sClient(version, '-cipher', 'ALL:@SECLEVEL=0');
    assert.ok(!ok);
    assert.match(text, /unexpected eof/i);
    assert.doesNotMatch(text, /Cipher is [A-Z]{3}/);
  });
}

for (const cipher of ['kRSA', 'AES128-SHA', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-ECDSA-AES128-CCM8', 'kDHE', 'PSK', 'aNULL', 'eNULL']) {
  test(`TLS 1.2 with ${cipher} is refused`, async () => {
    const { ok, text } = await sClient('-tls1_2', '-cipher', `${cipher}:@SECLEVEL=0`);
    assert.ok(!ok, text);
    assert.doesNotMatch(text, /Cipher is [A-Z]{3}/);
  });
}

for (const [version, cipher] of [['TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256'], ['TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLSv1.2', 'ECDHE-ECDSA-CHACHA20-POLY1305'], ['TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
  ['TLSv1.3', 'TLS_AES_128_GCM_SHA256'], ['TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256']]) {
  test(`${version} with ${cipher} is spoken`, async () => {
    const raw = await front.connect({ minVersion: version, maxVersion: version, ciphers: cipher });
    assert.equal(raw.socket.getProtocol(), version);
    assert.equal(raw.socket.getCipher().name, cipher);
    assert.match(raw.socket.getEphemeralKeyInfo().type, /^ECDH$/);
    raw.close();
  });
}

for (const curve of ['X25519', 'P-256', 'P-384']) {
  test(`the curve ${curve} is spoken`, async () => {
    const raw = await front.connect({ ecdhCurve: curve });
    raw.close();
  });
}

test('the certificate is of a fresh P-256 key and names the endpoint', async () => {
  const raw = await front.connect();
  const certificate = raw.socket.getPeerCertificate();
  assert.equal(certificate.asn1Curve, 'prime256v1');
  assert.match(certificate.subjectaltname, /localhost/);
  assert.ok(raw.socket.authorized);
  raw.close();
});

test('sessions are not resumed, so none are kept', async () => {
  const { text } = await sClient('-tls1_2', '-reconnect');
  assert.doesNotMatch(text, /^Reused/m);
});

test('a client that renegotiates without end is no harm', async () => {
  await sClient('-tls1_2', '-legacy_renegotiation');
  assert.equal((await front.request()).status, 200);
});

test('before the first certificate nothing is accepted', async () => {
  const other = new Front(shop, {});
  await other.address();
  const early = await Promise.race([
    new Promise((done) => {
      const socket = tls.connect({ host: '127.0.0.1', port: other.port, rejectUnauthorized: false }, () => done('tls'));
      socket.on('error', () => done('error'));
      socket.on('close', () => done('closed'));
    }),
    sleep(700).then(() => 'waits'),
  ]);
  assert.equal(early, 'waits');
  assert.equal(other.count('ready'), 0);
  await other.serve();
  assert.equal((await other.request()).status, 200);
  assert.equal(await other.stop(), 0, other.log);
});

for (const how of ['refuse', 'foreign', 'junk']) {
  test(`a certificate that core gives as "${how}" is not taken; the next one is`, async () => {
    const other = new Front(shop, {});
    await other.address();
    other.say(`certify ${how}`);
    other.say('wire');
    await other.event('certify', 3);
    assert.equal(other.count('ready'), 0);
    other.say('certify well');
    await other.event('ready');
    assert.equal((await other.request()).status, 200);
    assert.equal(await other.stop(), 0, other.log);
  });
}

const serial = async (at) => {
  const raw = await at.connect({ rejectUnauthorized: false }); // an expired one has a number too
  const { serialNumber } = raw.socket.getPeerCertificate();
  const key = raw.socket.getPeerX509Certificate().publicKey.export({ type: 'spki', format: 'pem' });
  raw.close();
  return { serialNumber, key };
};
/** What new handshakes get when it is no longer the first, or the first after half a minute. */
const serialAfter = async (at, first) => {
  let now = await serial(at);
  for (let i = 0; i < 300 && now.serialNumber === first.serialNumber; i++) {
    await sleep(100);
    now = await serial(at);
  }
  return now;
};

test('new handshakes get the renewed certificate with a new key; old connections go on', async () => {
  const other = new Front(shop, {});
  await other.address();
  other.say('lifetime 3');
  await other.serve();
  const old = await other.connect();
  const ask = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}';
  old.write(ask);
  await old.until(/length 2\n/);
  const first = await serial(other);
  await other.event('certify', 2);
  const second = await serialAfter(other, first);
  assert.notEqual(first.serialNumber, second.serialNumber);
  assert.notEqual(first.key, second.key);
  await other.event('certify', 4);
  old.write(ask);
  await old.until(/(length 2\n[^]*){2}/);
  old.close();
  assert.equal(await other.stop(), 0, other.log);
});

test('when core is away at renewal the old certificate serves on, and is renewed when core is back', async () => {
  const other = new Front(shop, {});
  await other.address();
  other.say('lifetime 4');
  await other.serve();
  const first = await serial(other);
  other.say('cut');
  await sleep(3500);
  assert.equal((await serial(other)).serialNumber, first.serialNumber);
  other.say('lifetime 600');
  other.say('wire');
  await other.event('certify', 2);
  assert.notEqual((await serialAfter(other, first)).serialNumber, first.serialNumber);
  assert.equal((await other.request()).status, 200);
  assert.equal(await other.stop(), 0, other.log);
});

test('the front ends in order while it waits for a certificate', async () => {
  const other = new Front(shop, {});
  await other.address();
  other.say('certify never');
  other.say('wire');
  await sleep(500);
  assert.equal(await other.stop(), 0, other.log);
});
