// Revocation that is seen: what may be configured, CRLs on the public plane, what certificates say of them.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import {
  CreateCertificateAuthorityCommand, DescribeCertificateAuthorityCommand, RevokeCertificateCommand, UpdateCertificateAuthorityCommand,
} from '@aws-sdk/client-acm-pca';
import { ExportCertificateCommand, GetCertificateCommand, RevokeCertificateCommand as AcmRevokeCertificateCommand } from '@aws-sdk/client-acm';
import { Appliance, run, sleep, until } from './appliance.mjs';
import { activeRoot, activeSubordinate, certificateOf, issue, requestIssued } from './authority.mjs';

let appliance, pca, acm, folder, leafCsr, root, parts;
const crl = (more = {}) => ({ RevocationConfiguration: { CrlConfiguration: { Enabled: true, ExpirationInDays: 7, ...more } } });

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chancery-crl-'));
  appliance = await Appliance.start({ public: true, configure: { 'crl.buckets': 'pki-mirror' } });
  pca = appliance.pca();
  acm = appliance.acm();
  await run('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(folder, 'key'),
    '-out', join(folder, 'csr'), '-subj', '/CN=leaf.example.internal', '-addext', 'subjectAltName=DNS:leaf.example.internal']);
  leafCsr = readFileSync(join(folder, 'csr'));
  root = await activeRoot(pca, { name: 'Complete', ...crl() });
  parts = await activeRoot(pca, { name: 'Partitioned', ...crl({ CrlType: 'PARTITIONED', S3BucketName: 'pki-mirror' }),
    RevocationConfiguration: { ...crl({ CrlType: 'PARTITIONED', S3BucketName: 'pki-mirror' }).RevocationConfiguration, OcspConfiguration: { Enabled: true } } });
});
after(() => { rmSync(folder, { recursive: true, force: true }); return appliance?.remove(); });

const uuid = (authority) => authority.arn.split('/')[1];
const base = () => `http://localhost:${appliance.publicPort}`;
const create = (revocation) => pca.send(new CreateCertificateAuthorityCommand({
  CertificateAuthorityType: 'ROOT', RevocationConfiguration: revocation,
  CertificateAuthorityConfiguration: { KeyAlgorithm: 'EC_prime256v1', SigningAlgorithm: 'SHA256WITHECDSA', Subject: { CommonName: 'Refused' } },
}));
const leaf = async (authority) => {
  const { Certificate } = await certificateOf(pca, authority.arn, await issue(pca, authority.arn, leafCsr, { signing: authority.signing, days: 5 }));
  const parsed = new X509Certificate(Certificate);
  return { pem: Certificate, serial: parsed.serialNumber };
};
const revoke = (authority, { serial }, reason = 'KEY_COMPROMISE') => pca.send(new RevokeCertificateCommand(
  { CertificateAuthorityArn: authority.arn, CertificateSerial: serial, RevocationReason: reason }));
const file = (name, text) => { writeFileSync(join(folder, name), text); return join(folder, name); };
const text = async (pem) => (await run('openssl', ['x509', '-noout', '-text', '-in', file('shown.pem', pem)])).stdout;
const urlOf = async (pem) => /CRL Distribution Points:[^]*?URI:(\S+)/.exec(await text(pem))?.[1];
const fetchCrl = async (url) => {
  const answer = await fetch(url);
  return { status: answer.status, headers: answer.headers, der: Buffer.from(await answer.arrayBuffer()) };
};
const crlText = async (der) => (await run('openssl', ['crl', '-inform', 'DER', '-noout', '-text', '-in', file('shown.crl', der)])).stdout;
const entries = (shown) => [...shown.matchAll(/Serial Number: (\w+)\s+Revocation Date: ([^\n]+)\n(?:\s+CRL entry extensions:\s+X509v3 CRL Reason Code: (critical)?\s*([^\n]+))?/g)]
  .map(([, serial, , critical, reason]) => ({ serial, reason, critical }));
