// Plain build only
// Two accounts on one appliance: what is in one is closed to the other, until the policy of an
// authority opens it; and service control policies, through the operator's command and the AWS SDK.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DeletePolicyCommand, DescribeCertificateAuthorityCommand, GetCertificateAuthorityCertificateCommand,
  GetPolicyCommand, ListCertificateAuthoritiesCommand, ListPermissionsCommand, ListTagsCommand, PutPolicyCommand,
  RevokeCertificateCommand, UpdateCertificateAuthorityCommand,
} from '@aws-sdk/client-acm-pca';
import { DescribeCertificateCommand, ExportCertificateCommand, ListCertificatesCommand, RenewCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { Appliance, BIN, run, until } from './appliance.mjs';
import { activeRoot, certificateOf, issue, requestIssued, template } from './authority.mjs';

let appliance, owner, other, otherAcm, otherIam, account, authority, csr;
const looks = ['DescribeCertificateAuthority', 'GetCertificate', 'GetCertificateAuthorityCertificate', 'ListPermissions', 'ListTags']
  .map((name) => `acm-pca:${name}`);

const operator = (...words) => run(join(BIN, 'chancery'), [...words, '--state', appliance.state]);
const policy = (principal, { resource = authority.arn, templates = [template('EndEntityCertificate/V1')], actions = looks } = {}) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [
    { Sid: '1', Effect: 'Allow', Principal: { AWS: principal }, Action: actions, Resource: resource },
    { Sid: '1', Effect: 'Allow', Principal: { AWS: principal }, Action: ['acm-pca:IssueCertificate'], Resource: resource,
      Condition: { StringEquals: { 'acm-pca:TemplateArn': templates } } },
  ] });
const put = (text, arn = authority.arn) => owner.send(new PutPolicyCommand({ ResourceArn: arn, Policy: text }));
const refused = (promise, name, text) => assert.rejects(promise, (error) => {
  assert.equal(error.name, name, error.message);
  if (text) assert.match(error.message, text);
  return true;
});
const named = { CertificateAuthorityArn: undefined };

before(async () => {
  appliance = await Appliance.start();
  owner = appliance.pca();
  const { stdout } = await operator('account', 'add', 'partner');
  account = /account\s+(\d{12})/.exec(stdout)[1];
  const added = await operator('user', 'add', 'pat', '--account', account, '--administrator', '--format', 'env');
  const [, accessKeyId] = /AWS_ACCESS_KEY_ID='([^']+)'/.exec(added.stdout);
  const [, secretAccessKey] = /AWS_SECRET_ACCESS_KEY='([^']+)'/.exec(added.stdout);
  other = appliance.pca({ credentials: { accessKeyId, secretAccessKey } });
  otherAcm = appliance.acm({ credentials: { accessKeyId, secretAccessKey } });
  otherIam = new IAMClient(appliance.clientConfig({ credentials: { accessKeyId, secretAccessKey } }));
  authority = await activeRoot(owner, { name: 'Shared root' });
  named.CertificateAuthorityArn = authority.arn;
  const dir = appliance.state;
  execFileSync('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj',
    '/CN=shared.example', '-keyout', join(dir, 'k.pem'), '-out', join(dir, 'r.pem')], { stdio: 'ignore' });
  csr = execFileSync('cat', [join(dir, 'r.pem')]);
});
after(() => appliance?.remove());

test('without a policy an authority is closed to another account', async () => {
  await refused(other.send(new DescribeCertificateAuthorityCommand(named)), 'AccessDeniedException',
    new RegExp(`^User: arn:aws:iam::${account}:user/pat is not authorized to perform: acm-pca:DescribeCertificateAuthority on resource: ${authority.arn} because no resource-based policy allows the acm-pca:DescribeCertificateAuthority action$`));
  await refused(issue(other, authority.arn, csr, { signing: authority.signing }), 'AccessDeniedException');
  await refused(owner.send(new GetPolicyCommand({ ResourceArn: authority.arn })), 'ResourceNotFoundException');
  const { CertificateAuthorities } = await other.send(new ListCertificateAuthoritiesCommand({ ResourceOwner: 'OTHER_ACCOUNTS' }));
  assert.deepEqual(CertificateAuthorities, []);
  const { CertificateArn } = await otherAcm.send(new RequestCertificateCommand({ DomainName: 'a.example', CertificateAuthorityArn: authority.arn }));
  const { Certificate } = await otherAcm.send(new DescribeCertificateCommand({ CertificateArn }));
  assert.equal(Certificate.FailureReason, 'PCA_ACCESS_DENIED');
});

