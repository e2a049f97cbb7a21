// ImportCertificate through the AWS SDK: what is refused, with AWS's words where they are on record; then
// certificates of each key type, which come back as they were; re-imports; and what a deletion leaves.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AddTagsToCertificateCommand, DeleteCertificateCommand, DescribeCertificateCommand, ExportCertificateCommand,
  GetCertificateCommand, ImportCertificateCommand, ListCertificatesCommand, ListTagsForCertificateCommand,
} from '@aws-sdk/client-acm';
import { Appliance, run } from './appliance.mjs';
import { activeRoot, issue } from './authority.mjs';

let appliance, acm, folder;
const path = (name) => join(folder, name);
const read = (name) => readFileSync(path(name));
const write = (name, text) => { writeFileSync(path(name), text); return path(name); };
const openssl = (...args) => run('openssl', args, { cwd: folder });

// A key by the name of its file, made once.
const makers = {
  rsa: (file, bits) => openssl('genrsa', '-traditional', '-out', file, bits),
  ec: (file, curve) => openssl('ecparam', '-name', curve, '-genkey', '-noout', '-out', file),
};

async function selfSigned(name, subject, ...extra) {
  await openssl('req', '-x509', '-new', '-key', `${name}.key`, '-days', '30', '-subj', subject, '-config', 'plain.cnf',
    '-out', `${name}.pem`, ...extra);
}