// What a client says: 'OK' or the error of OpenSSL.
const judge = async (authority, certificate, der) => {
  file('both.pem', authority.pem + '\n' + (await run('openssl', ['crl', '-inform', 'DER', '-in', file('judged.crl', der)])).stdout);
  const result = await run('openssl', ['verify', '-crl_check', '-extended_crl', '-CAfile', join(folder, 'both.pem'), file('leaf.pem', certificate.pem)])
    .catch((error) => error);
  return result.code === undefined ? 'OK' : /error \d+ at \d+ depth lookup: (.*)/.exec(result.stderr)[1];
};
const published = (url, { serial }) => until(`${serial} in ${url}`, async () => {
  const { status, der } = await fetchCrl(url);
  return status === 200 && entries(await crlText(der)).some((e) => e.serial === serial) && der;
});

test('what AWS does not accept is refused', async () => {
  const cases = [
    [{ CrlConfiguration: { Enabled: true } }, 'InvalidArgsException', /ExpirationInDays/],
    [{ CrlConfiguration: { Enabled: true, ExpirationInDays: 0 } }, 'ValidationException', /greater than or equal to 1/],
    [{ CrlConfiguration: { Enabled: true, ExpirationInDays: 5001 } }, 'ValidationException', /less than or equal to 5000/],
    [{ CrlConfiguration: { Enabled: true, ExpirationInDays: 7, CustomCname: 'http://crl.example.internal' } }, 'InvalidArgsException', /protocol/],
    [{ CrlConfiguration: { Enabled: true, ExpirationInDays: 7, CustomCname: 'crl example' } }, 'ValidationException', /customCname/i],
    [{ CrlConfiguration: { Enabled: true, ExpirationInDays: 7, CrlType: 'DELTA' } }, 'ValidationException', /crlType/i],
    [{ CrlConfiguration: { Enabled: true, ExpirationInDays: 7, CustomPath: 'a//b' } }, 'ValidationException', /customPath/i],
    [{ CrlConfiguration: { Enabled: true, ExpirationInDays: 7, S3ObjectAcl: 'PUBLIC' } }, 'ValidationException', /s3ObjectAcl/i],
    [{ CrlConfiguration: { Enabled: true, ExpirationInDays: 7, CustomCname: 'crl.example.internal', CrlDistributionPointExtensionConfiguration: { OmitExtension: true } } },
      'InvalidArgsException', /OmitExtension/],
    [{ CrlConfiguration: { Enabled: true, ExpirationInDays: 7, S3BucketName: 'elsewhere' } }, 'ValidationException', /^Permission error with your S3 bucket 'elsewhere'\. Check that/],
    [{ OcspConfiguration: { Enabled: true, OcspCustomCname: 'https://ocsp.example.internal' } }, 'InvalidArgsException', /protocol/],
  ];
  for (const [revocation, name, message] of cases)
    await assert.rejects(create(revocation), (error) => {
      assert.equal(error.name, name, JSON.stringify(revocation));
      assert.match(error.message, message);
      return true;
    });
});

test('CRLs that are none are not found', async () => {
  const plain = await activeRoot(pca, { name: 'Without' });
  for (const path of [`/crl/${uuid(plain)}.crl`, `/crl/${uuid(root)}/00.crl`, `/crl/${uuid(parts)}.crl`, `/crl/${uuid(parts)}/0G.crl`, `/crl/${uuid(parts)}/100.crl`,
    `/crl/${uuid(root)}.crl.new`, `/crl/${uuid(root)}`, '/crl/.crl', `/${uuid(root).toUpperCase()}.crl`])
    assert.equal((await fetchCrl(base() + path)).status, 404, path);
  const { pem } = await leaf(plain);
  assert.doesNotMatch(await text(pem), /CRL Distribution|Authority Information/);
});

test('a complete CRL is there before anything is revoked', async () => {
  const url = `${base()}/crl/${uuid(root)}.crl`;
  const { status, headers, der } = await until('the first CRL', async () => {
    const answer = await fetchCrl(url);
    return answer.status === 200 && answer;
  });
  assert.equal(status, 200);
  assert.equal(headers.get('content-type'), 'application/pkix-crl');
  assert.match(headers.get('cache-control'), /max-age=\d+/);
  const shown = await crlText(der);
  assert.match(shown, /Version 2/);
  assert.match(shown, /No Revoked Certificates/);
  assert.match(shown, /X509v3 Authority Key Identifier/);
  assert.match(shown, /X509v3 CRL Number: *\n\s+0?x?\w+/);
  assert.doesNotMatch(shown, /Issuing Distrib/);
  const [from, to] = ['Last', 'Next'].map((which) => new Date(new RegExp(`${which} Update: (.*)`).exec(shown)[1]));
  assert.equal(to - from, 7 * 86400_000);
  assert.ok(Math.abs(Date.now() - from) < 60_000);
  const again = await fetch(url, { headers: { 'if-none-match': headers.get('etag') } });
  assert.equal(again.status, 304);
});

