// The operator's command, as a person at a shell uses it.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListCertificatesCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { Appliance, BIN, run } from './appliance.mjs';

let appliance;
before(async () => { appliance = await Appliance.start(); });
after(() => appliance?.remove());
const chancery = (...args) => run(join(BIN, 'chancery'), args).then((r) => ({ code: 0, ...r }), (e) => ({ code: e.code, stdout: e.stdout, stderr: e.stderr }));

describe('help', () => {
  for (const args of [['--help'], ['help'], ['init', '--help'], ['status', '--help'], ['hsm', 'doctor', '--help'], ['user', 'add', '--help']])
    test(`chancery ${args.join(' ')}`, async () => {
      const { code, stdout } = await chancery(...args);
      assert.equal(code, 0);
      assert.match(stdout, /usage|Usage/);
    });
  test('an unknown command is a usage error', async () => {
    const { code, stderr } = await chancery('frobnicate');
    assert.equal(code, 2);
    assert.match(stderr, /frobnicate/);
  });
  test('an unknown option is a usage error', async () => {
    assert.equal((await chancery('status', '--frobnicate')).code, 2);
  });
  test('version', async () => {
    const { code, stdout } = await chancery('version');
    assert.equal(code, 0);
    assert.match(stdout, /\d+\.\d+\.\d+/);
  });
});

test('status tells a person how the appliance is', async () => {
  const { code, stdout } = await chancery('status', '--state', appliance.state);
  assert.equal(code, 0);
  for (const word of [/token/i, /custody/i, /issued/i]) assert.match(stdout, word);
});

test('status of an appliance that does not run says so and ends with 1', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'chancery-none-'));
  const { code, stderr } = await chancery('status', '--state', dir);
  rmSync(dir, { recursive: true });
  assert.equal(code, 1);
  assert.match(stderr, /not running|does not run|no appliance|not provisioned/i);
});

test('init on a provisioned state changes nothing and says so', async () => {
  const before = appliance.env;
  const { code, stdout, stderr } = await chancery('init', '--state', appliance.state, '--port', String(appliance.port), '--public-port', '0');
  assert.equal(code, 0, stderr);
  assert.match(stdout + stderr, /already/i);
  assert.deepEqual(appliance.env, before);
});

test('init refuses a folder that holds something else, and touches nothing', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'chancery-other-'));
  writeFileSync(join(dir, 'thesis.txt'), 'years of work', { mode: 0o640 });
  const before = statSync(join(dir, 'thesis.txt'));
  const { code, stderr } = await chancery('init', '--state', dir);
  const after = statSync(join(dir, 'thesis.txt'));
  rmSync(dir, { recursive: true });
  assert.equal(code, 1);
  assert.match(stderr, /thesis\.txt/);
  assert.deepEqual([after.uid, after.gid, after.mode], [before.uid, before.gid, before.mode]);
});

test('user add gives a key once; the user is known and, without policies, may do nothing', async () => {
  const { code, stdout } = await chancery('user', 'add', 'carol', '--state', appliance.state, '--format', 'env');
  assert.equal(code, 0);
  const accessKeyId = /AWS_ACCESS_KEY_ID='?(AKIA[A-Z0-9]{16})/.exec(stdout)[1];
  const secretAccessKey = /AWS_SECRET_ACCESS_KEY='?([A-Za-z0-9/+]{40})/.exec(stdout)[1];
  const acm = appliance.acm({ credentials: { accessKeyId, secretAccessKey } });
  await assert.rejects(acm.send(new ListCertificatesCommand({})), (e) => {
    assert.equal(e.name, 'AccessDeniedException');
    assert.match(e.message, /^User: arn:aws:iam::\d{12}:user\/carol is not authorized to perform: acm:ListCertificates because no identity-based policy allows the acm:ListCertificates action$/);
    assert.equal(e.$metadata.httpStatusCode, 400);
    return true;
  });
  await assert.rejects(acm.send(new RequestCertificateCommand({ DomainName: 'x.example.internal', CertificateAuthorityArn: 'arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11111111-2222-3333-4444-555555555555' })),
    /^AccessDeniedException: User: arn:aws:iam::\d{12}:user\/carol is not authorized to perform: acm:RequestCertificate on resource: arn:aws:acm:us-east-1:\d{12}:certificate\/\* because no identity-based policy allows the acm:RequestCertificate action$/);
  const again = await chancery('user', 'add', 'carol', '--state', appliance.state);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /carol/);
});

test('user add --administrator gives a key with all rights in the account', async () => {
  const { stdout } = await chancery('user', 'add', 'dave', '--administrator', '--state', appliance.state, '--format', 'env');
  const accessKeyId = /AWS_ACCESS_KEY_ID='?(AKIA[A-Z0-9]{16})/.exec(stdout)[1];
  const secretAccessKey = /AWS_SECRET_ACCESS_KEY='?([A-Za-z0-9/+]{40})/.exec(stdout)[1];
  const out = await appliance.acm({ credentials: { accessKeyId, secretAccessKey } }).send(new ListCertificatesCommand({}));
  assert.deepEqual(out.CertificateSummaryList, []);
});

describe('hsm doctor', () => {
  test('says in plain words that this token can do everything, how fast, and how keys are kept', async () => {
    const { code, stdout } = await chancery('hsm', 'doctor', '--state', appliance.state);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /P-256|EC_prime256v1/);
    assert.match(stdout, /\/s/);
    assert.match(stdout, /custody/i);
    assert.match(stdout, /all that Chancery needs/);
  });
  test('says that a module is no PKCS#11 module', async () => {
    const pin = join(appliance.state, 'secrets', 'pin');
    const { code, stdout, stderr } = await chancery('hsm', 'doctor', '--module', '/usr/lib/x86_64-linux-gnu/libc.so.6', '--token-label', 'x', '--pin-file', pin);
    assert.equal(code, 1);
    assert.match(stdout + stderr, /PKCS#11/);
  });
  test('says that there is no such token', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'chancery-pin-'));
    writeFileSync(join(dir, 'pin'), '1234');
    const { code, stdout, stderr } = await chancery('hsm', 'doctor', '--module', '/usr/lib/softhsm/libsofthsm2.so', '--token-label', 'no such token', '--pin-file', join(dir, 'pin'));
    rmSync(dir, { recursive: true });
    assert.equal(code, 1);
    assert.match(stdout + stderr, /no such token|token/i);
  });
});