// A certificate for KEY.key under the CA, in NAME.pem.
async function signed(name, key, ca, extensions, subject = '/CN=www.example.com', serial = '1001') {
  await openssl('req', '-new', '-key', `${key}.key`, '-subj', subject, '-config', 'plain.cnf', '-out', `${name}.csr`);
  write(`${name}.ext`, extensions.join('\n') + '\n');
  await openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${ca}.pem`, '-CAkey', `${ca}.key`, '-set_serial', serial,
    '-days', '30', '-extfile', `${name}.ext`, '-out', `${name}.pem`);
}

const tls = ['subjectAltName=DNS:www.example.com,DNS:example.com', 'keyUsage=critical,digitalSignature,keyEncipherment',
  'extendedKeyUsage=serverAuth'];
const issuer = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
const keyTypes = {
  RSA_1024: ['rsa', '1024', 'inter'], RSA_2048: ['rsa', '2048', 'inter'], RSA_3072: ['rsa', '3072', 'inter'],
  RSA_4096: ['rsa', '4096', 'inter'], EC_prime256v1: ['ec', 'prime256v1', 'ecroot'],
  EC_secp384r1: ['ec', 'secp384r1', 'ecroot'], EC_secp521r1: ['ec', 'secp521r1', 'ecroot'],
};

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chancery-import-'));
  write('plain.cnf', '[req]\ndistinguished_name=dn\n[dn]\n');
  // A list as openssl-blacklist had them, with a key that is known from now on, and somebody else's.
  await makers.rsa('known.key', '2048');
  chmodSync(folder, 0o755); // core, which reads the list, may be another user
  mkdirSync(path('weak'));
  const { stdout } = await run('sh', ['-c', 'openssl rsa -noout -modulus -in known.key | sha1sum | cut -c 21-40'], { cwd: folder });
  write('weak/blacklist.RSA-2048', `# by openssl and sha1sum\nffffffffffffffffffff\n${stdout}`);
  const started = Appliance.start({ configure: { 'weak_keys.folder': path('weak') } });
  await Promise.all([makers.rsa('root.key', '2048'), makers.rsa('inter.key', '2048'), makers.ec('ecroot.key', 'prime256v1'),
    makers.ec('alone.key', 'prime256v1'),
    ...Object.entries(keyTypes).map(([name, [kind, size]]) => makers[kind](`${name}.key`, size))]);
  await selfSigned('root', '/O=Import Org/CN=Root', '-addext', issuer[0]);
  await selfSigned('ecroot', '/CN=EC Root', '-addext', issuer[0]);
  await selfSigned('alone', '/O=Alone/CN=alone.example.com', '-addext', 'subjectKeyIdentifier=hash');
  await signed('inter', 'inter', 'root', issuer, '/O=Inter Org/CN=Inter');
  await Promise.all(Object.entries(keyTypes).map(([name, [, , ca]]) => signed(name, name, ca, tls)));
  write('chain.pem', Buffer.concat([read('inter.pem'), read('root.pem')]));
  write('ecchain.pem', read('ecroot.pem'));
  appliance = await started;
  acm = appliance.acm();
});
after(async () => {
  await appliance?.remove();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const material = (certificate, key, chain) => ({
  Certificate: read(certificate), PrivateKey: read(key), ...(chain && { CertificateChain: read(chain) }),
});
const chainOf = (name) => (keyTypes[name][2] === 'inter' ? 'chain.pem' : 'ecchain.pem');
const good = () => material('RSA_2048.pem', 'RSA_2048.key', 'chain.pem');
const imported = async (input) => (await acm.send(new ImportCertificateCommand(input))).CertificateArn;
const described = async (CertificateArn) => (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
const deleted = (CertificateArn) => acm.send(new DeleteCertificateCommand({ CertificateArn }));

async function refused(input, name, message) {
  await assert.rejects(acm.send(new ImportCertificateCommand(input)), (error) => {
    assert.equal(error.name, name, error.message);
    assert.equal(error.$metadata.httpStatusCode, 400);
    if (message instanceof RegExp) assert.match(error.message, message);
    else assert.ok(error.message.startsWith(message), `"${error.message}" does not begin with "${message}"`);
    return true;
  });
}

describe('refusals', () => {
  const invalid = (input, message) => refused(input, 'ValidationException', message);

  test('the contract comes first: what must be there, and how long it may be', async () => {
    await invalid({ ...good(), PrivateKey: Buffer.alloc(5121, 'a') }, /privateKey.*less than or equal to 5120/);
    await invalid({ ...good(), Certificate: Buffer.alloc(32769, 'a') }, /certificate.*less than or equal to 32768/);
    await invalid({ ...good(), Certificate: Buffer.alloc(0) }, /certificate.*greater than or equal to 1/);
    await invalid({ ...good(), CertificateArn: 'arn:aws:acm' }, /certificateArn/);
  });

  test('what is not PEM, or PEM that was edited', async () => {
    const notPem = 'The certificate body/chain provided is not in a valid PEM format';
    await openssl('x509', '-in', 'RSA_2048.pem', '-outform', 'DER', '-out', 'leaf.der');
    await invalid({ ...good(), Certificate: read('leaf.der') }, notPem);
    await invalid({ ...good(), Certificate: Buffer.from(String(read('RSA_2048.pem')).replace('\n', ' \n')) }, notPem);
    await invalid({ ...good(), CertificateChain: Buffer.from('rubbish') }, notPem);
    await invalid({ ...good(), Certificate: Buffer.concat([read('RSA_2048.pem'), read('inter.pem')]) },
      'The certificate field contains more than one certificate. You can specify only one certificate in this field.');
    await invalid({ ...good(), Certificate: Buffer.from('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n') },
      'Unable to parse certificate. Please make sure the certificate is in PEM format.');
  });

  test('private keys: encrypted, of another type or length, of another certificate', async () => {
    await openssl('pkcs8', '-topk8', '-passout', 'pass:x', '-in', 'RSA_2048.key', '-out', 'encrypted.p8');
    await openssl('rsa', '-traditional', '-aes128', '-passout', 'pass:x', '-in', 'RSA_2048.key', '-out', 'encrypted.key');
    await openssl('genpkey', '-algorithm', 'ED25519', '-out', 'ed25519.key');
    await makers.rsa('rsa1536.key', '1536');
    await invalid({ ...good(), PrivateKey: read('encrypted.p8') }, 'Your private key should not be encrypted.');
    await invalid({ ...good(), PrivateKey: read('encrypted.key') }, 'Your private key should not be encrypted.');
    await invalid({ ...good(), PrivateKey: read('RSA_2048.pem') }, 'Passed PEM was not a private key.');
    await invalid({ ...good(), PrivateKey: read('ed25519.key') }, 'The private key is not supported.');
    await invalid({ ...good(), PrivateKey: read('rsa1536.key') }, 'The private key length 1536 is not supported for key algorithm.');
    await invalid({ ...good(), PrivateKey: read('RSA_3072.key') }, 'The private key does not match');
  });

  test('chains: missing, of somebody else, out of order, with the leaf in it', async () => {
    await invalid(material('RSA_2048.pem', 'RSA_2048.key'),
      'Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.');
    await invalid({ ...good(), CertificateChain: read('ecroot.pem') },
      'Could not validate the certificate with the certificate chain.');
    const order = 'Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, '
      + 'followed by any intermediaries in order. The index within the chain of the invalid certificate is: 0';
    await invalid({ ...good(), CertificateChain: Buffer.concat([read('root.pem'), read('inter.pem')]) }, order);
    await invalid({ ...good(), CertificateChain: Buffer.concat([read('RSA_2048.pem'), read('chain.pem')]) }, order);
    await invalid({ ...good(), CertificateChain: Buffer.concat([read('inter.pem'), read('ecroot.pem')]) }, order);
  });

  test('certificates: version 1, a known weak key', async () => {
    await openssl('req', '-new', '-key', 'RSA_2048.key', '-subj', '/CN=v1', '-config', 'plain.cnf', '-out', 'v1.csr');
    await openssl('x509', '-req', '-in', 'v1.csr', '-signkey', 'RSA_2048.key', '-days', '30', '-out', 'v1.pem');
    await invalid(material('v1.pem', 'RSA_2048.key'), /version 1/);
    // The private key 1 on P-256: its public key is the generator, by which everybody knows it.
    const der = Buffer.from(`30310201010420${'0'.repeat(63)}1a00a06082a8648ce3d030107`, 'hex');
    write('one.key', `-----BEGIN EC PRIVATE KEY-----\n${der.toString('base64').match(/.{1,64}/g).join('\n')}\n-----END EC PRIVATE KEY-----\n`);
    await selfSigned('one', '/CN=one.example.com', '-addext', 'subjectKeyIdentifier=hash');
    await invalid(material('one.pem', 'one.key'), /not supported.*ec-small-scalar/);
  });

  test('a key on a list of weak keys: not imported, and not certified for a CSR', async () => {
    assert.match(appliance.log, /2 hashes of weak keys from 1 files/);
    await selfSigned('known', '/CN=known.example.com', '-addext', 'subjectKeyIdentifier=hash');
    await invalid(material('known.pem', 'known.key'),
      /^The private key is not supported\. .*on a list of keys.*CVE-2008-0166\) \(rsa-known\)/);
    const pca = appliance.pca();
    const authority = await activeRoot(pca);
    await openssl('req', '-new', '-key', 'known.key', '-subj', '/CN=known.example.com', '-config', 'plain.cnf', '-out', 'known.csr');
    await assert.rejects(issue(pca, authority.arn, read('known.csr'), { signing: authority.signing }),
      (error) => error.name === 'MalformedCSRException' && /CVE-2008-0166/.test(error.message));
  });

  test('tags and ARNs', async () => {
    await refused({ ...good(), Tags: [{ Key: 'aws:x', Value: 'y' }] }, 'InvalidTagException', /aws:x/);
    const arn = await imported(material('alone.pem', 'alone.key'));
    await deleted(arn);
    await refused({ ...good(), CertificateArn: arn }, 'ResourceNotFoundException', `Could not find certificate ${arn}.`);
  });

  test('nothing of all that was stored', async () => {
    const { CertificateSummaryList } = await acm.send(new ListCertificatesCommand({ Includes: { keyTypes: Object.keys(keyTypes) } }));
    assert.deepEqual(CertificateSummaryList, []);
  });
});

for (const name of Object.keys(keyTypes)) {
  test(`${name}: comes back as it was, is described and listed as AWS does, and goes`, async () => {
    const CertificateArn = await imported({ ...material(`${name}.pem`, `${name}.key`, chainOf(name)), Tags: [{ Key: 'of', Value: name }] });
    assert.match(CertificateArn, /^arn:aws:acm:us-east-1:\d{12}:certificate\/[0-9a-f-]{36}$/);
    const got = await acm.send(new GetCertificateCommand({ CertificateArn }));
    assert.equal(got.Certificate, String(read(`${name}.pem`)));
    assert.equal(got.CertificateChain, String(read(chainOf(name))));
    const { CreatedAt, ImportedAt, NotBefore, NotAfter, ...rest } = await described(CertificateArn);
    for (const time of [CreatedAt, ImportedAt]) assert.ok(Math.abs(time - Date.now()) < 60000);
    assert.ok(NotBefore < Date.now() && NotAfter > Date.now());
    assert.deepEqual(rest, {
      CertificateArn, CertificateKeyPairOrigin: 'CUSTOMER_PROVIDED', DomainName: 'www.example.com',
      DomainValidationOptions: [{ DomainName: 'www.example.com' }, { DomainName: 'example.com' }],
      ExtendedKeyUsages: [{ Name: 'TLS_WEB_SERVER_AUTHENTICATION', OID: '1.3.6.1.5.5.7.3.1' }], InUseBy: [],
      Issuer: keyTypes[name][2] === 'inter' ? 'Inter Org' : 'EC Root', KeyAlgorithm: name.replace('_', '-'),
      KeyUsages: [{ Name: 'DIGITAL_SIGNATURE' }, { Name: 'KEY_ENCIPHERMENT' }],
      Options: { CertificateTransparencyLoggingPreference: 'DISABLED', Export: 'DISABLED' }, RenewalEligibility: 'INELIGIBLE',
      Serial: '03:e9', SignatureAlgorithm: keyTypes[name][0] === 'rsa' ? 'SHA256WITHRSA' : 'SHA256WITHECDSA', Status: 'ISSUED',
      Subject: 'CN=www.example.com', SubjectAlternativeNames: ['www.example.com', 'example.com'], Type: 'IMPORTED',
    });
    const { CertificateSummaryList: [item, ...more] } = await acm.send(new ListCertificatesCommand({ Includes: { keyTypes: [name] } }));
    assert.deepEqual(more, []);
    assert.equal(item.CertificateArn, CertificateArn);
    assert.equal(item.ExportOption, 'DISABLED');
    assert.equal(item.Exported, undefined);
    assert.equal(+item.ImportedAt, +ImportedAt);
    const plain = await acm.send(new ListCertificatesCommand({}));
    assert.equal(plain.CertificateSummaryList.length, ['RSA_1024', 'RSA_2048'].includes(name) ? 1 : 0);
    await assert.rejects(acm.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from('words') })),
      { name: 'ValidationException' });
    await deleted(CertificateArn);
    await assert.rejects(described(CertificateArn), { name: 'ResourceNotFoundException' });
  });
}

