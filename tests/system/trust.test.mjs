// Plain build only: what is tried here are the programs of others.
// The roots go into the trust stores of others by the very commands of docs/TRUST.md, on private copies of the stores; then
// the clients that use these stores accept a TLS server with a public certificate of each family, and refused it before.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DescribeCertificateCommand, ExportCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { Appliance, BIN, run, until } from './appliance.mjs';
import { Dns } from './dns.mjs';
import { checkNow } from './validations.mjs';

const FAMILIES = { 'rsa.plain.test': 'RSA_2048', 'p256.plain.test': 'EC_prime256v1', 'p384.plain.test': 'EC_secp384r1' };
const NAMES = Object.keys(FAMILIES);
const at = (...parts) => join(folder, ...parts);
let dns, appliance, acm, folder, server, port;
const contexts = {};

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chancery-stores-'));
  for (const name of ['bin', 'local', 'etc', 'mozilla', 'hooks', 'nss']) mkdirSync(at(name));
  dns = await Dns.start({ 'plain.test': 'unsigned' });
  appliance = await Appliance.start({ public: true, configure: { ...dns.settings, 'trust.intermediates': 1 } });
  acm = appliance.acm();
  await Promise.all(NAMES.map(certificateOf));
  server = createServer({ SNICallback: (name, done) => done(null, contexts[name]) }, (req, res) => res.end(`I am ${req.headers.host}`));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  ({ port } = server.address());
  for (const [name, text] of [['chancery', `exec ${resolve(BIN, 'chancery')} "$@" --state ${appliance.state}`], ['sudo', 'exec "$@"']]) {
    writeFileSync(at('bin', name), `#!/bin/sh\n${text}\n`);
    chmodSync(at('bin', name), 0o755);
  }
});
after(async () => {
  server?.closeAllConnections();
  server?.close();
  await appliance?.remove();
  await dns?.stop();
  rmSync(folder, { recursive: true, force: true });
});

// A certificate of the appliance in the hands of a server, with the chain that it came with.
async function certificateOf(DomainName) {
  const { CertificateArn } = await acm.send(new RequestCertificateCommand({ DomainName, KeyAlgorithm: FAMILIES[DomainName],
    ValidationMethod: 'DNS', Options: { Export: 'ENABLED' } }));
  const describe = async () => (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
  const { Name, Value } = (await describe()).DomainValidationOptions[0].ResourceRecord;
  dns.set('plain.test', Name.replace(/\.$/, ''), 'CNAME', Value);
  await checkNow(appliance, CertificateArn);
  await until('ISSUED', async () => (await describe()).Status === 'ISSUED');
  const { Certificate, CertificateChain, PrivateKey } = await acm.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from('passphrase') }));
  const key = createPrivateKey({ key: PrivateKey, passphrase: 'passphrase' }).export({ format: 'pem', type: 'pkcs8' });
  contexts[DomainName] = createSecureContext({ cert: Certificate + CertificateChain, key });
  const chain = [Certificate, ...CertificateChain.split(/(?<=-----END CERTIFICATE-----\n)/).filter((c) => c.includes('BEGIN'))];
  chain.forEach((pem, i) => writeFileSync(at(`${DomainName}.${i}.pem`), pem));
  writeFileSync(at(`${DomainName}.chain.pem`), chain.join(''));
}

// The commands of the guide after a heading, with other folders in the place of the machine's.
function commands(heading, replaced) {
  const guide = readFileSync('docs/TRUST.md', 'utf8');
  const block = new RegExp(`\\*\\*${heading}\\*\\*[^]*?\\n\\n((?:    .*\\n)+)`).exec(guide)?.[1] ?? assert.fail(`no commands for ${heading}`);
  let text = block.replace(/^ {4}/gm, '');
  for (const [machine, ours] of replaced) {
    assert.ok(text.includes(machine), `${machine} is not in: ${text}`);
    text = text.replaceAll(machine, ours);
  }
  return text;
}
const shell = (text) => run('sh', ['-euc', text], { cwd: folder, env: { ...process.env, PATH: `${at('bin')}:${process.env.PATH}` } });

// A client that has nothing to say.
function dumb(...command) {
  const running = run(...command);
  running.child.stdin.end();
  return running;
}

// The client accepts the server of each family, or refuses it for its issuer's sake.
async function accepts(client) {
  for (const name of NAMES) await client(name);
}
async function refuses(client, why) {
  for (const name of NAMES)
    await assert.rejects(client(name), (error) => { assert.match(`${error.message}${error.stdout}${error.stderr}`, why); return true; });
}
const curl = (...options) => async (name) => {
  const { stdout } = await run('curl', ['-sS', '--fail', ...options, '--resolve', `${name}:${port}:127.0.0.1`, `https://${name}:${port}/`]);
  assert.equal(stdout, `I am ${name}:${port}`);
};
const roots = () => readdirSync(folder).filter((name) => /^chancery-root-\d+\.crt$/.test(name));

