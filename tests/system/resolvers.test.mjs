// Plain build only: it waits more than it works.
// Servers of domains that are slow, silent, ill or in circles, and resolvers that lie: each name says why it waits, and none holds up
// another. With several resolvers a quorum of them must see the proof.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DescribeCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { Appliance, BIN, until } from './appliance.mjs';
import { Dns } from './dns.mjs';
import { Relay } from './resolvers.mjs';
import { checkNow, lookedAt } from './validations.mjs';

const NET = `127.${20 + (process.pid % 200)}.${1 + (process.pid % 250)}`; // addresses of this test alone, for port 80
const SILENT = ['s1.test', 's2.test', 's3.test'];
let dns, appliance, acm, ill;
const relays = [];
const relay = async (mood) => { relays.push(await Relay.start(dns, mood)); return relays.at(-1); };

before(async () => {
  dns = await Dns.start(Object.fromEntries([...SILENT, 'fail.test', 'circle.test', 'good.test', 'half.test', 'late.test'].map((z) => [z, 'unsigned'])
    .concat([['signed.test', 'signed'], ['broken.test', 'broken']])));
  ill = await relay((name) => (SILENT.some((z) => name.endsWith(z)) ? 'silent' : name.endsWith('fail.test') ? { rcode: 2 } : name.endsWith('late.test') ? { delay: 800 } : undefined));
  const stubs = [...SILENT, 'fail.test', 'late.test'].map((z) => `${z}=${ill.address}`);
  appliance = await Appliance.start({ public: true, configure: { ...dns.settings, 'outbound.stubs': [dns.settings['outbound.stubs'], ...stubs].join(','),
    'trust.intermediates': 1, 'outbound.allowed_networks': `${NET}.0/24` } });
  acm = appliance.acm();
});
after(async () => {
  await appliance?.remove();
  await dns?.stop();
  for (const one of relays) await one.stop();
});

