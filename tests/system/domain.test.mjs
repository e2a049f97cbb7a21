// Plain build only
// Names of public certificates, proved by DNS against a real authoritative server with signed and
// broken zones: the SDK asks, records are put into the zone, and the SDK's waiter sees the certificate.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import {
  DescribeCertificateCommand, ExportCertificateCommand, GetCertificateCommand, RenewCertificateCommand, RequestCertificateCommand, waitUntilCertificateValidated,
} from '@aws-sdk/client-acm';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { Appliance, BIN, run, until } from './appliance.mjs';
import { Dns } from './dns.mjs';
import { checkNow, lookedAt } from './validations.mjs';

let dns, appliance, acm;
before(async () => {
  dns = await Dns.start({ 'signed.test': 'signed', 'plain.test': 'unsigned', 'broken.test': 'broken' });
  appliance = await Appliance.start({ public: true, configure: { ...dns.settings, 'trust.create': 'demand' } });
  acm = appliance.acm();
});
after(async () => {
  await appliance?.remove();
  await dns?.stop();
});

const chancery = (verb, ...args) => run(join(BIN, 'chancery'), ['validation', verb, ...args, '--state', appliance.state])
  .then((r) => ({ code: 0, ...r }), (e) => ({ code: e.code, stdout: e.stdout, stderr: e.stderr }));
const zoneOf = (name) => name.split('.').slice(-2).join('.');
const bare = (name) => name.replace(/\.$/, '');