test('a revocation is published soon, and clients refuse the certificate', async () => {
  const good = await leaf(root);
  const bad = await leaf(root);
  const url = await urlOf(bad.pem);
  assert.equal(url, `${base()}/crl/${uuid(root)}.crl`);
  assert.equal(await judge(root, bad, (await fetchCrl(url)).der), 'OK');
  await sleep(600);
  const begin = Date.now();
  await revoke(root, bad);
  const der = await published(url, bad);
  const took = Date.now() - begin;
  assert.ok(took < 30_000, `${took} ms`); // alone on a machine, a tenth of a second
  assert.equal(await judge(root, bad, der), 'certificate revoked');
  assert.equal(await judge(root, good, der), 'OK');
  console.log(`# revoked to published: ${took} ms`);
});

test('many revocations share CRLs, which keep their order and their reasons', async () => {
  const reasons = { UNSPECIFIED: undefined, CERTIFICATE_AUTHORITY_COMPROMISE: 'CA Compromise', AFFILIATION_CHANGED: 'Affiliation Changed', SUPERSEDED: 'Superseded',
    CESSATION_OF_OPERATION: 'Cessation Of Operation', PRIVILEGE_WITHDRAWN: 'Privilege Withdrawn', A_A_COMPROMISE: 'AA Compromise' };
  const url = `${base()}/crl/${uuid(root)}.crl`;
  const number = async () => BigInt(/CRL Number: *\n\s+(\w+)/.exec(await crlText((await fetchCrl(url)).der))[1]);
  const before = await number();
  const leaves = await Promise.all(Object.keys(reasons).map(() => leaf(root)));
  await Promise.all(Object.keys(reasons).map((reason, i) => revoke(root, leaves[i], reason)));
  let shown;
  await until('all of them', async () => {
    shown = entries(await crlText((await fetchCrl(url)).der));
    return leaves.every(({ serial }) => shown.some((e) => e.serial === serial));
  });
  Object.values(reasons).forEach((expected, i) => {
    const entry = shown.find((e) => e.serial === leaves[i].serial);
    assert.equal(entry.reason, expected);
    assert.equal(entry.critical, undefined);
  });
  assert.ok(await number() > before);
  const gnutls = await run('certtool', ['--crl-info', '--inder', '--infile', file('gnutls.crl', (await fetchCrl(url)).der)]);
  assert.match(gnutls.stdout, /Revoked certificates \(8\)/);
  assert.doesNotMatch(gnutls.stdout, /rror/);
});

test('a partitioned CRL says whose it is, with the URI of the certificate', async () => {
  const bad = await leaf(parts);
  const shown = await text(bad.pem);
  const url = await urlOf(bad.pem);
  assert.equal(url, `${base()}/crl/${uuid(parts)}/${bad.serial.slice(-2).toLowerCase()}.crl`);
  assert.match(shown, new RegExp(`OCSP - URI:${base()}/ocsp\n`));
  assert.match(shown, new RegExp(`CA Issuers - URI:${base()}/ca/${uuid(parts)}.cer\n`));
  const first = await fetchCrl(url); /* made as it is fetched */
  assert.equal(first.status, 200);
  assert.equal(await judge(parts, bad, first.der), 'OK');
  await revoke(parts, bad);
  const der = await published(url, bad);
  const list = await crlText(der);
  assert.match(list, /X509v3 Issuing Distribution Point: critical\s+Full Name:\s+URI:(\S+)/i);
  assert.ok(list.includes(`URI:${url}`));
  assert.equal(await judge(parts, bad, der), 'certificate revoked');
  /* the CRL of another part says nothing of it */
  const other = await fetchCrl(url.replace(/(..)\.crl$/, (_, part) => `${((parseInt(part, 16) + 1) % 256).toString(16).padStart(2, '0')}.crl`));
  assert.equal(other.status, 200);
  assert.notEqual(await judge(parts, bad, other.der), 'OK');
  assert.doesNotMatch(await crlText(other.der), new RegExp(bad.serial));
});

