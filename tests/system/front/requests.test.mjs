// What the front relays, what it answers itself.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import https from 'node:https';
import { after, before, test } from 'node:test';
import { Front, sleep, uuid4, workshop } from './harness.mjs';

let front;

before(async () => { front = await new Front(workshop(), {}).serve(); });
after(async () => { assert.equal(await front.stop(), 0, front.log); });

function isRefusal(reply, status, type) {
  assert.equal(reply.status, status);
  assert.equal(reply.headers['content-type'], 'application/x-amz-json-1.1');
  assert.match(reply.headers['x-amzn-requestid'], uuid4);
  const body = JSON.parse(reply.body);
  assert.equal(body.__type, type);
  assert.equal(typeof body.message, 'string');
  assert.deepEqual(Object.keys(body), ['__type', 'message']);
}

test('core is told method, path, query, headers, body and peer as they came', async () => {
  const told = await front.relayed({
    path: '/?b=%20%2f&a&&b=+%zz',
    headers: { 'X-Amz-Date': '20261123T000000Z', Authorization: 'AWS4-HMAC-SHA256 x', 'X-Two': ['1', ' 2  2 '] },
  }, '{"a":1}');
  assert.equal(told.method, 'POST');
  assert.equal(told.path, '/');
  assert.equal(told.query, 'b=%20%2f&a&&b=+%zz');
  assert.equal(told.peer, '127.0.0.1');
  assert.equal(told.length, 7);
  assert.equal(told.sha256, createHash('sha256').update('{"a":1}').digest('hex'));
  const names = told.headers.map(([name]) => name);
  assert.deepEqual(names.slice(0, 4), ['x-amz-date', 'authorization', 'x-two', 'x-two']);
  assert.deepEqual(told.headers[2], ['x-two', '1']);
  assert.equal(told.headers[3][1].trim(), '2  2');
});

test('the reply has status, headers and body of core, a date and no server name', async () => {
  const reply = await front.request({ headers: { 'x-fake': 'own-headers' } });
  assert.equal(reply.status, 200);
  assert.equal(reply.body, '{}');
  assert.equal(reply.headers['x-amzn-requestid'], 'fake-id');
  assert.ok(reply.raw.includes('x-amzn-RequestId'));
  assert.ok(Math.abs(Date.parse(reply.headers.date) - Date.now()) < 5000);
  assert.equal(reply.headers.server, undefined);
  assert.equal(reply.headers['content-length'], '2');
  assert.equal(reply.headers['transfer-encoding'], undefined);
});

test('an empty body and an empty reply pass', async () => {
  assert.equal((await front.relayed({}, '')).length, 0);
  const reply = await front.request({ headers: { 'x-fake': 'empty' } });
  assert.equal(reply.body, '');
  assert.equal(reply.headers['content-length'], '0');
});

test('a body of 4 MiB passes, announced and in chunks', async () => {
  const body = randomBytes(4 * 1024 * 1024);
  const digest = createHash('sha256').update(body).digest('hex');
  assert.equal((await front.relayed({}, body)).sha256, digest);
  const chunked = await front.relayed({}, (request) => {
    for (let at = 0; at < body.length; at += 100000) request.write(body.subarray(at, at + 100000));
    request.end();
  });
  assert.equal(chunked.sha256, digest);
  assert.ok(chunked.headers.some(([name, value]) => name === 'transfer-encoding' && value === 'chunked'));
});

test('a reply of 3 MiB arrives whole', async () => {
  const reply = await front.request({ headers: { 'x-fake': 'large' } });
  assert.equal(reply.body.length, 3 * 1024 * 1024);
});

