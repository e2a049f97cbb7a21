// Keys of the appliance itself, over its life: wrapping keys are rotated under load of a kill, the audit trail is
// signed, and who rewrites it is found out.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey } from 'node:crypto';
import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExportCertificateCommand } from '@aws-sdk/client-acm';
import { Appliance, BIN, run, until } from './appliance.mjs';
import { activeRoot, requestIssued } from './authority.mjs';

const COUNT = 60;
let a, acm, root;
const arns = [];
const keys = new Map();
const chancery = (...args) => run(join(BIN, 'chancery'), args).then((r) => ({ code: 0, ...r }), (e) => ({ code: e.code, stdout: e.stdout, stderr: e.stderr }));
const status = async (...args) => (await chancery('status', '--state', a.state, ...args)).stdout;
const sql = (text, file = join(a.state, 'store', 'chancery.db')) => execFileSync('sqlite3', ['-cmd', '.timeout 5000', file, text]).toString().trim();
const events = (name) => Number(sql(`SELECT count(*) FROM audit WHERE CAST(record AS TEXT) LIKE '%"eventName":"${name}"%'`));

const privateKey = async (CertificateArn) => {
  const { PrivateKey } = await acm.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from('passphrase') }));
  return createPrivateKey({ key: PrivateKey, passphrase: 'passphrase' }).export({ format: 'der', type: 'pkcs8' }).toString('hex');
};
const tokenLabels = () => execFileSync('pkcs11-tool', ['--module', '/usr/lib/softhsm/libsofthsm2.so', '--token-label', 'chancery', '--login', '--pin', execFileSync('cat', [join(a.state, 'secrets', 'pin')]).toString().trim(), '--list-objects'],
  { env: { ...process.env, SOFTHSM2_CONF: join(a.state, 'softhsm2.conf') }, stdio: ['ignore', 'pipe', 'ignore'] }).toString();

before(async () => {
  a = await Appliance.start({ configure: { 'audit.checkpoint_interval': '2s' } });
  acm = a.acm();
  root = await activeRoot(a.pca());
  for (let i = 0; i < COUNT; i += 10)
    arns.push(...await Promise.all(Array.from({ length: 10 }, (_, j) => requestIssued(acm, root))));
  for (const arn of arns) keys.set(arn, await privateKey(arn));
});
after(() => a?.remove());

describe('chancery key rotate', () => {
  test('refuses what it does not know', async () => {
    for (const args of [['--class', 'both'], ['--account', '000000000000'], ['--region', 'mars-north-1']]) {
      const { code, stderr } = await chancery('key', 'rotate', '--state', a.state, ...args);
      assert.equal(code, 1, args);
      assert.match(stderr, /class is export or no-export|no wrapping key fits/);
    }
    assert.equal((await chancery('key', 'rotate', '--state', a.state, 'now')).code, 2);
  });

  test('survives a kill in the middle: every key is the same, the old wrapping key goes', async () => {
    const old = sql("SELECT name FROM system_keys WHERE kind = 'kek-export'");
    assert.match(tokenLabels(), new RegExp(`chancery/${old} `));
    const { code, stdout } = await chancery('key', 'rotate', '--state', a.state, '--class', 'export');
    assert.equal(code, 0);
    assert.match(stdout, /1 wrapping key replaced/);
    process.kill(a.pids()['chancery-core'], 'SIGKILL');
    await until('core to be back', async () => (await chancery('status', '--state', a.state)).code === 0, 30);
    const left = () => Number(sql(`SELECT count(*) FROM keys WHERE kek_id = (SELECT hsm_id FROM system_keys WHERE name = '${old}')`));
    await until('all keys to be wrapped anew', () => left() === 0, 30);
    assert.match(await status(), /wrapping keys +1, and 1 replaced: 0 keys left/);
    for (const arn of arns) assert.equal(await privateKey(arn), keys.get(arn));
    assert.equal(events('BeginKeyRotation'), 1);
    // The minute that the empty key stays for calls under way is passed by its own row, not by waiting.
    await until('the old key to be seen empty', () => sql(`SELECT emptied_at > 0 FROM system_keys WHERE name = '${old}'`) === '1', 30);
    sql(`UPDATE system_keys SET rewrap_at = 1 WHERE name = '${old}'`);
    await until('the old key to be destroyed', () => events('EndKeyRotation') === 1, 30);
    assert.doesNotMatch(tokenLabels(), new RegExp(`chancery/${old} `));
    assert.match(await status(), /wrapping keys +1$/m);
    for (const arn of arns.slice(0, 3)) assert.equal(await privateKey(arn), keys.get(arn));
  });
});

