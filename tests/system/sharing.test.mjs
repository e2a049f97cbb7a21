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
import * as IAM from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { Appliance, BIN, run, until } from './appliance.mjs';
import { activeRoot, certificateOf, issue, requestIssued, template } from './authority.mjs';

let appliance, owner, other, otherAcm, otherIam, otherKey, account, authority, csr;
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
  otherKey = { accessKeyId, secretAccessKey };
  other = appliance.pca({ credentials: otherKey });
  otherAcm = appliance.acm({ credentials: { accessKeyId, secretAccessKey } });
  otherIam = new IAM.IAMClient(appliance.clientConfig({ credentials: { accessKeyId, secretAccessKey } }));
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

test('the owner of an authority has a record of what another account does with it', async () => {
  const owning = authority.arn.split(':')[4];
  const of = (name) => appliance.records(name, `"accountId":"${account}"`).filter((r) => r.eventName === name && !r.errorCode);
  const [his, hers] = of('IssueCertificate');
  assert.deepEqual([his, hers].map((r) => r.recipientAccountId), [account, owning]);
  assert.equal(his.sharedEventID, hers.sharedEventID);
  assert.match(his.sharedEventID, /^[0-9a-f-]{36}$/);
  assert.notEqual(his.eventID, hers.eventID);
  assert.equal(his.requestID, hers.requestID);
  assert.match(his.userIdentity.arn, /:user\/pat$/);
  assert.deepEqual(hers.userIdentity, { type: 'AWSAccount', principalId: his.userIdentity.principalId, accountId: account });
  assert.deepEqual(hers.responseElements, his.responseElements);
  // What was not let in, and what an account does with its own, is in one trail.
  const denied = appliance.records('UpdateCertificateAuthority', account);
  assert.equal(denied.length, 1);
  assert.equal(denied[0].sharedEventID, undefined);
  assert.equal(appliance.records('CreateCertificateAuthority')[0].sharedEventID, undefined);
});

test("who takes a role of another account is in both accounts' trails", async () => {
  const owning = authority.arn.split(':')[4];
  const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }] };
  const { Role } = await new IAM.IAMClient(appliance.clientConfig({})).send(new IAM.CreateRoleCommand({
    RoleName: 'visitor', AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await new STSClient(appliance.clientConfig({ credentials: otherKey })).send(new AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName: 'visit' }));
  const taken = appliance.records('AssumeRole', Role.Arn).filter((r) => r.eventName === 'AssumeRole');
  assert.deepEqual(taken.map((r) => r.recipientAccountId), [account, owning]);
  assert.equal(taken[0].sharedEventID, taken[1].sharedEventID);
  assert.match(taken[0].sharedEventID, /^[0-9a-f-]{36}$/);
});

