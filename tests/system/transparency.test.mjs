// Plain build only: the parsers have their fuzz targets, and the rest is clients.
// Public certificates end to end: DNS, the appliance's own trust services, its log of certificate transparency read by
// a verifier of our own, timestamps judged by OpenSSL's client, and logs elsewhere that are well, lie or are ill.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DescribeCertificateCommand, ExportCertificateCommand, GetCertificateCommand, RequestCertificateCommand,
  RevokeCertificateCommand, waitUntilCertificateValidated } from '@aws-sdk/client-acm';
import { Appliance, BIN, freePort, until } from './appliance.mjs';
import { Log, Reader, includes, leafHash, rootOf } from './ctlog.mjs';
import { Dns } from './dns.mjs';
import { checkNow, lookedAt } from './validations.mjs';

const run = promisify(execFile);
let dns, appliance, acm, folder, base, reader;
const logs = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chancery-ct-'));
  dns = await Dns.start({ 'plain.test': 'unsigned' });
  appliance = await Appliance.start({ public: true, configure: { ...dns.settings, 'trust.intermediates': 2 } });
  acm = appliance.acm();
  base = `http://127.0.0.1:${appliance.publicPort}`;
});
after(async () => {
  await appliance?.remove();
  await dns?.stop();
  for (const log of logs) await log.stop();
  rmSync(folder, { recursive: true, force: true });
});

const describe = async (CertificateArn) => (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
const chancery = (...args) => execFileSync(join(BIN, 'chancery'), [...args, '--state', appliance.state]).toString();
const file = (name, text) => { writeFileSync(join(folder, name), text); return join(folder, name); };

// Asks for a certificate and proves its name; the rest is the appliance's.
async function ask(DomainName, KeyAlgorithm, Options = {}) {
  const { CertificateArn } = await acm.send(new RequestCertificateCommand({ DomainName, KeyAlgorithm, ValidationMethod: 'DNS', Options }));
  const { Name, Value } = (await describe(CertificateArn)).DomainValidationOptions[0].ResourceRecord;
  dns.set('plain.test', Name.replace(/\.$/, ''), 'CNAME', Value);
  await checkNow(appliance, CertificateArn);
  return CertificateArn;
}
async function issued(arn) {
  await waitUntilCertificateValidated({ client: acm, maxWaitTime: 120, minDelay: 1, maxDelay: 2 }, { CertificateArn: arn });
  await until('ISSUED', async () => (await describe(arn)).Status === 'ISSUED', 120);
  return acm.send(new GetCertificateCommand({ CertificateArn: arn }));
}
const text = (pem) => execFileSync('openssl', ['x509', '-noout', '-text'], { input: pem }).toString();

let first;
test('the SDK sees a public certificate, whose chain ends in the published root', async () => {
  first = await ask('www.plain.test', 'EC_prime256v1', { Export: 'ENABLED' });
  const { Certificate, CertificateChain } = await issued(first);
  const roots = await (await fetch(`${base}/trust/roots.pem`)).text();
  assert.equal(chancery('trust', 'bundle'), roots);
  await run('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'www.plain.test', '-CAfile', file('roots.pem', roots),
    '-untrusted', file('chain.pem', CertificateChain), file('leaf.pem', Certificate)]);
  const shown = text(Certificate);
  assert.match(shown, /CT Precertificate SCTs/);
  assert.match(shown, /Policy: 2\.23\.140\.1\.2\.1/);
  assert.match(shown, /X509v3 Key Usage: critical\s+Digital Signature\n/);
  assert.doesNotMatch(shown, /Client Authentication/);
  const described = await describe(first);
  assert.equal(described.Issuer, 'Amazon');
  assert.equal(described.NotAfter - described.NotBefore, (395 * 86400 - 1) * 1000);
});