test('names and paths of one\'s own, and no extension at all', async () => {
  const named = await activeRoot(pca, { name: 'Named', ...crl({ CustomCname: 'crl.example.internal', CustomPath: 'pki/lists' }) });
  assert.equal(await urlOf((await leaf(named)).pem), `http://crl.example.internal/pki/lists/${uuid(named)}.crl`);
  assert.equal((await fetchCrl(`${base()}/pki/lists/${uuid(named)}.crl`)).status, 200);
  const omitted = await activeRoot(pca, { name: 'Omitted', ...crl({ CrlDistributionPointExtensionConfiguration: { OmitExtension: true } }) });
  assert.equal(await urlOf((await leaf(omitted)).pem), undefined);
  assert.equal((await fetchCrl(`${base()}/crl/${uuid(omitted)}.crl`)).status, 200);
});

test('certificates from before a change of name and path find the CRL of now, whatever it is called', async () => {
  const moved = await activeRoot(pca, { name: 'Moved', ...crl({ CustomCname: `localhost:${appliance.publicPort}`, CustomPath: 'first/place' }) });
  const [good, bad] = [await leaf(moved), await leaf(moved)];
  const old = await urlOf(bad.pem);
  assert.equal(old, `${base()}/first/place/${uuid(moved)}.crl`);
  await pca.send(new UpdateCertificateAuthorityCommand({ CertificateAuthorityArn: moved.arn, ...crl({ CustomPath: 'second' }) }));
  assert.equal(await urlOf((await leaf(moved)).pem), `${base()}/second/${uuid(moved)}.crl`);
  await revoke(moved, bad);
  const der = await published(old, bad);
  assert.equal(await judge(moved, bad, der), 'certificate revoked');
  assert.equal(await judge(moved, good, der), 'OK');
});

test('an authority below is in the CRL of the one above, and stays ACTIVE', async () => {
  const sub = await activeSubordinate(pca, root, { name: 'Below' });
  assert.equal(await urlOf(sub.pem), `${base()}/crl/${uuid(root)}.crl`);
  const { serialNumber } = new X509Certificate(sub.pem);
  await revoke(root, { serial: serialNumber }, 'CERTIFICATE_AUTHORITY_COMPROMISE');
  await published(`${base()}/crl/${uuid(root)}.crl`, { serial: serialNumber });
  const { CertificateAuthority } = await pca.send(new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: sub.arn }));
  assert.equal(CertificateAuthority.Status, 'ACTIVE');
});

test('certificates requested through ACM say where to ask, and are revoked through ACM', async () => {
  const CertificateArn = await requestIssued(acm, root, { Options: { Export: 'ENABLED' } });
  const { Certificate } = await acm.send(new GetCertificateCommand({ CertificateArn }));
  const url = await urlOf(Certificate);
  assert.equal(url, `${base()}/crl/${uuid(root)}.crl`);
  await acm.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from('a passphrase') }));
  await acm.send(new AcmRevokeCertificateCommand({ CertificateArn, RevocationReason: 'SUPERSEDED' }));
  await published(url, { serial: new X509Certificate(Certificate).serialNumber });
});

test('CRLs are switched on and off by UpdateCertificateAuthority', async () => {
  const later = await activeRoot(pca, { name: 'Later' });
  const early = await leaf(later);
  await revoke(later, early);
  const url = `${base()}/crl/${uuid(later)}.crl`;
  const update = (configuration) => pca.send(new UpdateCertificateAuthorityCommand({ CertificateAuthorityArn: later.arn, RevocationConfiguration: { CrlConfiguration: configuration } }));
  await assert.rejects(update({ Enabled: true }), { name: 'InvalidArgsException' });
  assert.equal((await fetchCrl(url)).status, 404);
  await update({ Enabled: true, ExpirationInDays: 1 });
  await published(url, early);
  assert.equal(await urlOf((await leaf(later)).pem), url);
  await update({ Enabled: false });
  const bad = await leaf(later);
  assert.equal(await urlOf(bad.pem), undefined);
  await revoke(later, bad);
  await update({ Enabled: true, ExpirationInDays: 1 });
  await published(url, bad);
});

