// Plain build only
// What many operations of ACM have in common, for each of them: names of resources that are none, of another kind, or elsewhere;
// faults that are told together; tokens of lists in other hands. And why a request failed, and who waits for whom.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as ACM from '@aws-sdk/client-acm';
import { Appliance, BIN, run, until } from './appliance.mjs';
import { activeRoot, activeSubordinate, requestIssued } from './authority.mjs';

const ISSUED_MAX = 5; // of one authority, its own certificate included
let appliance, acm, other, third, elsewhere, root, account;
before(async () => {
  appliance = await Appliance.start({ configure: { 'core.regions': 'us-east-1,eu-west-1', 'quota.issued': ISSUED_MAX, 'core.workers': 4 } });
  const operator = (...words) => run(join(BIN, 'chancery'), [...words, '--state', appliance.state]);
  const { stdout } = await operator('account', 'add', 'second');
  const account2 = /account\s+(\d{12})/.exec(stdout)[1];
  const user = async (name) => {
    const added = await operator('user', 'add', name, '--account', account2, '--administrator', '--format', 'env');
    const accessKeyId = /AWS_ACCESS_KEY_ID='([^']+)'/.exec(added.stdout)[1];
    const secretAccessKey = /AWS_SECRET_ACCESS_KEY='([^']+)'/.exec(added.stdout)[1];
    return appliance.acm({ maxAttempts: 1, credentials: { accessKeyId, secretAccessKey } });
  };
  other = await user('sam');
  third = await user('pat');
  acm = appliance.acm({ maxAttempts: 1 });
  elsewhere = appliance.acm({ maxAttempts: 1, region: 'eu-west-1' });
  root = await activeRoot(appliance.pca());
  account = root.arn.split(':')[4];
});
after(() => appliance?.remove());

const send = (name, input, client = acm) => client.send(new ACM[`${name}Command`](input));
const refused = (promise, name, text = /./) => assert.rejects(promise, (error) => {
  assert.equal(error.name, name, error.message);
  if (text instanceof RegExp) assert.match(error.message, text);
  else assert.equal(error.message, text);
  assert.equal(error.$metadata.httpStatusCode, 400);
  return true;
});

// What each operation needs beside the name.
const octets = Buffer.from('abcd');
const byCertificate = {
  DescribeCertificate: {}, GetCertificate: {}, DeleteCertificate: {}, RenewCertificate: {}, ListTagsForCertificate: {},
  ExportCertificate: { Passphrase: octets }, RevokeCertificate: { RevocationReason: 'UNSPECIFIED' },
  UpdateCertificateOptions: { Options: { CertificateTransparencyLoggingPreference: 'DISABLED' } },
  ResendValidationEmail: { Domain: 'a.example.com', ValidationDomain: 'example.com' },
  AddTagsToCertificate: { Tags: [{ Key: 'a' }] }, RemoveTagsFromCertificate: { Tags: [{ Key: 'a' }] },
  ListCertificateDomainValidations: {},
};
const byResource = { TagResource: { Tags: [{ Key: 'a', Value: 'b' }] }, UntagResource: { TagKeys: ['a'] }, ListTagsForResource: {} };