test('an announced body over 4 MiB is refused before it is sent', async () => {
  const raw = await front.connect();
  raw.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${4 * 1024 * 1024 + 1}\r\n\r\n`);
  await raw.end;
  assert.match(raw.text, /^HTTP\/1.1 413 /);
  assert.match(raw.text, /connection: close/i);
  assert.match(raw.text, /"__type":"RequestEntityTooLargeException"/);
});

test('a client that sends an overlong body first still reads the refusal', async () => {
  for (let i = 0; i < 10; i++) {
    const raw = await front.connect();
    const body = Buffer.alloc(6 * 1024 * 1024);
    raw.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
    raw.write(body);
    await raw.end;
    assert.match(raw.text, /RequestEntityTooLargeException/);
  }
});

test('chunks beyond 4 MiB are refused while they come', async () => {
  const raw = await front.connect();
  const piece = `10000\r\n${'x'.repeat(65536)}\r\n`;
  raw.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (let i = 0; i < 65; i++) raw.write(piece);
  await raw.end;
  assert.match(raw.text, /^HTTP\/1.1 413 /);
  assert.match(raw.text, /"__type":"RequestEntityTooLargeException"/);
  assert.match(raw.text, /x-amzn-RequestId: [0-9a-f-]{36}\r\n/);
});

test('other paths are unknown', async () => {
  isRefusal(await front.request({ path: '/nope' }), 404, 'UnknownOperationException');
  isRefusal(await front.request({ path: '//' }), 404, 'UnknownOperationException');
  isRefusal(await front.request({ path: '/%2e' }), 404, 'UnknownOperationException');
  isRefusal(await front.request({ path: '/x', method: 'GET' }, ''), 404, 'UnknownOperationException');
});

for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH', 'BREW']) {
  test(`${method} on / is refused with what is allowed`, async () => {
    if (method === 'BREW') {
      const raw = await front.connect();
      raw.write('BREW / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      await raw.end;
      assert.match(raw.text, /^HTTP\/1.1 405 /);
      assert.match(raw.text, /\r\nAllow: POST, GET\r\n/);
      return;
    }
    const reply = await front.request({ method }, '');
    isRefusal(reply, 405, 'MethodNotAllowedException');
    assert.equal(reply.headers.allow, 'POST, GET');
  });
}

test('GET on / is relayed as it is signed', async () => {
  const told = await front.relayed({ method: 'GET', path: '/?Action=GetCallerIdentity' }, '');
  assert.equal(told.method, 'GET');
  assert.equal(told.query, 'Action=GetCallerIdentity');
});

test('HEAD on / is refused without a body', async () => {
  const reply = await front.request({ method: 'HEAD' }, '');
  assert.equal(reply.status, 405);
  assert.equal(reply.headers.allow, 'POST, GET');
  assert.equal(reply.body, '');
});

test('64 headers pass, 65 do not', async () => {
  const headers = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`h${i}`, 'v']));
  const told = await front.relayed({ headers: headers(61) });
  assert.equal(told.headers.length, 64); // with host, content-length, connection
  isRefusal(await front.request({ headers: headers(62) }), 400, 'MalformedHttpRequestException');
});

test('a head that does not fit is refused with 431 or 414', async () => {
  const raw = await front.connect();
  raw.write(`POST / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(64 * 1024)}\r\n\r\n`);
  await raw.end;
  assert.match(raw.text, /^HTTP\/1.1 431 /);
  const long = await front.connect();
  long.write(`POST /?${'x'.repeat(64 * 1024)} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await long.end;
  assert.match(long.text, /^HTTP\/1.1 414 /);
});