test('OpenSSL accepts the timestamp of a TLS server that uses it', async () => {
  const said = await judged(first, 'www.plain.test', file('logs.cnf', await (await fetch(`${base}/ct/log_list.cnf`)).text()));
  assert.match(said, /SCT validation status: valid/);
  assert.match(said, /Log\s+: Chancery log/);
});

test('the log is what its heads say, and only grows', async () => {
  reader = await until('the first head', () => Reader.open(base).catch(() => null));
  const before = await until('a head with the certificate', async () => {
    const head = await reader.head();
    return head.size > 0 && head;
  });
  const arns = [];
  for (let i = 0; i < 5; i++) arns.push(await ask(`n${i}.plain.test`, i === 4 ? 'RSA_2048' : 'EC_prime256v1'));
  const certificates = [];
  for (const arn of arns) certificates.push((await issued(arn)).Certificate);
  const head = await until('a head with all of them', async () => {
    const now = await reader.head(); // verifies the consistency with the one before
    return now.size >= before.size + 5 && now;
  });
  const entries = await reader.entries(head.size);
  assert.deepEqual(rootOf(entries.map((e) => leafHash(e.leaf))), head.root);
  for (const pem of certificates) {
    const serial = Buffer.from(new X509Certificate(pem).serialNumber, 'hex');
    const entry = entries.find((e) => e.leaf.includes(serial));
    assert.ok(entry, 'a certificate that the log does not have');
    assert.ok(await reader.proves(entry.leaf, head));
  }
  const { certificates: roots } = await reader.get('/ct/v1/get-roots');
  assert.ok(roots.length >= 2);
  assert.equal((await fetch(`${base}/ct/v1/get-entries?start=9&end=1`)).status, 400);
  for (const [index, tree] of [[0, head], [head.size - 1, head], [0, before]]) {
    const got = await reader.get('/ct/v1/get-entry-and-proof', { leaf_index: index, tree_size: tree.size });
    const leaf = Buffer.from(got.leaf_input, 'base64');
    assert.ok(leaf.equals(entries[index].leaf) && Buffer.from(got.extra_data, 'base64').equals(entries[index].extra));
    assert.ok(includes(index, tree.size, leafHash(leaf), got.audit_path.map((h) => Buffer.from(h, 'base64')), tree.root));
  }
  for (const query of [`leaf_index=${head.size}&tree_size=${head.size}`, `leaf_index=0&tree_size=${head.size + 1000}`, 'leaf_index=0', 'leaf_index=-1&tree_size=1', 'leaf_index=0&tree_size=0'])
    assert.equal((await fetch(`${base}/ct/v1/get-entry-and-proof?${query}`)).status, 400, query);
  // Entries come from core alone: not even a precertificate that the log itself has is taken from outside.
  const chain = [entries[0].extra.subarray(3, 3 + entries[0].extra.readUIntBE(0, 3)).toString('base64')];
  for (const path of ['add-chain', 'add-pre-chain'])
    assert.equal((await fetch(`${base}/ct/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ chain }) })).status, 405);
  assert.equal((await reader.head()).size, head.size);
});

test('a revoked certificate stands in the CRL of the trust service, and OCSP says so; its issuer is good', async () => {
  await acm.send(new RevokeCertificateCommand({ CertificateArn: first, RevocationReason: 'SUPERSEDED' }));
  const { Certificate } = await acm.send(new GetCertificateCommand({ CertificateArn: first }));
  const { serialNumber } = new X509Certificate(Certificate);
  const url = /URI:http:\/\/[^/]+(\/crl\/\S+)/.exec(text(Certificate))[1];
  await until('the CRL', async () => {
    const der = Buffer.from(await (await fetch(base + url)).arrayBuffer());
    return execFileSync('openssl', ['crl', '-inform', 'DER', '-noout', '-text'], { input: der }).toString().includes(serialNumber);
  });
  const [issuer, root] = ['chain.pem', 'roots.pem'].map((name) => join(folder, name));
  const ocsp = async (above, about) => (await run('openssl', ['ocsp', '-issuer', above, '-cert', about, '-url', `${base}/ocsp`,
    '-CAfile', root, '-no_nonce'])).stdout;
  assert.match(await ocsp(issuer, join(folder, 'leaf.pem')), /revoked/);
  assert.match(await ocsp(root, issuer), /good/);
});

// ---- logs elsewhere ----

const log = async (name, options) => { logs.push(await Log.start(name, options)); return logs.at(-1); };
const listed = (...some) => {
  const operators = {};
  for (const one of some) (operators[one.operator] ??= { name: one.operator, email: [], logs: [] }).logs.push(one.entry);
  chancery('ct', 'logs', file('list.json', JSON.stringify({ operators: Object.values(operators) })));
};
const restart = async (settings, signal) => {
  appliance.configure(settings);
  await appliance.stop(signal);
  await appliance.launch();
  acm = appliance.acm();
};
const day = (offset) => `${new Date(Date.now() + offset * 86400e3).toISOString().slice(0, 10)}T00:00:00Z`;
const timestamps = (pem) => text(pem).match(/Signed Certificate Timestamp/g)?.length ?? 0;

// A TLS server with the certificate, as OpenSSL's client judges it with a list of logs.
async function judged(arn, name, list) {
  const { Certificate, CertificateChain, PrivateKey } = await acm.send(new ExportCertificateCommand({
    CertificateArn: arn, Passphrase: Buffer.from('passphrase') }));
  const key = createPrivateKey({ key: PrivateKey, passphrase: 'passphrase' }).export({ format: 'pem', type: 'pkcs8' });
  const port = await freePort();
  const server = spawn('openssl', ['s_server', '-accept', String(port), '-quiet', '-cert', file('server.pem', Certificate),
    '-key', file('server.key', key), '-cert_chain', file('server.chain', CertificateChain)], { stdio: 'ignore' });
  try {
    const client = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', name, '-CAfile', join(folder, 'roots.pem'),
      '-verify_return_error', '-ct', '-ctlogfile', list];
    return await until('the TLS server', () => {
      const child = spawn('openssl', client, { stdio: ['pipe', 'pipe', 'ignore'] });
      child.stdin.on('error', () => {}); // one that found no server is gone
      child.stdin.end('Q\n');
      return new Promise((resolve) => {
        let out = '';
        child.stdout.on('data', (part) => { out += part; });
        child.on('exit', (code) => resolve(code === 0 && out));
      });
    });
  } finally {
    server.kill();
  }
}

// A certificate for 127.0.0.1 from an authority of its own: logs are asked over HTTPS.
function tlsOfLogs() {
  const [key, pem] = [join(folder, 'log.key'), join(folder, 'log.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=logs',
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', pem], { stdio: 'ignore' });
  chmodSync(folder, 0o755); // outbound may run under a user of its own
  return { key: readFileSync(key), cert: readFileSync(pem) };
}

const good = [];
let held;
test('too few operators hold a certificate back, and whoever asks is told by which log', async () => {
  const tls = tlsOfLogs();
  await restart({ 'ct.operators': 3, 'ct.timeout': '60s', 'outbound.trust': join(folder, 'log.pem') });
  const [liar, ill, other] = [await log('liar'), await log('ill'), await log('other')];
  const over = await log('over', { shard: { start_inclusive: day(-400), end_exclusive: day(100) } });
  Object.assign(liar, { mood: 'lying' });
  Object.assign(ill, { mood: 'ill' });
  const { entries: [{ extra_data }] } = await reader.get('/ct/v1/get-entries', { start: 0, end: 0 });
  const extra = Buffer.from(extra_data, 'base64'); // PrecertChainEntry: the precertificate, then its chain, lengths of three octets
  const cut = (at) => extra.subarray(at + 3, at + 3 + extra.readUIntBE(at, 3));
  const foreign = cut(0);
  Object.assign(other, { mood: 'other', foreign: [foreign, cut(3 + foreign.length + 3)] });
  good.push(await log('good-1', { tls, operator: 'good', shard: { start_inclusive: day(0), end_exclusive: day(500) } }));
  good.push(await log('good-2', { tls, operator: 'good' }));
  listed(liar, ill, other, over, ...good);
  held = await ask('logged.plain.test', 'EC_prime256v1', { Export: 'ENABLED' });
  const { Reason, NextAt } = await until('a reason', async () =>
    (await lookedAt(appliance, held)).Waiting.find(({ Code }) => Code === 'ISSUANCE_HELD_BACK'), 120);
  assert.match(Reason, /^Logs of 2 operators gave a timestamp, and 3 are needed\. The log http:\S+ gave no timestamp: /);
  assert.ok(NextAt > 0);
  assert.equal((await describe(held)).Status, 'PENDING_VALIDATION');
  assert.ok(liar.asked > 0 && ill.asked > 0 && other.asked > 0);
  assert.equal(over.asked, 0); // its shard ends before the certificate does
});

test('a slow log is overtaken; the certificate has timestamps of three operators, each of which OpenSSL finds valid', async () => {
  const silent = await log('silent');
  silent.mood = 'silent';
  good.push(await log('better'));
  listed(silent, ...logs.filter((one) => one !== silent));
  await checkNow(appliance, held);
  const { Certificate, CertificateChain } = await issued(held);
  assert.equal(timestamps(Certificate), 3);
  assert.ok(silent.waiting.length > 0); // it was asked, and is waited for by nobody
  const sent = good.at(-1).chains.at(-1).map((der) => new X509Certificate(der));
  assert.equal(sent[0].serialNumber, new X509Certificate(Certificate).serialNumber);
  assert.deepEqual(sent.slice(1).map((c) => c.fingerprint256),
    CertificateChain.split(/(?<=-----END CERTIFICATE-----\n)/).filter((c) => c.trim()).map((c) => new X509Certificate(c).fingerprint256));
  const own = await (await fetch(`${base}/ct/log_list.cnf`)).text();
  const list = file('all.cnf', own.replace('enabled_logs = chancery', `enabled_logs = chancery,${good.map((g) => g.name).join(',')}`)
    + good.map((g) => g.section).join(''));
  const said = await judged(held, 'logged.plain.test', list);
  assert.equal(said.match(/SCT validation status: valid/g)?.length, 3, said);
});

test('two certificates are at a log at once', async () => {
  const better = good.at(-1);
  better.mood = 'pair';
  listed(...good);
  const arns = [await ask('one.plain.test', 'EC_prime256v1'), await ask('two.plain.test', 'EC_prime256v1')];
  for (const arn of arns) assert.equal(timestamps((await issued(arn)).Certificate), 3);
  better.mood = 'well';
});

test('who asks for no transparency gets no timestamps, and no log hears of the certificate', async () => {
  const before = logs.map((one) => one.asked);
  const { size } = await reader.head();
  const { Certificate } = await issued(await ask('secret.plain.test', 'EC_prime256v1', { CertificateTransparencyLoggingPreference: 'DISABLED' }));
  assert.equal(timestamps(Certificate), 0);
  assert.deepEqual(logs.map((one) => one.asked), before);
  assert.equal((await reader.head()).size, size);
});

test('a kill while logs are asked loses nothing; where the policy allows, the certificate is issued without timestamps, and the trail says so', async () => {
  const silent = logs.find((one) => one.name === 'silent');
  listed(silent);
  silent.waiting = [];
  const arn = await ask('without.plain.test', 'EC_prime256v1');
  await until('the silent log to be asked', () => silent.waiting.length > 0, 120);
  assert.equal((await describe(arn)).Status, 'PENDING_VALIDATION');
  silent.mood = 'ill';
  await restart({ 'ct.failure': 'issue' }, 'SIGKILL');
  const { Certificate } = await issued(arn);
  assert.equal(timestamps(Certificate), 0);
  const events = execFileSync('sqlite3', ['-readonly', join(appliance.state, 'store/chancery.db'),
    `SELECT CAST(record AS TEXT) FROM audit WHERE CAST(record AS TEXT) LIKE '%"CertificateIssued"%${arn}%'`]).toString();
  assert.match(events, /"transparencyLogged": ?false/);
  assert.match(events, /"transparencyFailure": ?"Logs of 1 operators gave a timestamp, and 3 are needed\. The log http:[^"]+HTTP status 503"/);
  assert.ok((await reader.head()).size > 0); // still the same log
  listed(...good);
});

const pems = (chain) => chain.split(/(?<=-----END CERTIFICATE-----\n)/).filter((part) => part.includes('BEGIN'));
const verify = (root, chain, leaf, ...options) => run('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', ...options,
  '-CAfile', file('anchor.pem', root), '-untrusted', file('between.pem', chain), file('end.pem', leaf)]);

test('rolling over an intermediate: what it issued holds, its successors issue', async () => {
  const before = chancery('trust', 'list', '--family', 'p-256').match(/intermediate\s+\d+\s+ACTIVE/g).length;
  assert.match(chancery('trust', 'roll-over', 'intermediate', '--family', 'p-256'), /^2 retired/);
  const { CertificateChain } = await issued(await ask('successor.plain.test', 'EC_prime256v1'));
  assert.ok(!readFileSync(join(folder, 'chain.pem'), 'utf8').includes(pems(CertificateChain)[0].trim()));
  await run('openssl', ['verify', '-CAfile', join(folder, 'roots.pem'), '-untrusted', join(folder, 'chain.pem'), join(folder, 'leaf.pem')]);
  await until('the successors', () => chancery('trust', 'list', '--family', 'p-256').match(/intermediate\s+\d+\s+ACTIVE/g)?.length === before);
});

test('rolling over a root, twice: who trusts one of the roots alone, old or new, trusts what is issued then', async () => {
  const first = readFileSync(join(folder, 'roots.pem'), 'utf8');
  const anchors = [pems(first)[0]];
  for (const generation of [2, 3]) {
    chancery('trust', 'roll-over', 'root', '--family', 'p-256');
    const { Certificate, CertificateChain } = await issued(await ask(`after${generation}.plain.test`, 'EC_prime256v1'));
    assert.match(chancery('trust', 'list', '--family', 'p-256'), new RegExp(`root\\s+${generation - 1}\\s+RETIRED`));
    const roots = chancery('trust', 'bundle');
    anchors.push(await (await fetch(`${base}/trust/p-256.pem`)).text());
    assert.ok(roots.includes(anchors.at(-1).trim()));
    for (const anchor of anchors) await verify(anchor, CertificateChain, Certificate);
    // the chain goes down from the very first root, over the cross-certificates
    const chain = pems(CertificateChain);
    assert.equal(chain.length, generation + 1);
    assert.equal(chain.at(-1).trim(), anchors[0].trim());
    const cross = await (await fetch(`${base}/trust/cross.pem`)).text();
    assert.equal(cross.trim(), chain[1].trim());
    const [link, root] = [new X509Certificate(cross), new X509Certificate(anchors.at(-1))];
    assert.equal(link.subject, root.subject);
    assert.ok(link.publicKey.equals(root.publicKey));
    assert.ok(link.checkIssued(new X509Certificate(anchors.at(-2))) && link.verify(new X509Certificate(anchors.at(-2)).publicKey));
    const { stdout } = await run('openssl', ['ocsp', '-issuer', file('above.pem', anchors.at(-2)), '-cert', file('cross.pem', cross), '-url', `${base}/ocsp`,
      '-CAfile', join(folder, 'above.pem'), '-no_nonce']);
    assert.match(stdout, /good/);
  }
  assert.ok(chancery('trust', 'bundle').includes(anchors[0].trim()));
  await assert.rejects(verify(anchors[0], '', readFileSync(join(folder, 'end.pem'), 'utf8')));
});
