// Plain build only: most of its time is that of the clients.
// What `make run` does once everything is built: provision, serve, the main job once, go on with it later.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, chmodSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, freePort, run, until } from './appliance.mjs';

let dir, state, port;
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'chancery-run-'));
  chmodSync(dir, 0o755);
  state = join(dir, 'var');
  port = await freePort();
});
after(() => rmSync(dir, { recursive: true, force: true }));

function start() {
  const child = spawn('sh', ['provisioning/run.sh', BIN, state, String(port), '0'], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  child.output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => { child.output += d; });
  child.ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
  return child;
}
const serving = (child) => until('run.sh to serve', () => {
  if (child.exitCode !== null) throw new Error(`run.sh ended with ${child.exitCode}:\n${child.output}`);
  return /Chancery serves/.test(child.output);
}, 90);
const processes = () => execFileSync('sh', ['-c', `pgrep -f -- '[-]-state ${state}' || true`]).toString().trim();
const shell = (script) => run('sh', ['-c', `. "${state}/env" && ${script}`], { env: { PATH: process.env.PATH, HOME: '/nonexistent' } });

test('a fresh state: the main job is done once and shown', async () => {
  const child = start();
  await serving(child);
  assert.match(child.output, /certificate\.pem: OK/, child.output);
  assert.equal(child.output.match(/^ {2}aws /gm)?.length, 3, 'three aws commands to go on with');
  for (const name of ['certificate.pem', 'chain.pem', 'private-key.pem', 'passphrase']) assert.ok(statSync(join(state, 'first-light', name)).size > 0);
  assert.equal(statSync(join(state, 'env')).mode & 0o077, 0, 'the secret is for its owner only');
  const { stdout } = await run('openssl', ['verify', '-CAfile', join(state, 'first-light', 'chain.pem'), '-verify_hostname', 'www.example.internal', join(state, 'first-light', 'certificate.pem')]);
  assert.match(stdout, /OK/);
  const { stdout: list } = await shell('aws acm list-certificates --includes keyTypes=EC_prime256v1 --query "CertificateSummaryList[].DomainName" --output text');
  assert.equal(list.trim(), 'www.example.internal');
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_DEFAULT_REGION', 'AWS_CA_BUNDLE', 'AWS_ENDPOINT_URL'])
    assert.notEqual((await shell(`printenv ${name}`)).stdout.trim(), '');
  process.kill(-child.pid, 'SIGINT'); // Ctrl-C reaches the whole group
  const { code } = await child.ended;
  assert.equal(code, 0);
  await until('every process to be gone', () => processes() === '');
});

test('a second start serves the same appliance, without doing the job again', async () => {
  const before = readFileSync(join(state, 'first-light', 'certificate.pem'), 'utf8');
  const env = readFileSync(join(state, 'env'), 'utf8');
  const child = start();
  await serving(child);
  assert.equal(readFileSync(join(state, 'first-light', 'certificate.pem'), 'utf8'), before);
  assert.equal(readFileSync(join(state, 'env'), 'utf8'), env, 'the same key as before');
  const { stdout } = await shell('aws acm list-certificates --includes keyTypes=EC_prime256v1 --query "CertificateSummaryList[].DomainName" --output text');
  assert.equal(stdout.trim(), 'www.example.internal');
  child.kill('SIGTERM');
  assert.equal((await child.ended).code, 0);
  await until('every process to be gone', () => processes() === '');
});
