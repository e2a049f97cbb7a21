// IAM and STS with the real clients: the SDK's and the aws command.
import { test, before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import * as I from '@aws-sdk/client-iam';
import * as S from '@aws-sdk/client-sts';
import { ListCertificatesCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { ListCertificateAuthoritiesCommand } from '@aws-sdk/client-acm-pca';
import jsQR from 'jsqr';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { Appliance, run } from './appliance.mjs';
import { Signer, mac, sha, signingKey, stamp } from './signer.mjs';

let a, iam, sts, account;
before(async () => {
  a = await Appliance.start();
  iam = new I.IAMClient(a.clientConfig());
  sts = new S.STSClient(a.clientConfig());
  account = (await sts.send(new S.GetCallerIdentityCommand({}))).Account;
});
after(() => a.remove());

const ask = (name, input = {}) => iam.send(new I[`${name}Command`](input));
const as = (credentials) => ({ ...a.clientConfig(), credentials: { accessKeyId: credentials.AccessKeyId, secretAccessKey: credentials.SecretAccessKey, sessionToken: credentials.SessionToken } });
const policy = (...Statement) => JSON.stringify({ Version: '2012-10-17', Statement });
const allow = (Action, Resource = '*', Condition = undefined) => ({ Effect: 'Allow', Action, Resource, Condition });
const trust = (Principal, Condition, Action = 'sts:AssumeRole') => policy({ Effect: 'Allow', Principal, Action, Condition });
// RFC 6238, from the base32 seed.
function totp(seed, at) {
  const bits = [...seed].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30)));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}
async function userWithKey(UserName, ...statements) {
  await ask('CreateUser', { UserName });
  if (statements.length) await ask('PutUserPolicy', { UserName, PolicyName: 'p', PolicyDocument: policy(...statements) });
  return (await ask('CreateAccessKey', { UserName })).AccessKey;
}

const refused = (promise, name, text) => assert.rejects(promise, (error) => {
  assert.equal(error.name, name, error.message);
  if (text) assert.match(error.message, text);
  return true;
});
const aws = async (...args) => JSON.parse((await run('aws', args, { env: { ...process.env, ...a.env, AWS_DEFAULT_OUTPUT: 'json' } })).stdout || 'null');

test('GetCallerIdentity', async () => {
  const who = await sts.send(new S.GetCallerIdentityCommand({}));
  assert.match(who.Arn, /^arn:aws:iam::\d{12}:user\/admin$/);
  assert.match(who.UserId, /^AIDA[A-Z2-7]{17}$/);
  assert.deepEqual(await aws('sts', 'get-caller-identity'), { UserId: who.UserId, Account: who.Account, Arn: who.Arn });
});

test('users', async () => {
  const { User } = await iam.send(new I.CreateUserCommand({ UserName: 'ada', Path: '/eng/', Tags: [{ Key: 'team', Value: 'a @b' }] }));
  assert.match(User.Arn, /:user\/eng\/ada$/);
  await refused(iam.send(new I.CreateUserCommand({ UserName: 'ADA' })), 'EntityAlreadyExistsException', /User with name ADA already exists\./);
  const got = await iam.send(new I.GetUserCommand({ UserName: 'ada' }));
  assert.deepEqual(got.User.Tags, [{ Key: 'team', Value: 'a @b' }]);
  assert.ok(got.User.CreateDate instanceof Date);
  assert.equal((await iam.send(new I.GetUserCommand({}))).User.UserName, 'admin');
  const first = await iam.send(new I.ListUsersCommand({ MaxItems: 1 }));
  assert.deepEqual([first.Users[0].UserName, first.IsTruncated], ['ada', true]);
  const second = await iam.send(new I.ListUsersCommand({ MaxItems: 1, Marker: first.Marker }));
  assert.deepEqual([second.Users[0].UserName, second.IsTruncated], ['admin', false]);
  assert.equal((await aws('iam', 'list-users', '--path-prefix', '/eng')).Users.length, 1);
  await iam.send(new I.DeleteUserCommand({ UserName: 'ada' }));
  await refused(iam.send(new I.GetUserCommand({ UserName: 'ada' })), 'NoSuchEntityException', /The user with name ada cannot be found\./);
});

