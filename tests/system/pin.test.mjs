// Where the PIN comes from: typed at the console, out of a credential of systemd; and that it stands nowhere else.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Appliance, BIN, freePort, run, until } from './appliance.mjs';

const PIN = 'Typed-by-a-person-4711';
const WRONG = 'Typed-by-mistake-0815';
const QUESTION = 'PIN of the (new )?token "chancery": ';
const isRoot = process.getuid() === 0;
let a, dir;

// A program on a terminal of its own, with a person who types the answers; { code, output }.
function typed(answers, program, ...args) {
  const child = spawn('python3', ['tests/system/typist.py', QUESTION, program, ...args],
    { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, CREDENTIALS_DIRECTORY: '' } });
  child.output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => { child.output += d; });
  child.ended = new Promise((resolve) => child.on('exit', (code) => resolve(code)));
  child.stdin.end(answers.map((line) => `${line}\n`).join(''));
  return child;
}
const chancery = async (answers, ...args) => {
  const child = typed(answers, join(BIN, 'chancery'), ...args);
  const code = await child.ended;
  return { code, output: child.output };
};

// chanceryd on a terminal, made to look like what Appliance.launch starts.
async function serveTyped(...answers) {
  a.process = typed(answers, join(BIN, 'chanceryd'), '--state', a.state);
  a.exited = a.process.ended.then((code) => ({ code }));
  await until('chanceryd to serve', async () => {
    if (a.process.exitCode !== null) throw new Error(`chanceryd ended:\n${a.process.output}`);
    return /serving/.test(a.process.output) && (await a.answers());
  }, 60);
}

// What ended by itself: its status and its log.
async function refused(env = {}) {
  const child = spawn('setsid', ['--wait', join(BIN, 'chanceryd'), '--state', a.state], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => { log += d; });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  return { code, log };
}

function* filesOf(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(path);
    else if (entry.isFile()) yield path;
  }
}
const count = (text, what) => text.split(what).length - 1;

