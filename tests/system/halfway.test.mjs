// Plain build only: libfaketime must be loaded before a sanitizer that wants to be first.
// kill -9 of the whole appliance while certificates are revoked and CRLs built, and while the keys of deleted
// authorities are destroyed: what was answered holds, and nothing stays half done.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import * as PCA from '@aws-sdk/client-acm-pca';
import { Appliance, run, sleep, until } from './appliance.mjs';
import { activeRoot, certificateOf, createAuthority, csrOf, issue } from './authority.mjs';
import { Clock } from './clock.mjs';

const DAY = 86400;
let clock, appliance, root, csr, httpsAgent;

before(async () => {
  clock = new Clock();
  appliance = await Appliance.start({ public: true, env: clock.env, configure: { 'hsm.pool_rsa_2048': '0', 'hsm.pool_rsa_3072': '0', 'hsm.pool_rsa_4096': '0' } });
  httpsAgent = new Agent({ rejectUnauthorized: false, keepAlive: true }); // the daemon's certificate is of another time than ours
  root = await activeRoot(client(), { name: 'Halfway', RevocationConfiguration: {
    CrlConfiguration: { Enabled: true, ExpirationInDays: 7 }, OcspConfiguration: { Enabled: true } } });
  file('root.pem', root.pem);
  ({ stdout: csr } = await run('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=half']));
});
after(async () => {
  httpsAgent?.destroy();
  await appliance?.remove();
  clock?.remove();
});

const client = (more) => appliance.pca({ systemClockOffset: clock.seconds * 1000, requestHandler: { httpsAgent, requestTimeout: 20000 }, ...more });
const send = (name, input, pca = client()) => pca.send(new PCA[`${name}Command`](input));
const file = (name, text) => { writeFileSync(join(clock.folder, name), text); return join(clock.folder, name); };

// All processes die with chanceryd. The answer to what was asked meanwhile may never come.
async function killed() {
  process.kill(appliance.process.pid, 'SIGKILL');
  await appliance.exited;
  appliance.log = '';
}

async function crl() {
  const answer = await fetch(`http://localhost:${appliance.publicPort}/crl/${root.arn.split('/')[1]}.crl`);
  if (answer.status !== 200) return null;
  const der = Buffer.from(await answer.arrayBuffer());
  const path = file('now.crl', der);
  const { stdout } = await run('openssl', ['crl', '-inform', 'DER', '-in', path, '-noout', '-text']);
  await run('openssl', ['crl', '-inform', 'DER', '-in', path, '-noout', '-CAfile', join(clock.folder, 'root.pem')]); // its signature
  return { number: BigInt(/X509v3 CRL Number:\s+(\w+)/.exec(stdout)[1]), serials: new Set([...stdout.matchAll(/Serial Number: (\w+)/g)].map(([, s]) => s)),
    hash: createHash('sha256').update(der).digest('hex') };
}

async function ocspSays(pem) {
  const { stdout } = await run('openssl', ['ocsp', '-issuer', join(clock.folder, 'root.pem'), '-cert', file('asked.pem', pem), '-no_nonce',
    '-url', `http://localhost:${appliance.publicPort}/ocsp`, '-CAfile', join(clock.folder, 'root.pem')]);
  return /asked\.pem: (\w+)/.exec(stdout)[1];
}

test('revocations and CRLs: what was answered is in both, no number stands for two lists', { timeout: 400000 }, async () => {
  const pems = [];
  for (let i = 0; i < 30; i++)
    pems.push((await certificateOf(client(), root.arn, await issue(client(), root.arn, csr, { signing: root.signing, days: 9 }))).Certificate);
  const serials = pems.map((pem) => new X509Certificate(pem).serialNumber);
  const answered = [];
  const seen = new Map();
  let last = 0n;
  const note = (list) => {
    if (!list) return;
    assert.ok(list.number >= last, `CRL number ${list.number} after ${last}`);
    assert.equal(seen.get(list.number) ?? list.hash, list.hash, `two lists with the number ${list.number}`);
    seen.set(list.number, list.hash);
    last = list.number;
  };
  for (let round = 0; round < 6; round++) {
    const pca = client({ maxAttempts: 1 });
    const asked = serials.slice(round * 5, round * 5 + 4).map((CertificateSerial) => // the fifth stays good
      send('RevokeCertificate', { CertificateAuthorityArn: root.arn, CertificateSerial, RevocationReason: 'SUPERSEDED' }, pca)
        .then(() => answered.push(CertificateSerial), () => {}));
    await (round % 2 ? Promise.any(asked) : sleep(5 + Math.random() * 30));
    if (round % 2) await sleep(Math.random() * 200); // the CRL is being built
    await killed();
    await Promise.all(asked);
    await appliance.launch();
    note(await crl());
  }
  assert.ok(answered.length > 0);
  const list = await until('all of them in the CRL', async () => {
    const now = await crl();
    note(now);
    return now && answered.every((serial) => now.serials.has(serial)) && now;
  });
  for (const [i, pem] of pems.entries())
    assert.equal(await ocspSays(pem), list.serials.has(serials[i]) ? 'revoked' : 'good', `${serials[i]}, ${i}`);
  for (let i = 4; i < pems.length; i += 5) assert.ok(!list.serials.has(serials[i]));
});

// Labels of the private keys on the token.
async function keys() {
  const { stdout } = await run('pkcs11-tool', ['--module', /^module *= *(.*)$/m.exec(readFileSync(join(appliance.state, 'chancery.conf'), 'utf8'))[1],
    '--token-label', /^token_label *= *(.*)$/m.exec(readFileSync(join(appliance.state, 'chancery.conf'), 'utf8'))[1], '--login',
    '--pin', readFileSync(join(appliance.state, 'secrets', 'pin'), 'utf8').trim(), '--list-objects', '--type', 'privkey'],
  { env: { ...process.env, SOFTHSM2_CONF: join(appliance.state, 'softhsm2.conf') } });
  return stdout;
}

test('deleted authorities: in the end each key is gone, and those of others are there', { timeout: 400000 }, async () => {
  const arns = [];
  for (let i = 0; i < 8; i++) arns.push(await createAuthority(client(), 'ROOT', { name: `Gone ${i}` }));
  for (const arn of arns) {
    await csrOf(client(), arn);
    await send('DeleteCertificateAuthority', { CertificateAuthorityArn: arn, PermanentDeletionTimeInDays: 7 });
  }
  const before = await keys();
  for (const arn of [root.arn, ...arns]) assert.ok(before.includes(arn.split('/')[1]), before);
  await appliance.stop();
  clock.set(8 * DAY);
  appliance.answers = async () => true; // curl's clock is ours, and the certificate is of next week
  for (let round = 0; round < 5; round++) {
    const up = appliance.launch().catch(() => {});
    await sleep(100 + round * 150); // among the first things that a started appliance does is what fell due
    await killed();
    await up;
  }
  await appliance.launch();
  const left = await until('the keys to be gone', async () => {
    const now = await keys();
    return arns.every((arn) => !now.includes(arn.split('/')[1])) && now;
  });
  assert.ok(left.includes(root.arn.split('/')[1]));
  for (const CertificateAuthorityArn of arns)
    await assert.rejects(send('DescribeCertificateAuthority', { CertificateAuthorityArn }), { name: 'ResourceNotFoundException' });
  await certificateOf(client(), root.arn, await issue(client(), root.arn, csr, { signing: root.signing, days: 9 }));
});