test('groups and their policies', async () => {
  await ask('CreateGroup', { GroupName: 'ops' });
  await refused(ask('CreateGroup', { GroupName: 'Ops' }), 'EntityAlreadyExistsException', /Group with name Ops already exists\./);
  const key = await userWithKey('grace');
  const acm = a.acm(as(key));
  await refused(acm.send(new ListCertificatesCommand({})), 'AccessDeniedException', /no identity-based policy allows the acm:ListCertificates action/);
  await ask('AttachGroupPolicy', { GroupName: 'ops', PolicyArn: 'arn:aws:iam::aws:policy/AWSCertificateManagerReadOnly' });
  await ask('AddUserToGroup', { GroupName: 'ops', UserName: 'grace' });
  await acm.send(new ListCertificatesCommand({}));
  assert.deepEqual((await ask('GetGroup', { GroupName: 'ops' })).Users.map((u) => u.UserName), ['grace']);
  assert.deepEqual((await ask('ListGroupsForUser', { UserName: 'grace' })).Groups.map((g) => g.GroupName), ['ops']);
  await refused(ask('DeleteGroup', { GroupName: 'ops' }), 'DeleteConflictException', /must remove users from group first/);
  await refused(ask('DeleteUser', { UserName: 'grace' }), 'DeleteConflictException', /must remove users from group first/);
  await ask('RemoveUserFromGroup', { GroupName: 'ops', UserName: 'grace' });
  await refused(acm.send(new ListCertificatesCommand({})), 'AccessDeniedException');
  await refused(ask('DeleteGroup', { GroupName: 'ops' }), 'DeleteConflictException', /must detach all policies first/);
  await ask('DetachGroupPolicy', { GroupName: 'ops', PolicyArn: 'arn:aws:iam::aws:policy/AWSCertificateManagerReadOnly' });
  await ask('UpdateGroup', { GroupName: 'ops', NewGroupName: 'ops2', NewPath: '/x/' });
  assert.match((await ask('ListGroups', { PathPrefix: '/x/' })).Groups[0].Arn, /:group\/x\/ops2$/);
  await ask('DeleteGroup', { GroupName: 'ops2' });
  await refused(ask('DeleteUser', { UserName: 'grace' }), 'DeleteConflictException', /must delete access keys first/);
});

test('access keys: two at most, last use, deactivation', async () => {
  const key = await userWithKey('keys', allow('acm:ListCertificates'));
  assert.match(key.AccessKeyId, /^AKIA[A-Z2-7]{16}$/);
  assert.equal(key.SecretAccessKey.length, 40);
  const second = (await ask('CreateAccessKey', { UserName: 'keys' })).AccessKey;
  await refused(ask('CreateAccessKey', { UserName: 'keys' }), 'LimitExceededException', /Cannot exceed quota for AccessKeysPerUser: 2/);
  const acm = a.acm(as(key));
  assert.equal((await ask('GetAccessKeyLastUsed', { AccessKeyId: second.AccessKeyId })).AccessKeyLastUsed.ServiceName, 'N/A');
  await acm.send(new ListCertificatesCommand({}));
  const used = await ask('GetAccessKeyLastUsed', { AccessKeyId: key.AccessKeyId });
  assert.deepEqual([used.UserName, used.AccessKeyLastUsed.ServiceName, used.AccessKeyLastUsed.Region], ['keys', 'acm', 'us-east-1']);
  await ask('UpdateAccessKey', { UserName: 'keys', AccessKeyId: key.AccessKeyId, Status: 'Inactive' });
  await refused(acm.send(new ListCertificatesCommand({})), 'UnrecognizedClientException', /security token included in the request is invalid/);
  await refused(new S.STSClient(as(key)).send(new S.GetCallerIdentityCommand({})), 'InvalidClientTokenId', /security token included in the request is invalid/);
  await ask('DeleteAccessKey', { UserName: 'keys', AccessKeyId: second.AccessKeyId });
  assert.deepEqual((await ask('ListAccessKeys', { UserName: 'keys' })).AccessKeyMetadata.map((k) => k.Status), ['Inactive']);
  await refused(ask('DeleteAccessKey', { UserName: 'keys', AccessKeyId: second.AccessKeyId }), 'NoSuchEntityException', /The Access Key with id/);
});

