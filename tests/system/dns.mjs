// An authoritative DNS server for one test file: the real knotd on a free port of loopback, or where it is told, with
// the zone "test" and what lies below it. "test" is signed, and its key is the trust anchor; so
// are the zones asked for as signed. One asked for as broken has a DS record in "test" that fits
// none of its keys.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, until } from './appliance.mjs';

export class Dns {
  // zones: { 'signed.test': 'signed', 'plain.test': 'unsigned', 'broken.test': 'broken' }
  // prefix: a command that runs knotd somewhere else, such as in a network namespace.
  static async start(zones, { address = '127.0.0.1', port, prefix = [] } = {}) {
    const dns = new Dns();
    dns.address = address;
    dns.folder = mkdtempSync(join(tmpdir(), 'chancery-dns-'));
    dns.port = port ?? await freePort();
    dns.config = join(dns.folder, 'knot.conf');
    dns.socket = join(dns.folder, 'knot.sock');
    dns.log = '';
    const all = { test: 'signed', ...zones };
    mkdirSync(join(dns.folder, 'zones'));
    for (const zone of Object.keys(all)) {
      const delegations = zone !== 'test' ? '' : Object.keys(zones).map((z) => `${z}. NS ns.test.\n`).join('');
      writeFileSync(join(dns.folder, 'zones', `${zone}.zone`),
        `$ORIGIN ${zone}.\n$TTL 60\n@ SOA ns.test. admin.test. 1 3600 600 86400 1\n@ NS ns.test.\n` +
        (zone === 'test' ? `ns A ${address}\n` : '') + delegations);
    }
    writeFileSync(dns.config, [
      'server:', `  listen: ${address}@${dns.port}`, `  rundir: ${dns.folder}`,
      'control:', `  listen: ${dns.socket}`, 'log:', '  - target: stderr', '    any: warning',
      'database:', `  storage: ${dns.folder}`,
      'policy:', '  - id: ec', '    algorithm: ecdsap256sha256', '    cds-cdnskey-publish: none',
      'zone:', ...Object.entries(all).flatMap(([zone, kind]) => [
        `  - domain: ${zone}`, `    storage: ${join(dns.folder, 'zones')}`, `    file: ${zone}.zone`,
        '    zonefile-sync: -1', '    journal-content: changes', ...(kind === 'unsigned' ? [] : ['    dnssec-signing: on', '    dnssec-policy: ec'])]),
    ].join('\n') + '\n');
    const [program, ...args] = [...prefix, 'knotd', '-c', dns.config];
    dns.process = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    dns.process.stderr.on('data', (data) => { dns.log += data; });
    await until('knotd to serve', () => {
      try { dns.control('status'); return true; } catch { return false; }
    });
    for (const [zone, kind] of Object.entries(zones)) {
      if (kind === 'unsigned') continue;
      const ds = kind === 'broken' ? '4242 13 2 ' + 'ab'.repeat(32) : await dns.ds(zone);
      dns.set('test', zone, 'DS', ds);
    }
    dns.anchor = join(dns.folder, 'anchor');
    writeFileSync(dns.anchor, `test. IN DS ${await dns.ds('test')}\n`, { mode: 0o644 });
    execFileSync('chmod', ['755', dns.folder]);
    return dns;
  }

  control(...args) { return execFileSync('knotc', ['-s', this.socket, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }).toString(); }

  // The DS record of a signed zone, once its key is there.
  ds(zone) {
    return until(`the key of ${zone}`, () => {
      const lines = execFileSync('keymgr', ['-c', this.config, zone, 'ds'], { stdio: ['ignore', 'pipe', 'pipe'] }).toString().split('\n');
      const line = lines.find((l) => / DS \d+ \d+ 2 /.test(l));
      return line && line.split(' DS ')[1];
    });
  }

  change(zone, ...changes) {
    this.control('zone-begin', zone);
    for (const change of changes) this.control(change[0], zone, ...change.slice(1));
    this.control('zone-commit', zone);
  }

  // One record more at a name, given without a final dot.
  set(zone, name, type, value) { this.change(zone, ['zone-set', `${name}.`, '60', type, value]); }

  // All records of that name and type go.
  unset(zone, name, type) { this.change(zone, ['zone-unset', `${name}.`, type]); }

  // What chancery.conf has to say for this server.
  get settings() {
    return { 'outbound.stubs': `test=${this.address}@${this.port}`, 'outbound.trust_anchor': this.anchor, 'domains.top_level': 'test' };
  }

  async stop() {
    const ended = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// A server that takes questions and gives no answer.
export function silence() {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}
