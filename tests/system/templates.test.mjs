// IssueCertificate with every template of AWS Private CA: what is refused, then what is in the certificates,
// compared with a table written from AWS's page of template definitions and read by openssl, not by our code.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash, X509Certificate } from 'node:crypto';
import { IssueCertificateCommand, ImportCertificateAuthorityCertificateCommand } from '@aws-sdk/client-acm-pca';
import { DescribeCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { Appliance, until } from './appliance.mjs';
import { activeRoot, certificateOf, createAuthority, csrOf, issue, template } from './authority.mjs';

let appliance, pca, root, rootCsr, rootKeyId, csr;

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
const file = (name, text) => {
  const path = join(appliance.state, name);
  writeFileSync(path, text);
  return path;
};

// A CSR for a fresh EC key with these extensions.
function request(subject, extensions = [], key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']) {
  return openssl('req', '-new', ...key, '-nodes', '-keyout', join(appliance.state, 'request.key'),
    '-subj', subject, ...extensions.flatMap((e) => ['-addext', e]));
}

before(async () => {
  appliance = await Appliance.start();
  pca = appliance.pca({ maxAttempts: 1 });
  root = await activeRoot(pca, { name: 'Template root' });
  rootCsr = await csrOf(pca, root.arn);
  rootKeyId = extensionsOf(root.pem).get('X509v3 Subject Key Identifier');
  csr = request('/CN=csr.example.com', [
    'subjectAltName=DNS:csr.example.com', 'basicConstraints=critical,CA:TRUE,pathlen:7', 'keyUsage=nonRepudiation',
    'extendedKeyUsage=emailProtection', 'certificatePolicies=1.2.3.1', 'crlDistributionPoints=URI:http://csr.example.com/crl',
    '1.2.3.4.1=critical,ASN1:UTF8String:csr', '1.2.3.4.2=ASN1:UTF8String:csr']);
});
after(() => appliance?.remove());

const pemOf = async (options, authority = root, from = csr) => (await certificateOf(pca, authority.arn,
  await issue(pca, authority.arn, from, { signing: authority.signing, ...options }))).Certificate;

// The extensions of certificates as openssl prints them: for each, name -> "critical value".
function extensionsOfAll(pems) {
  const path = file('shown.p7', openssl('crl2pkcs7', '-nocrl', '-certfile', file('shown.pem', pems.map((pem) => `${pem}\n`).join(''))));
  const all = [];
  let name = null;
  for (const line of openssl('pkcs7', '-in', path, '-print_certs', '-noout', '-text').split('\n')) {
    const head = /^ {12}(\S.*?): ?(critical)?\s*$/.exec(line);
    if (line === 'Certificate:') {
      all.push(new Map());
    } else if (head) {
      name = head[1];
      all.at(-1).set(name, head[2] ?? '');
    } else if (name && /^ {16}/.test(line)) {
      all.at(-1).set(name, `${all.at(-1).get(name)} ${line.trim()}`.trim());
    } else if (/^ {4}Signature Algorithm/.test(line)) {
      name = null;
    }
  }
  return all;
}
const extensionsOf = (pem) => extensionsOfAll([pem])[0];

const text = (value) => Buffer.concat([Buffer.from([0x0c, value.length]), Buffer.from(value)]).toString('base64');
const custom = (oid, hex, critical) => ({ ObjectIdentifier: oid, Value: Buffer.from(hex, 'hex').toString('base64'), Critical: critical });
// DER of cRLDistributionPoints with one URI.
const crlPoint = (uri) => {
  let der = Buffer.concat([Buffer.from([0x86, uri.length]), Buffer.from(uri)]);
  for (const tag of [0xa0, 0xa0, 0x30, 0x30]) der = Buffer.concat([Buffer.from([tag, der.length]), der]);
  return der.toString('hex');
};

describe('refusals', () => {
  const refused = async (name, options, from = csr, authority = root) => {
    await assert.rejects(pca.send(new IssueCertificateCommand({
      CertificateAuthorityArn: authority.arn, Csr: Buffer.from(from), SigningAlgorithm: authority.signing,
      Validity: { Type: 'DAYS', Value: 30 }, ...options,
    })), (error) => {
      assert.equal(error.name, name, error.message);
      return true;
    });
  };
  const blank = template('BlankEndEntityCertificate_APIPassthrough/V1');
  const api = (passthrough) => refused('InvalidArgsException', { TemplateArn: blank, ApiPassthrough: passthrough });
  const extensions = (value) => api({ Extensions: value });
  const names = (...list) => extensions({ SubjectAlternativeNames: list });

  test('templates that AWS does not have', async () => {
    for (const name of ['NoSuchCertificate', 'BlankEndEntityCertificate', 'RootCACertificate_CSRPassthrough', 'SubordinateCACertificate_PathLen4',
      'BlankRootCACertificate', 'endentitycertificate', 'SubordinateCACertificate'])
      await refused('InvalidArgsException', { TemplateArn: template(`${name}/V1`) });
    await refused('InvalidArgsException', { TemplateArn: template('EndEntityCertificate/V2') });
    await refused('InvalidArnException', { TemplateArn: 'arn:aws:acm-pca:us-east-1::template/EndEntityCertificate/V1' });
  });

  test('signing algorithms of another family and those that are not there', async () => {
    for (const SigningAlgorithm of ['SHA256WITHRSA', 'SM3WITHSM2', 'ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87', 'SHA256WITHRSA_PSS'])
      await refused('InvalidArgsException', { SigningAlgorithm });
  });

  test('requests that are none, nameless or for a weak key', async () => {
    await refused('MalformedCSRException', {}, 'no request');
    await refused('MalformedCSRException', {}, request('/'));
    await refused('MalformedCSRException', {}, request('/CN=weak.example.com', [], ['-newkey', 'rsa:1024']));
    await refused('MalformedCSRException', {}, request('/CN=odd.example.com', [], ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1']));
  });

  test('dates beyond the authority, in the past, and of the wrong type', async () => {
    await refused('ValidationException', { Validity: { Type: 'YEARS', Value: 11 } });
    await refused('InvalidArgsException', { Validity: { Type: 'ABSOLUTE', Value: 1000 } });
    await refused('InvalidArgsException', { ValidityNotBefore: { Type: 'DAYS', Value: 1 } });
  });

  test('subjects that mix or cannot be encoded', async () => {
    const CustomAttributes = [{ ObjectIdentifier: '2.5.4.3', Value: 'x' }];
    await api({ Subject: { CommonName: 'x', CustomAttributes } });
    await api({ Subject: {} });
    await api({ Subject: { CustomAttributes: [{ ObjectIdentifier: '2.5.4.6', Value: 'Germany' }] } });
  });

  test('alternative names of no kind, of two, and without sense', async () => {
    await names({});
    await names({ DnsName: 'a.example.com', Rfc822Name: 'a@example.com' });
    for (const IpAddress of ['', '10.0.0', '10.0.0.256', '::1::', 'localhost']) await names({ IpAddress });
    await names({ DnsName: 'bücher.example.com' });
    await names({ DnsName: '' });
    await names({ DirectoryName: {} });
  });

  test('usages, policies and extensions that say nothing, twice the same, or no DER', async () => {
    await extensions({ KeyUsage: {} });
    await extensions({ KeyUsage: { DigitalSignature: false } });
    await extensions({ ExtendedKeyUsage: [{}] });
    await extensions({ ExtendedKeyUsage: [{ ExtendedKeyUsageType: 'CLIENT_AUTH', ExtendedKeyUsageObjectIdentifier: '1.2.3' }] });
    await extensions({ ExtendedKeyUsage: [{ ExtendedKeyUsageType: 'CLIENT_AUTH' }, { ExtendedKeyUsageObjectIdentifier: '1.3.6.1.5.5.7.3.2' }] });
    await extensions({ CertificatePolicies: [{ CertPolicyId: '1.2.3' }, { CertPolicyId: '1.2.3' }] });
    await extensions({ CertificatePolicies: [{ CertPolicyId: '1.2.3', PolicyQualifiers: [{ PolicyQualifierId: 'CPS', Qualifier: { CpsUri: 'relative' } }] }] });
    await extensions({ CustomExtensions: [custom('1.2.3.4', '0500'), custom('1.2.3.4', '0500')] });
    await extensions({ KeyUsage: { DigitalSignature: true }, CustomExtensions: [custom('2.5.29.15', '03020780')] });
    await extensions({ CustomExtensions: [custom('1.2.3.4', '0502')] });
    await refused('InvalidArgsException', { TemplateArn: template('EndEntityCertificate_APIPassthrough/V1'),
      ApiPassthrough: { Extensions: { CustomExtensions: [custom('2.5.29.30', '3007a0053003820161', true)] } } });
    await extensions({ CustomExtensions: [custom('1.3.6.1.5.5.7.1.1', '3000')] });
  });

  test('root templates for another key', async () => {
    for (const name of ['RootCACertificate', 'RootCACertificate_APIPassthrough', 'BlankRootCACertificate_APIPassthrough'])
      await refused('InvalidArgsException', { TemplateArn: template(`${name}/V1`) });
  });
});

// ---- AWS's page of template definitions ----
// name without variety: basic constraints, authority key identifier, key usage, extended key usage; '-' = not in the table.
const DEFINITIONS = `
EndEntityCertificate            | CA:FALSE | yes | critical Digital Signature, Key Encipherment | TLS Web Server Authentication, TLS Web Client Authentication | base API CSR APICSR
EndEntityClientAuthCertificate  | CA:FALSE | yes | critical Digital Signature, Key Encipherment | TLS Web Client Authentication | base API CSR APICSR
EndEntityServerAuthCertificate  | CA:FALSE | yes | critical Digital Signature, Key Encipherment | TLS Web Server Authentication | base API CSR APICSR
CodeSigningCertificate          | CA:FALSE | yes | critical Digital Signature | critical Code Signing | base API CSR APICSR
OCSPSigningCertificate          | CA:FALSE | yes | critical Digital Signature | critical OCSP Signing | base API CSR APICSR
BlankEndEntityCertificate       | CA:FALSE | yes | - | - | API CSR APICSR
BlankEndEntityCertificate_CriticalBasicConstraints | critical CA:FALSE | yes | - | - | API CSR APICSR
SubordinateCACertificate_PathLen0 | critical CA:TRUE, pathlen:0 | yes | critical Digital Signature, Certificate Sign, CRL Sign | - | base API CSR APICSR
SubordinateCACertificate_PathLen1 | critical CA:TRUE, pathlen:1 | yes | critical Digital Signature, Certificate Sign, CRL Sign | - | base API CSR APICSR
SubordinateCACertificate_PathLen2 | critical CA:TRUE, pathlen:2 | yes | critical Digital Signature, Certificate Sign, CRL Sign | - | base API CSR APICSR
SubordinateCACertificate_PathLen3 | critical CA:TRUE, pathlen:3 | yes | critical Digital Signature, Certificate Sign, CRL Sign | - | base API CSR APICSR
BlankSubordinateCACertificate_PathLen0 | critical CA:TRUE, pathlen:0 | yes | - | - | API CSR APICSR
BlankSubordinateCACertificate_PathLen1 | critical CA:TRUE, pathlen:1 | yes | - | - | API CSR APICSR
BlankSubordinateCACertificate_PathLen2 | critical CA:TRUE, pathlen:2 | yes | - | - | API CSR APICSR
BlankSubordinateCACertificate_PathLen3 | critical CA:TRUE, pathlen:3 | yes | - | - | API CSR APICSR
RootCACertificate               | critical CA:TRUE | no | critical Digital Signature, Certificate Sign, CRL Sign | - | base API
BlankRootCACertificate          | critical CA:TRUE | no | - | - | API
BlankRootCACertificate_PathLen0 | critical CA:TRUE, pathlen:0 | no | - | - | API
BlankRootCACertificate_PathLen1 | critical CA:TRUE, pathlen:1 | no | - | - | API
BlankRootCACertificate_PathLen2 | critical CA:TRUE, pathlen:2 | no | - | - | API
BlankRootCACertificate_PathLen3 | critical CA:TRUE, pathlen:3 | no | - | - | API
`.trim().split('\n').flatMap((line) => {
  const [name, constraints, authority, usage, purposes, varieties] = line.split('|').map((cell) => cell.trim());
  return varieties.split(' ').map((variety) => ({
    name: variety === 'base' ? name : `${name}_${variety}Passthrough`, constraints, authority: authority === 'yes',
    usage, purposes, api: variety.startsWith('API'), csr: variety.endsWith('CSR'), isRoot: name.includes('Root'),
  }));
});

const passthrough = () => ({
  Subject: { CommonName: 'api.example.com', Organization: 'Example' },
  Extensions: {
    KeyUsage: { DataEncipherment: true }, ExtendedKeyUsage: [{ ExtendedKeyUsageType: 'TIME_STAMPING' }],
    CertificatePolicies: [{ CertPolicyId: '1.2.3.2', PolicyQualifiers: [{ PolicyQualifierId: 'CPS', Qualifier: { CpsUri: 'http://api.example.com/cps' } }] }],
    SubjectAlternativeNames: [{ DnsName: 'api.example.com' }],
    CustomExtensions: [{ ObjectIdentifier: '1.2.3.4.1', Value: text('api'), Critical: false }, { ObjectIdentifier: '1.2.3.4.3', Value: text('api'), Critical: true },
      custom('2.5.29.19', '30060101ff020105', true), custom('2.5.29.31', crlPoint('http://api.example.com/crl'))],
  },
});

// What a value is where the template leaves it open: the call's, else the CSR's, else nothing.
const open = (row, fromApi, fromCsr) => (row.api ? fromApi : row.csr ? fromCsr : undefined);

describe('every template', () => {
  let certificates, shown;
  before(async () => {
    certificates = await Promise.all(DEFINITIONS.map((row) =>
      pemOf({ templateName: `${row.name}/V1`, ApiPassthrough: passthrough() }, root, row.isRoot ? rootCsr : csr)));
    shown = extensionsOfAll(certificates);
  });

  test('there are 61 of them', () => assert.equal(shown.length, 61));

  for (const [index, row] of DEFINITIONS.entries()) {
    test(row.name, () => {
      const got = shown[index];
      const x509 = new X509Certificate(certificates[index]);
      const wanted = (name, value) => assert.equal(got.get(name)?.replace(/\s+/g, ' '), value, `${row.name}: ${name}`);
      wanted('X509v3 Basic Constraints', row.constraints);
      wanted('X509v3 Key Usage', row.usage === '-' ? open(row, 'Data Encipherment', 'Non Repudiation') : row.usage);
      wanted('X509v3 Extended Key Usage', row.purposes === '-' ? open(row, 'Time Stamping', 'E-mail Protection') : row.purposes);
      wanted('X509v3 Subject Alternative Name', row.api ? 'DNS:api.example.com' : row.isRoot ? undefined : 'DNS:csr.example.com');
      wanted('X509v3 Certificate Policies', open(row, 'Policy: 1.2.3.2 CPS: http://api.example.com/cps', 'Policy: 1.2.3.1'));
      const noPoints = row.name.startsWith('RootCACertificate');
      wanted('X509v3 CRL Distribution Points', noPoints ? undefined
        : open(row, 'Full Name: URI:http://api.example.com/crl', 'Full Name: URI:http://csr.example.com/crl'));
      wanted('1.2.3.4.1', open(row, '..api', 'critical ..csr'));
      wanted('1.2.3.4.2', row.csr ? '..csr' : undefined);
      wanted('1.2.3.4.3', row.api ? 'critical ..api' : undefined);
      assert.equal(x509.subject, row.api ? 'O=Example\nCN=api.example.com' : row.isRoot ? 'O=Example\nCN=Template root' : 'CN=csr.example.com');
      assert.equal(got.has('X509v3 Authority Key Identifier'), row.authority);
      if (row.authority)
        assert.equal(got.get('X509v3 Authority Key Identifier').replace('keyid:', ''), rootKeyId);
      assert.equal(got.get('X509v3 Subject Key Identifier').length, 59);
      const count = 3 + (row.authority ? 1 : 0) + ['X509v3 Key Usage', 'X509v3 Extended Key Usage', 'X509v3 Certificate Policies',
        'X509v3 CRL Distribution Points', '1.2.3.4.1', '1.2.3.4.2', '1.2.3.4.3'].filter((name) => got.has(name)).length
        - (got.has('X509v3 Subject Alternative Name') ? 0 : 1);
      assert.equal(got.size, count, `nothing else: ${[...got.keys()]}`);
    });
  }

  test('no template means EndEntityCertificate', async () => {
    const { CertificateArn } = await pca.send(new IssueCertificateCommand({ CertificateAuthorityArn: root.arn, Csr: Buffer.from(csr),
      SigningAlgorithm: root.signing, Validity: { Type: 'DAYS', Value: 1 } }));
    const got = extensionsOf((await certificateOf(pca, root.arn, CertificateArn)).Certificate);
    assert.equal(got.get('X509v3 Extended Key Usage'), 'TLS Web Server Authentication, TLS Web Client Authentication');
  });
});

test('an empty subject makes the alternative name critical, whoever named it', async () => {
  const ApiPassthrough = { Extensions: { SubjectAlternativeNames: [{ DnsName: 'only.example.com' }] } };
  const got = extensionsOf(await pemOf({ templateName: 'EndEntityCertificate_APIPassthrough/V1', ApiPassthrough }, root, request('/')));
  assert.equal(got.get('X509v3 Subject Alternative Name'), 'critical DNS:only.example.com');
});

test('alternative names of every kind, usages of every type, a subject of custom attributes in its order', async () => {
  const types = ['SERVER_AUTH', 'CLIENT_AUTH', 'CODE_SIGNING', 'EMAIL_PROTECTION', 'TIME_STAMPING', 'OCSP_SIGNING', 'SMART_CARD_LOGIN',
    'DOCUMENT_SIGNING', 'CERTIFICATE_TRANSPARENCY'];
  const pem = await pemOf({ templateName: 'BlankEndEntityCertificate_APIPassthrough/V1', ApiPassthrough: {
    Subject: { CustomAttributes: [{ ObjectIdentifier: '2.5.4.3', Value: 'Device 1' }, { ObjectIdentifier: '1.3.6.1.4.1.37244.2.1', Value: 'FFF1' },
      { ObjectIdentifier: '2.5.4.6', Value: 'DE' }] },
    Extensions: {
      SubjectAlternativeNames: [
        { OtherName: { TypeId: '1.3.6.1.4.1.311.20.2.3', Value: 'user@example.com' } }, { Rfc822Name: 'a@example.com' }, { DnsName: '_sip.example.com' },
        { DirectoryName: { Country: 'DE', CommonName: 'Dir' } }, { EdiPartyName: { PartyName: 'party', NameAssigner: 'assigner' } },
        { UniformResourceIdentifier: 'spiffe://example.com/a' }, { IpAddress: '10.0.0.1' }, { IpAddress: '2001:db8::1' }, { RegisteredId: '1.2.3.4' }],
      ExtendedKeyUsage: [...types.map((ExtendedKeyUsageType) => ({ ExtendedKeyUsageType })), { ExtendedKeyUsageObjectIdentifier: '1.2.3.4.5' }],
      KeyUsage: { DigitalSignature: true, NonRepudiation: true, KeyEncipherment: true, DataEncipherment: true, KeyAgreement: true, KeyCertSign: true,
        CRLSign: true, EncipherOnly: true, DecipherOnly: true },
    } } });
  const got = extensionsOf(pem);
  const path = file('names.pem', pem);
  assert.match(openssl('x509', '-in', path, '-noout', '-subject', '-nameopt', 'RFC2253,-dn_rev,-dump_unknown,oid'),
    /2\.5\.4\.3=Device 1,1\.3\.6\.1\.4\.1\.37244\.2\.1=FFF1,2\.5\.4\.6=DE/);
  assert.equal(got.get('X509v3 Subject Alternative Name'), 'othername: UPN::user@example.com, email:a@example.com, DNS:_sip.example.com, '
    + 'DirName:/C=DE/CN=Dir, EdiPartyName:<unsupported>, URI:spiffe://example.com/a, IP Address:10.0.0.1, '
    + 'IP Address:2001:DB8:0:0:0:0:0:1, Registered ID:1.2.3.4');
  const parsed = openssl('asn1parse', '-in', path, '-strparse', String(offsetOf(path, 'X509v3 Subject Alternative Name')));
  for (const part of ['cont [ 5 ]', 'UTF8STRING        :assigner', 'UTF8STRING        :party', 'UTF8STRING        :user@example.com'])
    assert.ok(parsed.includes(part), `${part} in\n${parsed}`);
  assert.equal(got.get('X509v3 Key Usage'), 'Digital Signature, Non Repudiation, Key Encipherment, Data Encipherment, Key Agreement, '
    + 'Certificate Sign, CRL Sign, Encipher Only, Decipher Only');
  assert.equal(got.get('X509v3 Extended Key Usage'), 'TLS Web Server Authentication, TLS Web Client Authentication, Code Signing, E-mail Protection, '
    + 'Time Stamping, OCSP Signing, Microsoft Smartcard Login, 1.3.6.1.4.1.311.10.3.12, CT Precertificate Signer, 1.2.3.4.5');
});

// Where the contents of an extension begin: the OCTET STRING after its name.
function offsetOf(path, name) {
  const lines = openssl('asn1parse', '-in', path).split('\n');
  const at = lines.findIndex((line) => line.includes(name));
  return lines.slice(at).find((line) => line.includes('OCTET STRING')).split(':')[0].trim();
}

describe('constraints from above', () => {
  // permitted: DNS example.com, mail example.com, IP 10/8, directory O=Example; excluded: DNS bad.example.com
  const constraints = () => {
    const conf = file('names.cnf', '[x]\nnameConstraints=permitted;DNS:example.com,permitted;email:example.com,permitted;URI:.example.com,'
      + 'permitted;IP:10.0.0.0/255.0.0.0,excluded;DNS:bad.example.com\n[req]\ndistinguished_name=d\n[d]\n');
    const pem = openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(appliance.state, 'nc.key'),
      '-subj', '/CN=nc', '-config', conf, '-extensions', 'x');
    const path = file('nc.pem', pem);
    const at = offsetOf(path, 'X509v3 Name Constraints');
    const out = join(appliance.state, 'nc.der');
    openssl('asn1parse', '-in', path, '-strparse', String(at), '-out', out, '-noout');
    return readFileSync(out).toString('hex');
  };
  let upper, lower;
  const subordinate = async (parent, name, templateName, days, ApiPassthrough) => {
    const arn = await createAuthority(pca, 'SUBORDINATE', { name });
    const cert = await certificateOf(pca, parent.arn, await issue(pca, parent.arn, await csrOf(pca, arn),
      { templateName, signing: parent.signing, days, ApiPassthrough }));
    await pca.send(new ImportCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: arn,
      Certificate: Buffer.from(cert.Certificate), CertificateChain: Buffer.from(cert.CertificateChain) }));
    return { arn, signing: 'SHA256WITHECDSA', pem: cert.Certificate, chain: cert.CertificateChain };
  };
  // The lower one ends well before the upper one, however many seconds pass between the two.
  before(async () => {
    upper = await subordinate(root, 'Upper', 'SubordinateCACertificate_PathLen1_APIPassthrough/V1', 900,
      { Extensions: { CustomExtensions: [custom('2.5.29.30', constraints(), true)] } });
    lower = await subordinate(upper, 'Lower', 'SubordinateCACertificate_PathLen0/V1', 800);
  });

  const names = (...list) => ({ templateName: 'BlankEndEntityCertificate_APIPassthrough/V1', days: 10,
    ApiPassthrough: { Subject: { CommonName: 'Someone' }, Extensions: { SubjectAlternativeNames: list } } });

  test('names outside or excluded are refused, by the authority itself and by one below it', async () => {
    for (const authority of [upper, lower])
      for (const name of [{ DnsName: 'example.org' }, { DnsName: 'www.bad.example.com' }, { Rfc822Name: 'a@example.org' }, { IpAddress: '11.0.0.1' },
        { UniformResourceIdentifier: 'https://www.example.org/' }])
        await assert.rejects(pemOf(names({ DnsName: 'www.example.com' }, name), authority), { name: 'ValidationException' }, JSON.stringify(name));
    await assert.rejects(pemOf({ days: 10 }, lower, request('/CN=www.example.org')), { name: 'ValidationException' });
  });

  test('ACM calls it by its name', async () => {
    const acm = appliance.acm();
    const { CertificateArn } = await acm.send(new RequestCertificateCommand({ DomainName: 'www.example.org', CertificateAuthorityArn: lower.arn }));
    const failed = await until('the certificate to fail', async () => {
      const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn }));
      return Certificate.Status === 'PENDING_VALIDATION' ? null : Certificate;
    });
    assert.equal(failed.Status, 'FAILED');
    assert.equal(failed.FailureReason, 'PCA_NAME_CONSTRAINTS_VALIDATION');
  });

  test('names inside are issued, and openssl agrees', async () => {
    const pem = await pemOf(names({ DnsName: 'www.example.com' }, { Rfc822Name: 'a@example.com' }, { IpAddress: '10.1.2.3' },
      { UniformResourceIdentifier: 'https://www.example.com/' }), lower);
    assert.match(openssl('verify', '-x509_strict', '-CAfile', file('root.pem', root.pem),
      '-untrusted', file('middle.pem', `${lower.pem}\n${upper.pem}\n`), file('leaf.pem', pem)), /OK/);
  });

  test('the path length of the authority leaves no room for longer ones', async () => {
    for (const name of ['SubordinateCACertificate_PathLen1', 'BlankSubordinateCACertificate_PathLen1_CSRPassthrough', 'SubordinateCACertificate_PathLen3_APICSRPassthrough'])
      await assert.rejects(pemOf({ templateName: `${name}/V1`, days: 10 }, upper), { name: 'ValidationException' });
    await assert.rejects(pemOf({ templateName: 'SubordinateCACertificate_PathLen0/V1', days: 10 }, lower), { name: 'ValidationException' });
  });
});

