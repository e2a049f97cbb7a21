// Every operation's round trip and refusals through the AWS SDK, as a program written for AWS sees them.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as ACM from '@aws-sdk/client-acm';
import * as PCA from '@aws-sdk/client-acm-pca';
import { Appliance, run, until } from './appliance.mjs';
import { activeRoot, activeSubordinate, createAuthority, csrOf, issue, certificateOf, requestIssued } from './authority.mjs';

let appliance, acm, pca, root;
before(async () => {
  appliance = await Appliance.start({ configure: { 'quota.names': 10 } });
  acm = appliance.acm();
  pca = appliance.pca();
  root = await activeRoot(pca);
});
after(() => appliance?.remove());

const refused = (name, pattern) => (error) => {
  assert.equal(error.name, name, `${error.name}: ${error.message}`);
  if (pattern) assert.match(error.message, pattern);
  assert.equal(error.$metadata.httpStatusCode, 400);
  return true;
};

describe('ACM certificates', () => {
  test('a private certificate is described member by member as ACM does', async () => {
    const CertificateArn = await requestIssued(acm, root, { DomainName: 'Shop.example.internal' });
    const { Certificate: c } = await acm.send(new ACM.DescribeCertificateCommand({ CertificateArn }));
    assert.match(CertificateArn, /^arn:aws:acm:us-east-1:\d{12}:certificate\/[0-9a-f-]{36}$/);
    assert.equal(c.CertificateArn, CertificateArn);
    assert.equal(c.DomainName, 'shop.example.internal');
    assert.deepEqual(c.SubjectAlternativeNames, ['shop.example.internal']);
    assert.equal(c.Type, 'PRIVATE');
    assert.equal(c.Status, 'ISSUED');
    assert.equal(c.CertificateAuthorityArn, root.arn);
    assert.equal(c.Subject, 'CN=shop.example.internal');
    assert.equal(c.Issuer, 'Example');
    assert.equal(c.KeyAlgorithm, 'EC-prime256v1');
    assert.equal(c.SignatureAlgorithm, 'SHA256WITHECDSA');
    assert.deepEqual(c.InUseBy, []);
    assert.equal(c.RenewalEligibility, 'INELIGIBLE');
    assert.equal(c.DomainValidationOptions, undefined);
    assert.equal(c.FailureReason, undefined);
    assert.match(c.Serial, /^[0-9a-f]{2}(:[0-9a-f]{2})+$/);
    assert.deepEqual(c.KeyUsages.map((u) => u.Name), ['DIGITAL_SIGNATURE', 'KEY_ENCIPHERMENT']);
    assert.deepEqual(c.ExtendedKeyUsages, [
      { Name: 'TLS_WEB_SERVER_AUTHENTICATION', OID: '1.3.6.1.5.5.7.3.1' },
      { Name: 'TLS_WEB_CLIENT_AUTHENTICATION', OID: '1.3.6.1.5.5.7.3.2' }]);
    const days = (c.NotAfter - c.NotBefore) / 86400000;
    assert.ok(days >= 395 && days < 395.1, `395 days, not ${days}`);
    assert.ok(c.CreatedAt instanceof Date && c.IssuedAt >= c.CreatedAt);
  });

  test('lists RSA only unless key types are named', async () => {
    const ec = await requestIssued(acm, root, { DomainName: 'ec.example.internal' });
    const rsa = await requestIssued(acm, root, { DomainName: 'rsa.example.internal', KeyAlgorithm: 'RSA_2048' });
    const arns = async (input) => {
      const seen = [];
      for await (const page of ACM.paginateListCertificates({ client: acm }, input)) seen.push(...page.CertificateSummaryList.map((s) => s.CertificateArn));
      return seen;
    };
    const plain = await arns({});
    assert.ok(plain.includes(rsa) && !plain.includes(ec));
    const both = await arns({ Includes: { keyTypes: ['RSA_2048', 'EC_prime256v1'] } });
    assert.ok(both.includes(rsa) && both.includes(ec));
  });

  test('pages through a list without loss or repetition, and refuses a changed token', async () => {
    const made = new Set();
    for (let i = 0; i < 7; i++) made.add(await requestIssued(acm, root, { DomainName: `page${i}.example.internal` }));
    const filter = { Includes: { keyTypes: ['EC_prime256v1'] }, SortBy: 'CREATED_AT', SortOrder: 'DESCENDING' };
    const seen = [];
    let token;
    do {
      const page = await acm.send(new ACM.ListCertificatesCommand({ ...filter, MaxItems: 3, NextToken: token }));
      assert.ok(page.CertificateSummaryList.length <= 3);
      seen.push(...page.CertificateSummaryList);
      token = page.NextToken ?? undefined;
      if (token) {
        const changed = (token[5] === 'A' ? 'B' : 'A');
        await assert.rejects(acm.send(new ACM.ListCertificatesCommand({ ...filter, MaxItems: 3, NextToken: token.slice(0, 5) + changed + token.slice(6) })),
          (e) => /Validation|InvalidArgs/.test(e.name));
        await assert.rejects(acm.send(new ACM.ListCertificatesCommand({ MaxItems: 3, NextToken: token })),
          (e) => /Validation|InvalidArgs/.test(e.name), 'the same token with another filter');
      }
    } while (token);
    const arns = seen.map((s) => s.CertificateArn);
    assert.equal(new Set(arns).size, arns.length);
    for (const arn of made) assert.ok(arns.includes(arn));
    for (let i = 1; i < seen.length; i++) assert.ok(seen[i - 1].CreatedAt >= seen[i].CreatedAt);
  });

  test('tags: added, replaced, listed, removed by key and by value', async () => {
    const CertificateArn = await requestIssued(acm, root, { Tags: [{ Key: 'team', Value: 'blue' }] });
    const list = async () => (await acm.send(new ACM.ListTagsForCertificateCommand({ CertificateArn }))).Tags;
    assert.deepEqual(await list(), [{ Key: 'team', Value: 'blue' }]);
    await acm.send(new ACM.AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key: 'team', Value: 'red' }, { Key: 'Größe', Value: '' }, { Key: 'only' }] }));
    assert.equal((await list()).length, 3);
    await acm.send(new ACM.RemoveTagsFromCertificateCommand({ CertificateArn, Tags: [{ Key: 'team', Value: 'blue' }, { Key: 'only' }] }));
    assert.deepEqual((await list()).map((t) => t.Key).sort(), ['Größe', 'team'], 'another value does not remove');
    await assert.rejects(acm.send(new ACM.AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key: 'aws:x', Value: '1' }] })),
      (e) => /InvalidTag|Validation/.test(e.name));
    await assert.rejects(acm.send(new ACM.AddTagsToCertificateCommand({ CertificateArn, Tags: Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: 'v' })) })),
      refused('TooManyTagsException'));
  });

  test('a deleted certificate is gone, with its tags', async () => {
    const CertificateArn = await requestIssued(acm, root, { Tags: [{ Key: 'a', Value: 'b' }] });
    await acm.send(new ACM.DeleteCertificateCommand({ CertificateArn }));
    const gone = refused('ResourceNotFoundException', new RegExp(`^Could not find certificate ${CertificateArn} in account \\d{12}\\.$`));
    await assert.rejects(acm.send(new ACM.DescribeCertificateCommand({ CertificateArn })), gone);
    await assert.rejects(acm.send(new ACM.DeleteCertificateCommand({ CertificateArn })), gone);
    await assert.rejects(acm.send(new ACM.ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from('abcd') })), gone);
    await assert.rejects(acm.send(new ACM.ListTagsForCertificateCommand({ CertificateArn })), gone);
  });

  test('the same idempotency token gives the same certificate', async () => {
    const input = { DomainName: 'once.example.internal', CertificateAuthorityArn: root.arn, KeyAlgorithm: 'EC_prime256v1', IdempotencyToken: 'once1' };
    const arns = await Promise.all(Array.from({ length: 8 }, () => acm.send(new ACM.RequestCertificateCommand(input))));
    assert.equal(new Set(arns.map((a) => a.CertificateArn)).size, 1);
  });

  test('a first name over 64 octets and an eleventh name are refused', async () => {
    const long = `${'a'.repeat(60)}.example.internal`;
    await assert.rejects(acm.send(new ACM.RequestCertificateCommand({ DomainName: long, CertificateAuthorityArn: root.arn })),
      refused('InvalidDomainValidationOptionsException', /^The first domain name can be no longer than 64 characters\.$/));
    await assert.rejects(acm.send(new ACM.RequestCertificateCommand({ DomainName: 'a.example.internal', CertificateAuthorityArn: root.arn,
      SubjectAlternativeNames: Array.from({ length: 11 }, (_, i) => `n${i}.example.internal`) })), refused('LimitExceededException'));
  });

  test('faults of one request are reported together, in the words of the validation layer', async () => {
    await assert.rejects(acm.send(new ACM.RequestCertificateCommand({ DomainName: 'ccc', IdempotencyToken: 'with-hyphen' })), (e) => {
      assert.equal(e.name, 'ValidationException');
      assert.match(e.message, /^2 validation errors detected: /);
      assert.match(e.message, /Value of the input at 'idempotencyToken' failed to satisfy constraint: Member must satisfy regular expression pattern: \\w\+/);
      assert.match(e.message, /Value of the input at 'domainName' failed to satisfy constraint: Member must satisfy regular expression pattern: \^/);
      return true;
    });
  });

  test('an operation that is not there yet says so', async () => {
    await assert.rejects(acm.send(new ACM.ListAcmeEndpointsCommand({})), (e) => {
      assert.equal(e.$metadata.httpStatusCode, 400);
      assert.match(e.message, /ListAcmeEndpoints/);
      return true;
    });
  });
});

