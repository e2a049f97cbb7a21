// kill -9 in a loop under load: every certificate that was answered is there, no wrapped key is without
// its certificate, no serial number exists twice, the audit chain holds.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DescribeCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { GetCertificateCommand } from '@aws-sdk/client-acm-pca';
import { Appliance, BIN, run, sleep, until } from './appliance.mjs';
import { activeRoot, issue } from './authority.mjs';

const ROUNDS = /address|thread/.test(BIN) ? 8 : 100;
let appliance, root;
before(async () => {
  appliance = await Appliance.start({ configure: { 'hsm.pool_rsa_2048': '0', 'hsm.pool_rsa_3072': '0', 'hsm.pool_rsa_4096': '0' } });
  root = await activeRoot(appliance.pca());
});
after(() => appliance?.remove());

const sql = (statement) => execFileSync('sqlite3', ['-readonly', join(appliance.state, 'store', 'chancery.db'), statement]).toString().trim();

async function eightAtOnce(items, look) {
  const left = items.values();
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (const item of left) await look(item);
  }));
}

test(`core is killed ${ROUNDS} times while 8 clients issue and request`, { timeout: 840000 }, async () => {
  const { stdout: csr } = await run('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=crash']);
  const answered = { issued: [], requested: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const pca = appliance.pca({ maxAttempts: 1 });
    const acm = appliance.acm({ maxAttempts: 1 });
    let stop = false;
    const clients = Array.from({ length: 8 }, async (_, i) => {
      while (!stop) {
        try {
          if (i % 4 === 0) {
            const { CertificateArn } = await acm.send(new RequestCertificateCommand({ DomainName: `r${round}.example.internal`, CertificateAuthorityArn: root.arn, KeyAlgorithm: 'EC_prime256v1' }));
            answered.requested.push(CertificateArn);
          } else {
            answered.issued.push(await issue(pca, root.arn, csr, { signing: root.signing }));
          }
        } catch {
          await sleep(5); // the appliance is going down: that is the test
        }
      }
    });
    const before = answered.requested.length;
    await sleep(40 + Math.random() * 160);
    // A slow machine would have nothing answered yet: now and then there is something to lose.
    if (round % 4 === 0) await until('an answer', () => answered.requested.length > before);
    process.kill(appliance.pids()['chancery-core'], 'SIGKILL');
    process.kill(appliance.process.pid, 'SIGKILL');
    stop = true;
    await Promise.all(clients);
    await appliance.exited;
    appliance.log = '';
    await appliance.launch();
  }
  assert.ok(answered.issued.length > ROUNDS && answered.requested.length > 0, `under load: ${answered.issued.length} issued, ${answered.requested.length} requested`);
  const pca = appliance.pca();
  const acm = appliance.acm();
  await eightAtOnce(answered.issued, async (CertificateArn) => {
    const { Certificate } = await pca.send(new GetCertificateCommand({ CertificateAuthorityArn: root.arn, CertificateArn }));
    assert.match(Certificate, /BEGIN CERTIFICATE/);
  });
  await eightAtOnce(answered.requested, async (CertificateArn) => {
    const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn }));
    assert.ok(['ISSUED', 'PENDING_VALIDATION'].includes(Certificate.Status), Certificate.Status);
  });
  await appliance.stop();
  assert.equal(sql('PRAGMA integrity_check'), 'ok');
  assert.equal(sql('SELECT count(*) FROM (SELECT serial FROM issued GROUP BY authority, serial HAVING count(*) > 1)'), '0', 'a serial twice');
  assert.equal(sql('SELECT count(*) FROM keys k WHERE NOT EXISTS (SELECT 1 FROM certificates c WHERE c.number = k.certificate AND c.status = 2)'), '0', 'a wrapped key without its certificate');
  await appliance.launch();
  const { stdout: status } = await run(join(BIN, 'chancery'), ['status', '--verify', '--state', appliance.state]);
  assert.match(status, /audit.*(verified|intact|ok)/i, status);
});
