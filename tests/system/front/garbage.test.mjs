// What no client should send. After each, the front must serve on; at the end it must not have crashed or leaked.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import tls from 'node:tls';
import { Front, sleep, workshop } from './harness.mjs';

const shop = workshop();
let front;

before(async () => {
  front = await new Front(shop, { request_timeout: '5s', idle_timeout: '10s' }).serve();
});
afterEach(async () => { assert.equal((await front.request()).status, 200); });
after(async () => { assert.equal(await front.stop(), 0, front.log); });

/** Sends bytes over TCP; what came back when the front hung up or after a while. */
function tcp(bytes, { ms = 1000, reset = false } = {}) {
  return new Promise((done) => {
    const got = [];
    const socket = net.connect(front.port, '127.0.0.1', () => socket.write(bytes));
    const over = () => { socket.destroy(); done(Buffer.concat(got)); };
    socket.on('data', (part) => got.push(part));
    socket.on('error', () => {});
    socket.on('close', over);
    setTimeout(() => (reset ? (socket.resetAndDestroy(), done(Buffer.concat(got))) : over()), ms).unref();
  });
}

async function rawText(text, ms = 1500) {
  const raw = await front.connect();
  raw.write(text);
  await Promise.race([raw.end, sleep(ms)]);
  raw.close();
  return raw.text;
}

test('plain HTTP to the TLS port is hung up on', async () => {
  const got = await tcp('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}');
  assert.ok(got.length <= 7);
});

test('random bytes are hung up on', async () => {
  await Promise.all(Array.from({ length: 100 }, (_, i) => tcp(randomBytes(1 + i * 37), { ms: 300 })));
});

test('a hello for an unknown version and ciphers is hung up on', async () => {
  const hello = Buffer.from('160301002f0100002b0301' + '11'.repeat(32) + '00000400350005010000', 'hex');
  const began = Date.now();
  await tcp(hello, { ms: 60000 });
  assert.ok(Date.now() - began < 50000);
});

test('bytes after a TLS handshake record header are no harm', async () => {
  await Promise.all(Array.from({ length: 60 }, (_, i) => {
    const body = randomBytes(200 + i * 20);
    return tcp(Buffer.concat([Buffer.from([22, 3, 1, body.length >> 8, body.length & 255, 1]), body]), { ms: 300 });
  }));
});

test('a hello that is cut or spoiled anywhere is no harm', async () => {
  const hello = await new Promise((done) => {
    const server = net.createServer((socket) => socket.once('data', (data) => {
      socket.on('error', () => {});
      socket.destroy();
      server.close();
      done(data);
    })).listen(0, '127.0.0.1', () => {
      tls.connect({ host: '127.0.0.1', port: server.address().port, rejectUnauthorized: false }).on('error', () => {});
    });
  });
  for (let from = 0; from < hello.length; from += 40) {
    await Promise.all(Array.from({ length: 40 }, (_, i) => {
      const at = Math.min(from + i, hello.length - 1);
      const spoiled = Buffer.from(hello);
      spoiled[at] ^= 1 + Math.floor(Math.random() * 255);
      return Promise.all([tcp(hello.subarray(0, at), { ms: 30, reset: i % 2 === 0 }), tcp(spoiled, { ms: 60 })]);
    }));
  }
});

for (const text of [
  '\0'.repeat(300), '\r\n'.repeat(2000), 'x', 'POST', 'POST /\r\n\r\n', 'POST / HTTP/9.9\r\n\r\n', 'POST  /  HTTP/1.1\r\n\r\n',
  'POST / HTTP/1.1\r\n\r\n', ' POST / HTTP/1.1\r\nHost: a\r\n\r\n', 'POST / HTTP/1.1\nHost: a\n\n',
  'POST / HTTP/1.1\r\nHost\r\n\r\n', 'POST / HTTP/1.1\r\n: a\r\n\r\n', 'POST / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\n{}\r\n0\r\nTrailer: x\r\n\r\n',
  'POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
  'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'POST /?\x80\xff%00 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', 'POST / HTTP/1.1\r\nHost: a\r\nX: \x80\xff\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n', 'G\0T / HTTP/1.1\r\nHost: a\r\n\r\n',
]) {
  test(`${JSON.stringify(text.slice(0, 70))} is answered by HTTP or not at all`, async () => {
    const got = await rawText(Buffer.from(text, 'latin1'), 300);
    assert.match(got, /^$|^HTTP\/1\.[01] (100|200|400|404|405|408|413|414|431|501|505) /);
    assert.doesNotMatch(got, /^HTTP\/1\.[01] 5\d\d (?!Not Impl|HTTP Ver)/);
  });
}

test('a request cut anywhere is no harm', async () => {
  const whole = 'POST /?q=1 HTTP/1.1\r\nHost: a\r\nX-A: b\r\nContent-Length: 10\r\n\r\n1234567890';
  await Promise.all(Array.from({ length: whole.length }, async (_, at) => {
    const raw = await front.connect();
    raw.write(whole.slice(0, at));
    await sleep(20 + at);
    if (at % 3 === 0) raw.socket.end(); else raw.close();
  }));
});

test('hundreds of quick connections while calls are pending', async () => {
  const before = front.count('held');
  const waiting = Array.from({ length: 20 }, () => front.request({ headers: { 'x-fake': 'hold' } }));
  await front.event('held', before + 20);
  for (let round = 0; round < 40; round++) {
    await Promise.all(Array.from({ length: 50 }, (_, i) => new Promise((done) => {
      const socket = net.connect(front.port, '127.0.0.1', () => {
        if (i % 3 === 0) socket.write(randomBytes(64));
        if (i % 2 === 0) socket.resetAndDestroy(); else socket.destroy();
        done();
      });
      socket.on('error', done);
    })));
  }
  const hasty = await Promise.all(Array.from({ length: 150 }, async (_, i) => {
    const raw = await front.connect();
    raw.write('POST / HTTP/1.1\r\nHost: a\r\nX-Fake: hold\r\nContent-Length: 2\r\n\r\n{}');
    setTimeout(() => raw.close(), i % 30);
    return raw.end;
  }));
  assert.equal(hasty.length, 150);
  front.say('release');
  for (const reply of await Promise.all(waiting)) assert.equal(reply.status, 200);
  front.say('release');
});

test('bodies beyond the common store are refused, not kept', async () => {
  const other = await new Front(shop, {}).serve();
  const rss = other.rss();
  const senders = await Promise.all(Array.from({ length: 80 }, () => other.connect()));
  const part = Buffer.alloc(3900 * 1024, 0x78);
  senders.forEach((raw) => {
    raw.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\n\r\n');
    raw.write(part);
  });
  for (let i = 0; i < 250 && !senders.some((raw) => /503/.test(raw.text)); i++) await sleep(100);
  assert.ok(senders.some((raw) => /^HTTP\/1.1 503 /.test(raw.text)));
  assert.ok(other.rss() - rss < 900 * 1024, `${other.rss() - rss} KiB`);
  senders.forEach((raw) => raw.close());
  assert.equal(await other.stop(), 0, other.log);
});