async function request(DomainName, others, more) {
  const { CertificateArn } = await acm.send(new RequestCertificateCommand({
    DomainName, ValidationMethod: 'DNS', KeyAlgorithm: 'EC_prime256v1', SubjectAlternativeNames: others, ...more }));
  return CertificateArn;
}
const describe = async (CertificateArn) =>
  (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;

const records = async (arn) =>
  (await describe(arn)).DomainValidationOptions.map((o) => ({ domain: o.DomainName, ...o.ResourceRecord }));

function put(record, value = record.Value) {
  const name = bare(record.Name);
  dns.set(zoneOf(name), name, 'CNAME', value);
}

// Looks now, waits as an SDK does until all names are proved, and then for the certificate itself.
async function validated(CertificateArn) {
  await checkNow(appliance, CertificateArn);
  try {
    await waitUntilCertificateValidated({ client: acm, maxWaitTime: 90, minDelay: 1, maxDelay: 2 }, { CertificateArn });
  } catch (error) {
    assert.fail(`${error.name}: ${JSON.stringify(await lookedAt(appliance, CertificateArn))}`);
  }
  await until('ISSUED', async () => (await describe(CertificateArn)).Status === 'ISSUED', 120);
}

const forbidden = async (arn) => {
  await checkNow(appliance, arn);
  await until('CAA_ERROR', async () => (await describe(arn)).FailureReason === 'CAA_ERROR', 90);
  assert.equal(appliance.records('DomainValidationForbidden', arn)[0].serviceEventDetails.result, 'CAA_FORBIDS');
};

// What a person reads who asks why: the reason of the first name, once it has that code.
async function reason(arn, code, words = /./) {
  let last;
  await checkNow(appliance, arn);
  await until(code, async () => {
    last = (await lookedAt(appliance, arn)).Validations[0];
    return last.Result === code && words.test(last.Reason);
  }, 60).catch((error) => assert.fail(`${error.message}: ${JSON.stringify(last)}`));
  return last;
}

test('a certificate is issued once the records of all its names are there', async () => {
  const arn = await request('www.signed.test', ['plain.test', '*.plain.test']);
  const all = await records(arn);
  assert.equal(new Set(all.map((r) => r.Name)).size, 2); // a wildcard shares the record of its base
  for (const record of new Map(all.map((r) => [r.Name, r])).values()) put(record);
  await validated(arn);
  const certificate = await describe(arn);
  for (const option of certificate.DomainValidationOptions) assert.equal(option.ValidationStatus, 'SUCCESS');
  assert.deepEqual(appliance.records('DomainValidated', arn).map((r) => r.serviceEventDetails.domainName).sort(), ['*.plain.test', 'plain.test', 'www.signed.test']);
  assert.equal(appliance.records('CertificateIssued', arn).length, 1);
});

test('an exported certificate is renewed when that is asked for: its names are proved again, ARN and records stay', async () => {
  const arn = await request('renew.signed.test', undefined, { Options: { Export: 'ENABLED' } });
  const wanted = await records(arn);
  put(wanted[0]);
  await validated(arn);
  const renew = () => acm.send(new RenewCertificateCommand({ CertificateArn: arn }));
  await assert.rejects(renew(), { name: 'ValidationException' });
  await acm.send(new ExportCertificateCommand({ CertificateArn: arn, Passphrase: Buffer.from('correct horse') }));
  const before = await describe(arn);
  assert.equal(before.RenewalEligibility, 'ELIGIBLE');
  await renew();
  const after = await until('the renewal', async () => {
    const certificate = await describe(arn);
    return certificate.RenewalSummary?.RenewalStatus === 'SUCCESS' && certificate;
  }, 120);
  assert.equal(after.Status, 'ISSUED');
  assert.equal(after.RenewalEligibility, 'INELIGIBLE');
  assert.notEqual(after.Serial, before.Serial);
  assert.deepEqual(after.RenewalSummary.DomainValidationOptions.map((o) => [o.DomainName, o.ValidationStatus]), [['renew.signed.test', 'SUCCESS']]);
  assert.deepEqual(await records(arn), wanted);
});

test('a value without its underscore, in other letters, behind five CNAMEs, proves', async () => {
  const arn = await request('five.plain.test');
  const [record] = await records(arn);
  const links = ['l1', 'l2', 'l3', 'l4'].map((l) => `${l}.five.plain.test`);
  put(record, `${links[0]}.`);
  links.forEach((link, i) => dns.set('plain.test', link, 'CNAME',
    i < 3 ? `${links[i + 1]}.` : record.Value.slice(1).toUpperCase()));
  await validated(arn);
});

test('a CAA record for somebody else fails the certificate', async () => {
  dns.set('plain.test', 'other.plain.test', 'CAA', '0 issue "ca.example"');
  const arn = await request('www.other.plain.test');
  put((await records(arn))[0]);
  await forbidden(arn);
  const certificate = await describe(arn);
  assert.equal(certificate.Status, 'FAILED');
  assert.equal(certificate.DomainValidationOptions[0].ValidationStatus, 'FAILED');
  const { Validations: [name] } = await lookedAt(appliance, arn);
  assert.match(name.Reason, /other\.plain\.test forbids it: CAA 0 issue "ca\.example"/);
  assert.deepEqual(name.CaaSeen.at(-1).Records, ['0 issue "ca.example"']);
});

test('CAA for one of the names of Amazon allows, and a wildcard goes by issuewild', async () => {
  dns.set('plain.test', 'ours.plain.test', 'CAA', '0 issue "awstrust.com"');
  dns.set('plain.test', 'ours.plain.test', 'CAA', '0 issuewild ";"');
  const good = await request('a.ours.plain.test');
  put((await records(good))[0]);
  await validated(good);
  const wild = await request('*.ours.plain.test');
  put((await records(wild))[0]);
  await forbidden(wild);
});

test('a critical tag that nobody knows forbids', async () => {
  dns.set('signed.test', 'critical.signed.test', 'CAA', '0 issue "amazon.com"');
  dns.set('signed.test', 'critical.signed.test', 'CAA', '128 tbs "unknown"');
  const arn = await request('critical.signed.test');
  put((await records(arn))[0]);
  await forbidden(arn);
});

test('whoever waits is told why: missing, wrong, doubled, not genuine', async () => {
  const arn = await request('why.signed.test');
  const [record] = await records(arn);
  const name = bare(record.Name);
  const missing = await reason(arn, 'NO_RECORD');
  assert.match(missing.Reason, /no CNAME record at _[0-9a-f]{32}\.why\.signed\.test: no such name \(NXDOMAIN\)/);
  assert.deepEqual(missing.ResourceRecord, { Name: record.Name, Type: 'CNAME', Value: record.Value });
  assert.equal(missing.Seen[0].Resolver, 'recursion');
  assert.equal(missing.Seen[0].Secure, true);
  assert.ok(missing.NextLookAt > missing.LookedAt);
  put(record, 'elsewhere.signed.test.');
  const told = await chancery('check', arn, 'why.signed.test');
  assert.equal(told.code, 3, told.stderr);
  for (const words of [/^ {2}waits for {2}why\.signed\.test: WRONG_VALUE: The CNAME points to elsewhere\.signed\.test/m, /^ {2}given up {3}20/m,
    /^ {2}expected {3}_[0-9a-f]{32}\.why\.signed\.test\. CNAME _/m, /^ {2}next look {2}20/m, /^ {2}seen {7}recursion: .* \(signed\)/m]) assert.match(told.stdout, words);
  assert.match((await chancery('list')).stdout, /why\.signed\.test {2}arn:.*\n {2}PENDING_VALIDATION, 0 of 1 names proved\n {2}- why\.signed\.test: WRONG_VALUE: /);
  assert.match((await reason(arn, 'WRONG_VALUE')).Reason, /points to elsewhere\.signed\.test; it should point to _/);
  dns.unset('signed.test', name, 'CNAME');
  put(record, `${record.Value}why.signed.test.`);
  await reason(arn, 'DOUBLED_DOMAIN');
  dns.unset('signed.test', name, 'CNAME');
  dns.set('signed.test', `${name}.why.signed.test`, 'CNAME', record.Value);
  await reason(arn, 'DOUBLED_DOMAIN', /behind the name of the record once more/);
  const bogus = await request('www.broken.test');
  put((await records(bogus))[0]);
  assert.match((await reason(bogus, 'DNSSEC_FAILURE')).Reason, /not shown to be genuine by DNSSEC.*broken\.test/);
  dns.set('signed.test', name, 'CNAME', record.Value);
  const proved = await chancery('check', arn, '--json');
  assert.equal(proved.code, 0, proved.stderr);
  assert.equal(JSON.parse(proved.stdout).Validations[0].ValidationStatus, 'SUCCESS');
  await validated(arn);
  assert.deepEqual((await lookedAt(appliance, arn)).Waiting, []);
  assert.doesNotMatch((await chancery('list')).stdout, /why\.signed\.test/);
  assert.match((await chancery('show', arn)).stdout, /^ {2}status {5}ISSUED\n\nwhy\.signed\.test {2}SUCCESS by DNS/m);
  assert.match((await chancery('show', 'arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000000')).stderr, /no such certificate/);
  assert.equal((await chancery('check', arn, 'other.test')).code, 1);
  assert.equal((await chancery('show')).code, 2);
});

test('six CNAMEs are one too many', async () => {
  const arn = await request('six.plain.test');
  const [record] = await records(arn);
  const links = ['l1', 'l2', 'l3', 'l4', 'l5'].map((l) => `${l}.six.plain.test`);
  links.forEach((link, i) => dns.set('plain.test', link, 'CNAME', i < 4 ? `${links[i + 1]}.` : record.Value));
  put(record, `${links[0]}.`);
  await reason(arn, 'CHAIN_TOO_LONG');
});

test('outbound is started again when it dies, and the work goes on', async () => {
  process.kill(appliance.pids()['chancery-outbou'], 'SIGKILL');
  const arn = await request('again.plain.test');
  put((await records(arn))[0]);
  await validated(arn);
  assert.match(appliance.log, /outbound/);
});

test('validity and policies of the configuration are those of new certificates; more than the Baseline Requirements allow is refused', async () => {
  await appliance.stop();
  appliance.configure({ 'trust.validity': '396d' });
  await assert.rejects(appliance.launch(), /"code":2[\s\S]*trust\.validity|"code":2[\s\S]*validity/);
  appliance.configure({ 'trust.validity': '47d', 'trust.policies': '2.23.140.1.2.1,1.3.6.1.4.1.99999.7' });
  await appliance.launch();
  acm = appliance.acm();
  const arn = await request('short.plain.test');
  put((await records(arn))[0]);
  await validated(arn);
  const pem = (await acm.send(new GetCertificateCommand({ CertificateArn: arn }))).Certificate;
  const { validFrom, validTo } = new X509Certificate(pem);
  assert.equal(Date.parse(validTo) - Date.parse(validFrom) + 1000, 47 * 86400000); // both ends belong to it
  const { stdout } = await run('sh', ['-c', `printf %s "$PEM" | openssl x509 -noout -ext certificatePolicies`], { env: { ...process.env, PEM: pem } });
  assert.deepEqual(stdout.match(/Policy: \S+/g), ['Policy: 2.23.140.1.2.1', 'Policy: 1.3.6.1.4.1.99999.7']);
});