// From our own bound to that of the server's memory for a head.
for (const [what, status, type, head] of [
  ['a target', 414, 'RequestUriTooLongException', `POST /?${'x'.repeat(12 * 1024)} HTTP/1.1\r\nHost: a\r\n`],
  ['one header', 431, 'RequestHeaderSectionTooLargeException', `POST / HTTP/1.1\r\nHost: a\r\nX-A: ${'x'.repeat(14 * 1024)}\r\n`],
  ['one header just within the memory', 431, 'RequestHeaderSectionTooLargeException',
    `POST / HTTP/1.1\r\nHost: a\r\nX-A: ${'x'.repeat(19 * 1024)}\r\n`],
  ['sixty headers', 431, 'RequestHeaderSectionTooLargeException',
    `POST / HTTP/1.1\r\nHost: a\r\n${`X-A: ${'x'.repeat(245)}\r\n`.repeat(60)}`],
]) {
  test(`${what} beyond the bound is refused in JSON with a request id`, async () => {
    const raw = await front.connect();
    raw.write(`${head}Connection: close\r\n\r\n`);
    await raw.end;
    const [lines, body] = raw.text.split('\r\n\r\n');
    assert.match(lines, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(lines, /^x-amzn-RequestId: [0-9a-f-]{36}$/im);
    assert.equal(JSON.parse(body).__type, type);
  });
}

test('a head of 12 KiB fits', async () => {
  const told = await front.relayed({ headers: { 'x-amz-security-token': 'x'.repeat(12 * 1024) } });
  assert.equal(told.headers[0][1].length, 12 * 1024);
});

for (const [what, lines] of [
  ['a control character in a value', 'X-A: a\x01b\r\n'],
  ['a blank in a name', 'X A: b\r\n'],
  ['two lengths', 'Content-Length: 2\r\nContent-Length: 2\r\n'],
  ['a length beside chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n'],
  ['an unknown coding', 'Transfer-Encoding: gzip, chunked\r\n'],
]) {
  test(`${what} is malformed`, async () => {
    const raw = await front.connect();
    raw.write(`POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n{}`);
    await raw.end;
    assert.match(raw.text, /^HTTP\/1.1 400 /);
    assert.match(raw.text, /connection: close/i);
  });
}

test('a client that expects 100-continue is told to go on', async () => {
  let continued = false;
  const told = await front.relayed({
    headers: { Expect: '100-continue', 'Content-Length': 4 },
    onContinue: () => { continued = true; },
  }, (request) => request.on('continue', () => request.end('abcd')));
  assert.ok(continued);
  assert.equal(told.length, 4);
});

test('a client that expects 100-continue for too much is refused at once', async () => {
  const raw = await front.connect();
  raw.write('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n');
  await raw.end;
  assert.match(raw.text, /^HTTP\/1.1 413 /);
});

test('one connection serves many requests', async () => {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set();
  for (let i = 0; i < 50; i++) {
    const reply = await front.request({ agent }, `{"n":${i}}`);
    assert.equal(reply.status, 200);
    ports.add(reply.socket?.localPort ?? 0);
  }
  assert.ok(ports.size <= 2, [...ports].join());
  agent.destroy();
});

test('pipelined requests are answered in order', async () => {
  const raw = await front.connect();
  let all = '';
  for (let i = 0; i < 20; i++) {
    const body = 'x'.repeat(i);
    all += `POST /?n=${i} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  }
  raw.write(all);
  await raw.until(/length 19\n/);
  const lengths = [...raw.text.matchAll(/\nlength (\d+)\n/g)].map((m) => Number(m[1]));
  assert.deepEqual(lengths, Array.from({ length: 20 }, (_, i) => i));
  raw.close();
});

test('connection: close of core is honoured', async () => {
  const raw = await front.connect();
  raw.write('POST / HTTP/1.1\r\nHost: a\r\nX-Fake: refuse\r\nContent-Length: 2\r\n\r\n{}');
  await raw.end;
  assert.match(raw.text, /^HTTP\/1.1 400 /);
  assert.match(raw.text, /\r\nConnection: close\r\n/i);
  assert.match(raw.text, /ValidationException/);
});

test('an HTTP/1.0 client is served and hung up on', async () => {
  const raw = await front.connect();
  raw.write('POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}');
  await raw.end;
  assert.match(raw.text, /^HTTP\/1.[01] 200 /);
});

test('a client that ends its sending side still gets its reply', async () => {
  const raw = await front.connect({ allowHalfOpen: true });
  raw.socket.end('POST / HTTP/1.1\r\nHost: a\r\nX-Fake: hold\r\nContent-Length: 2\r\n\r\n{}');
  await front.event('held', front.count('held') + 1);
  front.say('release');
  await raw.end;
  assert.match(raw.text, /^HTTP\/1.1 200 /);
  assert.match(raw.text, /released/);
});

for (const how of ['bad-header', 'bad-status']) {
  test(`an answer of core with a ${how} becomes an internal failure`, async () => {
    isRefusal(await front.request({ headers: { 'x-fake': how } }), 500, 'InternalFailure');
  });
}

test('answers that nobody waits for are dropped', async () => {
  for (let i = 0; i < 20; i++) {
    assert.equal((await front.request({ headers: { 'x-fake': 'strays' } })).status, 200);
  }
  await sleep(50);
  assert.equal((await front.request()).status, 200);
});
