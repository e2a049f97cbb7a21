// Plain build only: the parsers have their fuzz targets, and the rest is clients.
// Public certificates end to end: DNS, the appliance's own trust services, its log of certificate transparency read by
// a verifier of our own, timestamps judged by OpenSSL's client, and logs elsewhere that are well, lie or are ill.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DescribeCertificateCommand, ExportCertificateCommand, GetCertificateCommand, RequestCertificateCommand,
  RevokeCertificateCommand, waitUntilCertificateValidated } from '@aws-sdk/client-acm';
import { Appliance, BIN, freePort, until } from './appliance.mjs';
import { Log, Reader } from './ctlog.mjs';
import { Dns } from './dns.mjs';
import { checkNow } from './validations.mjs';

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
  const { Certificate, CertificateChain, PrivateKey } = await acm.send(new ExportCertificateCommand({
    CertificateArn: first, Passphrase: Buffer.from('passphrase') }));
  const key = createPrivateKey({ key: PrivateKey, passphrase: 'passphrase' }).export({ format: 'pem', type: 'pkcs8' });
  const port = await freePort();
  const list = file('logs.cnf', await (await fetch(`${base}/ct/log_list.cnf`)).text());
  const server = spawn('openssl', ['s_server', '-accept', String(port), '-quiet', '-cert', file('server.pem', Certificate),
    '-key', file('server.key', key), '-cert_chain', file('server.chain', CertificateChain)], { stdio: 'ignore' });
  try {
    const client = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'www.plain.test', '-CAfile', join(folder, 'roots.pem'),
      '-verify_return_error', '-ct', '-ctlogfile', list];
    const said = await until('the TLS server', () => {
      const child = spawn('openssl', client, { stdio: ['pipe', 'pipe', 'ignore'] });
      child.stdin.end('Q\n');
      return new Promise((resolve) => {
        let out = '';
        child.stdout.on('data', (part) => { out += part; });
        child.on('exit', (code) => resolve(code === 0 && out));
      });
    });
    assert.match(said, /SCT validation status: valid/);
    assert.match(said, /Log\s+: Chancery log/);
  } finally {
    server.kill();
  }
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
  const { rootOf, leafHash } = await import('./ctlog.mjs');
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
  assert.equal((await fetch(`${base}/ct/v1/add-chain`, { method: 'POST', body: '{}' })).status, 405);
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

test('logs of several operators: one that lies or is ill holds the certificate back, another takes its place', async () => {
  for (const name of ['liar', 'ill']) logs.push(await Log.start(name));
  logs[0].mood = 'lying';
  logs[1].mood = 'ill';
  const list = (...some) => file('list.json', JSON.stringify({ operators: some.map((log) => ({ name: log.name, email: [], logs: [log.entry] })) }));
  appliance.configure({ 'ct.operators': 2 });
  await appliance.stop();
  await appliance.launch();
  acm = appliance.acm();
  chancery('ct', 'logs', list(logs[0], logs[1]));
  const arn = await ask('logged.plain.test', 'EC_prime256v1');
  await until('both to be asked', () => logs[0].asked > 0 && logs[1].asked > 0, 120);
  assert.equal((await describe(arn)).Status, 'PENDING_VALIDATION');
  logs.push(await Log.start('good'));
  chancery('ct', 'logs', list(logs[0], logs[1], logs[2]));
  const { Certificate } = await issued(arn);
  assert.equal(text(Certificate).match(/Signed Certificate Timestamp/g).length, 2);
  assert.ok((await reader.head()).size > 0); // still the same log after the restart
  assert.match(chancery('ct', 'logs'), /good\s+http:/);
});

test('rolling over a root leaves what it stands for', async () => {
  chancery('trust', 'roll-over', 'root', '--family', 'p-256');
  const { CertificateChain } = await issued(await ask('after.plain.test', 'EC_prime256v1'));
  assert.match(chancery('trust', 'list', '--family', 'p-256'), /root\s+1\s+RETIRED/);
  const roots = chancery('trust', 'bundle');
  assert.ok(roots.includes(CertificateChain.trim().split(/(?=-----BEGIN)/).at(-1).trim()));
  await run('openssl', ['verify', '-CAfile', file('both.pem', roots), '-untrusted', join(folder, 'chain.pem'), join(folder, 'leaf.pem')]);
});
