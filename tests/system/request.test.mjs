// Public certificates from the request until they are validated, and what stands around that,
// through the AWS SDK.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import * as ACM from '@aws-sdk/client-acm';
import { Appliance } from './appliance.mjs';

let appliance, acm, elsewhere;
before(async () => {
  appliance = await Appliance.start({ configure: {
    'core.regions': 'us-east-1,eu-west-1', 'domains.top_level': 'corp', 'domains.review': 'review.example.com',
    'quota.names': 10,
  } });
  acm = appliance.acm({ maxAttempts: 1 });
  elsewhere = appliance.acm({ region: 'eu-west-1' });
});
after(() => appliance?.remove());

const refused = (name, pattern) => (error) => {
  assert.equal(error.name, name, `${error.name}: ${error.message}`);
  if (pattern) assert.match(error.message, pattern);
  assert.equal(error.$metadata.httpStatusCode, 400);
  return true;
};
const request = async (input, client = acm) => (await client.send(new ACM.RequestCertificateCommand(input))).CertificateArn;
const detail = async (CertificateArn, client = acm) =>
  (await client.send(new ACM.DescribeCertificateCommand({ CertificateArn }))).Certificate;
const requested = async (input, client = acm) => detail(await request(input, client), client);
const DNS = { ValidationMethod: 'DNS' };
const badOptions = 'InvalidDomainValidationOptionsException';

