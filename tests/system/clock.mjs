// The clock of a daemon under libfaketime: where a test says, and clients that sign for that time.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

export class Clock {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'chancery-clock-'));
    chmodSync(this.folder, 0o755);
    this.file = join(this.folder, 'clock');
    this.set(0);
  }

  // What the daemon's environment has to say. Outbound keeps our time: what DNSSEC signs is of today.
  get env() {
    return { LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: this.file, FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: '1', FAKETIME_SKIP_CMDS: 'chancery-outbound' };
  }

  // So many seconds ahead of ours. The same file stays: the sandbox of the daemon knows no other.
  set(seconds) {
    this.seconds = seconds;
    writeFileSync(this.file, `+${seconds}s\n`, { mode: 0o644 });
  }

  // A client of that time. The TLS certificate of the daemon is of another time than ours, so it is not judged.
  client(appliance) {
    const httpsAgent = new Agent({ rejectUnauthorized: false, keepAlive: true });
    (appliance.agents ??= []).push(httpsAgent);
    return appliance.acm({ systemClockOffset: this.seconds * 1000, requestHandler: { httpsAgent, requestTimeout: 60000 } });
  }

  remove() { rmSync(this.folder, { recursive: true, force: true }); }
}
