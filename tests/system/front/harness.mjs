// Builds and drives fake_core, the stand-in for chanceryd and core, around one chancery-front.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../..');
export const bin = path.resolve(process.env.BIN ?? path.join(root, 'build/plain/bin'));
const base = ['buf', 'channel', 'child', 'clock', 'error', 'log', 'message', 'secret'];

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A folder of one test file, with the fake core in it; removed at exit. */
export function workshop() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'front-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const program = path.join(folder, 'fake_core');
  execFileSync(process.env.CC ?? 'gcc', ['-std=c17', '-D_GNU_SOURCE', '-O1', '-I', root, '-o', program,
    path.join(here, 'fake_core.c'), ...base.map((b) => path.join(root, `firmware/base/${b}.c`)),
    '-lgnutls', '-pthread']);
  return { folder, program };
}

export class Front {
  constructor(shop, config) {
    this.state = mkdtempSync(path.join(shop.folder, 'state-'));
    const lines = Object.entries(config).map(([key, value]) => `${key} = ${value}\n`);
    writeFileSync(path.join(this.state, 'chancery.conf'), `[manage]\n${lines.join('')}`);
    this.events = [];
    this.waiters = [];
    this.log = '';
    this.child = spawn(shop.program, [path.join(bin, 'chancery-front'), this.state],
      { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr.on('data', (text) => { this.log += text; });
    readline.createInterface({ input: this.child.stdout }).on('line', (line) => {
      const [what, number] = line.split(' ');
      this.events.push({ what, number: Number(number) });
      this.waiters.splice(0).forEach((look) => look());
    });
  }

  say(command) { this.child.stdin.write(`${command}\n`); }

  count(what) { return this.events.filter((e) => e.what === what).length; }

  /** Waits for the nth event of that kind. */
  async event(what, nth = 1, ms = 15000) {
    const until = Date.now() + ms;
    for (;;) {
      const found = this.events.filter((e) => e.what === what);
      if (found.length >= nth) return found[nth - 1].number;
      if (Date.now() > until) throw new Error(`no event ${what} ${nth}\n${this.log}`);
      await Promise.race([new Promise((look) => this.waiters.push(look)), sleep(100)]);
    }
  }

  async serve() {
    this.say('wire');
    await this.event('ready');
    await this.address();
    return this;
  }

  async address() {
    this.port = await this.event('port');
    this.pid = await this.event('pid');
    this.ca = readFileSync(path.join(this.state, 'ca.pem'));
  }

  /** Ends it in order. The exit status: 0, unless it crashed, leaked or refused to end. */
  async stop() {
    this.say('stop');
    return this.event('exit');
  }

  /** One request; the body of the reply as text. */
  request(options = {}, body = '{}') {
    return new Promise((done, fail) => {
      const request = https.request({
        host: '127.0.0.1', port: this.port, ca: this.ca, servername: 'localhost', method: 'POST', path: '/',
        agent: false, ...options,
      }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', fail);
        response.on('end', () => done({
          status: response.statusCode, headers: response.headers, raw: response.rawHeaders,
          body: Buffer.concat(parts).toString(), socket: response.socket,
        }));
      });
      request.on('error', fail);
      if (options.onContinue) request.on('continue', options.onContinue);
      if (typeof body === 'function') body(request);
      else request.end(body);
    });
  }

  /** What core was told, from a reply of the fake. */
  async relayed(options, body) {
    return described((await this.request(options, body)).body);
  }

  /** A TLS connection on which anything can be written. */
  connect(options = {}) {
    return new Promise((done, fail) => {
      const socket = tls.connect({
        host: '127.0.0.1', port: this.port, ca: this.ca, servername: 'localhost', ...options,
      }, () => { socket.off('error', fail); done(new Raw(socket)); });
      socket.once('error', fail);
    });
  }

  /** Memory of the front in KiB. */
  rss() {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]);
  }
}

export class Raw {
  constructor(socket) {
    this.socket = socket;
    this.text = '';
    this.ended = false;
    this.began = Date.now();
    socket.on('data', (part) => { this.text += part.toString('latin1'); });
    socket.on('error', () => {});
    this.end = new Promise((done) => {
      const over = () => { this.ended = true; this.lasted = Date.now() - this.began; done(this.text); };
      socket.once('end', over);
      socket.once('close', over);
    });
  }

  write(text) { if (!this.socket.destroyed) this.socket.write(text); }

  async until(pattern, ms = 10000) {
    const limit = Date.now() + ms;
    while (!pattern.test(this.text)) {
      if (Date.now() > limit || (this.ended && !pattern.test(this.text))) {
        throw new Error(`${pattern} did not come, only: ${this.text}`);
      }
      await sleep(10);
    }
    return this.text;
  }

  close() { this.socket.destroy(); }
}

export function described(text) {
  const told = { headers: [] };
  const unhex = (hex) => Buffer.from(hex ?? '', 'hex').toString('latin1');
  for (const line of text.split('\n')) {
    const [what, ...rest] = line.split(' ');
    if (what === 'header') told.headers.push([unhex(rest[0]), unhex(rest[1])]);
    else if (what === 'length') told.length = Number(rest[0]);
    else if (what === 'sha256') told.sha256 = rest[0];
    else told[what] = unhex(rest[0]);
  }
  return told;
}

export const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
