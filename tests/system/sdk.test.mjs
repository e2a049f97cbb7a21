// Plain build only: most of its time is that of the clients.
// How the AWS SDK and Debian's aws command behave against the appliance: paginators, waiters,
// retries, error classes; nothing of theirs is changed but the endpoint.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import * as ACM from '@aws-sdk/client-acm';
import * as PCA from '@aws-sdk/client-acm-pca';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Appliance, run, until } from './appliance.mjs';
import { activeRoot, createAuthority, csrOf, issue, requestIssued } from './authority.mjs';

let appliance, acm, pca, root;
before(async () => {
  appliance = await Appliance.start({ configure: { 'rate.exceptions': 'acm:ExportCertificate=1,acm:RemoveTagsFromCertificate=1' } });
  acm = appliance.acm({ maxAttempts: 1 });
  pca = appliance.pca({ maxAttempts: 1 });
  root = await activeRoot(pca);
});
after(() => appliance?.remove());

const collect = async (pages, member) => {
  const seen = [];
  for await (const page of pages) seen.push(...(page[member] ?? []));
  return seen;
};

describe('paginators', () => {
  test('ListCertificates', async () => {
    const made = [];
    for (let i = 0; i < 5; i++) made.push(await requestIssued(acm, root, { DomainName: `p${i}.example.internal` }));
    const seen = await collect(ACM.paginateListCertificates({ client: acm, pageSize: 2 }, { Includes: { keyTypes: ['EC_prime256v1'] } }), 'CertificateSummaryList');
    assert.deepEqual(seen.map((s) => s.CertificateArn).sort(), made.sort());
  });
  test('ListCertificateAuthorities', async () => {
    for (let i = 0; i < 3; i++) await createAuthority(pca, 'ROOT', { name: `page ${i}` });
    const seen = await collect(PCA.paginateListCertificateAuthorities({ client: pca, pageSize: 1 }, {}), 'CertificateAuthorities');
    assert.equal(seen.length, 4);
    assert.equal(new Set(seen.map((a) => a.Arn)).size, 4);
  });
  test('ListTags and ListPermissions', async () => {
    const CertificateAuthorityArn = root.arn;
    const Tags = ['a', 'b', 'c', 'd', 'e'].map((Key) => ({ Key, Value: `of ${Key}` }));
    await pca.send(new PCA.TagCertificateAuthorityCommand({ CertificateAuthorityArn, Tags }));
    assert.deepEqual((await collect(PCA.paginateListTags({ client: pca, pageSize: 2 }, { CertificateAuthorityArn }), 'Tags')).sort((x, y) => x.Key.localeCompare(y.Key)), Tags);
    await pca.send(new PCA.CreatePermissionCommand({ CertificateAuthorityArn, Principal: 'acm.amazonaws.com', Actions: ['IssueCertificate', 'GetCertificate', 'ListPermissions'] }));
    const permissions = await collect(PCA.paginateListPermissions({ client: pca, pageSize: 1 }, { CertificateAuthorityArn }), 'Permissions');
    assert.deepEqual(permissions.map((one) => one.Principal), ['acm.amazonaws.com']);
  });
});

describe('waiters', () => {
  const times = { minDelay: 1, maxDelay: 2, maxWaitTime: 30 };
  test('CertificateAuthorityCSRCreated', async () => {
    const CertificateAuthorityArn = await createAuthority(pca, 'ROOT', { name: 'waited for' });
    const { state } = await PCA.waitUntilCertificateAuthorityCSRCreated({ client: pca, ...times }, { CertificateAuthorityArn });
    assert.equal(state, 'SUCCESS');
  });
  test('CertificateIssued', async () => {
    const csr = await csrOf(pca, await createAuthority(pca, 'SUBORDINATE', { name: 'lends its request' }));
    const CertificateArn = await issue(pca, root.arn, csr, { signing: root.signing });
    const { state } = await PCA.waitUntilCertificateIssued({ client: pca, ...times }, { CertificateAuthorityArn: root.arn, CertificateArn });
    assert.equal(state, 'SUCCESS');
  });
  test('CertificateValidated fails at once for a certificate that is not there', async () => {
    const CertificateArn = `arn:aws:acm:us-east-1:${root.arn.split(':')[4]}:certificate/00000000-0000-4000-8000-000000000000`;
    await assert.rejects(ACM.waitUntilCertificateValidated({ client: acm, ...times }, { CertificateArn }),
      (error) => /ResourceNotFoundException/.test(`${error.name} ${error.message}`) || JSON.parse(error.message).state === 'FAILURE');
  });
});