test('an authority without a subject key identifier is known by the hash of its key', async () => {
  const key = join(appliance.state, 'outside.key');
  const outside = file('outside.pem', openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key,
    '-subj', '/CN=Outside', '-days', '400', '-addext', 'keyUsage=critical,keyCertSign'));
  const arn = await createAuthority(pca, 'SUBORDINATE', { name: 'No identifier' });
  const Certificate = openssl('x509', '-req', '-in', file('none.csr', await csrOf(pca, arn)), '-CA', outside, '-CAkey', key, '-days', '300',
    '-extfile', file('none.cnf', 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=none\n'));
  assert.ok(!extensionsOf(Certificate).has('X509v3 Subject Key Identifier'));
  await pca.send(new ImportCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: arn, Certificate: Buffer.from(Certificate),
    CertificateChain: readFileSync(outside) }));
  const got = extensionsOf(await pemOf({ days: 10 }, { arn, signing: 'SHA256WITHECDSA' }));
  const point = new X509Certificate(Certificate).publicKey.export({ type: 'spki', format: 'der' }).subarray(-65);
  assert.equal(got.get('X509v3 Authority Key Identifier').replace('keyid:', '').replaceAll(':', '').toLowerCase(),
    createHash('sha1').update(point).digest('hex'));
});

test('a short-lived authority gives seven days and no more', async () => {
  const short = await activeRoot(pca, { name: 'Short', UsageMode: 'SHORT_LIVED_CERTIFICATE' });
  await assert.rejects(pemOf({ days: 8 }, short), { name: 'ValidationException' });
  const x509 = new X509Certificate(await pemOf({ days: 7 }, short));
  assert.equal(Date.parse(x509.validTo) - Date.parse(x509.validFrom), (7 * 24 + 1) * 3600 * 1000);
  const begin = Math.floor(Date.now() / 1000) - 86400;
  await assert.rejects(pemOf({ days: 7, ValidityNotBefore: { Type: 'ABSOLUTE', Value: begin } }, short), { name: 'ValidationException' });
});

test('fifty equal calls at once give one certificate; the token with another request is refused', async () => {
  const input = { CertificateAuthorityArn: root.arn, Csr: Buffer.from(csr), SigningAlgorithm: root.signing,
    Validity: { Type: 'DAYS', Value: 5 }, IdempotencyToken: 'storm' };
  const answers = await Promise.all(Array.from({ length: 50 }, () => pca.send(new IssueCertificateCommand(input))));
  assert.equal(new Set(answers.map((a) => a.CertificateArn)).size, 1);
  await certificateOf(pca, root.arn, answers[0].CertificateArn);
  await assert.rejects(pca.send(new IssueCertificateCommand({ ...input, Validity: { Type: 'DAYS', Value: 6 } })), { name: 'InvalidArgsException' });
});
