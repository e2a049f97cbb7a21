// What happens when something under the appliance fails: nothing that was answered is lost, callers
// get a 5xx meanwhile, and it works again without a restart.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, writeFileSync, readFileSync, statSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeCertificateCommand, ListCertificatesCommand } from '@aws-sdk/client-acm';
import { GetCertificateCommand, DescribeCertificateAuthorityCommand } from '@aws-sdk/client-acm-pca';
import { Appliance, BIN, run, sleep, until } from './appliance.mjs';
import { activeRoot, certificateOf, issue, requestIssued } from './authority.mjs';

const isRoot = process.getuid() === 0;
const newCsr = async (name) => (await run('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null', '-subj', `/CN=${name}`])).stdout;

describe('the HSM', () => {
  test('a wrong PIN is tried once, said clearly, and ends the appliance', async () => {
    const a = await Appliance.start();
    try {
      await a.stop();
      const pin = join(a.state, 'secrets', 'pin');
      const right = readFileSync(pin);
      writeFileSync(pin, '99999999');
      a.log = '';
      await assert.rejects(a.launch(), /chanceryd ended/);
      assert.equal((await a.exited).code, 1);
      assert.match(a.log, /PIN/);
      assert.equal(a.log.match(/refused the PIN|CKR_PIN_INCORRECT/g)?.length > 0, true, a.log);
      writeFileSync(pin, right);
      await a.launch();
      assert.ok(await a.answers());
    } finally {
      await a.remove();
    }
  });

  test('the token folder goes away in mid-run and comes back: 5xx meanwhile, then work, without a restart', async () => {
    const a = await Appliance.start();
    try {
      const once = a.pca({ maxAttempts: 1 });
      const root = await activeRoot(a.pca());
      const csr = await newCsr('gone');
      const core = a.pids()['chancery-core'];
      renameSync(join(a.state, 'token'), join(a.state, 'token.away'));
      const codes = new Set();
      for (let i = 0; i < 10; i++) {
        const result = await issue(once, root.arn, csr, { signing: root.signing }).then(() => 200, (e) => e.$metadata.httpStatusCode);
        codes.add(result);
        await sleep(50);
      }
      assert.ok([...codes].every((c) => c >= 500), `only 5xx while the HSM is away, not ${[...codes]}`);
      assert.equal((await once.send(new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: root.arn }))).CertificateAuthority.Status, 'ACTIVE', 'reading needs no HSM');
      renameSync(join(a.state, 'token.away'), join(a.state, 'token'));
      await until('issuing to work again', () => issue(once, root.arn, csr, { signing: root.signing }).then((arn) => certificateOf(once, root.arn, arn), () => null), 30);
      assert.equal(a.pids()['chancery-core'], core, 'the same process as before');
    } finally {
      await a.remove();
    }
  });
});