test('managed policies and their versions', async () => {
  const { Policy } = await ask('CreatePolicy', { PolicyName: 'lister', Path: '/p/', PolicyDocument: policy(allow('acm:List*')), Description: 'd', Tags: [{ Key: 'k', Value: 'v' }] });
  assert.match(Policy.Arn, new RegExp(`^arn:aws:iam::${account}:policy/p/lister$`));
  assert.match(Policy.PolicyId, /^ANPA/);
  const PolicyArn = Policy.Arn;
  await refused(ask('CreatePolicy', { PolicyName: 'lister', PolicyDocument: policy(allow('a:b')) }), 'EntityAlreadyExistsException', /A policy called lister already exists/);
  await refused(ask('CreatePolicy', { PolicyName: 'bad', PolicyDocument: '{"Version":"2012-10-17"' }), 'MalformedPolicyDocumentException', /Syntax errors in policy/);
  await refused(ask('CreatePolicy', { PolicyName: 'big', PolicyDocument: policy(allow(Array(700).fill('acm:List*'))) }), 'LimitExceededException', /PolicySize: 6144/);
  for (let v = 2; v <= 5; v++)
    assert.equal((await ask('CreatePolicyVersion', { PolicyArn, PolicyDocument: policy(allow('acm:Get*')), SetAsDefault: v === 3 })).PolicyVersion.VersionId, `v${v}`);
  await refused(ask('CreatePolicyVersion', { PolicyArn, PolicyDocument: policy(allow('acm:Get*')) }), 'LimitExceededException', /up to 5 versions/);
  assert.equal((await ask('GetPolicy', { PolicyArn })).Policy.DefaultVersionId, 'v3');
  assert.equal(decodeURIComponent((await ask('GetPolicyVersion', { PolicyArn, VersionId: 'v3' })).PolicyVersion.Document), policy(allow('acm:Get*')));
  await refused(ask('DeletePolicyVersion', { PolicyArn, VersionId: 'v3' }), 'DeleteConflictException', /default version/);
  await ask('SetDefaultPolicyVersion', { PolicyArn, VersionId: 'v1' });
  for (const VersionId of ['v2', 'v3', 'v4', 'v5']) await ask('DeletePolicyVersion', { PolicyArn, VersionId });
  assert.deepEqual((await ask('ListPolicyVersions', { PolicyArn })).Versions.map((v) => v.VersionId), ['v1']);
  await ask('CreateUser', { UserName: 'holder', PermissionsBoundary: PolicyArn });
  await ask('AttachUserPolicy', { UserName: 'holder', PolicyArn });
  assert.deepEqual((await ask('ListAttachedUserPolicies', { UserName: 'holder' })).AttachedPolicies, [{ PolicyName: 'lister', PolicyArn }]);
  assert.deepEqual((await ask('ListEntitiesForPolicy', { PolicyArn })).PolicyUsers.map((u) => u.UserName), ['holder']);
  const listed = (await ask('ListPolicies', { Scope: 'Local' })).Policies[0];
  assert.deepEqual([listed.AttachmentCount, listed.PermissionsBoundaryUsageCount], [1, 1]);
  await refused(ask('DeletePolicy', { PolicyArn }), 'DeleteConflictException');
  await ask('DeleteUserPermissionsBoundary', { UserName: 'holder' });
  await ask('DetachUserPolicy', { UserName: 'holder', PolicyArn });
  await refused(ask('DetachUserPolicy', { UserName: 'holder', PolicyArn }), 'NoSuchEntityException', /was not found/);
  await ask('DeletePolicy', { PolicyArn });
  await refused(ask('AttachUserPolicy', { UserName: 'holder', PolicyArn }), 'NoSuchEntityException', /does not exist or is not attachable/);
  const managed = (await ask('ListPolicies', { Scope: 'AWS', MaxItems: 1000 })).Policies.map((p) => p.PolicyName);
  for (const name of ['AWSCertificateManagerFullAccess', 'AWSCertificateManagerReadOnly', 'AWSPrivateCAFullAccess', 'AWSPrivateCAReadOnly', 'AWSPrivateCAPrivilegedUser', 'AWSPrivateCAUser', 'AWSPrivateCAAuditor', 'AdministratorAccess', 'ReadOnlyAccess', 'IAMFullAccess', 'IAMReadOnlyAccess']) {
    assert.ok(managed.includes(name), name);
    const arn = `arn:aws:iam::aws:policy/${name}`;
    await ask('AttachUserPolicy', { UserName: 'holder', PolicyArn: arn }).then(() => ask('DetachUserPolicy', { UserName: 'holder', PolicyArn: arn }));
  }
  await refused(ask('CreatePolicyVersion', { PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess', PolicyDocument: policy(allow('a:b')) }), 'AccessDenied');
  assert.equal((await aws('iam', 'get-policy', '--policy-arn', 'arn:aws:iam::aws:policy/ReadOnlyAccess')).Policy.DefaultVersionId, 'v1');
});

test('inline policies, tags, boundaries', async () => {
  const key = await userWithKey('inline', allow('acm:*'));
  await refused(ask('PutUserPolicy', { UserName: 'inline', PolicyName: 'long', PolicyDocument: policy(allow(Array(300).fill('acm:List*'))) }), 'LimitExceededException', /Maximum policy size of 2048 bytes exceeded for user inline/);
  await refused(ask('PutUserPolicy', { UserName: 'inline', PolicyName: 'x', PolicyDocument: trust({ AWS: '*' }) }), 'MalformedPolicyDocumentException');
  assert.deepEqual((await ask('ListUserPolicies', { UserName: 'inline' })).PolicyNames, ['p']);
  assert.equal((await aws('iam', 'get-user-policy', '--user-name', 'inline', '--policy-name', 'p')).PolicyDocument.Statement[0].Action, 'acm:*');
  await a.acm(as(key)).send(new ListCertificatesCommand({}));
  await ask('PutUserPermissionsBoundary', { UserName: 'inline', PermissionsBoundary: 'arn:aws:iam::aws:policy/AWSPrivateCAReadOnly' });
  await refused(a.acm(as(key)).send(new ListCertificatesCommand({})), 'AccessDeniedException', /no permissions boundary allows/);
  await ask('TagUser', { UserName: 'inline', Tags: [{ Key: 'a', Value: '1' }, { Key: 'b', Value: '2' }] });
  await ask('UntagUser', { UserName: 'inline', TagKeys: ['a'] });
  assert.deepEqual((await ask('ListUserTags', { UserName: 'inline' })).Tags, [{ Key: 'b', Value: '2' }]);
  await ask('DeleteUserPolicy', { UserName: 'inline', PolicyName: 'p' });
  await refused(ask('GetUserPolicy', { UserName: 'inline', PolicyName: 'p' }), 'NoSuchEntityException', /The user policy with name p cannot be found/);
  await ask('UpdateUser', { UserName: 'inline', NewUserName: 'renamed', NewPath: '/n/' });
  assert.match((await new S.STSClient(as(key)).send(new S.GetCallerIdentityCommand({}))).Arn, /user\/n\/renamed$/);
});

test('roles: taken, chained, limited, ended', async () => {
  const { Role } = await ask('CreateRole', { RoleName: 'reader', Path: '/r/', AssumeRolePolicyDocument: trust({ AWS: account }), MaxSessionDuration: 7200, Description: 'reads' });
  assert.match(Role.RoleId, /^AROA/);
  assert.equal(decodeURIComponent(Role.AssumeRolePolicyDocument), trust({ AWS: account }));
  await ask('PutRolePolicy', { RoleName: 'reader', PolicyName: 'p', PolicyDocument: policy(allow(['acm:List*', 'acm-pca:List*', 'sts:AssumeRole'])) });
  const assume = (input, client = sts) => client.send(new S.AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName: 's1', ...input }));
  const got = await assume({ DurationSeconds: 900 });
  assert.match(got.Credentials.AccessKeyId, /^ASIA[A-Z2-7]{16}$/);
  assert.equal(got.AssumedRoleUser.Arn, `arn:aws:sts::${account}:assumed-role/reader/s1`);
  const session = as(got.Credentials);
  const who = await new S.STSClient(session).send(new S.GetCallerIdentityCommand({}));
  assert.deepEqual([who.Arn, who.UserId], [got.AssumedRoleUser.Arn, `${Role.RoleId}:s1`]);
  await a.acm(session).send(new ListCertificatesCommand({}));
  await refused(a.acm(session).send(new RequestCertificateCommand({ DomainName: 'a.example.com' })), 'AccessDeniedException', /assumed-role\/reader\/s1 is not authorized to perform: acm:RequestCertificate/);
  // a session policy only takes away
  const limited = as((await assume({ Policy: policy(allow('acm-pca:*')) })).Credentials);
  await a.pca(limited).send(new ListCertificateAuthoritiesCommand({}));
  await refused(a.acm(limited).send(new ListCertificatesCommand({})), 'AccessDeniedException', /no session policy allows/);
  // chaining
  await ask('CreateRole', { RoleName: 'second', AssumeRolePolicyDocument: trust({ AWS: Role.Arn }) });
  const second = `arn:aws:iam::${account}:role/second`;
  await refused(assume({ RoleArn: second }), 'AccessDenied', /is not authorized to perform: sts:AssumeRole on resource/);
  await refused(assume({ RoleArn: second, DurationSeconds: 3601 }, new S.STSClient(session)), 'ValidationError', /1 hour session limit for roles assumed by role chaining/);
  const chained = await assume({ RoleArn: second }, new S.STSClient(session));
  assert.equal(chained.AssumedRoleUser.Arn, `arn:aws:sts::${account}:assumed-role/second/s1`);
  await refused(assume({ DurationSeconds: 7201 }), 'ValidationError', /MaxSessionDuration/);
  await refused(assume({ RoleArn: `arn:aws:iam::${account}:role/reader` }), 'AccessDenied');
  await refused(assume({ RoleArn: `arn:aws:iam::${account}:role/none` }), 'AccessDenied');
  await refused(assume({ Policy: '{' }), 'MalformedPolicyDocumentException');
  // what is altered, stripped or somebody else's is refused
  const bad = (credentials) => refused(new S.STSClient(as(credentials)).send(new S.GetCallerIdentityCommand({})), 'InvalidClientTokenId', /security token included in the request is invalid/);
  const c = got.Credentials;
  await bad({ ...c, SessionToken: undefined });
  await bad({ ...c, SessionToken: c.SessionToken.slice(0, 50) + (c.SessionToken[50] === 'A' ? 'B' : 'A') + c.SessionToken.slice(51) });
  await bad({ ...c, SessionToken: chained.Credentials.SessionToken });
  await refused(a.acm(as({ ...c, SessionToken: 'AAAA' })).send(new ListCertificatesCommand({})), 'UnrecognizedClientException');
  // the end of the role is the end of its sessions
  await refused(ask('DeleteRole', { RoleName: 'reader' }), 'DeleteConflictException', /must delete policies first/);
  await ask('DeleteRolePolicy', { RoleName: 'reader', PolicyName: 'p' });
  await ask('DeleteRole', { RoleName: 'reader' });
  await bad(c);
});

test('external id, session tags, source identity', async () => {
  await ask('CreateRole', { RoleName: 'tagged', AssumeRolePolicyDocument: trust({ AWS: account }, { StringEquals: { 'sts:ExternalId': 'x-1' } }, ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']) });
  await ask('PutRolePolicy', { RoleName: 'tagged', PolicyName: 'p', PolicyDocument: policy(allow('acm:ListCertificates', '*', { StringEquals: { 'aws:PrincipalTag/team': 'red' } })) });
  const RoleArn = `arn:aws:iam::${account}:role/tagged`;
  const assume = (input) => sts.send(new S.AssumeRoleCommand({ RoleArn, RoleSessionName: 'tt', ...input }));
  await refused(assume({}), 'AccessDenied');
  await refused(assume({ ExternalId: 'x-2' }), 'AccessDenied');
  const blue = await assume({ ExternalId: 'x-1', Tags: [{ Key: 'team', Value: 'blue' }] });
  await refused(a.acm(as(blue.Credentials)).send(new ListCertificatesCommand({})), 'AccessDeniedException');
  const red = await assume({ ExternalId: 'x-1', Tags: [{ Key: 'team', Value: 'red' }], TransitiveTagKeys: ['team'], SourceIdentity: 'ada' });
  assert.equal(red.SourceIdentity, 'ada');
  assert.ok(red.PackedPolicySize > 0);
  await a.acm(as(red.Credentials)).send(new ListCertificatesCommand({}));
  await refused(assume({ ExternalId: 'x-1', TransitiveTagKeys: ['none'] }), 'InvalidParameterValue');
  await refused(assume({ ExternalId: 'x-1', Tags: Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: 'v'.repeat(200) })) }), 'PackedPolicyTooLargeException');
});

test('multi-factor authentication: devices, sessions, conditions', async () => {
  const key = await userWithKey('mona', allow(['sts:AssumeRole', 'iam:*']));
  const user = { iam: new I.IAMClient(as(key)), sts: new S.STSClient(as(key)) };
  const { VirtualMFADevice: device } = await ask('CreateVirtualMFADevice', { VirtualMFADeviceName: 'phone' });
  assert.equal(device.SerialNumber, `arn:aws:iam::${account}:mfa/phone`);
  const seed = Buffer.from(device.Base32StringSeed).toString();
  assert.match(seed, /^[A-Z2-7]{64}$/);
  const picture = PNG.sync.read(Buffer.from(device.QRCodePNG));
  assert.equal(jsQR(Uint8ClampedArray.from(picture.data), picture.width, picture.height).data, `otpauth://totp/phone@${account}?secret=${seed}`);
  const SerialNumber = device.SerialNumber;
  await refused(ask('EnableMFADevice', { UserName: 'mona', SerialNumber, AuthenticationCode1: '000000', AuthenticationCode2: '000001' }), 'InvalidAuthenticationCodeException');
  // On a busy machine half a minute may end between the codes and the call: then with new ones.
  const enable = () => ask('EnableMFADevice', { UserName: 'mona', SerialNumber, AuthenticationCode1: totp(seed, Date.now() / 1000 - 60), AuthenticationCode2: totp(seed, Date.now() / 1000 - 30) });
  await enable().catch(enable);
  assert.deepEqual((await ask('ListMFADevices', { UserName: 'mona' })).MFADevices.map((d) => d.SerialNumber), [SerialNumber]);
  assert.equal((await ask('ListVirtualMFADevices', { AssignmentStatus: 'Assigned' })).VirtualMFADevices[0].User.UserName, 'mona');
  await refused(ask('DeleteVirtualMFADevice', { SerialNumber }), 'DeleteConflictException');
  await ask('CreateRole', { RoleName: 'careful', AssumeRolePolicyDocument: trust({ AWS: account }, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }) });
  const RoleArn = `arn:aws:iam::${account}:role/careful`;
  await refused(user.sts.send(new S.AssumeRoleCommand({ RoleArn, RoleSessionName: 'xx' })), 'AccessDenied');
  const code = totp(seed, Date.now() / 1000);
  await refused(user.sts.send(new S.GetSessionTokenCommand({ SerialNumber, TokenCode: code === '123456' ? '654321' : '123456' })), 'AccessDenied', /invalid MFA one time pass code/);
  const { Credentials } = await user.sts.send(new S.GetSessionTokenCommand({ SerialNumber, TokenCode: code, DurationSeconds: 900 }));
  await refused(user.sts.send(new S.GetSessionTokenCommand({ SerialNumber, TokenCode: code })), 'AccessDenied'); // a code counts once
  const session = new S.STSClient(as(Credentials));
  assert.match((await session.send(new S.GetCallerIdentityCommand({}))).Arn, /user\/mona$/);
  await session.send(new S.AssumeRoleCommand({ RoleArn, RoleSessionName: 'xx' }));
  await refused(session.send(new S.GetSessionTokenCommand({})), 'AccessDenied', /session credentials/);
  await new I.IAMClient(as(Credentials)).send(new I.GetUserCommand({}));
  // a session without a code may not manage identities
  const plain = (await user.sts.send(new S.GetSessionTokenCommand({}))).Credentials;
  await refused(new I.IAMClient(as(plain)).send(new I.GetUserCommand({})), 'InvalidClientTokenId');
  // guessing ends: after ten wrong codes not even the right one counts
  for (let i = 0; i < 10; i++) await refused(user.sts.send(new S.GetSessionTokenCommand({ SerialNumber, TokenCode: `11111${i}` })), 'AccessDenied');
  await refused(user.sts.send(new S.GetSessionTokenCommand({ SerialNumber, TokenCode: totp(seed, Date.now() / 1000 + 30) })), 'AccessDenied');
  await ask('DeactivateMFADevice', { UserName: 'mona', SerialNumber });
  await ask('DeleteVirtualMFADevice', { SerialNumber });
});