describe('refusals', () => {
  const cases = [
    ['a final dot', { DomainName: 'example.com.', ...DNS }, 'ValidationException'],
    ['a name of one label', { DomainName: 'com', ...DNS }, 'ValidationException'],
    ['an asterisk inside', { DomainName: 'a.*.example.com', ...DNS }, 'ValidationException'],
    ['a label of 64 octets', { DomainName: 'example.com', SubjectAlternativeNames: [`${'a'.repeat(64)}.com`], ...DNS }, 'ValidationException'],
    ['a name of 254 octets', { DomainName: 'example.com',
      SubjectAlternativeNames: [`${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(62)}`], ...DNS }, 'ValidationException'],
    ['a first name of 65 octets', { DomainName: `${'a'.repeat(53)}.example.com`, ...DNS }, badOptions,
      /^The first domain name can be no longer than 64 characters\.$/],
    ['eleven names', { DomainName: 'example.com', SubjectAlternativeNames: Array.from({ length: 10 }, (_, i) => `n${i}.example.com`), ...DNS },
      'LimitExceededException'],
    ['RSA 4096', { DomainName: 'example.com', KeyAlgorithm: 'RSA_4096', ...DNS }, 'InvalidParameterException'],
    ['HTTP without CloudFront', { DomainName: 'example.com', ValidationMethod: 'HTTP' }, 'InvalidParameterException'],
    ['HTTP for a wildcard', { DomainName: '*.example.com', ValidationMethod: 'HTTP', ManagedBy: 'CLOUDFRONT' }, 'InvalidParameterException'],
    ['a validation domain of another name', { DomainName: 'a.example.com',
      DomainValidationOptions: [{ DomainName: 'b.example.com', ValidationDomain: 'example.com' }] }, badOptions],
    ['a validation domain beside the name', { DomainName: 'a.example.com',
      DomainValidationOptions: [{ DomainName: 'a.example.com', ValidationDomain: 'b.example.com' }] }, badOptions],
    ['a registry as validation domain', { DomainName: 'a.co.uk',
      DomainValidationOptions: [{ DomainName: 'a.co.uk', ValidationDomain: 'co.uk' }] }, badOptions],
    ['an AWS tag', { DomainName: 'a.example.com', Tags: [{ Key: 'aws:a', Value: 'b' }], ...DNS }, 'InvalidTagException'],
    ['51 tags', { DomainName: 'a.example.com', Tags: Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}` })), ...DNS }, 'ValidationException'],
  ];
  for (const [what, input, name, pattern] of cases)
    test(what, () => assert.rejects(request(input), refused(name, pattern)));
});

describe('a public certificate', () => {
  test('with DNS validation shows its records at once, the same ones in every region', async () => {
    const names = ['www.dns.example.com', '*.dns.example.com', 'dns.example.com'];
    const input = { DomainName: names[0], SubjectAlternativeNames: [...names, 'WWW.DNS.example.com'], ...DNS };
    const c = await requested(input);
    assert.equal(c.Status, 'PENDING_VALIDATION');
    assert.equal(c.Type, 'AMAZON_ISSUED');
    assert.deepEqual(c.SubjectAlternativeNames, names);
    const records = c.DomainValidationOptions.map((o) => o.ResourceRecord);
    c.DomainValidationOptions.forEach((o, i) => {
      assert.equal(o.DomainName, names[i]);
      assert.equal(o.ValidationDomain, names[i]);
      assert.equal(o.ValidationStatus, 'PENDING_VALIDATION');
      assert.match(o.ResourceRecord.Name, new RegExp(`^_[0-9a-f]{32}\\.${names[i].replace('*.', '')}\\.$`));
      assert.match(o.ResourceRecord.Value, /^_[0-9a-f]{32}\.[a-z]{10}\.acm-validations\.aws\.$/);
    });
    assert.deepEqual(records[1], records[2]);
    assert.notEqual(records[0].Name.slice(0, 33), records[1].Name.slice(0, 33));
    const there = await requested(input, elsewhere);
    assert.deepEqual(there.DomainValidationOptions.map((o) => o.ResourceRecord), records);
    assert.match(there.CertificateArn, /:eu-west-1:/);
  });

  test('is validated by email unless told otherwise', async () => {
    const c = await requested({ DomainName: 'www.mail.example.com' });
    assert.deepEqual(c.DomainValidationOptions, [{
      DomainName: 'www.mail.example.com', ValidationDomain: 'www.mail.example.com', ValidationMethod: 'EMAIL',
      ValidationStatus: 'PENDING_VALIDATION',
      ValidationEmails: ['admin', 'administrator', 'hostmaster', 'postmaster', 'webmaster'].map((u) => `${u}@mail.example.com`),
    }]);
  });

  test('is waited for by the SDK, is listed, and cannot be read or exported yet', async () => {
    const CertificateArn = await request({ DomainName: 'wait.example.com', IdempotencyToken: 'wait1', ...DNS });
    assert.equal(await request({ DomainName: 'wait.example.com', IdempotencyToken: 'wait1', ...DNS }), CertificateArn);
    const state = await ACM.waitUntilCertificateValidated({ client: acm, maxWaitTime: 2, minDelay: 1, maxDelay: 1 }, { CertificateArn })
      .catch((e) => e.name);
    assert.equal(state, 'TimeoutError');
    const { CertificateSummaryList } = await acm.send(new ACM.ListCertificatesCommand({ CertificateStatuses: ['PENDING_VALIDATION'] }));
    const entry = CertificateSummaryList.find((s) => s.CertificateArn === CertificateArn);
    assert.equal(entry.ExportOption, 'DISABLED');
    assert.equal(entry.NotAfter, undefined);
    const { Results } = await acm.send(new ACM.SearchCertificatesCommand({ FilterStatement: { And: [
      { Filter: { AcmCertificateMetadataFilter: { ValidationMethod: 'DNS' } } },
      { Filter: { CertificateArn } }] } }));
    assert.equal(Results.length, 1);
    assert.equal(Results[0].CertificateMetadata.AcmCertificateMetadata.ValidationMethod, 'DNS');
    await assert.rejects(acm.send(new ACM.GetCertificateCommand({ CertificateArn })), refused('RequestInProgressException'));
    await acm.send(new ACM.DeleteCertificateCommand({ CertificateArn }));
    await assert.rejects(detail(CertificateArn), refused('ResourceNotFoundException'));
  });

  for (const [name, reason] of [['www.example.invalidpublicdomain', 'INVALID_PUBLIC_DOMAIN'], ['xn--example.com', 'INVALID_PUBLIC_DOMAIN'],
    ['me.elasticbeanstalk.com', 'DOMAIN_NOT_ALLOWED'], ['a.review.example.com', 'ADDITIONAL_VERIFICATION_REQUIRED']])
    test(`for ${name} fails with ${reason}`, async () => {
      const c = await requested({ DomainName: 'fine.example.com', SubjectAlternativeNames: [name], ...DNS });
      assert.equal(c.Status, 'FAILED');
      assert.equal(c.FailureReason, reason);
      assert.deepEqual(c.DomainValidationOptions.map((o) => o.ValidationStatus), ['PENDING_VALIDATION', 'FAILED']);
    });

  test('can be had for an internationalized name and for a top-level domain of the operator', async () => {
    for (const DomainName of ['xn--bcher-kva.example.com', 'xn--xyz.com', 'intranet.corp'])
      assert.equal((await requested({ DomainName, ...DNS })).Status, 'PENDING_VALIDATION', DomainName);
  });
});

describe('around validation', () => {
  test('validations are paginated', async () => {
    const names = Array.from({ length: 7 }, (_, i) => `p${i}.example.com`);
    const CertificateArn = await request({ DomainName: names[0], SubjectAlternativeNames: names.slice(1), ...DNS });
    const seen = [];
    for await (const page of ACM.paginateListCertificateDomainValidations({ client: acm, pageSize: 3 }, { CertificateArn }))
      seen.push(...page.DomainValidationSummaryList);
    assert.deepEqual(seen.map((s) => s.DomainName), names);
    const c = await detail(CertificateArn);
    assert.deepEqual(seen.map((s) => s.ActiveValidationConfiguration.ValidationChallenge.DnsValidationChallenge.ResourceRecord),
      c.DomainValidationOptions.map((o) => o.ResourceRecord));
    assert.ok(seen.every((s) => s.RequestedValidationConfiguration === undefined));
    await assert.rejects(acm.send(new ACM.ListCertificateDomainValidationsCommand({ CertificateArn, NextToken: 'x' })), refused('InvalidArgsException'));
  });

  test('a mail is sent again only where one was sent', async () => {
    const resend = (CertificateArn, Domain, ValidationDomain) =>
      acm.send(new ACM.ResendValidationEmailCommand({ CertificateArn, Domain, ValidationDomain }));
    const mail = await request({ DomainName: 'a.b.example.com' });
    const dns = await request({ DomainName: 'a.b.example.com', ...DNS });
    await assert.rejects(resend(dns, 'a.b.example.com', 'b.example.com'), refused('InvalidStateException'));
    await assert.rejects(resend(mail, 'b.example.com', 'b.example.com'), refused(badOptions));
    await assert.rejects(resend(mail, 'a.b.example.com', 'c.example.com'), refused(badOptions));
    await resend(mail, 'a.b.example.com', 'b.example.com');
  });

  test('export stays as it was requested; the transparency preference does not', async () => {
    const CertificateArn = await request({ DomainName: 'o.example.com', Options: { Export: 'ENABLED' }, ...DNS });
    const update = (Options) => acm.send(new ACM.UpdateCertificateOptionsCommand({ CertificateArn, Options }));
    await assert.rejects(update({ Export: 'DISABLED' }), refused('ValidationException'));
    await assert.rejects(update({ ValidationMethod: 'DNS' }), refused('ValidationException'));
    await update({ Export: 'ENABLED', CertificateTransparencyLoggingPreference: 'DISABLED' });
    assert.deepEqual((await detail(CertificateArn)).Options, { CertificateTransparencyLoggingPreference: 'DISABLED', Export: 'ENABLED' });
  });

  test('the configuration of the account', async () => {
    const put = (DaysBeforeExpiry, IdempotencyToken) =>
      acm.send(new ACM.PutAccountConfigurationCommand({ ExpiryEvents: { DaysBeforeExpiry }, IdempotencyToken }));
    const days = async (client = acm) => (await client.send(new ACM.GetAccountConfigurationCommand({}))).ExpiryEvents.DaysBeforeExpiry;
    await assert.rejects(acm.send(new ACM.PutAccountConfigurationCommand({ IdempotencyToken: 'c0' })),
      refused('ValidationException', /^Configuration for events is empty\.$/));
    assert.equal(await days(), 45);
    await put(12, 'c1');
    await put(12, 'c1');
    await assert.rejects(put(13, 'c1'), refused('ConflictException'));
    assert.equal(await days(), 12);
    assert.equal(await days(elsewhere), 45);
  });
});
