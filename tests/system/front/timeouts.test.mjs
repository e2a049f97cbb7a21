// Plain build only: it waits for timeouts, which no sanitizer watches better.
// Slow clients: refused when a request takes too long, closed in silence when they idle.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Front, sleep, workshop } from './harness.mjs';

const shop = workshop();
let front;

before(async () => { front = await new Front(shop, { request_timeout: '2s', idle_timeout: '4s' }).serve(); });
after(async () => { assert.equal(await front.stop(), 0, front.log); });

function isTimeout(text) {
  assert.match(text, /^HTTP\/1.1 408 Request Timeout\r\n/);
  assert.match(text, /\r\nConnection: close\r\n/);
  assert.match(text, /\r\nDate: .* GMT\r\n/);
  assert.match(text, /\r\nContent-Type: application\/x-amz-json-1.1\r\n/);
  assert.match(text, /\r\nx-amzn-RequestId: [0-9a-f-]{36}\r\n/);
  const [head, body] = text.split('\r\n\r\n');
  assert.equal(Number(/Content-Length: (\d+)/.exec(head)[1]), body.length);
  assert.equal(JSON.parse(body).__type, 'RequestTimeoutException');
}

/** Sends a beginning, then a byte now and then, for longer than is allowed. */
async function trickle(raw, beginning, piece) {
  raw.write(beginning);
  for (let i = 0; i < 400 && !raw.ended; i++) {
    await sleep(100);
    raw.write(piece(i));
  }
  await raw.end;
  assert.ok(raw.lasted > 1500 && raw.lasted < 60000, `${raw.lasted} ms`);
}

test('a body that never ends is refused', { concurrency: true }, async () => {
  const raw = await front.connect();
  raw.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345');
  await raw.end;
  isTimeout(raw.text);
});

test('a body that trickles is refused', async () => {
  const raw = await front.connect();
  await trickle(raw, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n', () => 'x');
  isTimeout(raw.text);
});

test('chunks that trickle are refused', async () => {
  const raw = await front.connect();
  await trickle(raw, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', () => '1\r\nx\r\n');
  isTimeout(raw.text);
});

test('headers that trickle are refused', async () => {
  const raw = await front.connect();
  await trickle(raw, 'POST / HTTP/1.1\r\nHost: a\r\n', (i) => `X-${i}: v\r\n`);
  isTimeout(raw.text);
});

test('a request line that trickles is refused', async () => {
  const raw = await front.connect();
  await trickle(raw, 'POST /?', () => 'x');
  isTimeout(raw.text);
});

test('the time counts for each request of a connection', async () => {
  const raw = await front.connect();
  for (let i = 1; i <= 4; i++) {
    raw.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{');
    await sleep(800);
    raw.write('}');
    await raw.until(new RegExp(`(length 2[^]*){${i}}`));
  }
  raw.close();
});

test('core may take longer than a request may', async () => {
  const before = front.count('held');
  const waiting = front.request({ headers: { 'x-fake': 'hold' } });
  await front.event('held', before + 1);
  await sleep(5000);
  front.say('release');
  assert.equal((await waiting).body, '{"released":true}');
});

test('an idle connection is closed in silence', async () => {
  const raw = await front.connect();
  raw.write('POST / HTTP/1.1\r\nHost: a\r\nX-Fake: strays\r\nContent-Length: 2\r\n\r\n{}');
  await raw.until(/\{\}$/);
  const served = raw.text;
  raw.began = Date.now();
  assert.equal(await raw.end, served);
  assert.ok(raw.lasted > 3500 && raw.lasted < 60000, `${raw.lasted} ms`);
});

test('a connection that never asks is closed in silence', async () => {
  const raw = await front.connect();
  assert.equal(await raw.end, '');
  assert.ok(raw.lasted > 3500 && raw.lasted < 60000, `${raw.lasted} ms`);
});

test('a TLS handshake that does not come is not waited for', async () => {
  const began = Date.now();
  await new Promise((done) => {
    const socket = net.connect(front.port, '127.0.0.1');
    socket.on('close', done);
    socket.on('error', () => {});
    socket.resume();
  });
  assert.ok(Date.now() - began > 1500 && Date.now() - began < 60000);
});

test('a client that does not read its reply is let go', async () => {
  const raw = await front.connect();
  raw.socket.pause();
  for (let i = 0; i < 8; i++) raw.write('POST / HTTP/1.1\r\nHost: a\r\nX-Fake: large\r\nContent-Length: 2\r\n\r\n{}');
  await sleep(7000);
  raw.socket.resume();
  await raw.end;
  assert.ok(raw.text.length < 8 * 3 * 1024 * 1024);
  assert.equal((await front.request()).status, 200);
});

test('when the table of connections is nearly full, idle ones give way', async () => {
  const small = await new Front(shop, { connections: 64, idle_timeout: '300s' }).serve();
  const idle = [];
  for (let i = 0; i < 63; i++) idle.push(await small.connect());
  const ended = () => idle.filter((raw) => raw.ended).length;
  for (let i = 0; i < 600 && ended() === 0; i++) await sleep(100);
  assert.equal((await small.request()).status, 200);
  assert.ok(ended() >= 1);
  assert.ok(ended() <= 8);
  idle.forEach((raw) => raw.close());
  assert.equal(await small.stop(), 0, small.log);
});

test('one address has no more connections than the configuration says', async () => {
  const small = await new Front(shop, { connections_per_address: 3 }).serve();
  const kept = [await small.connect(), await small.connect(), await small.connect()];
  await assert.rejects(small.connect());
  kept[0].close();
  let reply;
  for (let i = 0; i < 600 && !reply; i++) {
    await sleep(100);
    reply = await small.request().catch(() => null);
  }
  assert.equal(reply?.status, 200);
  kept.forEach((raw) => raw.close());
  assert.equal(await small.stop(), 0, small.log);
});