describe('the processes', () => {
  let a, root;
  before(async () => {
    a = await Appliance.start();
    root = await activeRoot(a.pca());
  });
  after(() => a?.remove());

  test('core is killed under load: chanceryd brings it back and the retries of clients succeed', async () => {
    const pca = a.pca({ maxAttempts: 12 });
    const csr = await newCsr('killed');
    const core = a.pids()['chancery-core'];
    const load = Array.from({ length: 8 }, async () => {
      const arns = [];
      for (let i = 0; i < 15; i++) arns.push(await issue(pca, root.arn, csr, { signing: root.signing }));
      return arns;
    });
    await sleep(150);
    process.kill(core, 'SIGKILL');
    const arns = (await Promise.all(load)).flat();
    assert.notEqual(a.pids()['chancery-core'], core);
    const serials = new Set();
    for (const CertificateArn of arns) {
      const { Certificate } = await pca.send(new GetCertificateCommand({ CertificateAuthorityArn: root.arn, CertificateArn }));
      serials.add(Certificate);
    }
    assert.equal(serials.size, arns.length, 'every answered certificate is there, each one of its own');
  });

  test('the front is killed: it comes back with a certificate that the same bundle verifies', async () => {
    const front = a.pids()['chancery-front'];
    process.kill(front, 'SIGKILL');
    await until('the front to be back', async () => (a.pids()['chancery-front'] ?? front) !== front && (await a.answers()));
    const out = await a.acm().send(new ListCertificatesCommand({}));
    assert.ok(Array.isArray(out.CertificateSummaryList));
  });

  test('SIGTERM stops all processes at once; the same state serves again with everything there', async () => {
    const arn = await requestIssued(a.acm(), root);
    const pids = Object.values(a.pids());
    const start = Date.now();
    const { code } = await a.stop();
    assert.equal(code, 0, a.log);
    assert.ok(Date.now() - start < 30000, `stopped in ${Date.now() - start} ms`);
    for (const pid of pids) assert.ok(!existsSync(`/proc/${pid}`), `process ${pid} is gone`);
    await a.launch();
    const { Certificate } = await a.acm().send(new DescribeCertificateCommand({ CertificateArn: arn }));
    assert.equal(Certificate.Status, 'ISSUED');
  });

  test('a second chanceryd on the same state is refused', async () => {
    await assert.rejects(run(join(BIN, 'chanceryd'), ['--state', a.state]), (e) => e.code === 1 && /another chanceryd/.test(e.stderr));
  });

  test('each process runs as its own user, without new privileges and under seccomp', { skip: !isRoot && 'needs root' }, () => {
    const status = (pid) => Object.fromEntries(readFileSync(`/proc/${pid}/status`, 'utf8').split('\n').map((l) => l.split(/:\s+/)));
    const pids = a.pids();
    const uids = new Set();
    for (const name of ['chancery-core', 'chancery-front']) {
      const s = status(pids[name]);
      assert.equal(s.NoNewPrivs, '1', name);
      assert.equal(s.Seccomp, '2', name);
      assert.match(s.CapEff, /^0+$/, name);
      const uid = s.Uid.split('\t')[0];
      assert.notEqual(uid, '0', name);
      uids.add(uid);
    }
    assert.equal(uids.size, 2);
  });

  test('core has no network socket; the front has no file of the state', { skip: !isRoot && 'needs root' }, () => {
    const fds = (pid) => execFileSync('sh', ['-c', `ls -l /proc/${pid}/fd`]).toString();
    const pids = a.pids();
    const inodes = [...fds(pids['chancery-core']).matchAll(/socket:\[(\d+)\]/g)].map((m) => m[1]);
    const tcp = ['tcp', 'tcp6', 'udp', 'udp6'].map((f) => readFileSync(`/proc/net/${f}`, 'utf8')).join('');
    for (const inode of inodes) assert.ok(!tcp.includes(` ${inode} `), 'core holds an internet socket');
    assert.ok(!fds(pids['chancery-front']).includes(a.state), 'the front holds a file of the state');
  });
});

test('disk full: refused with a 5xx, nothing half done; works again when there is space', { skip: !isRoot && 'needs root for a small file system' }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'chancery-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=755', 'tmpfs', dir]);
  let a;
  try {
    a = await Appliance.start({ state: dir });
    const root = await activeRoot(a.pca());
    const once = a.pca({ maxAttempts: 1 });
    const csr = await newCsr('full');
    const before = await issue(once, root.arn, csr, { signing: root.signing });
    try {
      execFileSync('dd', ['if=/dev/zero', `of=${dir}/ballast`, 'bs=64k'], { stdio: 'ignore' });
    } catch { /* dd ends when the disk is full: that is the point */ }
    let refusal = null;
    for (let i = 0; i < 2000 && !refusal; i++)
      refusal = await issue(once, root.arn, csr, { signing: root.signing }).then(() => null, (e) => e);
    assert.ok(refusal, 'the disk never got full');
    assert.ok(refusal.$metadata.httpStatusCode >= 500, `${refusal.name} ${refusal.$metadata.httpStatusCode}`);
    rmSync(join(dir, 'ballast')); // reading needs room, too: a call that cannot be recorded does not happen
    const arn = await until('issuing to work again', () => issue(once, root.arn, csr, { signing: root.signing }).catch(() => null));
    await certificateOf(once, root.arn, before);
    await certificateOf(once, root.arn, arn);
  } finally {
    await a?.remove().catch(() => {});
    execFileSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true, force: true });
  }
});
