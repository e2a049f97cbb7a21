// Plain build only: libfaketime must be loaded before a sanitizer that wants to be first.
// The 72 hours of a certificate whose names nobody proves, on a daemon whose clock is moved: looks that grow rarer,
// VALIDATION_TIMED_OUT, links in mails that end; and a renewal that proves its names anew. The relay speaks TLS and wants a password.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ACM from '@aws-sdk/client-acm';
import { SMTPServer } from 'smtp-server';
import { Appliance, BIN, run, until } from './appliance.mjs';
import { Clock } from './clock.mjs';
import { Dns } from './dns.mjs';

const HOUR = 3600;
const mails = [];
const logins = [];
let smtp, dns, appliance, acm, clock, certificate;

// A relay with a certificate of an authority of its own, with TLS from the first octet or by STARTTLS.
function relay(secure) {
  const server = new SMTPServer({ secure, key: readFileSync(`${certificate}.key`), cert: readFileSync(`${certificate}.pem`), authOptional: false,
    onAuth: ({ username, password, method }, session, done) => {
      logins.push({ method, secure: session.secure, password });
      return username === 'relay' && password === 'open sesame' ? done(null, { user: username }) : done(new Error('no'));
    },
    onData: (stream, session, done) => {
      let text = '';
      stream.on('data', (data) => { text += data; });
      stream.on('end', () => { mails.push({ to: session.envelope.rcptTo.map((a) => a.address), text }); done(); });
    } });
  server.on('error', () => {}); // clients that do not trust it hang up
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

before(async () => {
  clock = new Clock();
  certificate = join(clock.folder, 'relay');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${certificate}.key`, '-out', `${certificate}.pem`,
    '-subj', '/CN=relay', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '400'], { stdio: 'ignore' });
  execFileSync('chmod', ['644', `${certificate}.pem`]);
  smtp = { starttls: await relay(false), tls: await relay(true) };
  dns = await Dns.start({ 'wait.test': 'unsigned' });
  dns.set('wait.test', 'wait.test', 'MX', '10 mx.wait.test.');
  appliance = await Appliance.start({ public: true, env: clock.env, configure: { ...dns.settings, 
    'mail.relay': `smtp://127.0.0.1:${smtp.starttls.server.address().port}` } });
  secret('wrong');
  acm = clock.client(appliance);
});
after(async () => {
  await appliance?.remove();
  await dns?.stop();
  for (const server of Object.values(smtp ?? {})) await new Promise((resolve) => server.close(resolve));
  clock?.remove();
});

const secret = (password) => execFileSync(join(BIN, 'chancery'), ['secret', 'set', 'mail', '--state', appliance.state, '--user', 'relay'], { input: `${password}\n` });
async function request(DomainName, ValidationMethod, more) {
  return (await acm.send(new ACM.RequestCertificateCommand({ DomainName, ValidationMethod, KeyAlgorithm: 'EC_prime256v1', ...more }))).CertificateArn;
}
const describe = async (CertificateArn) => (await acm.send(new ACM.DescribeCertificateCommand({ CertificateArn }))).Certificate;
const show = async (arn) => JSON.parse((await run(join(BIN, 'chancery'), ['validation', 'show', arn, '--json', '--state', appliance.state])).stdout);
const waits = (arn, code, words = /./) => until(`${code} ${words}`, async () => {
  const report = await show(arn);
  return report.Waiting.some((w) => w.Code === code && words.test(w.Reason)) && report;
}, 90).catch(async (error) => assert.fail(`${error.message}: ${JSON.stringify(await show(arn))} ${appliance.log.slice(-500)}`));
const linkOf = async (arn) => {
  const mail = await until('a mail', () => mails.find((m) => m.text.includes(arn)), 60);
  return new URL(/^https?:\/\/\S+\/approvals\?\S+$/m.exec(mail.text)[0].replace(/^https?:\/\/[^/]+/, `http://127.0.0.1:${appliance.publicPort}`));
};
function move(hours) {
  clock.set(hours * HOUR);
  acm = clock.client(appliance);
}
async function again(settings) {
  await appliance.stop();
  appliance.configure(settings);
  await appliance.launch();
  acm = clock.client(appliance);
}

test('the relay must show a certificate that is trusted, and a wrong password is told', async () => {
  const by = await acm.send(new ACM.RequestCertificateCommand({ DomainName: 'mail.wait.test', ValidationMethod: 'EMAIL', KeyAlgorithm: 'EC_prime256v1',
    DomainValidationOptions: [{ DomainName: 'mail.wait.test', ValidationDomain: 'wait.test' }] }));
  await waits(by.CertificateArn, 'MAIL_FAILED', /certificate/i);
  assert.equal(logins.length, 0); // the password is told to nobody who is not known
  await again({ 'outbound.trust': `${certificate}.pem` });
  await acm.send(new ACM.ResendValidationEmailCommand({ CertificateArn: by.CertificateArn, Domain: 'mail.wait.test', ValidationDomain: 'wait.test' }));
  await waits(by.CertificateArn, 'MAIL_FAILED', /login denied|authent/i);
  assert.ok(logins.length > 0 && logins.every((l) => l.secure && l.password === 'wrong'));
  secret('open sesame');
  await again({ 'mail.relay': `smtps://127.0.0.1:${smtp.tls.server.address().port}` });
  await acm.send(new ACM.ResendValidationEmailCommand({ CertificateArn: by.CertificateArn, Domain: 'mail.wait.test', ValidationDomain: 'wait.test' }));
  await waits(by.CertificateArn, 'AWAITING_APPROVAL', /until somebody/);
  assert.equal(mails.filter((m) => m.text.includes(by.CertificateArn)).length, 1);
});

test('looks grow rarer, and after 72 hours it is over; links of mails end with them', async () => {
  const dnsArn = await request('never.wait.test', 'DNS');
  const mailArn = await request('wait.test', 'EMAIL');
  const url = await linkOf(mailArn);
  let last = 0;
  for (const hours of [0, 1, 12, 60]) {
    move(hours);
    const report = await until(`a look after ${hours} hours`, async () => {
      const r = await show(dnsArn);
      return r.Validations[0].Attempts > last && r;
    }, 90);
    const [name] = report.Validations;
    assert.equal(name.Result, 'NO_RECORD');
    const gap = name.NextLookAt - name.LookedAt;
    assert.ok(gap >= 10 && gap <= 1800.1, `${gap} s`);
    last = name.Attempts;
  }
  assert.equal((await describe(dnsArn)).Status, 'PENDING_VALIDATION');
  move(72.1);
  for (const arn of [dnsArn, mailArn]) {
    await until('VALIDATION_TIMED_OUT', async () => (await describe(arn)).Status === 'VALIDATION_TIMED_OUT', 90);
    const report = await show(arn);
    assert.deepEqual(report.Waiting, []);
    assert.equal(report.GivenUpAt, undefined);
  }
  const page = await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `${url.search.slice(1)}&decision=approve` })).text();
  assert.match(page, /of no use/);
  assert.equal((await describe(mailArn)).Status, 'VALIDATION_TIMED_OUT');
});