test('policies of another shape are refused', async () => {
  const shape = /./;
  await refused(put('{'), 'InvalidPolicyException', /Syntax errors in policy/);
  await refused(put(policy('nobody')), 'InvalidPolicyException', /Invalid principal in policy: "AWS":"nobody"/);
  await refused(put(policy('*')), 'InvalidPolicyException', /Condition/);
  await refused(put(policy(account, { resource: '*' })), 'InvalidPolicyException', /Resource/);
  await refused(put(policy(account, { actions: ['acm-pca:*'] })), 'InvalidPolicyException', /acm-pca:\*/);
  await refused(put(policy(account, { actions: ['acm-pca:PutPolicy'] })), 'InvalidPolicyException', shape);
  await refused(put(policy(account, { templates: [] })), 'InvalidPolicyException', /TemplateArn/);
  await refused(put(`{"Version":"2012-10-17","Statement":[],"Statement":${JSON.stringify(JSON.parse(policy(account)).Statement)}}`),
    'InvalidPolicyException', /Syntax/);
  await refused(put(JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 'acm-pca:*', Resource: authority.arn }] })),
    'LockoutPreventedException', /lock the caller out/);
  await refused(owner.send(new GetPolicyCommand({ ResourceArn: authority.arn })), 'ResourceNotFoundException');
});

test('a policy opens what it names, and nothing else', async () => {
  await put(policy(account));
  assert.equal((await owner.send(new GetPolicyCommand({ ResourceArn: authority.arn }))).Policy, policy(account));
  const { CertificateAuthority } = await other.send(new DescribeCertificateAuthorityCommand(named));
  assert.equal(CertificateAuthority.Arn, authority.arn);
  assert.match((await other.send(new GetCertificateAuthorityCertificateCommand(named))).Certificate, /BEGIN CERTIFICATE/);
  assert.deepEqual((await other.send(new ListPermissionsCommand(named))).Permissions, []);
  assert.deepEqual((await other.send(new ListTagsCommand(named))).Tags, []);
  const arn = await issue(other, authority.arn, csr, { signing: authority.signing });
  assert.ok(arn.startsWith(`${authority.arn}/certificate/`));
  assert.match((await certificateOf(other, authority.arn, arn)).Certificate, /BEGIN CERTIFICATE/);
  const { CertificateAuthorities } = await other.send(new ListCertificateAuthoritiesCommand({ ResourceOwner: 'OTHER_ACCOUNTS' }));
  assert.deepEqual(CertificateAuthorities.map((a) => a.Arn), [authority.arn]);
  assert.deepEqual((await other.send(new ListCertificateAuthoritiesCommand({}))).CertificateAuthorities, []);
  for (const name of ['SubordinateCACertificate_PathLen0/V1', 'BlankEndEntityCertificate_APIPassthrough/V1'])
    await refused(issue(other, authority.arn, csr, { signing: authority.signing, templateName: name }), 'AccessDeniedException', /resource-based/);
  await refused(other.send(new UpdateCertificateAuthorityCommand({ ...named, Status: 'DISABLED' })), 'AccessDeniedException');
  await refused(other.send(new RevokeCertificateCommand({ ...named, CertificateSerial: '01:02', RevocationReason: 'SUPERSEDED' })), 'AccessDeniedException');
  await refused(other.send(new PutPolicyCommand({ ResourceArn: authority.arn, Policy: policy(account) })), 'AccessDeniedException');
  await refused(other.send(new DeletePolicyCommand({ ResourceArn: authority.arn })), 'AccessDeniedException');
});