const chancery = (...args) => execFileSync(join(BIN, 'chancery'), [...args, '--state', appliance.state]).toString();
const describe = async (CertificateArn, client = acm) => (await client.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
async function ask(DomainName, SubjectAlternativeNames, client = acm) {
  const { CertificateArn } = await client.send(new RequestCertificateCommand({ DomainName, SubjectAlternativeNames, ValidationMethod: 'DNS', KeyAlgorithm: 'EC_prime256v1' }));
  return CertificateArn;
}
async function put(arn, zone, value, client = acm) {
  const { Name, Value } = (await describe(arn, client)).DomainValidationOptions[0].ResourceRecord;
  dns.set(zone, Name.replace(/\.$/, ''), 'CNAME', value?.(Name) ?? Value);
  return Name.replace(/\.$/, '');
}
const issued = (arn, client = acm) => until('ISSUED', async () => (await describe(arn, client)).Status === 'ISSUED', 120)
  .catch(async (error) => assert.fail(`${error.message}: ${JSON.stringify(await lookedAt(appliance, arn))}`));

// What a person reads who asks the operator's command, once it has those words.
async function reads(arn, words) {
  await checkNow(appliance, arn);
  let shown;
  await until(`${words}`, () => { shown = chancery('validation', 'show', arn); return words.test(shown); }, 120)
    .catch((error) => assert.fail(`${error.message}:\n${shown}`));
  return shown;
}

test('each bad server has its reason: silent, ill, in a circle, not genuine', async () => {
  const [silent, fail, circle, bogus] = [await ask('www.s1.test'), await ask('www.fail.test'), await ask('www.circle.test'), await ask('www.broken.test')];
  await put(circle, 'circle.test', (name) => { dns.set('circle.test', 'there.circle.test', 'CNAME', name); return 'there.circle.test.'; });
  await put(bogus, 'broken.test');
  await reads(fail, /www\.fail\.test: SERVFAIL: The servers of _[0-9a-f]+\.www\.fail\.test do not answer properly: SERVFAIL/);
  await reads(circle, /www\.circle\.test: CHAIN_TOO_LONG: More than 5 CNAME records lead one to the next/);
  await reads(bogus, /www\.broken\.test: DNSSEC_FAILURE: .*not shown to be genuine by DNSSEC.*\n/);
  const shown = await reads(silent, /www\.s1\.test: (TIMEOUT: The servers of \S+ did not answer in time|SERVFAIL: The servers of \S+ do not answer properly)/);
  assert.match(shown, /^ {2}next look {2}20/m);
});

test('a name that is itself in a circle has the proof, and CAA cannot be looked up', async () => {
  const arn = await ask('a.circle.test');
  dns.set('circle.test', 'a.circle.test', 'CNAME', 'b.circle.test.');
  dns.set('circle.test', 'b.circle.test', 'CNAME', 'a.circle.test.');
  await put(arn, 'circle.test');
  await reads(arn, /a\.circle\.test: SERVFAIL: The servers of a\.circle\.test do not answer properly/);
  assert.equal((await describe(arn)).Status, 'PENDING_VALIDATION');
});

test('servers that are late by most of a second prove all the same', async () => {
  const arn = await ask('www.late.test');
  await put(arn, 'late.test');
  await checkNow(appliance, arn);
  await issued(arn);
  assert.ok(ill.asked.some((name) => name.endsWith('late.test')));
});

test('two hundred names at silent servers hold up neither their own account nor another', async () => {
  const operator = chancery('account', 'add', 'other');
  const key = chancery('user', 'add', 'other', '--account', /\d{12}/.exec(operator)[0], '--administrator');
  const other = appliance.acm({ credentials: { accessKeyId: /AKIA\w+/.exec(key)[0], secretAccessKey: /secret access key\s+(\S+)/.exec(key)[1] } });
  for (const zone of SILENT)
    for (let i = 0; i < 7; i++) await ask(`n0.c${i}.${zone}`, Array.from({ length: 9 }, (_, n) => `n${n + 1}.c${i}.${zone}`));
  await until('all silent domains to be asked', () => SILENT.every((z) => ill.asked.some((name) => name.endsWith(z))));
  const [mine, theirs] = [await ask('own.good.test'), await ask('other.good.test', undefined, other)];
  await put(mine, 'good.test');
  await put(theirs, 'good.test', undefined, other);
  await checkNow(appliance, mine);
  await Promise.all([issued(mine), issued(theirs, other)]);
});

const WRONG = 'elsewhere.half.test';
async function resolvers(quorum, ...some) {
  appliance.configure({ 'outbound.resolvers': some.map((one) => one.address).join(','), 'outbound.quorum': quorum, 'outbound.stubs': '' });
  await appliance.stop();
  await appliance.launch();
  acm = appliance.acm();
}

test('of three resolvers all must see the proof; who does not is named', async () => {
  const [one, two] = [await relay(), await relay()];
  const liar = await relay((name) => (/^_.*half\.test$/.test(name) ? { cname: WRONG } : /^_.*signed\.test$/.test(name) ? { cname: 'elsewhere.signed.test' } : undefined));
  await resolvers(0, one, two, liar);
  const arn = await ask('www.half.test');
  await put(arn, 'half.test');
  const shown = await reads(arn, /www\.half\.test: WRONG_VALUE: 2 of 3 resolvers see what is needed, but not (\S+): The CNAME points to elsewhere\.half\.test/);
  assert.ok(shown.includes(`but not ${liar.address}:`));
  for (const { address } of [one, two, liar]) assert.match(shown, new RegExp(`${address}: `));
  const signed = await ask('www.signed.test');
  await put(signed, 'signed.test');
  await reads(signed, /www\.signed\.test: DNSSEC_FAILURE: 2 of 3 resolvers see what is needed, but not \S+: .*not shown to be genuine by DNSSEC/);
  assert.equal((await describe(arn)).Status, 'PENDING_VALIDATION');
});

test('a quorum of two outvotes one that lies, and one that never answers; two that lie are not outvoted', async () => {
  const [one, two, three] = relays.slice(-3);
  await resolvers(2, one, two, three);
  const lied = await ask('two.half.test');
  await put(lied, 'half.test');
  await checkNow(appliance, lied);
  await issued(lied);
  three.mood = () => 'silent';
  const silent = await ask('three.half.test');
  await put(silent, 'half.test');
  await checkNow(appliance, silent);
  await issued(silent);
  two.mood = three.mood = (name) => (/^_.*half\.test$/.test(name) ? { cname: WRONG } : undefined);
  const outvoted = await ask('four.half.test');
  await put(outvoted, 'half.test');
  await reads(outvoted, /four\.half\.test: WRONG_VALUE: 1 of 3 resolvers see what is needed, but not/);
  assert.equal((await describe(outvoted)).Status, 'PENDING_VALIDATION');
});

test('the page of a name is fetched from where each resolver says that it is, and a quorum must find it', { skip: process.getuid() !== 0 && 'port 80 needs root' }, async () => {
  const [one, two, liar] = relays.slice(-3);
  const places = { [one.address]: `${NET}.80`, [two.address]: `${NET}.80`, [liar.address]: `${NET}.81` };
  for (const relay of [one, two, liar])
    relay.mood = (name, type) => (name === 'page.half.test' ? (type === 1 ? { a: places[relay.address] } : {}) : undefined);
  let target = '';
  const pages = [[`${NET}.80`, (req, res) => res.writeHead(302, { location: target }).end()], [`${NET}.81`, (req, res) => res.writeHead(404).end()]]
    .map(([address, act]) => createServer(act).listen(80, address));
  try {
    await resolvers(0, one, two, liar);
    const { CertificateArn: arn } = await acm.send(new RequestCertificateCommand({ DomainName: 'page.half.test', ValidationMethod: 'HTTP', ManagedBy: 'CLOUDFRONT', KeyAlgorithm: 'EC_prime256v1' }));
    target = (await describe(arn)).DomainValidationOptions[0].HttpRedirect.RedirectTo;
    const shown = await reads(arn, /page\.half\.test: WRONG_STATUS: 2 of 3 resolvers see what is needed, but not/);
    assert.ok(shown.includes(`but not ${liar.address}: The web server answers with status 404`), shown);
    for (const { address } of [one, two]) assert.ok(shown.includes(`${address}: ${NET}.80: status 302, ${target}`), shown);
    assert.ok(shown.includes(`${liar.address}: ${NET}.81: status 404`), shown);
    assert.equal((await describe(arn)).Status, 'PENDING_VALIDATION');
    await resolvers(2, one, two, liar);
    await checkNow(appliance, arn);
    await issued(arn);
  } finally {
    for (const server of pages) { server.closeAllConnections(); server.close(); }
  }
});