test('account: alias and summary', async () => {
  await ask('CreateAccountAlias', { AccountAlias: 'my-house' });
  assert.deepEqual((await ask('ListAccountAliases')).AccountAliases, ['my-house']);
  await refused(ask('DeleteAccountAlias', { AccountAlias: 'other' }), 'NoSuchEntityException');
  await ask('DeleteAccountAlias', { AccountAlias: 'my-house' });
  const { SummaryMap } = await ask('GetAccountSummary');
  assert.equal(SummaryMap.AccessKeysPerUserQuota, 2);
  assert.ok(SummaryMap.Users >= 1);
});

test('the service-linked role of ACM, as the guide prints it', async () => {
  await refused(ask('GetRole', { RoleName: 'AWSServiceRoleForCertificateManager' }), 'NoSuchEntityException');
  await refused(ask('CreateServiceLinkedRole', { AWSServiceName: 'ec2.amazonaws.com' }), 'InvalidInputException');
  const key = await userWithKey('slr');
  await ask('AttachUserPolicy', { UserName: 'slr', PolicyArn: 'arn:aws:iam::aws:policy/AWSCertificateManagerFullAccess' });
  await new I.IAMClient(as(key)).send(new I.CreateServiceLinkedRoleCommand({ AWSServiceName: 'acm.amazonaws.com' }));
  const { Role } = await aws('iam', 'get-role', '--role-name', 'AWSServiceRoleForCertificateManager');
  assert.match(Role.RoleId, /^AROA/);
  assert.deepEqual({ ...Role, RoleId: 0, CreateDate: 0 }, {
    Path: '/aws-service-role/acm.amazonaws.com/', RoleName: 'AWSServiceRoleForCertificateManager', RoleId: 0,
    Arn: `arn:aws:iam::${account}:role/aws-service-role/acm.amazonaws.com/AWSServiceRoleForCertificateManager`, CreateDate: 0,
    AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'acm.amazonaws.com' }, Action: 'sts:AssumeRole' }] },
    Description: 'SLR for ACM Service for accessing cross-account Private CA', MaxSessionDuration: 3600, RoleLastUsed: {},
  });
  const RoleName = Role.RoleName;
  await refused(ask('CreateServiceLinkedRole', { AWSServiceName: 'acm.amazonaws.com' }), 'InvalidInputException', /has been taken in this account/);
  await refused(ask('DeleteRole', { RoleName }), 'UnmodifiableEntityException', /only modifiable by AWS/);
  await refused(ask('UpdateAssumeRolePolicy', { RoleName, PolicyDocument: trust({ AWS: account }) }), 'UnmodifiableEntityException');
  await refused(sts.send(new S.AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName: 'me' })), 'AccessDenied');
  await ask('UpdateRole', { RoleName, Description: 'ours' });
  const { DeletionTaskId } = await ask('DeleteServiceLinkedRole', { RoleName });
  assert.equal((await ask('GetServiceLinkedRoleDeletionStatus', { DeletionTaskId })).Status, 'SUCCEEDED');
  await refused(ask('GetRole', { RoleName }), 'NoSuchEntityException');
});

