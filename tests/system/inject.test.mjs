// The HSM fails under a whole appliance and its clients: they get a 5xx at worst, the retries of an SDK hide it,
// and it works again without a restart. The failures come from p11_fault.so between core and SoftHSM.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey, createPublicKey } from 'node:crypto';
import { chmodSync, chownSync, closeSync, copyFileSync, mkdirSync, existsSync, openSync, readSync, statSync, writeFileSync, writeSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DescribeCertificateCommand, ExportCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { GetCertificateCommand } from '@aws-sdk/client-acm-pca';
import { Appliance, run, sleep, until } from './appliance.mjs';
import { activeRoot, certificateOf, issue, requestIssued } from './authority.mjs';

const MODULE = resolve(process.env.BUILD_DIR ?? 'build/plain', 'fault/lib/p11_fault.so');
const CLIENTS = 8;

// Of struct p11_fault_control in tests/fault/p11_fault.h.
const CONTROL = { function: 0, rv: 32, remaining: 40, injected: 48, calls: 56, inFlight: 64, fatalOverlap: 72, delayUs: 80, size: 88 };
const CKR = {
  GENERAL_ERROR: 0x5n, DEVICE_ERROR: 0x30n, DEVICE_MEMORY: 0x31n, DEVICE_REMOVED: 0x32n, KEY_HANDLE_INVALID: 0x60n,
  SESSION_CLOSED: 0xb0n, SESSION_COUNT: 0xb1n, SESSION_HANDLE_INVALID: 0xb3n, USER_NOT_LOGGED_IN: 0x101n,
  CRYPTOKI_NOT_INITIALIZED: 0x190n,
};

// The control file is mapped by the module; what is written to it is seen there at once.
class Control {
  constructor(path) { this.fd = openSync(path, 'r+'); }
  close() { closeSync(this.fd); }
  put(offset, value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    writeSync(this.fd, bytes, 0, 8, offset);
  }
  get(offset) {
    const bytes = Buffer.alloc(8);
    readSync(this.fd, bytes, 0, 8, offset);
    return Number(bytes.readBigInt64LE());
  }
  inject(name, rv, times) {
    this.put(CONTROL.remaining, 0);
    const text = Buffer.alloc(32);
    text.write(name);
    writeSync(this.fd, text, 0, 32, CONTROL.function);
    this.put(CONTROL.rv, rv);
    this.put(CONTROL.injected, 0);
    this.put(CONTROL.remaining, times);
  }
  drained(seconds = 30) { return until('all failures to be met', () => this.get(CONTROL.remaining) <= 0, seconds); }
}

// All below STATE/token, which is what core may write.
function useFaultModule(a) {
  const real = /^module\s*=\s*(.*)$/m.exec(readFileSync(join(a.state, 'chancery.conf'), 'utf8'))[1].trim();
  const token = join(a.state, 'token');
  const files = {
    'softhsm2.conf': readFileSync(join(a.state, 'softhsm2.conf'), 'utf8'),
    'p11_fault.conf': `module=${real}\ncontrol=${join(token, 'p11_fault.control')}\nenvironment=SOFTHSM2_CONF=${join(token, 'softhsm2.conf')}\n`,
    'p11_fault.control': Buffer.alloc(CONTROL.size),
  };
  const { uid, gid } = statSync(token);
  for (const [name, content] of Object.entries(files)) {
    const path = join(token, name);
    writeFileSync(path, content);
    chmodSync(path, 0o660);
    if (process.getuid() === 0) chownSync(path, uid, gid);
  }
  // A copy of the module where core's own user can reach it: the checkout may lie in a closed folder.
  const folder = join(a.state, 'module');
  mkdirSync(folder, { mode: 0o755 });
  const module = join(folder, 'p11_fault.so');
  copyFileSync(MODULE, module);
  chmodSync(folder, 0o755);
  chmodSync(module, 0o755);
  // Each recovery loses the pairs made ahead; making many anew takes the processors from the test.
  a.configure({
    'hsm.module': module, 'hsm.environment': `P11_FAULT_CONF=${join(token, 'p11_fault.conf')}`,
    'hsm.pool_rsa_2048': 1, 'hsm.pool_rsa_3072': 0, 'hsm.pool_rsa_4096': 0,
  });
  return join(token, 'p11_fault.control');
}

const publicOf = (key) => (key.type === 'public' ? key : createPublicKey(key)).export({ type: 'spki', format: 'der' });

describe('an HSM that fails under load', { skip: !existsSync(MODULE) && `${MODULE} is not built` }, () => {
  let a, control, root, csr, once, acm, core, certificate;

  before(async () => {
    a = await Appliance.start();
    await a.stop();
    const path = useFaultModule(a);
    a.log = '';
    await a.launch();
    control = new Control(path);
    once = a.pca({ maxAttempts: 1 });
    acm = a.acm({ maxAttempts: 1 });
    root = await activeRoot(a.pca());
    csr = (await run('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=inject'])).stdout;
    certificate = await requestIssued(acm, root);
    core = a.pids()['chancery-core'];
  });
  after(async () => {
    control?.close();
    await a?.remove();
  });

  const exported = async () => {
    const out = await acm.send(new ExportCertificateCommand({ CertificateArn: certificate, Passphrase: Buffer.from('passphrase') }));
    const key = createPrivateKey({ key: out.PrivateKey, passphrase: 'passphrase' });
    assert.deepEqual(publicOf(key), publicOf(new X509Certificate(out.Certificate).publicKey), 'the key of this certificate and of no other');
  };
  const issued = async () => {
    const arn = await issue(once, root.arn, csr, { signing: root.signing });
    const { Certificate } = await certificateOf(once, root.arn, arn);
    const x509 = new X509Certificate(Certificate);
    assert.ok(x509.verify(new X509Certificate(root.pem).publicKey), 'signed by the authority');
    return x509.serialNumber;
  };
  const requested = async () => (await acm.send(new RequestCertificateCommand({
    DomainName: 'load.example.internal', CertificateAuthorityArn: root.arn, KeyAlgorithm: 'EC_prime256v1',
  }))).CertificateArn;
  const works = [issued, exported, issued, requested];

  // Runs clients until stop() is called; gives what they saw by HTTP status.
  function load() {
    let stopped = false;
    const seen = { statuses: {}, serials: [], arns: [], other: [] };
    const client = async (n) => {
      for (let i = n; !stopped; i++) {
        try {
          const work = works[i % works.length];
          const result = await work();
          if (work === issued) seen.serials.push(result);
          if (work === requested) seen.arns.push(result);
          seen.statuses[200] = (seen.statuses[200] ?? 0) + 1;
        } catch (error) {
          const status = error.$metadata?.httpStatusCode;
          if (status === undefined) seen.other.push(error);
          seen.statuses[status] = (seen.statuses[status] ?? 0) + 1;
        }
      }
    };
    const clients = Array.from({ length: CLIENTS }, (_, n) => client(n));
    return { seen, stop: async () => { stopped = true; await Promise.all(clients); return seen; } };
  }

  async function allWork() {
    await until('issuing to work', () => issued().then(() => true, () => false), 30);
    for (const work of works) await work();
  }

  const cases = [
    ['C_Sign', 'DEVICE_REMOVED', 20], ['C_Sign', 'GENERAL_ERROR', 20], ['C_Sign', 'SESSION_HANDLE_INVALID', 20],
    ['C_Sign', 'USER_NOT_LOGGED_IN', 20], ['C_SignInit', 'KEY_HANDLE_INVALID', 20], ['C_UnwrapKey', 'DEVICE_ERROR', 10],
    ['C_GenerateKeyPair', 'DEVICE_MEMORY', 10], ['C_WrapKey', 'SESSION_COUNT', 10], ['*', 'CRYPTOKI_NOT_INITIALIZED', 6],
  ];
  for (const [name, rv, times] of cases) {
    test(`${rv} x ${times} of ${name}: 200 or 5xx, then all works, in the same process`, async () => {
      const { seen, stop } = load();
      try {
        await sleep(200);
        control.inject(name, CKR[rv], times);
        await control.drained();
        await allWork();
      } finally {
        await stop();
      }
      assert.deepEqual(seen.other, [], 'every call was answered, and rightly');
      const statuses = Object.keys(seen.statuses).map(Number);
      assert.ok(statuses.every((s) => s === 200 || s >= 500), JSON.stringify(seen.statuses));
      assert.ok(seen.statuses[200] > CLIENTS, JSON.stringify(seen.statuses));
      const failed = Object.entries(seen.statuses).reduce((sum, [s, n]) => sum + (s >= 500 ? n : 0), 0);
      assert.ok(failed <= times + CLIENTS, `${failed} calls saw ${times} failures`);
      assert.equal(new Set(seen.serials).size, seen.serials.length, 'no serial number twice');
      for (const CertificateArn of seen.arns)
        await until(`${CertificateArn} to be issued`, async () => (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate.Status === 'ISSUED', 60);
      assert.equal(a.pids()['chancery-core'], core, 'the same process as before');
    });
  }

  test('an SDK with its usual retries sees nothing of a lost device', async () => {
    const patient = a.pca();
    control.inject('C_Sign', CKR.DEVICE_REMOVED, 20);
    const arns = (await Promise.all(Array.from({ length: CLIENTS }, async () => {
      const mine = [];
      for (let i = 0; i < 5; i++) mine.push(await issue(patient, root.arn, csr, { signing: root.signing }));
      return mine;
    }))).flat();
    await control.drained();
    for (const CertificateArn of arns)
      await patient.send(new GetCertificateCommand({ CertificateAuthorityArn: root.arn, CertificateArn }));
    assert.equal(a.pids()['chancery-core'], core);
  });

  test('an HSM that answers late and then not at all does not hold callers for ever', async () => {
    control.put(CONTROL.delayUs, 50000);
    const { seen, stop } = load();
    try {
      await sleep(100);
      control.inject('*', CKR.DEVICE_REMOVED, 10);
      await control.drained(60);
      await allWork();
    } finally {
      await stop();
      control.put(CONTROL.delayUs, 0);
    }
    assert.deepEqual(seen.other, []);
    assert.ok(Object.keys(seen.statuses).every((s) => Number(s) === 200 || Number(s) >= 500), JSON.stringify(seen.statuses));
    assert.equal(a.pids()['chancery-core'], core);
  });

  test('core never finalized the module while a call was inside it', () => {
    assert.ok(control.get(CONTROL.calls) > 0);
    assert.equal(control.get(CONTROL.fatalOverlap), 0);
  });
});
