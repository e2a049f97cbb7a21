// Core goes away, comes back, is slow, or breaks the agreement.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Front, sleep, workshop } from './harness.mjs';

const shop = workshop();
let front;

before(async () => { front = await new Front(shop, {}).serve(); });
after(async () => { assert.equal(await front.stop(), 0, front.log); });

const unavailable = (reply) => {
  assert.equal(reply.status, 503);
  assert.equal(JSON.parse(reply.body).__type, 'ServiceUnavailableException');
};
const held = { headers: { 'x-fake': 'hold' } };

async function rewire() {
  front.say('wire');
  for (let i = 0; i < 100; i++) {
    if ((await front.request()).status === 200) return;
    await sleep(20);
  }
  assert.fail('the new wire is not used');
}

test('a call waits for core without holding others up', async () => {
  const before = front.count('held');
  const waiting = Array.from({ length: 50 }, () => front.request(held));
  await front.event('held', before + 50);
  const began = Date.now();
  assert.equal((await front.request()).status, 200);
  assert.ok(Date.now() - began < 30000);
  front.say('release');
  for (const reply of await Promise.all(waiting)) assert.equal(reply.body, '{"released":true}');
});

test('when core goes, waiting and new calls get 503; a new wire is used', async () => {
  const before = front.count('held');
  const waiting = Array.from({ length: 50 }, () => front.request(held));
  await front.event('held', before + 50);
  front.say('cut');
  for (const reply of await Promise.all(waiting)) unavailable(reply);
  unavailable(await front.request());
  await rewire();
});

test('a second wire replaces the first', async () => {
  const before = front.count('held');
  const ends = front.count('wire-end');
  const waiting = front.request(held);
  await front.event('held', before + 1);
  front.say('wire');
  unavailable(await waiting);
  await front.event('wire-end', ends + 1);
  await rewire();
});

test('core that dies on a call fails that call only', async () => {
  unavailable(await front.request({ headers: { 'x-fake': 'die' } }));
  await rewire();
});

test('an answer of the wrong kind ends the channel', async () => {
  const ends = front.count('wire-end');
  unavailable(await front.request({ headers: { 'x-fake': 'wrong-type' } }));
  await front.event('wire-end', ends + 1);
  await rewire();
});

test('core comes and goes under load without harm', async () => {
  let stop = false;
  const seen = new Map();
  const callers = Array.from({ length: 8 }, async (_, i) => {
    while (!stop) {
      const reply = await front.request(i === 0 ? held : {}).catch((e) => ({ status: e.code }));
      seen.set(reply.status, (seen.get(reply.status) ?? 0) + 1);
    }
  });
  for (let i = 0; i < 12; i++) {
    await sleep(100);
    front.say(i % 3 === 0 ? 'release' : i % 3 === 1 ? 'cut' : 'wire');
  }
  front.say('wire');
  for (let i = 0; i < 600 && !(seen.get(200) > 10); i++) await sleep(100);
  stop = true;
  const release = setInterval(() => front.say('release'), 100);
  await Promise.all(callers);
  clearInterval(release);
  assert.ok(seen.get(200) > 10, JSON.stringify([...seen]));
  assert.ok([...seen.keys()].every((status) => status === 200 || status === 503), JSON.stringify([...seen]));
  await rewire();
});

test('clients that give up while core works leave nothing behind', async () => {
  const before = front.count('held');
  const gone = await Promise.all(Array.from({ length: 200 }, async () => {
    const raw = await front.connect();
    raw.write('POST / HTTP/1.1\r\nHost: a\r\nX-Fake: hold\r\nContent-Length: 2\r\n\r\n{}');
    return raw;
  }));
  await front.event('held', before + 200);
  gone.forEach((raw) => raw.close());
  await sleep(100);
  front.say('release');
  await sleep(300);
  assert.equal((await front.request()).status, 200);
});

test('core that goes while clients have given up is no harm either', async () => {
  const before = front.count('held');
  const gone = await Promise.all(Array.from({ length: 100 }, async () => {
    const raw = await front.connect();
    raw.write('POST / HTTP/1.1\r\nHost: a\r\nX-Fake: hold\r\nContent-Length: 2\r\n\r\n{}');
    return raw;
  }));
  await front.event('held', before + 100);
  gone.forEach((raw) => raw.close());
  front.say('cut');
  await rewire();
});

test('the front ends in order while calls wait', async () => {
  const other = await new Front(shop, {}).serve();
  const waiting = Array.from({ length: 20 }, () => other.request(held).then((r) => r.status, () => 'closed'));
  await other.event('held', 20);
  assert.equal(await other.stop(), 0, other.log);
  for (const status of await Promise.all(waiting)) assert.ok([503, 'closed'].includes(status), status);
});