describe('names of resources', () => {
  const arn = (o = {}) => `arn:${o.partition ?? 'aws'}:acm:${o.region ?? 'us-east-1'}:${o.account ?? account}:${o.resource ?? 'certificate'}/${o.id ?? randomUUID()}`;
  const malformed = ['arn:aws:acm', 'certificate/12345678-1234-1234-1234-123456789012', () => root.arn, () => arn({ account: 'me' }),
    () => `${arn()}/`, () => arn({ id: 'x y' }), () => arn({ id: 'x'.repeat(2048) })];
  const otherKinds = [() => arn({ resource: 'acme-endpoint' }), () => arn({ id: 'a/b' }), () => arn({ resource: 'Certificate' }),
    () => `arn:aws:acm:us-east-1:${account}:certificate`];
  const missing = [arn, () => arn({ region: 'eu-west-1' }), () => arn({ region: '' }), () => arn({ account: '123456789012' }),
    () => arn({ account: '1' }), () => arn({ partition: 'aws-cn' }), () => arn({ id: 'none' })];
  const each = (list) => list.map((one) => (typeof one === 'function' ? one() : one));

  for (const [operation, rest] of Object.entries(byCertificate))
    test(`${operation}: none, of another kind, of nothing`, async () => {
      const otherKind = operation === 'ListCertificateDomainValidations' ? 'InvalidArgsException' : 'InvalidArnException';
      await refused(send(operation, rest), 'ValidationException',
        /^1 validation error detected: Value null at 'certificateArn' failed to satisfy constraint: Member must not be null$/);
      for (const CertificateArn of each(malformed))
        await refused(send(operation, { CertificateArn, ...rest }), 'ValidationException', /at 'certificateArn' failed to satisfy constraint/);
      for (const CertificateArn of each(otherKinds))
        await refused(send(operation, { CertificateArn, ...rest }), otherKind, `Not a valid certificate arn: ${CertificateArn}`);
      for (const CertificateArn of each(missing))
        await refused(send(operation, { CertificateArn, ...rest }), 'ResourceNotFoundException', `Could not find certificate ${CertificateArn} in account ${account}.`);
    });

  for (const [operation, rest] of Object.entries(byResource))
    test(`${operation}: of another kind, of nothing`, async () => {
      await refused(send(operation, rest), 'ValidationException', /Value null at 'resourceArn'/);
      for (const ResourceArn of each(otherKinds))
        await refused(send(operation, { ResourceArn, ...rest }), 'ValidationException');
      for (const ResourceArn of each(missing))
        await refused(send(operation, { ResourceArn, ...rest }), 'ResourceNotFoundException', `Could not find certificate ${ResourceArn} in account ${account}.`);
    });

  test('a certificate that is there, seen from another account and another region', async () => {
    const CertificateArn = await requestIssued(acm, root);
    for (const client of [elsewhere, other]) {
      for (const [operation, rest] of Object.entries(byCertificate))
        await refused(send(operation, { CertificateArn, ...rest }, client), 'ResourceNotFoundException', /in account \d{12}\.$/);
      for (const [operation, rest] of Object.entries(byResource))
        await refused(send(operation, { ResourceArn: CertificateArn, ...rest }, client), 'ResourceNotFoundException');
    }
    await send('DeleteCertificate', { CertificateArn });
  });
});

describe('faults are told together', () => {
  const cases = [
    ['ImportCertificate', { Certificate: Buffer.alloc(0), PrivateKey: Buffer.alloc(5121), CertificateArn: 'x' }, ['certificate', 'privateKey', 'certificateArn']],
    ['ExportCertificate', { CertificateArn: 'x', Passphrase: Buffer.alloc(129) }, ['certificateArn', 'passphrase']],
    ['RevokeCertificate', { CertificateArn: 'x', RevocationReason: 'WHIM' }, ['certificateArn', 'revocationReason']],
    ['ListCertificates', { MaxItems: 0, SortBy: 'NAME', SortOrder: 'UP', CertificateStatuses: ['NEW'] }, ['maxItems', 'sortBy', 'sortOrder', 'certificateStatuses']],
    ['SearchCertificates', { MaxResults: 501, SortBy: 'NAME', SortOrder: 'UP' }, ['maxResults', 'sortBy', 'sortOrder']],
    ['ResendValidationEmail', { CertificateArn: 'x', Domain: 'x y', ValidationDomain: '' }, ['certificateArn', 'domain', 'validationDomain']],
    ['AddTagsToCertificate', { CertificateArn: 'x', Tags: [] }, ['certificateArn', 'tags']],
    ['PutAccountConfiguration', { ExpiryEvents: { DaysBeforeExpiry: 0 } }, ['daysBeforeExpiry', 'idempotencyToken']],
    ['UpdateCertificateOptions', { CertificateArn: 'x', Options: { Export: 'MAYBE' } }, ['certificateArn', 'options.export']],
  ];
  for (const [operation, input, members] of cases)
    test(operation, () => assert.rejects(send(operation, input), (error) => {
      assert.equal(error.name, 'ValidationException', error.message);
      assert.match(error.message, /^(\d+) validation errors detected: /);
      assert.ok(Number.parseInt(error.message, 10) >= members.length, error.message);
      for (const member of members) assert.match(error.message, new RegExp(`at '[a-zA-Z.]*${member}`), error.message);
      return true;
    }));
});