describe('checkpoints of the audit trail', () => {
  test('cover what was recorded', async () => {
    await until('a checkpoint', () => Number(sql('SELECT count(*) FROM audit_checkpoints')) > 0, 30);
    const { code, stdout } = await chancery('status', '--state', a.state, '--verify');
    assert.equal(code, 0, stdout);
    assert.match(stdout, /audit chain +intact/);
    assert.match(stdout, /audit checkpoints +\d+ intact; the last covers record \d+, signed \d{4}-/);
    assert.match(a.log, /audit checkpoint: record \d+, chain [0-9a-f]{64}/);
  });

  test('an ordered stop signs the rest', async () => {
    a.configure({ 'audit.checkpoint_interval': '1h' });
    await a.stop();
    await a.launch();
    await privateKey(arns[0]);
    await a.stop();
    assert.equal(sql('SELECT max(sequence) FROM audit_checkpoints'), sql('SELECT max(sequence) FROM audit'));
  });

  test('the trail is verified by a command, and against what a log has kept', async () => {
    const log = join(a.state, 'kept.log');
    writeFileSync(log, a.log);
    await a.launch();
    const good = await chancery('audit', 'verify', '--state', a.state, '--log', log);
    assert.equal(good.code, 0, good.stdout);
    assert.match(good.stdout, /^records +\d+\nchain +intact\ncheckpoints +\d+ intact; the last covers record \d+, signed .*\nlog +its last \d+ checkpoints agree\n$/);
    await a.stop();
    writeFileSync(log, a.log.replace(/(audit checkpoint: record \d+, chain )([0-9a-f]{2})/g, (_, head, two) => `${head}${two === '00' ? '11' : '00'}`));
    await a.launch();
    const bad = await chancery('audit', 'verify', '--state', a.state, '--log', log);
    assert.equal(bad.code, 1);
    assert.match(bad.stdout, /chain +intact\n[^]*log +BROKEN: record \d+ is not what the log says/);
    writeFileSync(log, 'nothing\n');
    assert.equal((await chancery('audit', 'verify', '--state', a.state, '--log', log)).code, 1);
    await a.stop();
  });

  test('a history that was rewritten, with its chain computed anew, is found', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'chancery-kept-'));
    const file = join(a.state, 'store', 'chancery.db');
    cpSync(join(a.state, 'store'), dir, { recursive: true });
    try {
      const rows = JSON.parse(execFileSync('sqlite3', ['-json', file, 'SELECT sequence, hex(record) AS record FROM audit ORDER BY sequence']).toString());
      let chain = Buffer.alloc(32);
      const out = ['DROP TRIGGER audit_keeps_records;'];
      for (const row of rows) {
        let record = Buffer.from(row.record, 'hex');
        if (row.sequence === 5) record = Buffer.from(record.toString().replace(/"eventName":"[^"]*"/, '"eventName":"NothingAtAll"'));
        chain = createHash('sha256').update(chain).update(record).digest();
        out.push(`UPDATE audit SET record = X'${record.toString('hex')}', chain = X'${chain.toString('hex')}' WHERE sequence = ${row.sequence};`);
      }
      execFileSync('sqlite3', [file], { input: `BEGIN;${out.join('\n')}COMMIT;` });
      await a.launch();
      const { code, stdout } = await chancery('status', '--state', a.state, '--verify');
      assert.equal(code, 1);
      assert.match(stdout, /audit chain +BROKEN at record \d+/);
      const found = await chancery('audit', 'verify', '--state', a.state);
      assert.equal(found.code, 1);
      assert.match(found.stdout, /^chain +BROKEN at record \d+$/m);
      await a.stop();
    } finally {
      for (const name of ['chancery.db', 'chancery.db-wal', 'chancery.db-shm']) rmSync(join(a.state, 'store', name), { force: true });
      copyFileSync(join(dir, 'chancery.db'), file);
      rmSync(dir, { recursive: true, force: true });
    }
    if (process.getuid() === 0) execFileSync('chown', ['-R', '--reference', join(a.state, 'store'), join(a.state, 'store')]);
  });

  test('a trail that was cut off is found, at the start already', async () => {
    sql('DROP TRIGGER audit_loses_nothing; DELETE FROM audit WHERE sequence > (SELECT max(sequence) FROM audit) - 4;');
    a.log = '';
    await a.launch();
    assert.match(a.log, /a signed checkpoint covers record \d+: records are missing/);
    const { code, stdout } = await chancery('status', '--state', a.state, '--verify');
    assert.equal(code, 1);
    assert.match(stdout, /BROKEN/);
  });
});