test('a token of idempotency is its caller\'s', async () => {
  const order = (client, days = 30) => issue(client, authority.arn, csr, { signing: authority.signing, IdempotencyToken: 'same', days });
  const [his, hers] = [await order(other), await order(owner)];
  assert.notEqual(his, hers);
  assert.equal(await order(other), his);
  assert.equal(await order(owner), hers);
  await refused(order(other, 31), 'InvalidArgsException', /used with another request/);
  assert.equal(await order(owner), hers);
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
  const issued = appliance.records('CertificateIssued', arn);
  assert.deepEqual(issued.map((r) => [r.eventType, r.recipientAccountId, r.serviceEventDetails.certificateAuthorityArn]),
    [account, authority.arn.split(':')[4]].map((id) => ['AwsServiceEvent', id, authority.arn]));
  assert.equal(issued[0].sharedEventID, issued[1].sharedEventID);
  await otherAcm.send(new ExportCertificateCommand({ CertificateArn: arn, Passphrase: Buffer.from('correct horse') }));
  const renewal = (what, holds) => until(what, async () => {
    const { RenewalSummary } = (await otherAcm.send(new DescribeCertificateCommand({ CertificateArn: arn }))).Certificate;
    return holds(RenewalSummary ?? {});
  });
  await otherAcm.send(new RenewCertificateCommand({ CertificateArn: arn }));
  await renewal('the renewal', (r) => r.RenewalStatus === 'SUCCESS');
  assert.equal(appliance.records('CertificateRenewed', arn).length, 2);
  const { Role } = await otherIam.send(new IAM.GetRoleCommand({ RoleName: 'AWSServiceRoleForCertificateManager' }));
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

// Who of the partner's account takes a role of the owner's: both sides must say so.
test('roles over accounts: from trust to a certificate, and the ways it ends', async () => {
  const iam = new IAM.IAMClient(appliance.clientConfig());
  const ask = (name, input, client = iam) => client.send(new IAM[`${name}Command`](input));
  const statement = (...Statement) => JSON.stringify({ Version: '2012-10-17', Statement });
  const trust = (AWS, Condition, Action = 'sts:AssumeRole') => statement({ Effect: 'Allow', Principal: { AWS }, Action, Condition });
  const home = (await new STSClient(appliance.clientConfig()).send(new GetCallerIdentityCommand({}))).Account;
  const as = (c) => ({ credentials: { accessKeyId: c.AccessKeyId, secretAccessKey: c.SecretAccessKey, sessionToken: c.SessionToken } });
  const user = async (UserName, ...statements) => {
    await ask('CreateUser', { UserName }, otherIam);
    if (statements.length) await ask('PutUserPolicy', { UserName, PolicyName: 'p', PolicyDocument: statement(...statements) }, otherIam);
    const { AccessKey } = await ask('CreateAccessKey', { UserName }, otherIam);
    return { credentials: { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey } };
  };
  const RoleArn = `arn:aws:iam::${home}:role/issuer`;
  const take = (who, input = {}) => new STSClient(appliance.clientConfig(who)).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'visit', ...input }));
  const pat = { credentials: otherKey };
  const may = { Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession'], Resource: RoleArn };
  const quinn = await user('quinn', may), rory = await user('rory');

  await ask('CreateRole', { RoleName: 'issuer', AssumeRolePolicyDocument: trust(`arn:aws:iam::${account}:user/quinn`, { StringEquals: { 'sts:ExternalId': 'x-1' } }) });
  await ask('PutRolePolicy', { RoleName: 'issuer', PolicyName: 'p', PolicyDocument: statement({ Effect: 'Allow', Action: ['acm-pca:*', 'sts:AssumeRole'], Resource: '*' }) });
  const update = (document) => ask('UpdateAssumeRolePolicy', { RoleName: 'issuer', PolicyDocument: document });
  // the external id; other users of the account; tags without TagSession
  await refused(take(quinn), 'AccessDenied', /is not authorized to perform: sts:AssumeRole on resource/);
  await refused(take(quinn, { ExternalId: 'x-2' }), 'AccessDenied');
  await refused(take(pat, { ExternalId: 'x-1' }), 'AccessDenied');
  await refused(take(quinn, { ExternalId: 'x-1', Tags: [{ Key: 'team', Value: 'red' }] }), 'AccessDenied', /sts:TagSession/);
  const first = await take(quinn, { ExternalId: 'x-1' });
  assert.equal(first.AssumedRoleUser.Arn, `arn:aws:sts::${home}:assumed-role/issuer/visit`);
  // the role's account is what counts from here on
  const visitor = appliance.pca(as(first.Credentials));
  await visitor.send(new DescribeCertificateAuthorityCommand(named));
  assert.ok(await certificateOf(visitor, authority.arn, await issue(visitor, authority.arn, csr, { signing: authority.signing })));
  await refused(other.send(new DescribeCertificateAuthorityCommand(named)), 'AccessDeniedException');
  // the whole account: then its own policies decide
  await update(trust(account, undefined, ['sts:AssumeRole', 'sts:TagSession']));
  await refused(take(rory), 'AccessDenied');
  await take(quinn);
  await take(pat);
  // a session policy takes away, in the other account as well
  const looking = appliance.pca(as((await take(quinn, { Policy: statement({ Effect: 'Allow', Action: 'acm-pca:Describe*', Resource: '*' }) })).Credentials));
  await looking.send(new DescribeCertificateAuthorityCommand(named));
  await refused(looking.send(new ListTagsCommand(named)), 'AccessDeniedException', /no session policy allows/);
  // tags of the session
  await ask('PutRolePolicy', { RoleName: 'issuer', PolicyName: 'p', PolicyDocument: statement({ Effect: 'Allow', Action: 'acm-pca:*', Resource: '*', Condition: { StringEquals: { 'aws:PrincipalTag/team': 'red' } } }) });
  await refused(visitor.send(new ListTagsCommand(named)), 'AccessDeniedException');
  await appliance.pca(as((await take(quinn, { Tags: [{ Key: 'team', Value: 'red' }] })).Credentials)).send(new ListTagsCommand(named));
  await ask('PutRolePolicy', { RoleName: 'issuer', PolicyName: 'p', PolicyDocument: statement({ Effect: 'Allow', Action: 'acm-pca:*', Resource: '*' }) });
  // a second factor, which a long-term key does not have
  await update(trust(account, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }));
  await refused(take(quinn), 'AccessDenied');
  await update(trust(account, { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } }));
  await take(quinn);
  // by way of a role of the own account: an hour at most
  await ask('CreateRole', { RoleName: 'step', AssumeRolePolicyDocument: trust(account) }, otherIam);
  await ask('PutRolePolicy', { RoleName: 'step', PolicyName: 'p', PolicyDocument: statement(may) }, otherIam);
  await ask('UpdateRole', { RoleName: 'issuer', MaxSessionDuration: 7200 });
  const step = `arn:aws:iam::${account}:role/step`;
  await update(trust(step));
  const stepped = as((await take(pat, { RoleArn: step })).Credentials);
  await refused(take(pat), 'AccessDenied');
  await refused(take(stepped, { DurationSeconds: 3601 }), 'ValidationError', /1 hour session limit for roles assumed by role chaining/);
  await take(stepped, { DurationSeconds: 3600 });
  // what was taken before now is revoked, what is taken after is not
  const before = appliance.pca(as((await take(stepped)).Credentials));
  await before.send(new ListTagsCommand(named));
  await until('another second', () => Date.now() % 1000 > 900, 10);
  await ask('PutRolePolicy', { RoleName: 'issuer', PolicyName: 'AWSRevokeOlderSessions', PolicyDocument: statement({ Effect: 'Deny', Action: '*', Resource: '*', Condition: { DateLessThan: { 'aws:TokenIssueTime': new Date(Math.ceil(Date.now() / 1000) * 1000).toISOString() } } }) });
  await refused(before.send(new ListTagsCommand(named)), 'AccessDeniedException', /explicit deny in an identity-based policy/);
  await until('a session that is younger', async () => {
    const young = appliance.pca(as((await take(stepped)).Credentials));
    return young.send(new ListTagsCommand(named)).then(() => true, () => false);
  }, 30);
  // the end of the role
  const last = (await take(stepped)).Credentials;
  for (const PolicyName of ['p', 'AWSRevokeOlderSessions']) await ask('DeleteRolePolicy', { RoleName: 'issuer', PolicyName });
  await ask('DeleteRole', { RoleName: 'issuer' });
  await refused(appliance.pca(as(last)).send(new ListTagsCommand(named)), 'UnrecognizedClientException', /The security token included in the request is invalid/);
  await refused(take(stepped), 'AccessDenied');
});