describe('errors', () => {
  const missing = () => `arn:aws:acm:us-east-1:${root.arn.split(':')[4]}:certificate/00000000-0000-4000-8000-000000000000`;
  test('are the classes of the SDK, with request id and status', async () => {
    await assert.rejects(acm.send(new ACM.DescribeCertificateCommand({ CertificateArn: missing() })), (error) => {
      assert.ok(error instanceof ACM.ResourceNotFoundException);
      assert.equal(error.$fault, 'client');
      assert.equal(error.$metadata.httpStatusCode, 400);
      assert.match(error.$metadata.requestId, /^[0-9a-f-]{36}$/);
      assert.equal(error.$metadata.attempts, 1);
      return true;
    });
  });
  test('a client fault is not tried again', async () => {
    await assert.rejects(appliance.acm({ maxAttempts: 5 }).send(new ACM.DescribeCertificateCommand({ CertificateArn: missing() })),
      (error) => error.$metadata.attempts === 1);
  });
});

describe('rates', () => {
  test('a call too many is throttled, with the reasons of the model', async () => {
    const call = () => acm.send(new ACM.RemoveTagsFromCertificateCommand({ CertificateArn: `${root.arn.replace('acm-pca', 'acm').replace('-authority', '')}`, Tags: [{ Key: 'a' }] }));
    const results = await Promise.allSettled(Array.from({ length: 12 }, call)); // one a second is let through
    const throttled = results.filter((r) => r.reason?.name === 'ThrottlingException');
    assert.ok(throttled.length >= 2, JSON.stringify(results.map((r) => r.reason?.name)));
    assert.ok(throttled[0].reason instanceof ACM.ThrottlingException);
    assert.equal(throttled[0].reason.message, 'Rate exceeded');
    assert.deepEqual(throttled[0].reason.throttlingReasons, [{ reason: 'RequestRateExceeded', resource: 'acm:RemoveTagsFromCertificate' }]);
  });
  test('the SDK waits and tries again until it is let through', async () => {
    const CertificateArn = await requestIssued(acm, root, { DomainName: 'export.example.internal' });
    const patient = appliance.acm({ maxAttempts: 10 });
    const Passphrase = Buffer.from('correct horse');
    const all = await Promise.all(Array.from({ length: 3 }, () => patient.send(new ACM.ExportCertificateCommand({ CertificateArn, Passphrase }))));
    assert.ok(all.every((one) => one.PrivateKey.includes('ENCRYPTED PRIVATE KEY')));
    assert.ok(Math.max(...all.map((one) => one.$metadata.attempts)) > 1);
  });
});

