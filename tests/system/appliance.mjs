// A real appliance for one test file: fresh state in a temporary folder, free ports, the real
// chanceryd with its real processes and a SoftHSM token. Only what was started here is stopped.
import { spawn, execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync, chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { ACMClient } from '@aws-sdk/client-acm';
import { ACMPCAClient } from '@aws-sdk/client-acm-pca';

const run = promisify(execFile);
export const BIN = process.env.BIN ?? 'build/plain/bin';

// Below those that the system gives to outgoing connections: one of them would have it when a daemon that was killed comes back.
export function freePort() {
  return new Promise((resolve) => {
    const port = 10000 + Math.floor(Math.random() * 22000);
    const server = createServer();
    server.on('error', () => resolve(freePort()));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
  });
}

// Waits until check() returns something true; says what it waited for when it never does.
export async function until(what, check, seconds = 120) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await sleep(50);
  }
}

export class Appliance {
  static async start(options = {}) {
    const a = new Appliance();
    a.state = options.state ?? mkdtempSync(join(tmpdir(), 'chancery-test-'));
    chmodSync(a.state, 0o755);
    a.port = await freePort();
    a.publicPort = options.public ? await freePort() : 0;
    a.log = '';
    a.extraEnv = options.env;
    const init = await run(join(BIN, 'chancery'),
      ['init', '--state', a.state, '--port', String(a.port), '--public-port', String(a.publicPort)]);
    a.initOutput = init.stdout + init.stderr;
    // The authorities of public certificates take seconds of a processor: only for who needs them.
    a.configure({ 'trust.create': 'demand', ...options.configure });
    await a.launch();
    return a;
  }

  // Replaces keys of chancery.conf: { 'hsm.sessions': 4 }.
  configure(values) {
    const file = join(this.state, 'chancery.conf');
    let section = '';
    const left = new Map(Object.entries(values));
    const lines = readFileSync(file, 'utf8').split('\n').map((line) => {
      const head = /^\[(.*)\]/.exec(line);
      if (head) section = head[1];
      const key = /^[;#]?\s*([a-z0-9_]+)\s*=/.exec(line);
      const name = key && `${section}.${key[1]}`;
      if (!name || !left.has(name)) return line;
      const value = left.get(name);
      left.delete(name);
      return `${key[1]} = ${value}`;
    });
    if (left.size) throw new Error(`no such key in chancery.conf: ${[...left.keys()]}`);
    writeFileSync(file, lines.join('\n'));
  }

  async launch() {
    this.variables = null;
    this.process = spawn(join(BIN, 'chanceryd'), ['--state', this.state],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...this.extraEnv } });
    this.exited = new Promise((resolve) => this.process.on('exit', (code, signal) => resolve({ code, signal })));
    let gone = null;
    this.exited.then((result) => { gone = result; });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream.on('data', (data) => { this.log += data; });
    await until('chanceryd to serve', async () => {
      if (gone) throw new Error(`chanceryd ended with ${JSON.stringify(gone)}:\n${this.log}`);
      return /serving/.test(this.log) && (await this.answers());
    }, 60);
  }

  async answers() {
    try {
      await run('curl', ['-s', '-o', '/dev/null', '--cacert', join(this.state, 'ca-bundle.pem'),
        `https://localhost:${this.port}/`]);
      return true;
    } catch {
      return false;
    }
  }

  // The variables of STATE/env, as a shell that sources it sees them; read once a launch. It finds no aws, whose version takes a second to tell.
  get env() {
    if (this.variables) return this.variables;
    const printed = execFileSync('/bin/sh', ['-c', `. "${this.state}/env" && /usr/bin/env -0`],
      { env: { PATH: '/nonexistent', HOME: process.env.HOME }, stdio: ['ignore', 'pipe', 'ignore'] });
    this.variables = Object.fromEntries(printed.toString().split('\0').filter(Boolean).map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }));
    this.variables.PATH = process.env.PATH;
    return this.variables;
  }

  get ca() { return readFileSync(join(this.state, 'ca-bundle.pem'), 'utf8'); }

  clientConfig(extra = {}) {
    const env = this.env;
    this.agents ??= [];
    const httpsAgent = new Agent({ ca: this.ca, keepAlive: true, maxSockets: 64 });
    this.agents.push(httpsAgent);
    return {
      endpoint: `https://localhost:${this.port}`, region: 'us-east-1',
      credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
      requestHandler: { httpsAgent, requestTimeout: 60000 }, ...extra,
    };
  }

  acm(extra) { return new ACMClient(this.clientConfig(extra)); }
  pca(extra) { return new ACMPCAClient(this.clientConfig(extra)); }

  // The audit records in which all these words stand, oldest first.
  records(...words) {
    const where = words.map((word) => `instr(CAST(record AS TEXT), '${word}') > 0`).join(' AND ');
    return execFileSync('sqlite3', ['-readonly', '-cmd', '.timeout 5000', join(this.state, 'store', 'chancery.db'),
      `SELECT CAST(record AS TEXT) FROM audit WHERE ${where} ORDER BY sequence`]).toString()
      .split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  // Pids of this appliance's processes by name, found as children of its chanceryd.
  pids() {
    const out = execFileSync('ps', ['-o', 'pid=,comm=', '--ppid', String(this.process.pid)]).toString();
    return Object.fromEntries(out.trim().split('\n').map((line) => {
      const [pid, comm] = line.trim().split(/\s+/);
      return [comm, Number(pid)];
    }));
  }

  async stop(signal = 'SIGTERM') {
    for (const agent of this.agents ?? []) agent.destroy();
    this.agents = [];
    this.process.kill(signal);
    const timer = sleep(15000, null, { ref: false }).then(() => ({ code: 'did not stop within 15 s' }));
    return Promise.race([this.exited, timer]);
  }

  async remove() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      await this.stop();
      this.process.kill('SIGKILL');
    }
    if (existsSync(this.state)) rmSync(this.state, { recursive: true, force: true });
  }
}

export { run, sleep };