// Where a process shows what it was started with.
function* shown() {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    for (const name of ['environ', 'cmdline']) {
      try { yield [`/proc/${pid}/${name}`, readFileSync(`/proc/${pid}/${name}`)]; } catch { /* ended, or not ours to read */ }
    }
}

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'chancery-pin-'));
  chmodSync(dir, 0o755);
  a = new Appliance();
  a.state = join(dir, 'state');
  a.port = await freePort();
  const { code, output } = await chancery([PIN, PIN], 'init', '--state', a.state, '--port', String(a.port), '--public-port', '0', '--pin-source', 'console');
  assert.equal(code, 0, output);
});
after(async () => {
  if (a.process) await a.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('init', () => {
  test('keeps neither the typed PIN nor one of a security officer', () => {
    assert.deepEqual(readdirSync(join(a.state, 'secrets')), []);
    assert.match(readFileSync(join(a.state, 'chancery.conf'), 'utf8'), /^pin_source = console$/m);
  });
  test('asks for the PIN of a new token twice and wants the same', async () => {
    const other = join(dir, 'other');
    const { code, output } = await chancery([PIN, WRONG], 'init', '--state', other, '--pin-source', 'console');
    assert.equal(code, 1);
    assert.match(output, /not the same/);
    assert.equal(existsSync(join(other, 'store', 'chancery.db')), false);
  });
  test('an unknown source is refused', async () => {
    const { code, output } = await chancery([], 'init', '--state', join(dir, 'third'), '--pin-source', 'telepathy');
    assert.equal(code, 1);
    assert.match(output, /telepathy: not one of file, credential, console/);
  });
});

test('doctor asks, without showing what is typed', async () => {
  const { code, output } = await chancery([WRONG], 'hsm', 'doctor', '--state', a.state);
  assert.equal(code, 1, output);
  assert.match(output, /PIN of the token "chancery": /);
  assert.equal(count(output, 'the token refused the PIN ('), 1);
  assert.equal(output.includes(WRONG), false);
});

describe('the console', () => {
  test('an empty line and a wrong PIN are asked for again, and the token is asked once for each', async () => {
    await serveTyped('', WRONG, PIN);
    const { output } = a.process;
    assert.equal(count(output, 'PIN of the token "chancery": '), 3, output);
    assert.equal(count(output, 'core: the token refused the PIN'), 1, output);
    assert.match(output, /The token refused the PIN; the token says that few tries are left before it locks\. PIN of the token/);
    assert.equal(count(output, 'starting again'), 0);
  });
  test('the PIN is in no environment, no command line, no log and no file', () => {
    for (const pin of [PIN, WRONG]) {
      for (const [path, bytes] of shown()) assert.equal(bytes.includes(pin), false, path);
      for (const path of filesOf(a.state)) assert.equal(readFileSync(path).includes(pin), false, path);
      assert.equal(a.process.output.includes(pin), false, 'the terminal shows it');
    }
  });
  test('a core that dies is started again, and nobody is asked', async () => {
    const asked = count(a.process.output, 'PIN of the token');
    const ready = count(a.process.output, 'core is ready');
    const daemon = /typist: pid (\d+)/.exec(a.process.output)[1];
    await run('pkill', ['-KILL', '-P', daemon, 'chancery-core']);
    await until('core to serve again', () => count(a.process.output, 'core is ready') > ready, 30);
    await until('calls to be answered', () => a.answers(), 30);
    assert.equal(count(a.process.output, 'PIN of the token'), asked);
  });
  test('an ordered stop gives the terminal back', async () => {
    assert.equal((await a.stop()).code, 0);
    a.process = null;
  });
  test('a person who gives up ends it', async () => {
    const child = typed(['\x04'], join(BIN, 'chanceryd'), '--state', a.state);
    assert.equal(await child.ended, 1);
    assert.match(child.output, /nobody gave the PIN/);
  });
  test('without a terminal systemd-ask-password asks', { skip: !isRoot && 'needs root to put another in its place' }, async () => {
    const fake = join(dir, 'ask');
    writeFileSync(fake, `#!/bin/sh\necho "$*" >${dir}/asked\necho ${PIN}\n`, { mode: 0o755 });
    a.log = '';
    a.process = spawn('setsid', ['--wait', 'unshare', '-m', 'sh', '-c',
      `mount --bind ${fake} /usr/bin/systemd-ask-password && exec "$0" --state "$1"`, join(BIN, 'chanceryd'), a.state], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [a.process.stdout, a.process.stderr]) stream.on('data', (d) => { a.log += d; });
    const ended = new Promise((resolve) => a.process.on('exit', resolve));
    await until('chanceryd to serve', () => /serving/.test(a.log), 30);
    assert.match(readFileSync(join(dir, 'asked'), 'utf8'), /--id=chancery:hsm-pin PIN of the token "chancery": /);
    const lock = readFileSync(join(a.state, 'run', 'chanceryd.lock'), 'utf8').trim();
    process.kill(Number(lock), 'SIGTERM');
    assert.equal(await ended, 0);
    a.process = null;
  });
});

describe('a credential of systemd', () => {
  let credentials;
  const put = (pin, mode = 0o400) => {
    rmSync(credentials, { recursive: true, force: true });
    mkdirSync(credentials, { mode: 0o700 });
    writeFileSync(join(credentials, 'hsm-pin'), pin);
    chmodSync(join(credentials, 'hsm-pin'), mode);
  };
  before(() => {
    credentials = join(dir, 'credentials');
    a.configure({ 'hsm.pin_source': 'credential' });
  });
  test('is missed without a unit', async () => {
    const { code, log } = await refused();
    assert.equal(code, 1);
    assert.match(log, /LoadCredential=hsm-pin/);
    assert.equal(count(log, 'starting again'), 0);
  });
  test('that others may read is refused before the token is asked', async () => {
    put(PIN, 0o444);
    const { code, log } = await refused({ CREDENTIALS_DIRECTORY: credentials });
    assert.equal(code, 1);
    assert.match(log, /closed to all others/);
    assert.equal(count(log, 'the token refused the PIN'), 0);
  });
  test('in a folder that others may write to is refused', async () => {
    put(PIN);
    chmodSync(credentials, 0o777);
    const { code, log } = await refused({ CREDENTIALS_DIRECTORY: credentials });
    assert.equal(code, 1);
    assert.match(log, /closed to all others/);
  });
  test('with a wrong PIN is tried once and ends it', async () => {
    put(WRONG);
    const { code, log } = await refused({ CREDENTIALS_DIRECTORY: credentials });
    assert.equal(code, 1);
    assert.equal(count(log, 'the token refused the PIN'), 1, log);
    assert.equal(count(log, 'starting again'), 0);
  });
  test('serves, for init too', async () => {
    put(`${PIN}\n`);
    a.log = '';
    a.extraEnv = { CREDENTIALS_DIRECTORY: credentials };
    const again = await run(join(BIN, 'chancery'), ['init', '--state', a.state], { env: { ...process.env, ...a.extraEnv } });
    assert.match(again.stdout, /already/);
    await a.launch();
    assert.equal(a.log.includes(PIN), false);
    for (const [path, bytes] of shown()) assert.equal(bytes.includes(PIN), false, path);
  });
  test('that became wrong ends it at the next start of core, after one try', async () => {
    put(WRONG);
    process.kill(a.pids()['chancery-core'], 'SIGKILL');
    const { code } = await a.exited;
    assert.equal(code, 1);
    assert.equal(count(a.log, 'the token refused the PIN'), 1, a.log);
    a.process = null;
  });
});