describe("Debian's aws command", async () => {
  const there = /aws-cli\/2\.9/.test((await run('/usr/bin/aws', ['--version']).catch(() => ({ stdout: '' }))).stdout);
  const skip = !there && 'it is not installed here';
  const aws = async (...args) => {
    const { stdout } = await run('sh', ['-c', `. "${appliance.state}/env" && aws "$@" --output json`, 'sh', ...args],
      { env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' } });
    return stdout === '' ? null : JSON.parse(stdout);
  };
  test('a certificate from request to deletion', { skip }, async () => {
    const { CertificateArn: arn } = await aws('acm', 'request-certificate', '--domain-name', 'cli.example.internal', '--key-algorithm', 'EC_prime256v1',
      '--certificate-authority-arn', root.arn, '--tags', 'Key=team,Value=blue');
    const certificate = ['--certificate-arn', arn];
    const described = await until('the certificate', async () => {
      const { Certificate } = await aws('acm', 'describe-certificate', ...certificate);
      return Certificate.Status === 'ISSUED' && Certificate;
    });
    assert.equal(described.DomainName, 'cli.example.internal');
    assert.match(described.NotAfter, /^\d{4}-\d{2}-\d{2}T/);
    const { CertificateSummaryList: listed } = await aws('acm', 'list-certificates', '--includes', 'keyTypes=EC_prime256v1', '--page-size', '2');
    assert.ok(listed.some((one) => one.CertificateArn === arn));
    await aws('acm', 'add-tags-to-certificate', ...certificate, '--tags', 'Key=owner,Value=me');
    assert.deepEqual((await aws('acm', 'list-tags-for-certificate', ...certificate)).Tags,
      [{ Key: 'owner', Value: 'me' }, { Key: 'team', Value: 'blue' }]);
    const passphrase = join(appliance.state, 'passphrase');
    writeFileSync(passphrase, 'correct horse');
    assert.match((await aws('acm', 'export-certificate', ...certificate, '--passphrase', `fileb://${passphrase}`)).PrivateKey, /ENCRYPTED PRIVATE KEY/);
    await aws('acm', 'delete-certificate', ...certificate);
    await assert.rejects(aws('acm', 'delete-certificate', ...certificate), (error) => {
      assert.ok(error.stderr.includes(`An error occurred (ResourceNotFoundException) when calling the DeleteCertificate operation: Could not find certificate ${arn} in account`), error.stderr);
      return error.code === 254;
    });
  });
  test('a certificate that is imported, read, imported again and described by words of a query', { skip }, async () => {
    const file = (name) => join(appliance.state, name);
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=own.example.com',
      '-addext', 'subjectAltName=DNS:own.example.com', '-keyout', file('own.key'), '-out', file('own.pem')]);
    const material = ['--certificate', `fileb://${file('own.pem')}`, '--private-key', `fileb://${file('own.key')}`];
    const { CertificateArn: arn } = await aws('acm', 'import-certificate', ...material);
    const certificate = ['--certificate-arn', arn];
    const { Certificate: pem } = await aws('acm', 'get-certificate', ...certificate);
    assert.equal(pem, readFileSync(file('own.pem'), 'utf8'));
    assert.equal((await aws('acm', 'import-certificate', ...material, ...certificate)).CertificateArn, arn);
    assert.deepEqual(await aws('acm', 'describe-certificate', ...certificate, '--query', 'Certificate.[DomainName,Type,Status,KeyAlgorithm]'),
      ['own.example.com', 'IMPORTED', 'ISSUED', 'RSA-2048']);
    assert.deepEqual(await aws('acm', 'list-certificates', '--query', "CertificateSummaryList[?Type=='IMPORTED'].CertificateArn"), [arn]);
    assert.equal((await aws('acm', 'get-account-configuration')).ExpiryEvents.DaysBeforeExpiry, 45);
    for (const [words, code, text] of [
      [['import-certificate', '--certificate', `fileb://${file('own.key')}`, '--private-key', `fileb://${file('own.key')}`], 254, /\(ValidationException\).*not in a valid PEM format/],
      [['export-certificate', ...certificate, '--passphrase', `fileb://${file('own.key')}`], 254, /\(ValidationException\)/],
      [['renew-certificate', ...certificate], 254, /\(ValidationException\)/],
      [['describe-certificate', '--certificate-arn', 'certificate/12345678-1234-1234-1234-123456789012'], 254, /\(ValidationException\).*1 validation error detected/],
      [['describe-certificate'], 252, /the following arguments are required: --certificate-arn/],
    ]) await assert.rejects(aws('acm', ...words), (error) => {
      assert.equal(error.code, code, error.stderr);
      assert.match(error.stderr, text);
      return true;
    });
    await aws('acm', 'delete-certificate', ...certificate);
  });
  test('an authority', { skip }, async () => {
    const configuration = JSON.stringify({ KeyAlgorithm: 'EC_prime256v1', SigningAlgorithm: 'SHA256WITHECDSA', Subject: { CommonName: 'CLI' } });
    const { CertificateAuthorityArn: arn } = await aws('acm-pca', 'create-certificate-authority', '--certificate-authority-type', 'ROOT', '--certificate-authority-configuration', configuration);
    await aws('acm-pca', 'wait', 'certificate-authority-csr-created', '--certificate-authority-arn', arn);
    const { CertificateAuthorities } = await aws('acm-pca', 'list-certificate-authorities', '--max-items', '50');
    assert.equal(CertificateAuthorities.find((one) => one.Arn === arn).Status, 'PENDING_CERTIFICATE');
  });
});