test('a renewal proves its names anew, and says what it waits for', async () => {
  const arn = await request('renew.wait.test', 'DNS', { Options: { Export: 'ENABLED' } });
  const { ResourceRecord: record } = (await describe(arn)).DomainValidationOptions[0];
  const name = record.Name.replace(/\.$/, '');
  dns.set('wait.test', name, 'CNAME', record.Value);
  await run(join(BIN, 'chancery'), ['validation', 'check', arn, '--state', appliance.state]);
  const first = await until('ISSUED', async () => { const c = await describe(arn); return c.Status === 'ISSUED' && c; });
  await acm.send(new ACM.ExportCertificateCommand({ CertificateArn: arn, Passphrase: Buffer.from('correct horse') })); // what is exported is renewed
  dns.unset('wait.test', name, 'CNAME');
  move(72.1 + (395 - 59) * 24);
  const report = await waits(arn, 'NO_RECORD');
  assert.equal(report.Status, 'ISSUED');
  assert.match((await describe(arn)).RenewalSummary.RenewalStatus, /^PENDING/);
  assert.match((await run(join(BIN, 'chancery'), ['validation', 'list', '--state', appliance.state])).stdout, /renew\.wait\.test .*\n {2}ISSUED, 0 of 1 names proved/);
  dns.set('wait.test', name, 'CNAME', record.Value);
  await run(join(BIN, 'chancery'), ['validation', 'check', arn, '--state', appliance.state]).catch(() => {});
  await until('the renewed certificate', async () => (await describe(arn)).Serial !== first.Serial, 90);
});