describe('ACM-PCA authorities', () => {
  test('from CREATING to ACTIVE, described as AWS does', async () => {
    const arn = await createAuthority(pca, 'ROOT', { name: 'Described root', Tags: [{ Key: 'a', Value: 'b' }] });
    assert.match(arn, /^arn:aws:acm-pca:us-east-1:\d{12}:certificate-authority\/[0-9a-f-]{36}$/);
    const csr = await csrOf(pca, arn);
    assert.match(csr, /^-----BEGIN CERTIFICATE REQUEST-----\n/);
    const get = async () => (await pca.send(new PCA.DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: arn }))).CertificateAuthority;
    const pending = await get();
    assert.equal(pending.Status, 'PENDING_CERTIFICATE');
    assert.equal(pending.Type, 'ROOT');
    assert.equal(pending.UsageMode, 'GENERAL_PURPOSE');
    assert.equal(pending.KeyStorageSecurityStandard, 'FIPS_140_2_LEVEL_3_OR_HIGHER');
    assert.equal(pending.Serial, undefined);
    assert.equal(pending.NotAfter, undefined);
    assert.equal(pending.CertificateAuthorityConfiguration.Subject.CommonName, 'Described root');
    await assert.rejects(pca.send(new PCA.GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: arn })),
      refused('InvalidStateException', /is not in the correct state to have a certificate signing request\.$/));
    const cert = await certificateOf(pca, arn, await issue(pca, arn, csr, { templateName: 'RootCACertificate/V1', signing: 'SHA256WITHECDSA', days: 365 }));
    assert.equal(cert.CertificateChain, undefined, 'a root has no chain');
    await pca.send(new PCA.ImportCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: arn, Certificate: Buffer.from(cert.Certificate) }));
    const active = await get();
    assert.equal(active.Status, 'ACTIVE');
    assert.ok(active.NotAfter > active.NotBefore && active.Serial);
    assert.ok(active.LastStateChangeAt >= pending.CreatedAt);
  });

  test('lists every authority once over pages; a changed token is refused', async () => {
    for (let i = 0; i < 3; i++) await createAuthority(pca, 'ROOT', { name: `Listed ${i}` });
    const seen = [];
    for await (const page of PCA.paginateListCertificateAuthorities({ client: pca, pageSize: 2 }, {})) seen.push(...page.CertificateAuthorities.map((c) => c.Arn));
    assert.equal(new Set(seen).size, seen.length);
    assert.ok(seen.length >= 4 && seen.includes(root.arn));
    await assert.rejects(pca.send(new PCA.ListCertificateAuthoritiesCommand({ NextToken: 'AAAA' })), refused('InvalidNextTokenException'));
  });

  test('every validity type; nothing outlives its CA', async () => {
    const { stdout: csr } = await run('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=v']);
    const inAMonth = new Date(Date.now() + 30 * 86400e3);
    const endDate = Number(inAMonth.toISOString().replace(/\D/g, '').slice(0, 14));
    for (const [Type, Value] of [['DAYS', 10], ['MONTHS', 2], ['YEARS', 1], ['ABSOLUTE', Math.floor(inAMonth / 1000)], ['END_DATE', endDate]]) {
      const cert = await certificateOf(pca, root.arn, await issue(pca, root.arn, csr, { signing: root.signing, Validity: { Type, Value } }));
      assert.match(cert.Certificate, /BEGIN CERTIFICATE/, Type);
    }
    await assert.rejects(issue(pca, root.arn, csr, { signing: root.signing, Validity: { Type: 'YEARS', Value: 50 } }), refused('ValidationException'));
    await assert.rejects(issue(pca, root.arn, csr, { signing: root.signing, Validity: { Type: 'DAYS', Value: 0 } }),
      refused('ValidationException', /^1 validation error detected: Value '0' at 'validity\.value' failed to satisfy constraint: Member must have value greater than or equal to 1$/));
  });

  test('one token, one certificate, even in a storm', async () => {
    const { stdout: csr } = await run('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=storm']);
    const arns = await Promise.all(Array.from({ length: 16 }, () => issue(pca, root.arn, csr, { signing: root.signing, IdempotencyToken: 'storm' })));
    assert.equal(new Set(arns).size, 1);
  });

  test('a bad CSR is refused with the reason', async () => {
    await assert.rejects(issue(pca, root.arn, '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n', { signing: root.signing }), refused('MalformedCSRException'));
    const { stdout: weak } = await run('openssl', ['req', '-new', '-newkey', 'rsa:1024', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=weak']);
    await assert.rejects(issue(pca, root.arn, weak, { signing: root.signing }), refused('MalformedCSRException', /RSA|key/i));
  });

  test('an authority issues only when ACTIVE, and only with its own kind of signature', async () => {
    const arn = await createAuthority(pca, 'SUBORDINATE');
    const csr = await csrOf(pca, arn);
    await assert.rejects(issue(pca, arn, csr, { signing: 'SHA256WITHECDSA' }),
      refused('InvalidStateException', /^The certificate authority is not in a valid state for issuing certificates$/));
    await assert.rejects(issue(pca, root.arn, csr, { signing: 'SHA256WITHRSA' }), (e) => /InvalidArgs|Validation/.test(e.name));
  });

  test('a path length of 0 forbids a further authority', async () => {
    const sub = await activeSubordinate(pca, root, { pathLength: 0 });
    const below = await createAuthority(pca, 'SUBORDINATE', { name: 'Too deep' });
    const csr = await csrOf(pca, below);
    await assert.rejects(issue(pca, sub.arn, csr, { signing: sub.signing, templateName: 'SubordinateCACertificate_PathLen0/V1' }), (e) => /Validation|InvalidArgs|MalformedCSR/.test(e.name));
  });

  test('importing a certificate of another key, subject or chain names the mismatch', async () => {
    const arn = await createAuthority(pca, 'SUBORDINATE', { name: 'Importing' });
    const csr = await csrOf(pca, arn);
    const other = await activeSubordinate(pca, root, { name: 'Other' });
    const importing = (Certificate, CertificateChain) => pca.send(new PCA.ImportCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: arn,
      Certificate: Buffer.from(Certificate), ...(CertificateChain ? { CertificateChain: Buffer.from(CertificateChain) } : {}) }));
    await assert.rejects(importing(other.pem, root.pem), (e) => /CertificateMismatch|InvalidRequest/.test(e.name) && /key|subject/i.test(e.message));
    await assert.rejects(importing('no certificate'), refused('MalformedCertificateException'));
    const right = await certificateOf(pca, root.arn, await issue(pca, root.arn, csr, { signing: root.signing, templateName: 'SubordinateCACertificate_PathLen0/V1', days: 100 }));
    await assert.rejects(importing(right.Certificate), (e) => /CertificateMismatch|InvalidRequest|Malformed/.test(e.name) && /chain/i.test(e.message));
    await importing(right.Certificate, right.CertificateChain);
  });

  test('permissions are given once', async () => {
    const give = () => pca.send(new PCA.CreatePermissionCommand({ CertificateAuthorityArn: root.arn, Principal: 'acm.amazonaws.com', Actions: ['IssueCertificate', 'GetCertificate', 'ListPermissions'] }));
    await give();
    await assert.rejects(give(), refused('PermissionAlreadyExistsException'));
  });

  test('ARNs: malformed, of another account, unknown', async () => {
    const get = (CertificateAuthorityArn) => pca.send(new PCA.DescribeCertificateAuthorityCommand({ CertificateAuthorityArn }));
    const account = root.arn.split(':')[4];
    await assert.rejects(get(`arn:aws:acm-pca:us-east-1:${account}:certificate-authority/${randomUUID()}`), refused('ResourceNotFoundException'));
    await assert.rejects(get(root.arn.replace(account, '999999999999')), (e) => /ResourceNotFound|AccessDenied/.test(e.name));
    await assert.rejects(get(`arn:aws:acm-pca:us-east-1:${account}:something-else`), refused('InvalidArnException'));
    await assert.rejects(get('nonsense'), (e) => /InvalidArn|Validation/.test(e.name));
  });

  test('RequestCertificate against an authority that is not active ends FAILED with the reason', async () => {
    const arn = await createAuthority(pca, 'ROOT', { name: 'Never active' });
    const { CertificateArn } = await acm.send(new ACM.RequestCertificateCommand({ DomainName: 'f.example.internal', CertificateAuthorityArn: arn }));
    const failed = await until('the request to fail', async () => {
      const { Certificate } = await acm.send(new ACM.DescribeCertificateCommand({ CertificateArn }));
      return Certificate.Status === 'FAILED' && Certificate;
    });
    assert.equal(failed.FailureReason, 'PCA_INVALID_STATE');
  });
});
