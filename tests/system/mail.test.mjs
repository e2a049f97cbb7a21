// Plain build only
// Names of public certificates, proved by mail and by HTTP: a real SMTP server (smtp-server of npm) whose mail is read and
// whose link is followed; nginx on port 80 of a loopback address for the redirect.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeCertificateCommand, ExportCertificateCommand, RenewCertificateCommand, RequestCertificateCommand, ResendValidationEmailCommand,
} from '@aws-sdk/client-acm';
import { SMTPServer } from 'smtp-server';
import { Appliance, BIN, until } from './appliance.mjs';
import { Dns } from './dns.mjs';
import { checkNow, lookedAt } from './validations.mjs';

const WEB = `127.${20 + (process.pid % 200)}.0.80`; // an address of this test alone, for port 80
const mails = [];
let held = Promise.resolve(); // the relay has a mail and says "taken" only after this
let smtp, dns, appliance, acm, folder, nginx;

before(async () => {
  smtp = new SMTPServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true, authOptional: false,
    onAuth: ({ username, password }, session, done) => username === 'relay' && password === 'open sesame' ? done(null, { user: username }) : done(new Error('no')),
    onData: (stream, session, done) => {
      let text = '';
      stream.on('data', (data) => { text += data; });
      stream.on('end', () => { mails.push({ to: session.envelope.rcptTo.map((a) => a.address), text }); held.then(() => done()); });
    } });
  await new Promise((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  dns = await Dns.start({ 'mail.test': 'signed', 'silent.test': 'unsigned' });
  dns.set('mail.test', 'mail.test', 'MX', '10 mx.mail.test.');
  dns.set('mail.test', 'web.mail.test', 'A', WEB);
  dns.set('mail.test', 'local.mail.test', 'A', '127.0.0.1');
  appliance = await Appliance.start({ public: true, configure: { ...dns.settings, 'trust.create': 'demand',
    'mail.relay': `smtp://127.0.0.1:${smtp.server.address().port}`, 'mail.starttls': 'no', 'outbound.allowed_networks': `${WEB}/32` } });
  execFileSync(join(BIN, 'chancery'), ['secret', 'set', 'mail', '--state', appliance.state, '--user', 'relay'], { input: 'open sesame\n' });
  acm = appliance.acm();
});
after(async () => {
  await appliance?.remove();
  await dns?.stop();
  nginx?.kill('SIGTERM');
  if (folder) rmSync(folder, { recursive: true, force: true });
  await new Promise((resolve) => (smtp ? smtp.close(resolve) : resolve()));
});

