// Plain build only
// HTTP validation by web servers that mean harm: names and redirects that lead to this appliance, to a cloud's metadata or to a private
// network, names that change where they lead (DNS rebinding), pages without end. Nobody is called who was not allowed.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { DescribeCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { Appliance, until } from './appliance.mjs';
import { Dns } from './dns.mjs';
import { Relay } from './resolvers.mjs';
import { checkNow, lookedAt } from './validations.mjs';

const NET = `127.${20 + (process.pid % 200)}.${1 + (process.pid % 250)}`; // addresses of this test alone, for port 80
const [WEB, TRAP] = [`${NET}.80`, `${NET}.81`]; // the former is allowed
const options = { skip: process.getuid() !== 0 && 'port 80 needs root' };
const servers = [];
let dns, relay, appliance, acm, page, trapped = 0;

const serve = (address, act) => new Promise((resolve, reject) => {
  const server = createServer(act);
  servers.push(server);
  server.on('error', reject);
  server.listen(80, address, resolve);
});

before(async () => {
  if (options.skip) return;
  dns = await Dns.start({ 'web.test': 'unsigned', 'bind.test': 'unsigned' });
  relay = await Relay.start(dns);
  await serve(WEB, (req, res) => page(req, res));
  await serve(TRAP, (req, res) => { trapped++; res.end(); });
  appliance = await Appliance.start({ public: true, configure: { ...dns.settings, 'trust.intermediates': 1, 'outbound.allowed_networks': `${WEB}/32`,
    'outbound.stubs': `${dns.settings['outbound.stubs']},bind.test=${relay.address}` } });
  acm = appliance.acm();
});
after(async () => {
  await appliance?.remove();
  await dns?.stop();
  await relay?.stop();
  for (const server of servers) { server.closeAllConnections(); server.close(); }
});

const ask = async (DomainName) => (await acm.send(new RequestCertificateCommand({ DomainName, ValidationMethod: 'HTTP', ManagedBy: 'CLOUDFRONT', KeyAlgorithm: 'EC_prime256v1' }))).CertificateArn;
const describe = async (CertificateArn) => (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
async function reason(arn, code, words) {
  let last;
  await until(`${code} ${words}`, async () => {
    await checkNow(appliance, arn);
    [last] = (await lookedAt(appliance, arn)).Validations;
    return last.Result === code && words.test(last.Reason);
  }, 120).catch((error) => assert.fail(`${error.message}: ${JSON.stringify(last)}`));
  return last;
}
const PRIVATE = /address of this appliance or of a private network/;

test('a name that leads to this appliance, to metadata or to a private network is not called', options, async () => {
  const places = { meta: ['A', '169.254.169.254'], own: ['A', TRAP], loop: ['A', '127.0.0.1'], loop6: ['AAAA', '::1'], mapped: ['AAAA', '::ffff:127.0.0.1'],
    inside: ['A', '10.0.0.1'], link: ['AAAA', 'fe80::1'], local: ['AAAA', 'fd00:ec2::254'] };
  for (const [label, [type, address]] of Object.entries(places)) {
    dns.set('web.test', `${label}.web.test`, type, address);
    await reason(await ask(`${label}.web.test`), 'NO_ANSWER', PRIVATE);
  }
  assert.equal(trapped, 0);
});

test('a redirect is compared, and never followed', options, async () => {
  dns.set('web.test', 'www.web.test', 'A', WEB);
  const arn = await ask('www.web.test');
  for (const to of ['http://169.254.169.254/latest/meta-data/', 'http://[::1]/', 'http://127.0.0.1/', `http://${TRAP}/`, 'file:///etc/passwd', `http://www.web.test@${TRAP}/`]) {
    page = (req, res) => res.writeHead(302, { location: to }).end();
    const { Seen: [seen] } = await reason(arn, 'WRONG_REDIRECT', new RegExp(`It redirects to ${to.replace(/[[\].?]/g, '\\$&')}; it should redirect to http`));
    assert.equal(seen.Server, WEB);
  }
  assert.equal(trapped, 0);
});

test('a page without end, or that says nothing, is given up', options, async () => {
  dns.set('web.test', 'long.web.test', 'A', WEB);
  const arn = await ask('long.web.test');
  page = (req, res) => { const more = () => { while (res.write('x'.repeat(4096))); }; res.on('drain', more); res.on('error', () => {}); more(); };
  await reason(arn, 'NO_ANSWER', /longer than what it should be/);
  page = () => {};
  await reason(arn, 'NO_ANSWER', /time|Operation/i);
  page = (req, res) => res.end('something else');
  await reason(arn, 'WRONG_CONTENT', /neither redirects nor has the content/);
});

test('a name that changes where it leads is called where it may be called alone', options, async () => {
  let turn = 0, there = TRAP;
  relay.mood = (name, type) => (type === 1 ? { a: there ?? [WEB, TRAP][turn++ % 2] } : {});
  page = (req, res) => { there = null; res.end('not yet'); };
  const arn = await ask('www.bind.test');
  await reason(arn, 'NO_ANSWER', PRIVATE);
  there = WEB;
  await reason(arn, 'WRONG_CONTENT', /neither/);
  turn = 0; // from now on it is another at each question
  await until('four answers', async () => {
    const { Attempts } = (await lookedAt(appliance, arn)).Validations[0];
    await checkNow(appliance, arn);
    await until('a look', async () => (await lookedAt(appliance, arn)).Validations[0].Attempts > Attempts);
    return turn >= 4;
  });
  assert.equal(trapped, 0);
  const { RedirectTo } = (await describe(arn)).DomainValidationOptions[0].HttpRedirect;
  there = WEB;
  page = (req, res) => res.writeHead(302, { location: RedirectTo }).end();
  await until('ISSUED', async () => {
    await checkNow(appliance, arn).catch(() => {}); // the answer before may still be kept
    return (await describe(arn)).Status === 'ISSUED';
  });
});