test('a domainless certificate is imported, but listed only when asked for', async () => {
  await signed('jane', 'RSA_2048', 'inter', tls.slice(1), '/CN=Jane Doe');
  const arn = await imported(material('jane.pem', 'RSA_2048.key', 'chain.pem'));
  const certificate = await described(arn);
  assert.equal(certificate.DomainName, undefined);
  assert.equal(certificate.Subject, 'CN=Jane Doe');
  assert.deepEqual((await acm.send(new ListCertificatesCommand({}))).CertificateSummaryList, []);
  const asked = await acm.send(new ListCertificatesCommand({ Includes: { keyTypes: ['RSA_2048'] } }));
  assert.deepEqual(asked.CertificateSummaryList.map((item) => item.CertificateArn), [arn]);
  await deleted(arn);
});

describe('re-import', () => {
  let arn;
  before(async () => {
    const variants = {
      wider: ['subjectAltName=DNS:new.example.com', 'keyUsage=digitalSignature,keyEncipherment,dataEncipherment',
        'extendedKeyUsage=serverAuth,clientAuth'],
      lessUsage: ['subjectAltName=DNS:www.example.com', 'keyUsage=digitalSignature', 'extendedKeyUsage=serverAuth'],
      otherPurpose: ['subjectAltName=DNS:www.example.com', 'keyUsage=digitalSignature,keyEncipherment', 'extendedKeyUsage=clientAuth'],
      bare: ['subjectAltName=DNS:www.example.com'],
      noPurpose: ['subjectAltName=DNS:www.example.com', 'keyUsage=digitalSignature,keyEncipherment'],
    };
    let serial = 2000;
    for (const [name, extensions] of Object.entries(variants))
      await signed(name, 'RSA_2048', 'inter', extensions, '/CN=www.example.com', String(++serial));
    arn = await imported({ ...good(), Tags: [{ Key: 'team', Value: 'web' }] });
  });
  const again = (name, key = 'RSA_2048') => ({ ...material(`${name}.pem`, `${key}.key`, chainOf(key)), CertificateArn: arn });

  test('may not take away what was there', async () => {
    await refused(again('lessUsage'), 'ValidationException',
      'New certificate is missing one or more Key Usages supported by the currently imported certificate');
    await refused(again('otherPurpose'), 'ValidationException',
      'New certificate is missing one or more Extended Key Usages supported by the currently imported certificate');
    await refused(again('bare'), 'ValidationException', /missing one or more Key Usages/);
    await refused(again('jane'), 'ValidationException', 'You cannot remove all of the domain names from a certificate.');
    await refused(again('RSA_3072', 'RSA_3072'), 'ValidationException', 'The key type and size of a certificate cannot be changed');
    await refused({ ...again('RSA_2048'), Tags: [{ Key: 'a', Value: 'b' }] }, 'ValidationException', 'Tagging is not permitted on re-import.');
    assert.equal((await described(arn)).Serial, '03:e9');
  });

  test('may not add an extension that was not there', async () => {
    const bare = await imported(material('bare.pem', 'RSA_2048.key', 'chain.pem'));
    await refused({ ...good(), CertificateArn: bare }, 'ValidationException', /^New certificate has Key Usages/);
    await deleted(bare);
    const noPurpose = await imported(material('noPurpose.pem', 'RSA_2048.key', 'chain.pem'));
    await refused({ ...good(), CertificateArn: noPurpose }, 'ValidationException', /^New certificate has Extended Key Usages/);
    await deleted(noPurpose);
  });

  test('keeps ARN and tags, and brings new names and usages', async () => {
    const before_ = await described(arn);
    await acm.send(new AddTagsToCertificateCommand({ CertificateArn: arn, Tags: [{ Key: 'more', Value: '1' }] }));
    assert.equal(await imported(again('wider')), arn);
    const now = await described(arn);
    assert.equal(now.Serial, '07:d1');
    assert.equal(now.DomainName, 'new.example.com');
    assert.deepEqual(now.SubjectAlternativeNames, ['new.example.com']);
    assert.equal(now.KeyUsages.length, 3);
    assert.equal(+now.CreatedAt, +before_.CreatedAt);
    assert.ok(now.ImportedAt >= before_.ImportedAt);
    assert.equal((await acm.send(new GetCertificateCommand({ CertificateArn: arn }))).Certificate, String(read('wider.pem')));
    const { Tags } = await acm.send(new ListTagsForCertificateCommand({ CertificateArn: arn }));
    assert.deepEqual(Tags.map(({ Key }) => Key).sort(), ['more', 'team']);
  });

  test('a deletion leaves nothing of the import in the store', async () => {
    await deleted(arn);
    const alone = await imported(material('alone.pem', 'alone.key'));
    await deleted(alone);
    assert.deepEqual((await acm.send(new ListCertificatesCommand({ Includes: { keyTypes: Object.keys(keyTypes) } }))).CertificateSummaryList, []);
  });
});

test('no private key was written to the log or to the disk in clear', () => {
  const octets = String(read('RSA_2048.key')).split('\n').slice(2, 4);
  for (const line of octets) assert.ok(!appliance.log.includes(line));
  const der = Buffer.from(String(read('RSA_2048.key')).replace(/-----.*-----|\n/g, ''), 'base64').subarray(300, 340);
  const walk = (dir) => readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(dir, entry.name)) : entry.isFile() ? [join(dir, entry.name)] : []);
  for (const file of walk(appliance.state)) assert.ok(!readFileSync(file).includes(der), file);
});