test('tricks with the names of templates and authorities open nothing', async () => {
  const order = (extra) => issue(other, authority.arn, csr, { signing: authority.signing, ...extra });
  for (const arn of ['arn:aws-cn:acm-pca:::template/RootCACertificate/V1', 'arn:aws:acm-pca:::template/rootcacertificate/V1',
    'arn:aws:acm-pca:::template/EndEntityCertificate/V1/../RootCACertificate/V1'])
    await refused(order({ TemplateArn: arn }), 'AccessDeniedException');
  for (const arn of [authority.arn.toUpperCase(), authority.arn.replace('certificate-authority', 'Certificate-Authority'),
    `${authority.arn} `, `${authority.arn}/`, authority.arn.replace('us-east-1', '*'), authority.arn.replace('arn:aws:', 'arn:\uff41ws:')])
    await assert.rejects(other.send(new DescribeCertificateAuthorityCommand({ CertificateAuthorityArn: arn })), (error) => error.$metadata.httpStatusCode < 500);
});

test("ACM issues from another account's authority while its policy stands", async () => {
  const arn = await requestIssued(otherAcm, authority);
  assert.ok(arn.includes(`:${account}:certificate/`));
  await otherAcm.send(new ExportCertificateCommand({ CertificateArn: arn, Passphrase: Buffer.from('correct horse') }));
  const renewal = (what, holds) => until(what, async () => {
    const { RenewalSummary } = (await otherAcm.send(new DescribeCertificateCommand({ CertificateArn: arn }))).Certificate;
    return holds(RenewalSummary ?? {});
  });
  await otherAcm.send(new RenewCertificateCommand({ CertificateArn: arn }));
  await renewal('the renewal', (r) => r.RenewalStatus === 'SUCCESS');
  const { Role } = await otherIam.send(new GetRoleCommand({ RoleName: 'AWSServiceRoleForCertificateManager' }));
  assert.equal(Role.Arn, `arn:aws:iam::${account}:role/aws-service-role/acm.amazonaws.com/AWSServiceRoleForCertificateManager`);
  assert.equal(Role.Description, 'SLR for ACM Service for accessing cross-account Private CA');
  assert.deepEqual(JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument)).Statement[0].Principal, { Service: 'acm.amazonaws.com' });
  await owner.send(new DeletePolicyCommand({ ResourceArn: authority.arn }));
  await refused(owner.send(new DeletePolicyCommand({ ResourceArn: authority.arn })), 'ResourceNotFoundException');
  await refused(other.send(new DescribeCertificateAuthorityCommand(named)), 'AccessDeniedException');
  await refused(issue(other, authority.arn, csr, { signing: authority.signing }), 'AccessDeniedException');
  await otherAcm.send(new ExportCertificateCommand({ CertificateArn: arn, Passphrase: Buffer.from('correct horse') }));
  await otherAcm.send(new RenewCertificateCommand({ CertificateArn: arn }));
  await renewal('the renewal to be refused', (r) => r.RenewalStatus === 'PENDING_AUTO_RENEWAL' && r.RenewalStatusReason === 'PCA_ACCESS_DENIED');
});

test('a service control policy limits an account, its administrators too', async () => {
  const file = join(appliance.state, 'scp.json');
  const limit = (statement) => writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: statement }));
  limit({ Effect: 'Allow', Action: ['acm-pca:*'], Resource: '*' });
  await operator('account', 'limit', 'only-pca', '--account', account, '--policy', file);
  await refused(otherAcm.send(new ListCertificatesCommand({})), 'AccessDeniedException', /because no service control policy allows the acm:ListCertificates action$/);
  limit([{ Effect: 'Allow', Action: '*', Resource: '*' }, { Effect: 'Deny', Action: 'acm:List*', Resource: '*' }]);
  await operator('account', 'limit', 'only-pca', '--account', account, '--policy', file);
  await refused(otherAcm.send(new ListCertificatesCommand({})), 'AccessDeniedException', /with an explicit deny in a service control policy$/);
  await operator('account', 'limit', 'only-pca', '--account', account, '--remove');
  await otherAcm.send(new ListCertificatesCommand({}));
  await appliance.acm().send(new ListCertificatesCommand({}));
  limit({ Effect: 'Perhaps' });
  await assert.rejects(operator('account', 'limit', 'x', '--account', account, '--policy', file), /Syntax errors in policy/);
  await assert.rejects(operator('account', 'add', 'again', '--account', account), /already/);
  await assert.rejects(operator('account', 'add', 'bad', '--account', '12345678901x'), /12 digits/);
});