test('login profiles and rules for passwords', async () => {
  const key = await userWithKey('pat');
  const pat = new I.IAMClient(as(key));
  const change = (OldPassword, NewPassword) => pat.send(new I.ChangePasswordCommand({ OldPassword, NewPassword }));
  await refused(ask('GetLoginProfile', { UserName: 'pat' }), 'NoSuchEntityException', /Login Profile for User pat cannot be found/);
  await refused(ask('CreateLoginProfile', { UserName: 'pat', Password: 'short' }), 'PasswordPolicyViolationException', /minimum length of 8/);
  await refused(ask('CreateLoginProfile', { UserName: 'pat', Password: 'lowercaseonly' }), 'PasswordPolicyViolationException');
  const { LoginProfile } = await ask('CreateLoginProfile', { UserName: 'pat', Password: 'First-word1', PasswordResetRequired: true });
  assert.equal(LoginProfile.PasswordResetRequired, true);
  await refused(ask('CreateLoginProfile', { UserName: 'pat', Password: 'First-word1' }), 'EntityAlreadyExistsException');
  await refused(change('First-word1', 'Second-word2'), 'AccessDenied', /iam:ChangePassword/);
  await refused(ask('GetAccountPasswordPolicy'), 'NoSuchEntityException', /The Password Policy with domain name/);
  await ask('UpdateAccountPasswordPolicy', { MinimumPasswordLength: 10, RequireSymbols: true, AllowUsersToChangePassword: true, PasswordReusePrevention: 2 });
  const { PasswordPolicy } = await ask('GetAccountPasswordPolicy');
  assert.deepEqual([PasswordPolicy.MinimumPasswordLength, PasswordPolicy.RequireSymbols, PasswordPolicy.ExpirePasswords], [10, true, false]);
  await refused(change('wrong', 'Second-word2'), 'AccessDenied', /old password was incorrect/);
  await refused(change('First-word1', 'Secondword2'), 'PasswordPolicyViolationException', /at least one symbol/);
  await refused(change('First-word1', 'First-word1'), 'PasswordPolicyViolationException', /used before/);
  await change('First-word1', 'Second-word2');
  assert.equal((await ask('GetLoginProfile', { UserName: 'pat' })).LoginProfile.PasswordResetRequired, false);
  await refused(change('Second-word2', 'First-word1'), 'PasswordPolicyViolationException', /used before/);
  await ask('UpdateLoginProfile', { UserName: 'pat', Password: 'Third-word3' });
  await ask('DeleteAccountPasswordPolicy');
  await ask('DeleteLoginProfile', { UserName: 'pat' });
});