test('Debian: update-ca-certificates, and then curl and OpenSSL', async () => {
  writeFileSync(at('conf'), '');
  const update = `update-ca-certificates --certsconf ${at('conf')} --certsdir ${at('mozilla')} --localcertsdir ${at('local')} --etccertsdir ${at('etc')} --hooksdir ${at('hooks')}`;
  execFileSync('sh', ['-c', `${update} >&2`], { stdio: 'ignore' });
  const openssl = (name) => dumb('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', name, '-verify_hostname', name, '-verify_return_error', '-CApath', at('etc')]);
  await refuses(curl('--capath', at('etc')), /unable to get (local )?issuer|self.signed/);
  await shell(commands('Debian, Ubuntu', [['/usr/local/share/ca-certificates/', at('local')], ['update-ca-certificates', update]]));
  assert.equal(roots().length, 3); // one a family that has issued
  await accepts(curl('--capath', at('etc')));
  await accepts(curl('--cacert', at('etc', 'ca-certificates.crt'), '--capath', '/nonexistent'));
  await accepts(async (name) => assert.match((await openssl(name)).stdout, /Verify return code: 0 \(ok\)/));
});

test('one program alone: curl and GnuTLS with the bundle', async () => {
  await shell(commands('One program alone', [['https://www.example.com', `-sS --resolve rsa.plain.test:${port}:127.0.0.1 https://rsa.plain.test:${port}`]]));
  const bundle = at('roots.pem');
  assert.equal(readFileSync(bundle, 'utf8').match(/BEGIN/g).length, 3);
  await refuses(curl('--capath', '/nonexistent'), /unable to get (local )?issuer|self.signed|certificate/);
  await accepts(curl('--cacert', bundle, '--capath', '/nonexistent'));
  const gnutls = (trust) => (name) => dumb('gnutls-cli', [`--x509cafile=${trust}`, `--port=${port}`, `--sni-hostname=${name}`, `--verify-hostname=${name}`, '127.0.0.1']);
  await refuses(gnutls(at('rsa.plain.test.0.pem')), /issuer is unknown/);
  await accepts(gnutls(bundle));
  const certtool = (trust) => (name) => run('certtool', ['--verify', '--load-ca-certificate', trust, '--infile', at(`${name}.chain.pem`), '--verify-hostname', name, '--verify-purpose', '1.3.6.1.5.5.7.3.1']);
  await refuses(certtool(at('rsa.plain.test.0.pem')), /Not verified|not trusted|issuer is unknown/);
  await accepts(certtool(bundle));
});

test('NSS: certutil, as Firefox keeps its profile', async () => {
  execFileSync('certutil', ['-N', '-d', `sql:${at('nss')}`, '--empty-password']);
  const chain = (name) => readdirSync(folder).filter((f) => new RegExp(`^${name}\\.\\d+\\.pem$`).test(f)).sort().flatMap((f) => ['-a', at(f)]);
  const vfychain = (name) => run('vfychain', ['-d', `sql:${at('nss')}`, '-u', '1', ...chain(name)]);
  await refuses(vfychain, /Chain is bad/);
  await shell(commands('One profile of Firefox', [['sql:PROFILE', `sql:${at('nss')}`]]));
  await accepts(async (name) => assert.match(Object.values(await vfychain(name)).join(), /Chain is good/));
});

const JAVA = `import java.net.*; import javax.net.ssl.*;
class Client { public static void main(String[] a) throws Exception {
  int refused = 0;
  for (int i = 1; i < a.length; i++) {
    SSLSocket s = (SSLSocket) ((SSLSocketFactory) SSLSocketFactory.getDefault()).createSocket(new Socket("127.0.0.1", Integer.parseInt(a[0])), a[i], Integer.parseInt(a[0]), true);
    SSLParameters p = s.getSSLParameters(); p.setEndpointIdentificationAlgorithm("HTTPS"); s.setSSLParameters(p);
    try { s.startHandshake(); System.out.println(a[i] + " accepted"); }
    catch (SSLException e) { System.out.println(a[i] + " refused: " + e); refused++; }
    s.close();
  }
  System.exit(refused);
} }`;
const hasJava = (() => { try { return execFileSync('java', ['--list-modules'], { stdio: ['ignore', 'pipe', 'ignore'] }).includes('jdk.compiler'); } catch { return false; } })();

test('Java: keytool, and then a client', { skip: !hasJava && 'no JDK is installed' }, async () => {
  writeFileSync(at('Client.java'), JAVA);
  const client = (...options) => run('java', ['-XX:TieredStopAtLevel=1', ...options, at('Client.java'), String(port), ...NAMES]);
  await assert.rejects(client(), (error) => error.code === 3 && /PKIX path building failed/.test(error.stdout));
  await shell(commands('Java', [['-cacerts', `-keystore ${at('cacerts')}`]]));
  const { stdout } = await client(`-Djavax.net.ssl.trustStore=${at('cacerts')}`, '-Djavax.net.ssl.trustStorePassword=changeit');
  assert.equal(stdout.match(/ accepted/g).length, 3);
});
