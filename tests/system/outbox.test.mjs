// Plain build only
// Mails when things go wrong: a relay that takes them and says nothing, and kill -9 of outbound and of core while mails and looks are
// under way. No mail is lost, none is sent twice but across a crash, and nothing is issued without proof.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DescribeCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { SMTPServer } from 'smtp-server';
import { Appliance, BIN, until } from './appliance.mjs';
import { Dns } from './dns.mjs';
import { Relay } from './resolvers.mjs';
import { checkNow, lookedAt } from './validations.mjs';

const taken = []; // mails that the relay said yes to
const held = [];  // mails that came and wait for its word
let patient = false;
let smtp, dns, silent, appliance, acm, other;

before(async () => {
  smtp = new SMTPServer({ disabledCommands: ['STARTTLS', 'AUTH'], authOptional: true,
    onData: (stream, session, done) => {
      let text = '';
      stream.on('data', (data) => { text += data; });
      stream.on('end', () => {
        const mail = { text, arn: /arn:aws:acm:\S+/.exec(text)[0] };
        const yes = () => { taken.push(mail); done(); };
        if (patient) held.push({ ...mail, yes });
        else yes();
      });
    } });
  smtp.on('error', () => {}); // clients that were killed
  await new Promise((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  dns = await Dns.start({ 'mail.test': 'unsigned', 'dark.test': 'unsigned' });
  dns.set('mail.test', 'mail.test', 'MX', '10 mx.mail.test.');
  silent = await Relay.start(dns, () => 'silent');
  appliance = await Appliance.start({ public: true, configure: { ...dns.settings, 'outbound.stubs': `${dns.settings['outbound.stubs']},dark.test=${silent.address}`,
    'trust.intermediates': 1, 'mail.relay': `smtp://127.0.0.1:${smtp.server.address().port}`, 'mail.starttls': 'no' } });
  clients();
});
after(async () => {
  await appliance?.remove();
  await dns?.stop();
  await silent?.stop();
  await new Promise((resolve) => (smtp ? smtp.close(resolve) : resolve()));
});

let key;
function clients() {
  const operator = (...args) => execFileSync(join(BIN, 'chancery'), [...args, '--state', appliance.state]).toString();
  key ??= operator('user', 'add', 'other', '--account', /\d{12}/.exec(operator('account', 'add', 'other'))[0], '--administrator');
  acm = appliance.acm();
  other = appliance.acm({ credentials: { accessKeyId: /AKIA\w+/.exec(key)[0], secretAccessKey: /secret access key\s+(\S+)/.exec(key)[1] } });
}
const describe = async (CertificateArn, client = acm) => (await client.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
const status = (arn, wanted) => until(`${wanted} of ${arn}`, async () => (await describe(arn)).Status === wanted, 120)
  .catch(async (error) => assert.fail(`${error.message}: ${JSON.stringify(await lookedAt(appliance, arn))} ${appliance.log.slice(-600)}`));
async function request(DomainName, ValidationMethod = 'EMAIL', client = acm) {
  const options = ValidationMethod === 'EMAIL' ? { DomainValidationOptions: [{ DomainName, ValidationDomain: 'mail.test' }] } : {};
  return (await client.send(new RequestCertificateCommand({ DomainName, ValidationMethod, KeyAlgorithm: 'EC_prime256v1', ...options }))).CertificateArn;
}
const some = (count, prefix) => Promise.all(Array.from({ length: count }, (_, i) => request(`${prefix}${i}.mail.test`)));
const waiting = (arns) => held.filter((m) => arns.includes(m.arn));
const of = (list, arn) => list.filter((m) => m.arn === arn).length;
function release() {
  patient = false;
  for (const mail of held.splice(0)) mail.yes();
}
async function approve(arn) {
  const { text } = taken.find((m) => m.arn === arn);
  const url = new URL(/^https?:\/\/\S+\/approvals\?\S+$/m.exec(text)[0].replace(/^https?:\/\/[^/]+/, `http://127.0.0.1:${appliance.publicPort}`));
  await fetch(new URL('/approvals', url), { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `${url.search.slice(1)}&decision=approve` });
}

test('a relay that takes its time has several mails at once, and no account has all its connections', async () => {
  patient = true;
  const mine = await some(6, 'slow');
  await until('three mails at the relay', () => waiting(mine).length === 3);
  const theirs = await request('theirs.mail.test', 'EMAIL', other);
  await until('the mail of another account', () => waiting([theirs]).length === 1);
  assert.equal(waiting(mine).length, 3);
  release();
  await until('all mails', () => [...mine, theirs].every((arn) => of(taken, arn) === 1));
});

test('outbound is killed with mails in its hands: each comes, and what the relay had taken comes once', async () => {
  const before = await some(2, 'before');
  await until('their mails', () => before.every((arn) => of(taken, arn) === 1));
  await until('core to know', async () => (await Promise.all(before.map((arn) => lookedAt(appliance, arn)))).every((r) => r.Waiting[0]?.Code === 'AWAITING_APPROVAL'));
  patient = true;
  const mine = await some(3, 'killed');
  await until('mails at the relay', () => waiting(mine).length === 3);
  process.kill(appliance.pids()['chancery-outbou'], 'SIGKILL');
  held.splice(0); // the connections are gone, and nobody had a yes
  patient = false;
  await until('all mails', () => mine.every((arn) => of(taken, arn) >= 1));
  await approve(mine[0]);
  await status(mine[0], 'ISSUED');
  for (const arn of [...before, ...mine]) assert.equal(of(taken, arn), 1);
});

test('core is killed with mails and looks under way: no mail is lost, and nothing is issued that is not proved', async () => {
  const dark = await request('www.dark.test', 'DNS');
  const missing = await request('missing.mail.test', 'DNS');
  const proved = await request('proved.mail.test', 'DNS');
  const { Name, Value } = (await describe(proved)).DomainValidationOptions[0].ResourceRecord;
  patient = true;
  const mine = await some(4, 'core');
  await until('mails at the relay', () => waiting(mine).length === 3);
  await checkNow(appliance, dark);
  await until('a look under way', () => silent.asked.some((name) => name.endsWith('dark.test')));
  await appliance.stop('SIGKILL'); // the daemon, and with it every process
  release(); // the relay says yes to who is gone: across the crash itself
  dns.set('mail.test', Name.replace(/\.$/, ''), 'CNAME', Value);
  await appliance.launch();
  clients();
  await until('all mails', () => mine.every((arn) => of(taken, arn) >= 1));
  await until('core to know', async () => (await Promise.all(mine.map((arn) => lookedAt(appliance, arn)))).every((r) => r.Waiting[0]?.Code === 'AWAITING_APPROVAL'));
  for (const arn of mine) assert.ok(of(taken, arn) <= 2, `${arn} ${of(taken, arn)} times`);
  await checkNow(appliance, proved);
  await status(proved, 'ISSUED');
  await approve(mine[1]);
  await status(mine[1], 'ISSUED');
  for (const arn of [dark, missing, mine[0], mine[2], mine[3]]) assert.equal((await describe(arn)).Status, 'PENDING_VALIDATION');
});