test('simulations and the details of the account', async () => {
  await ask('CreateUser', { UserName: 'sim' });
  await ask('PutUserPolicy', { UserName: 'sim', PolicyName: 'p', PolicyDocument: policy(allow('acm:*', '*', { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }), { Effect: 'Deny', Action: 'acm:DeleteCertificate', Resource: '*' }) });
  const decisions = async (name, input) => Object.fromEntries((await ask(name, input)).EvaluationResults.map((e) => [e.EvalActionName, e.EvalDecision]));
  const ActionNames = ['acm:ListCertificates', 'acm:DeleteCertificate', 'iam:GetUser'];
  const PolicySourceArn = `arn:aws:iam::${account}:user/sim`;
  const ContextEntries = [{ ContextKeyName: 'aws:RequestedRegion', ContextKeyType: 'string', ContextKeyValues: ['eu-west-1'] }];
  assert.deepEqual(await decisions('SimulatePrincipalPolicy', { PolicySourceArn, ActionNames, ContextEntries }),
    { 'acm:ListCertificates': 'allowed', 'acm:DeleteCertificate': 'explicitDeny', 'iam:GetUser': 'implicitDeny' });
  const without = (await ask('SimulatePrincipalPolicy', { PolicySourceArn, ActionNames })).EvaluationResults.find((e) => e.EvalActionName === 'acm:ListCertificates');
  assert.deepEqual(without.MissingContextValues, ['aws:requestedregion']);
  assert.equal((await decisions('SimulatePrincipalPolicy', { PolicySourceArn, ActionNames }))['acm:ListCertificates'], 'implicitDeny');
  assert.deepEqual(await decisions('SimulateCustomPolicy', { PolicyInputList: [policy(allow('iam:Get*'))], ActionNames }),
    { 'acm:ListCertificates': 'implicitDeny', 'acm:DeleteCertificate': 'implicitDeny', 'iam:GetUser': 'allowed' });
  const ResourceArns = ['1', '2'].map((x) => `arn:aws:acm:us-east-1:${account}:certificate/${x}`);
  const { EvaluationResults: [each, ...others] } = await ask('SimulateCustomPolicy', { ResourceArns, ActionNames: ['acm:DeleteCertificate'],
    PolicyInputList: [policy({ ...allow('acm:DeleteCertificate'), Resource: ResourceArns[0], Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } })] });
  assert.deepEqual([others, each.EvalDecision, each.EvalResourceName, each.MissingContextValues ?? []], [[], 'implicitDeny', '*', []]);
  assert.deepEqual(each.ResourceSpecificResults.map((r) => [r.EvalResourceName, r.EvalResourceDecision, r.MissingContextValues ?? []]),
    [[ResourceArns[0], 'implicitDeny', ['aws:multifactorauthpresent']], [ResourceArns[1], 'implicitDeny', []]]);
  const { EvaluationResults: [bounded] } = await ask('SimulateCustomPolicy', { ResourceArns, ActionNames: ['acm:DeleteCertificate'],
    PolicyInputList: [policy(allow('acm:*'))], PermissionsBoundaryPolicyInputList: [policy(allow('acm:*', ResourceArns[1]))] });
  assert.deepEqual(bounded.ResourceSpecificResults.map((r) => [r.EvalResourceDecision, r.PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary]),
    [['implicitDeny', false], ['allowed', true]]);
  assert.deepEqual([bounded.EvalDecision, bounded.MatchedStatements ?? [], bounded.OrganizationsDecisionDetail], ['implicitDeny', [], undefined]);
  // Places are counted from 1, in characters, and lie just behind the braces.
  for (const [text, start, end] of [
    ['{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"acm:*","Resource":"*"}}', [1, 38], [1, 87]],
    ['{"Version":"2012-10-17","Id":"}\\"{\u00e9","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"},\n {"Effect":"Allow","Action":"acm:*",\n"Resource":"*"}]}', [2, 3], [3, 16]],
  ]) {
    const { EvaluationResults: [{ MatchedStatements: [at] }] } = await ask('SimulateCustomPolicy', { PolicyInputList: [text], ActionNames: ['acm:ListCertificates'] });
    assert.deepEqual([at.StartPosition, at.EndPosition], [start, end].map(([Line, Column]) => ({ Line, Column })), text);
  }
  await refused(ask('SimulateCustomPolicy', { PolicyInputList: ['{'], ActionNames }), 'InvalidInputException');
  await refused(ask('SimulatePrincipalPolicy', { PolicySourceArn: `${PolicySourceArn}x`, ActionNames }), 'NoSuchEntityException');
  const all = await ask('GetAccountAuthorizationDetails', { Filter: ['User', 'Role'], MaxItems: 1000 });
  const sim = all.UserDetailList.find((u) => u.UserName === 'sim');
  assert.equal(sim.UserPolicyList[0].PolicyName, 'p');
  assert.deepEqual(all.UserDetailList.find((u) => u.UserName === 'admin').AttachedManagedPolicies, [{ PolicyName: 'AdministratorAccess', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }]);
  assert.deepEqual(all.GroupDetailList ?? [], []);
  const managed = (await ask('GetAccountAuthorizationDetails', { Filter: ['AWSManagedPolicy'] }));
  const whole = managed.Policies.find((p) => p.PolicyName === 'AdministratorAccess');
  assert.deepEqual([whole.AttachmentCount >= 1, whole.PolicyVersionList[0].IsDefaultVersion, managed.UserDetailList ?? []], [true, true, []]);
  assert.deepEqual([JSON.parse(decodeURIComponent(whole.PolicyVersionList[0].Document)).Statement[0].Action].flat(), ['*']);
  assert.ok(!managed.Policies.some((p) => p.PolicyName === 'AWSPrivateCAAuditor'));
  const names = [];
  for (let Marker; ; ) {
    const page = await ask('GetAccountAuthorizationDetails', { MaxItems: 3, Marker });
    names.push(...['UserDetailList', 'GroupDetailList', 'RoleDetailList', 'Policies'].flatMap((list) => page[list] ?? []).map((x) => x.Arn));
    if (!page.IsTruncated) break;
    Marker = page.Marker;
  }
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= all.UserDetailList.length + all.RoleDetailList.length);
});