test('without the HSM the old CRL stays; the new one comes with it', async () => {
  const bad = await leaf(root);
  const url = `${base()}/crl/${uuid(root)}.crl`;
  const token = join(appliance.state, 'token');
  renameSync(token, `${token}.away`);
  try {
    await revoke(root, bad);
    await sleep(500);
    assert.equal(await judge(root, bad, (await fetchCrl(url)).der), 'OK');
  } finally {
    renameSync(`${token}.away`, token);
  }
  assert.equal(await judge(root, bad, await published(url, bad)), 'certificate revoked');
});

test('killed in the middle of revocations, nothing is half done and all is published', async () => {
  const leaves = await Promise.all(Array.from({ length: 6 }, () => leaf(root)));
  const url = `${base()}/crl/${uuid(root)}.crl`;
  const revoked = Promise.allSettled(leaves.map((one) => revoke(root, one)));
  await sleep(20);
  process.kill(appliance.pids()['chancery-core'], 'SIGKILL');
  await revoked;
  await until('core to answer again', () => revoke(root, leaves[0]).then(() => true, (error) => error.name === 'RequestAlreadyProcessedException'));
  for (const one of leaves.slice(1))
    await revoke(root, one).catch((error) => assert.equal(error.name, 'RequestAlreadyProcessedException'));
  for (const one of leaves)
    await published(url, one);
  const { der } = await fetchCrl(url);
  assert.equal(await judge(root, leaves[0], der), 'certificate revoked');
  const left = () => readdirSync(join(appliance.state, 'public', 'crl')).filter((name) => !/^[0-9a-f-]{36}(\.crl)?$/.test(name));
  await until('nothing to be left behind', () => left().length === 0);
});

test('a file that was lost is made again', async () => {
  const path = join(appliance.state, 'public', 'crl', `${uuid(root)}.crl`);
  rmSync(path);
  const { status, der } = await fetchCrl(`${base()}/crl/${uuid(root)}.crl`);
  assert.equal(status, 200);
  assert.deepEqual(readFileSync(path), der);
});

test('NSS and GnuTLS say of good and revoked certificates what OpenSSL says, by CRL and by OCSP', async () => {
  const db = mkdtempSync(join(folder, 'nss-'));
  const tool = (command, ...args) => run(command, args).then(({ stdout, stderr }) => stdout + stderr, (error) => `${error.stdout}${error.stderr}`);
  await run('certutil', ['-N', '-d', `sql:${db}`, '--empty-password']);
  for (const [name, authority] of Object.entries({ root, parts }))
    await run('certutil', ['-A', '-d', `sql:${db}`, '-n', name, '-t', 'CT,C,C', '-a', '-i', file(`${name}.pem`, authority.pem)]);
  const check = (method, path) => tool('vfychain', '-d', `sql:${db}`, '-u', '1', '-pp', '-g', 'leaf', '-m', ...method, '-s', 'failIfNoInfo', '-a', path);

  for (const [authority, method] of [[root, ['crl']], [parts, ['ocsp']]]) {
    const [good, bad] = [await leaf(authority), await leaf(authority)];
    const paths = [file('good.pem', good.pem), file('bad.pem', bad.pem)];
    await revoke(authority, bad);
    if (method[0] === 'crl') {
      const der = await published(`${base()}/crl/${uuid(root)}.crl`, bad);
      await run('crlutil', ['-I', '-d', `sql:${db}`, '-t', '1', '-i', file('nss.crl', der)]);
      const pem = file('tls.crl', (await run('openssl', ['crl', '-inform', 'DER', '-in', file('nss.crl', der)])).stdout);
      const verify = (path) => tool('certtool', '--verify', '--load-ca-certificate', file('root.pem', root.pem), '--load-crl', pem, '--infile', path);
      assert.match(await verify(paths[0]), /Chain verification output: Verified/);
      assert.match(await verify(paths[1]), /revoked/);
    }
    assert.match(await check(method, paths[0]), /Chain is good!/);
    await until('NSS to see the revocation', async () => /revoked/i.test(await check(method, paths[1])));
  }
});