const describe = async (CertificateArn) => (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
const status = (arn, wanted) => until(`${wanted}`, async () => (await describe(arn)).Status === wanted, 120)
  .catch(async (error) => assert.fail(`${error.message}: ${JSON.stringify(await lookedAt(appliance, arn))} ${appliance.log.slice(-600)}`));

async function request(DomainName, ValidationMethod, more = {}) {
  return (await acm.send(new RequestCertificateCommand({ DomainName, ValidationMethod, KeyAlgorithm: 'EC_prime256v1', ...more }))).CertificateArn;
}

// The link of the newest mail about a certificate, as the appliance is reached here.
async function linkOf(arn, after = 0) {
  const mail = await until(`a mail; ${appliance.log.slice(-300)}`, () => mails.slice(after).find((m) => m.text.includes(arn)), 240);
  return { mail, url: new URL(/^https?:\/\/\S+\/approvals\?\S+$/m.exec(mail.text)[0].replace(/^https?:\/\/[^/]+/, `http://127.0.0.1:${appliance.publicPort}`)) };
}
const post = (url, decision) => fetch(new URL('/approvals', url), { method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `${url.search.slice(1)}&decision=${decision}` });

test('the five addresses get a mail; the page has the button; a look decides nothing; pressing it issues', async () => {
  const arn = await request('www.mail.test', 'EMAIL');
  const { mail, url } = await linkOf(arn);
  assert.deepEqual(mail.to.sort(), ['admin', 'administrator', 'hostmaster', 'postmaster', 'webmaster'].map((u) => `${u}@mail.test`));
  assert.match(mail.text, /^Subject: Certificate request for www\.mail\.test\r?$/m);
  for (const field of ['Domain: www.mail.test', 'AWS Region name: us-east-1', `Certificate Identifier: ${arn}`]) assert.ok(mail.text.includes(field), field);
  const page = await (await fetch(url)).text();
  assert.match(page, /<div id="approve-button" class="approve-button"><button/);
  assert.match(page, /www\.mail\.test/);
  assert.equal((await describe(arn)).DomainValidationOptions[0].ValidationStatus, 'PENDING_VALIDATION');
  const forged = new URL(url);
  forged.searchParams.set('code', '0'.repeat(64));
  assert.match(await (await post(forged, 'approve')).text(), /of no use/);
  assert.match(await (await post(url, 'approve')).text(), /Success/);
  await status(arn, 'ISSUED');
  assert.match(await (await post(url, 'deny')).text(), /of no use/);
  assert.equal(mails.filter((m) => m.text.includes(arn)).length, 1);
});

test('a renewal that is asked for sends mails again and waits for the owner', async () => {
  const arn = await request('mail.test', 'EMAIL', { Options: { Export: 'ENABLED' } });
  await post((await linkOf(arn)).url, 'approve');
  await status(arn, 'ISSUED');
  const { Serial } = await describe(arn);
  await acm.send(new ExportCertificateCommand({ CertificateArn: arn, Passphrase: Buffer.from('correct horse') }));
  const sent = mails.length;
  await acm.send(new RenewCertificateCommand({ CertificateArn: arn }));
  const { url } = await linkOf(arn, sent);
  assert.equal((await describe(arn)).RenewalSummary.RenewalStatus, 'PENDING_VALIDATION');
  await post(url, 'approve');
  const renewed = await until('the renewal', async () => {
    const certificate = await describe(arn);
    return certificate.RenewalSummary.RenewalStatus === 'SUCCESS' && certificate;
  });
  assert.notEqual(renewed.Serial, Serial);
});

test('a denied name fails the certificate', async () => {
  const arn = await request('deny.mail.test', 'EMAIL', { DomainValidationOptions: [{ DomainName: 'deny.mail.test', ValidationDomain: 'mail.test' }] });
  const { url } = await linkOf(arn);
  await post(url, 'deny');
  await status(arn, 'FAILED');
  assert.equal((await describe(arn)).FailureReason, 'DOMAIN_VALIDATION_DENIED');
  assert.equal(appliance.records('DomainValidationDenied', arn).length, 1);
});

test('mails are sent again when they are asked for, and a domain without MX has no contacts', async () => {
  const arn = await request('again.mail.test', 'EMAIL', { DomainValidationOptions: [{ DomainName: 'again.mail.test', ValidationDomain: 'mail.test' }] });
  await linkOf(arn);
  const sent = mails.length;
  await acm.send(new ResendValidationEmailCommand({ CertificateArn: arn, Domain: 'again.mail.test', ValidationDomain: 'mail.test' }));
  const { url } = await linkOf(arn, sent);
  await post(url, 'approve');
  await status(arn, 'ISSUED');
  const silent = await request('silent.test', 'EMAIL');
  await status(silent, 'FAILED');
  assert.equal((await describe(silent)).FailureReason, 'NO_AVAILABLE_CONTACTS');
});

test('a mail that is asked for while one is being handed over is sent after it', async () => {
  let release;
  held = new Promise((resolve) => { release = resolve; });
  const arn = await request('held.mail.test', 'EMAIL', { DomainValidationOptions: [{ DomainName: 'held.mail.test', ValidationDomain: 'mail.test' }] });
  await linkOf(arn);
  const sent = mails.length;
  await acm.send(new ResendValidationEmailCommand({ CertificateArn: arn, Domain: 'held.mail.test', ValidationDomain: 'mail.test' }));
  assert.equal(mails.length, sent);
  release();
  const { mail } = await linkOf(arn, sent);
  const id = (text) => /^Message-ID:\s+(<.*>)/m.exec(text)[1];
  assert.notEqual(id(mail.text), id(mails[sent - 1].text));
});

test('a redirect proves, and a domain cannot lead us to ourselves', { skip: process.getuid() !== 0 && 'port 80 needs root' }, async () => {
  const arn = await request('web.mail.test', 'HTTP', { ManagedBy: 'CLOUDFRONT' });
  const { RedirectFrom, RedirectTo } = (await describe(arn)).DomainValidationOptions[0].HttpRedirect;
  const served = await fetch(`http://127.0.0.1:${appliance.publicPort}${new URL(RedirectTo).pathname}`);
  assert.match(await served.text(), /^[0-9a-f]{64}$/);
  folder = mkdtempSync(join(tmpdir(), 'chancery-web-'));
  writeFileSync(join(folder, 'nginx.conf'), `daemon off; pid ${folder}/pid; error_log stderr; events {}
    http { access_log off; server { listen ${WEB}:80; location = ${new URL(RedirectFrom).pathname} { return 302 ${RedirectTo}; } } }`);
  nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  await until('nginx', async () => { try { await fetch(`http://${WEB}/`); return true; } catch { return false; } });
  await checkNow(appliance, arn);
  await status(arn, 'ISSUED');
  const inside = await request('local.mail.test', 'HTTP', { ManagedBy: 'CLOUDFRONT' });
  await checkNow(appliance, inside);
  await until('the reason', async () => /address of this appliance or of a private network/.test((await lookedAt(appliance, inside)).Validations[0].Reason ?? ''), 60)
    .catch(async () => assert.fail(JSON.stringify(await lookedAt(appliance, inside))));
});