describe('on the wire', () => {
  let signer;
  before(() => { signer = new Signer(a); });
  const form = 'application/x-www-form-urlencoded; charset=utf-8';
  const call = (body, options = {}) => signer.ask({ type: form, target: null, service: 'sts', body, ...options });
  const who = 'Action=GetCallerIdentity&Version=2011-06-15';
  const answered = (answer, status, text) => {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers['content-type'], 'text/xml');
    assert.match(answer.text, text);
  };
  test('an answer', async () => answered(await call(who), 200, /^<GetCallerIdentityResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/">\n {2}<GetCallerIdentityResult><UserId>/));
  test('an unknown action', async () => answered(await call('Action=Nothing&Version=2011-06-15'), 400, /<Code>InvalidAction<\/Code>\s*<Message>Could not find operation Nothing for version 2011-06-15</));
  test('another version', async () => answered(await call('Action=GetCallerIdentity&Version=2010-05-08'), 400, /<Code>InvalidAction</));
  test('no action', async () => answered(await call('Version=2011-06-15'), 400, /<Code>MissingAction</));
  test('the scope of another service', async () => answered(await call(who, { service: 'acm' }), 403, /<Code>SignatureDoesNotMatch<\/Code>\s*<Message>Credential should be scoped to correct service/));
  test('the scope of IAM', async () => answered(await call(who, { service: 'iam' }), 400, /<Code>InvalidAction</));
  test('a parameter twice', async () => answered(await call(`${who}&Action=GetSessionToken`), 400, /<Code>MalformedInput</));
  test('what is no UTF-8', async () => answered(await call(`${who}&x=%ff`), 400, /<Code>MalformedInput</));
  test('a NUL', async () => answered(await call(`${who}&x=a%00b`), 400, /<Code>MalformedInput</));
  test('without a signature', async () => {
    const { stdout } = await run('curl', ['-s', '-w', '%{http_code}', '--cacert', join(a.state, 'ca-bundle.pem'), '-d', who, `https://localhost:${a.port}/`]);
    assert.match(stdout, /<Code>MissingAuthenticationToken<[^]*403$/);
  });
  test('a presigned GET, and the same altered', async () => {
    const when = stamp(new Date()), scope = `${when.slice(0, 8)}/us-east-1/sts/aws4_request`;
    const query = [...who.split('&'), 'X-Amz-Algorithm=AWS4-HMAC-SHA256', `X-Amz-Credential=${encodeURIComponent(`${signer.id}/${scope}`)}`,
      `X-Amz-Date=${when}`, 'X-Amz-Expires=60', 'X-Amz-SignedHeaders=host'].join('&');
    const canonical = ['GET', '/', query, `host:localhost:${a.port}`, '', 'host', sha('')].join('\n');
    const key = signingKey({ secret: signer.secret, day: when.slice(0, 8), region: 'us-east-1', service: 'sts' });
    const url = `/?${query}&X-Amz-Signature=${mac(key, ['AWS4-HMAC-SHA256', when, scope, sha(canonical)].join('\n')).toString('hex')}`;
    const get = async (path) => (await run('curl', ['-s', '-w', '%{http_code}', '--cacert', join(a.state, 'ca-bundle.pem'), `https://localhost:${a.port}${path}`])).stdout;
    assert.match(await get(url), /<Arn>arn:aws:iam::[^]*200$/);
    assert.match(await get(url.replace('GetCallerIdentity', 'GetSessionToken')), /<Code>SignatureDoesNotMatch<[^]*403$/);
  });
});