test('the root principal may do everything in its account, as far as service control policies let it', async () => {
  const key = async (...words) => {
    const { stdout } = await operator('account', 'root-key', '--format', 'env', ...words);
    return { credentials: { accessKeyId: /AWS_ACCESS_KEY_ID='([^']+)'/.exec(stdout)[1], secretAccessKey: /AWS_SECRET_ACCESS_KEY='([^']+)'/.exec(stdout)[1] } };
  };
  const root = await key('--account', account);
  const who = await new STSClient(appliance.clientConfig(root)).send(new GetCallerIdentityCommand({}));
  assert.deepEqual([who.UserId, who.Account, who.Arn], [account, account, `arn:aws:iam::${account}:root`]);
  const iam = new IAM.IAMClient(appliance.clientConfig(root));
  assert.equal((await iam.send(new IAM.GetUserCommand({}))).User.Arn, `arn:aws:iam::${account}:root`);
  await iam.send(new IAM.CreateUserCommand({ UserName: 'by-root' }));
  assert.ok(!(await iam.send(new IAM.ListUsersCommand({}))).Users.some((u) => /root_account/.test(u.UserName)));
  await appliance.acm(root).send(new ListCertificatesCommand({}));
  await refused(new STSClient(appliance.clientConfig(root)).send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/step`, RoleSessionName: 'xx' })), 'AccessDenied', /^Roles may not be assumed by root accounts\.$/);
  // of another account's resources only what they open to it
  const pca = appliance.pca(root);
  await refused(pca.send(new DescribeCertificateAuthorityCommand(named)), 'AccessDeniedException');
  await put(policy(`arn:aws:iam::${account}:root`));
  await pca.send(new DescribeCertificateAuthorityCommand(named));
  await refused(pca.send(new UpdateCertificateAuthorityCommand({ ...named, Status: 'DISABLED' })), 'AccessDeniedException');
  await owner.send(new DeletePolicyCommand({ ResourceArn: authority.arn }));
  // service control policies bind it
  const file = join(appliance.state, 'scp.json');
  writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }, { Effect: 'Deny', Action: 'acm:List*', Resource: '*' }] }));
  await operator('account', 'limit', 'no-lists', '--account', account, '--policy', file);
  await refused(appliance.acm(root).send(new ListCertificatesCommand({})), 'AccessDeniedException', new RegExp(`User: arn:aws:iam::${account}:root is not authorized to perform: acm:ListCertificates .*explicit deny in a service control policy$`));
  await operator('account', 'limit', 'no-lists', '--account', account, '--remove');
  // two keys; who has one can take it away
  await key('--account', account);
  await assert.rejects(key('--account', account), /two access keys/);
  const keys = (await iam.send(new IAM.ListAccessKeysCommand({}))).AccessKeyMetadata;
  assert.equal(keys.length, 2);
  await iam.send(new IAM.DeleteAccessKeyCommand({ AccessKeyId: root.credentials.accessKeyId }));
  await refused(iam.send(new IAM.GetUserCommand({})), 'InvalidClientTokenId');
  const { stdout } = await operator('account', 'add', 'third', '--root-key');
  assert.match(stdout, /account\s+\d{12}\nname\s+third\nuser\s+root\naccount\s+\d{12}\naccess key id\s+AKIA/);
});

test('who is deleted and made again is somebody else', async () => {
  const iam = new IAM.IAMClient(appliance.clientConfig());
  const ask = (name, input, client = otherIam) => client.send(new IAM[`${name}Command`](input));
  const home = /^arn:aws:acm-pca:[^:]*:(\d{12}):/.exec(authority.arn)[1];
  const arn = `arn:aws:iam::${account}:user/twin`, RoleArn = `arn:aws:iam::${home}:role/for-twin`;
  const make = async () => {
    const { User } = await ask('CreateUser', { UserName: 'twin' });
    await ask('AttachUserPolicy', { UserName: 'twin', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
    const { AccessKey } = await ask('CreateAccessKey', { UserName: 'twin' });
    return { id: User.UserId, key: AccessKey.AccessKeyId, credentials: { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey } };
  };
  const trust = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: arn }, Action: 'sts:AssumeRole' }] });
  const look = ({ credentials }) => appliance.pca({ credentials }).send(new DescribeCertificateAuthorityCommand(named));
  const take = ({ credentials }) => new STSClient(appliance.clientConfig({ credentials })).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'twin' }));
  const shown = async () => JSON.parse(decodeURIComponent((await ask('GetRole', { RoleName: 'for-twin' }, iam)).Role.AssumeRolePolicyDocument)).Statement[0].Principal.AWS;
  const listed = async () => JSON.parse((await owner.send(new GetPolicyCommand({ ResourceArn: authority.arn }))).Policy).Statement[0].Principal.AWS;
  await refused(ask('CreateRole', { RoleName: 'for-twin', AssumeRolePolicyDocument: trust }, iam), 'MalformedPolicyDocumentException', new RegExp(`^Invalid principal in policy: "AWS":"${arn}"$`));
  await refused(put(policy(arn)), 'InvalidPolicyException', /does not exist/);
  const first = await make();
  await ask('CreateRole', { RoleName: 'for-twin', AssumeRolePolicyDocument: trust }, iam);
  await put(policy(arn));
  await look(first);
  await take(first);
  assert.deepEqual([await shown(), await listed()], [arn, arn]);
  assert.equal(JSON.parse(decodeURIComponent((await ask('ListRoles', {}, iam)).Roles.find((r) => r.RoleName === 'for-twin').AssumeRolePolicyDocument)).Statement[0].Principal.AWS, arn);
  // another path and name: still the same
  await ask('UpdateUser', { UserName: 'twin', NewPath: '/x/' });
  await take(first);
  assert.equal(await shown(), `arn:aws:iam::${account}:user/x/twin`);
  await ask('DetachUserPolicy', { UserName: 'twin', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
  await ask('DeleteAccessKey', { UserName: 'twin', AccessKeyId: first.key });
  await ask('DeleteUser', { UserName: 'twin' });
  assert.deepEqual([await shown(), await listed()], [first.id, first.id]);
  const second = await make();
  await refused(look(second), 'AccessDeniedException');
  await refused(take(second), 'AccessDenied');
  assert.deepEqual([await shown(), await listed()], [first.id, first.id]);
  await ask('UpdateAssumeRolePolicy', { RoleName: 'for-twin', PolicyDocument: trust }, iam);
  await take(second);
  await owner.send(new DeletePolicyCommand({ ResourceArn: authority.arn }));
});
