// Plain build only
// Domains whose servers stand on another host: a network namespace with an authoritative DNS server and a web server, at the other end
// of a cable (a pair of virtual Ethernet devices) that is pulled and plugged in again.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { Appliance, until } from './appliance.mjs';
import { Dns } from './dns.mjs';
import { checkNow, lookedAt } from './validations.mjs';

const PLACE = `chancery${process.pid}`;
const NET = `10.${100 + (process.pid % 100)}.${process.pid % 251}`;
const [HERE, THERE] = [`${NET}.1`, `${NET}.2`];
const [CABLE, FAR] = [`ca${process.pid}`, `cb${process.pid}`];
const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });

// Not everybody may make namespaces.
function connect() {
  if (process.getuid() !== 0) return 'network namespaces need root';
  try {
    ip('netns', 'add', PLACE);
    ip('link', 'add', CABLE, 'type', 'veth', 'peer', 'name', FAR, 'netns', PLACE);
  } catch (error) {
    disconnect();
    return `network namespaces cannot be made here: ${error.stderr}`;
  }
  ip('address', 'add', `${HERE}/24`, 'dev', CABLE);
  ip('link', 'set', CABLE, 'up');
  ip('-n', PLACE, 'address', 'add', `${THERE}/24`, 'dev', FAR);
  for (const device of [FAR, 'lo']) ip('-n', PLACE, 'link', 'set', device, 'up');
  return false;
}
function disconnect() { try { ip('netns', 'delete', PLACE); } catch { /* it was never there */ } }

const skip = connect();
const folder = mkdtempSync(join(tmpdir(), 'chancery-web-'));
let dns, appliance, acm, nginx;

before(async () => {
  if (skip) return;
  dns = await Dns.start({ 'far.test': 'signed' }, { address: THERE, port: 53, prefix: ['ip', 'netns', 'exec', PLACE] });
  appliance = await Appliance.start({ public: true, configure: { ...dns.settings, 'trust.intermediates': 1, 'outbound.allowed_networks': `${THERE}/32` } });
  acm = appliance.acm();
});
after(async () => {
  nginx?.kill('SIGTERM');
  await appliance?.remove();
  await dns?.stop();
  if (!skip) disconnect();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(DomainName, more = { ValidationMethod: 'DNS' }) {
  const { CertificateArn } = await acm.send(new RequestCertificateCommand({ DomainName, KeyAlgorithm: 'EC_prime256v1', ...more }));
  return CertificateArn;
}
const describe = async (CertificateArn) => (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
async function put(arn) {
  const { Name, Value } = (await describe(arn)).DomainValidationOptions[0].ResourceRecord;
  dns.set('far.test', Name.replace(/\.$/, ''), 'CNAME', Value);
}
const seen = async (arn) => (await lookedAt(appliance, arn)).Validations[0];
const issued = async (arn) => until('ISSUED', async () => (await describe(arn)).Status === 'ISSUED')
  .catch(async (error) => assert.fail(`${error.message}: ${JSON.stringify(await seen(arn))}`));

test('a name is proved by the servers of another host, and CAA is asked for there', { skip }, async () => {
  const arn = await ask('www.far.test');
  await put(arn);
  await checkNow(appliance, arn);
  await issued(arn);
  assert.ok((await seen(arn)).CaaSeen.every((s) => s.Secure));
});

test('a web server of another host proves by its redirect', { skip }, async () => {
  const arn = await ask('web.far.test', { ValidationMethod: 'HTTP', ManagedBy: 'CLOUDFRONT' });
  const { RedirectTo } = (await describe(arn)).DomainValidationOptions[0].HttpRedirect;
  writeFileSync(join(folder, 'nginx.conf'), `daemon off; pid ${folder}/pid; error_log stderr; events {}
    http { access_log off; server { listen ${THERE}:80; location /.well-known/pki-validation/ { return 302 ${RedirectTo}; } } }`);
  nginx = spawn('ip', ['netns', 'exec', PLACE, 'nginx', '-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'inherit'] });
  await until('nginx', () => { try { ip('netns', 'exec', PLACE, 'curl', '-s', '-o', '/dev/null', `http://${THERE}/`); return true; } catch { return false; } });
  dns.set('far.test', 'web.far.test', 'A', THERE);
  await checkNow(appliance, arn);
  await issued(arn);
  assert.equal((await seen(arn)).Seen[0].Server, THERE);
});

test('a cable that is pulled is told as such; once it is plugged in again the name is proved', { skip }, async () => {
  const arn = await ask('cable.far.test');
  await put(arn);
  ip('link', 'set', CABLE, 'down');
  await checkNow(appliance, arn);
  let last;
  await until('a look in vain', async () => { last = await seen(arn); return ['TIMEOUT', 'SERVFAIL', 'DNSSEC_FAILURE'].includes(last.Result); }, 90)
    .catch((error) => assert.fail(`${error.message}: ${JSON.stringify(last)}`));
  assert.match(last.Reason, /did not answer in time|do not answer properly|no DNS(KEY rrset|SEC records) from/);
  ip('link', 'set', CABLE, 'up');
  await until('ISSUED', async () => {
    await checkNow(appliance, arn).catch(() => {}); // a look may be under way
    return (await describe(arn)).Status === 'ISSUED';
  }, 30).catch(async (error) => assert.fail(`${error.message}: ${JSON.stringify(await seen(arn))}`));
});