describe('why a private certificate failed', () => {
  const failure = async (CertificateAuthorityArn) => {
    const { CertificateArn } = await send('RequestCertificate', { DomainName: 'why.example.internal', CertificateAuthorityArn, KeyAlgorithm: 'EC_prime256v1' });
    return until('its end', async () => {
      const { Certificate: c } = await send('DescribeCertificate', { CertificateArn });
      return c.Status !== 'PENDING_VALIDATION' && (c.FailureReason ?? c.Status);
    });
  };
  test('the name of the authority', async () => {
    const CertificateAuthorityArn = root.arn.replace('certificate-authority/', 'template/');
    await refused(send('RequestCertificate', { DomainName: 'why.example.internal', CertificateAuthorityArn }), 'InvalidArnException');
    assert.equal(await failure(root.arn.replace('us-east-1', 'eu-west-1')), 'PCA_INVALID_ARN');
    assert.equal(await failure(`${root.arn.slice(0, -36)}none`), 'PCA_INVALID_ARN');
    assert.equal(await failure(root.arn.slice(0, -36) + randomUUID()), 'PCA_RESOURCE_NOT_FOUND');
    assert.equal(await failure(root.arn.replace(account, '123456789012')), 'PCA_ACCESS_DENIED');
  });
  test('an authority that ends before the certificate would', async () => {
    const brief = await activeSubordinate(appliance.pca(), root, { days: 30, name: 'Brief' });
    assert.equal(await failure(brief.arn), 'PCA_INVALID_DURATION');
  });
  test('an authority that has issued all that it may', async () => {
    const full = await activeRoot(appliance.pca(), { name: 'Full' });
    const ends = [];
    for (let i = 0; i < ISSUED_MAX; i++) ends.push(await failure(full.arn));
    assert.deepEqual(ends, [...Array(ISSUED_MAX - 1).fill('ISSUED'), 'PCA_LIMIT_EXCEEDED']);
  });
});

describe('tokens of lists', () => {
  const lists = [['ListCertificates', { MaxItems: 1 }], ['SearchCertificates', { MaxResults: 1 }]];
  before(async () => {
    for (let i = 0; i < 3; i++)
      await send('RequestCertificate', { DomainName: `t${i}.example.com`, ValidationMethod: 'DNS' });
  });
  for (const [operation, input] of lists)
    test(`${operation}: altered, with other filters, from another account or region`, async () => {
      const { NextToken } = await send(operation, input);
      assert.ok(NextToken);
      const flipped = (at) => NextToken.slice(0, at) + (NextToken[at] === 'A' ? 'B' : 'A') + NextToken.slice(at + 1);
      for (const token of [flipped(0), flipped(NextToken.length >> 1), flipped(NextToken.length - 3), NextToken.slice(0, -4), `${NextToken}AAAA`, 'A', 'x'.repeat(2000)])
        await refused(send(operation, { ...input, NextToken: token }), 'ValidationException');
      await refused(send(operation, { ...input, NextToken }, other), 'ValidationException');
      await refused(send(operation, { ...input, NextToken }, elsewhere), 'ValidationException');
      await refused(send(operation, { ...input, NextToken, SortBy: 'CREATED_AT', SortOrder: 'ASCENDING' }), 'ValidationException');
      const next = await send(operation, { ...input, NextToken });
      assert.equal((next.CertificateSummaryList ?? next.Results).length, 1);
    });
});

// No clock: of the calls that one account has open, as many are done while another calls as there are workers, not all.
test('an account that calls without end does not keep another waiting', async () => {
  const CertificateArn = await requestIssued(acm, root);
  const atOnce = 60, calls = 16;
  let done = 0, open = true;
  const caller = async () => {
    for (; open; done++) await send('ExportCertificate', { CertificateArn, Passphrase: octets });
  };
  const running = Array.from({ length: atOnce }, caller);
  await until('the first of many', () => done > 0);
  const meanwhile = async (client) => {
    const each = [];
    for (let i = 0; i < calls; i++) {
      const first = done;
      await send('ListCertificates', {}, client);
      each.push(done - first);
    }
    return each;
  };
  // Lanes are 256, by the access key: one of two callers may share that of the first account. Of one that has its own some calls
  // overtake most of the sixty; in a single queue none would. On a busy machine this program itself reads many answers between two.
  const waited = [...await meanwhile(other), ...await meanwhile(third)].sort((a, b) => a - b);
  open = false;
  await Promise.all(running);
  assert.ok(waited[2] < atOnce / 2, `calls waited for ${waited} of the other account`);
});
