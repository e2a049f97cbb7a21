// Plain build only
// The condition keys of ACM and ACM-PCA as a user meets them: the policies of ACM's guide attached with
// the IAM client, judged by what the certificate will be, whatever way the request is written.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as I from '@aws-sdk/client-iam';
import {
  AddTagsToCertificateCommand, DeleteCertificateCommand, DescribeCertificateCommand, ExportCertificateCommand, GetCertificateCommand, ImportCertificateCommand,
  ListCertificatesCommand, RequestCertificateCommand,
} from '@aws-sdk/client-acm';
import { CreateCertificateAuthorityCommand, DescribeCertificateAuthorityCommand, TagCertificateAuthorityCommand } from '@aws-sdk/client-acm-pca';
import { Appliance } from './appliance.mjs';
import { activeRoot, issue, requestIssued } from './authority.mjs';

let appliance, iam, acm, pca, user, userPca, authority, csr, account;
const document = (...Statement) => JSON.stringify({ Version: '2012-10-17', Statement });
const all = { Effect: 'Allow', Action: '*', Resource: '*' };
const arnOf = (name) => `arn:aws:iam::${account}:user/${name}`;

before(async () => {
  appliance = await Appliance.start();
  iam = new I.IAMClient(appliance.clientConfig());
  acm = appliance.acm();
  pca = appliance.pca();
  authority = await activeRoot(pca, { name: 'Conditions' });
  account = authority.arn.split(':')[4];
  await iam.send(new I.CreateUserCommand({ UserName: 'cora', Tags: [{ Key: 'Team', Value: 'blue' }] }));
  const { AccessKey } = await iam.send(new I.CreateAccessKeyCommand({ UserName: 'cora' }));
  const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
  user = appliance.acm({ credentials });
  userPca = appliance.pca({ credentials });
  execFileSync('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj',
    '/CN=c.example', '-keyout', join(appliance.state, 'k.pem'), '-out', join(appliance.state, 'r.pem')], { stdio: 'ignore' });
  csr = readFileSync(join(appliance.state, 'r.pem'));
});
after(() => appliance?.remove());

// One key for each name, and a new certificate for it each time.
function selfSigned(name) {
  const [key, pem] = ['key', 'pem'].map((end) => join(appliance.state, `${name}.${end}`));
  if (!existsSync(key)) execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key], { stdio: 'ignore' });
  execFileSync('openssl', ['req', '-x509', '-key', key, '-days', '9', '-subj', `/CN=${name}.example`, '-addext', `subjectAltName=DNS:${name}.example`, '-out', pem], { stdio: 'ignore' });
  return { Certificate: readFileSync(pem), PrivateKey: readFileSync(key) };
}

const attach = (...statements) => iam.send(new I.PutUserPolicyCommand({ UserName: 'cora', PolicyName: 'p', PolicyDocument: document(...statements) }));
const denyRequest = (Condition) => attach(all, { Effect: 'Deny', Action: 'acm:RequestCertificate', Resource: '*', Condition });
const request = (input) => user.send(new RequestCertificateCommand({ DomainName: 'www.example.com', ValidationMethod: 'DNS', ...input }));
const refused = (promise, text = /with an explicit deny in an identity-based policy$/) => assert.rejects(promise, (error) => {
  assert.equal(error.name, 'AccessDeniedException', error.message);
  assert.match(error.message, text);
  return true;
});

test('who has no policy may nothing', () => refused(user.send(new ListCertificatesCommand({})),
  new RegExp(`^User: ${arnOf('cora')} is not authorized to perform: acm:ListCertificates because no identity-based policy allows the acm:ListCertificates action$`)));

test('example 1: the validation method, the default included', async () => {
  await denyRequest({ StringLike: { 'acm:ValidationMethod': 'EMAIL' }, ArnNotLike: { 'aws:PrincipalArn': ['arn:aws:iam::123456789012:role/AllowedEmailValidation'] } });
  await refused(request({ ValidationMethod: 'EMAIL' }));
  await refused(request({ ValidationMethod: undefined }));
  await request({});
});

test('examples 2 and 3: domain names as they will stand in the certificate', async () => {
  await denyRequest({ 'ForAnyValue:StringLike': { 'acm:DomainNames': ['${*}.*'] } });
  await refused(request({ DomainName: '*.example.com' }));
  await refused(request({ SubjectAlternativeNames: ['*.example.com'] }));
  await request({});
  await denyRequest({ 'ForAnyValue:StringNotLike': { 'acm:DomainNames': ['*.example.com'] } });
  await request({ DomainName: 'A.EXAMPLE.com' });
  await refused(request({ DomainName: 'example.com.evil.org' }));
  await refused(request({ SubjectAlternativeNames: ['www.example.org'] }));
  await assert.rejects(request({ DomainName: 'www.ex\u0430mple.com' }), { name: 'ValidationException' }); // a Cyrillic a
});

test('examples 4 and 5: key algorithm and authority', async () => {
  await denyRequest({ StringLike: { 'acm:KeyAlgorithm': 'RSA*' } });
  await refused(request({}));
  await refused(request({ KeyAlgorithm: 'RSA_2048' }));
  await request({ KeyAlgorithm: 'EC_prime256v1' });
  await denyRequest({ StringNotLike: { 'acm:CertificateAuthority': authority.arn } });
  await refused(request({}));
  await requestIssued(user, authority);
  await denyRequest({ Null: { 'acm:CertificateAuthority': 'false' } });
  await refused(request({ CertificateAuthorityArn: authority.arn }));
  await request({});
  await denyRequest({ StringEquals: { 'acm:Export': 'ENABLED' } });
  await refused(request({ Options: { Export: 'ENABLED' } }));
  await request({ Options: { Export: 'DISABLED' } });
  await request({});
});

test('templates: the one that is named, and the default', async () => {
  const only = (name) => attach(all, { Effect: 'Deny', Action: 'acm-pca:IssueCertificate', Resource: '*', Condition: { ArnNotLike: { 'acm-pca:TemplateArn': `arn:aws:acm-pca:::template/${name}/V1` } } });
  const order = (extra) => issue(userPca, authority.arn, csr, { signing: authority.signing, ...extra });
  await only('EndEntityCertificate');
  await order({});
  await order({ TemplateArn: undefined });
  await refused(order({ templateName: 'SubordinateCACertificate_PathLen0/V1' }));
  await refused(order({ TemplateArn: 'arn:aws-us-gov:acm-pca:::template/SubordinateCACertificate_PathLen0/V1' }));
  await only('CodeSigningCertificate');
  await refused(order({ TemplateArn: undefined }));
});

test('tags: of the request, of the resource, of the user', async () => {
  await attach({ Effect: 'Allow', Action: ['acm:RequestCertificate', 'acm:AddTagsToCertificate', 'acm-pca:CreateCertificateAuthority'], Resource: '*',
    Condition: { StringEquals: { 'aws:RequestTag/Team': '${aws:PrincipalTag/Team}' }, 'ForAllValues:StringEquals': { 'aws:TagKeys': ['Team', 'Stage'] } } },
  { Effect: 'Allow', Action: ['acm:Describe*', 'acm-pca:*'], Resource: '*', Condition: { StringEquals: { 'aws:ResourceTag/Team': '${aws:PrincipalTag/Team}' } } });
  const none = /because no identity-based policy allows/;
  await refused(request({}), none);
  await refused(request({ Tags: [{ Key: 'Team', Value: 'red' }] }), none);
  await refused(request({ Tags: [{ Key: 'Team', Value: 'blue' }, { Key: 'Owner', Value: 'x' }] }), none);
  const { CertificateArn } = await request({ Tags: [{ Key: 'Team', Value: 'blue' }, { Key: 'Stage', Value: 'x' }] });
  await user.send(new DescribeCertificateCommand({ CertificateArn }));
  await acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key: 'Team', Value: 'red' }] }));
  await refused(user.send(new DescribeCertificateCommand({ CertificateArn })), none);
  await refused(user.send(new AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key: 'Team', Value: 'red' }] })), none);
  const input = { CertificateAuthorityArn: authority.arn };
  await refused(userPca.send(new DescribeCertificateAuthorityCommand(input)), none);
  await pca.send(new TagCertificateAuthorityCommand({ ...input, Tags: [{ Key: 'team', Value: 'blue' }] }));
  await userPca.send(new DescribeCertificateAuthorityCommand(input));
  await refused(userPca.send(new CreateCertificateAuthorityCommand({ CertificateAuthorityType: 'ROOT', CertificateAuthorityConfiguration: {
    KeyAlgorithm: 'EC_prime256v1', SigningAlgorithm: 'SHA256WITHECDSA', Subject: { CommonName: 'x' } } })), none);
});

test('one certificate, a region, an address, a time', async () => {
  const arns = [await requestIssued(acm, authority), await requestIssued(acm, authority)];
  const describe = (CertificateArn) => user.send(new DescribeCertificateCommand({ CertificateArn }));
  const none = /because no identity-based policy allows/;
  await attach({ Effect: 'Allow', Action: 'ACM:describecertificate', Resource: arns[0] });
  await describe(arns[0]);
  await refused(describe(arns[1]), none);
  await refused(user.send(new ExportCertificateCommand({ CertificateArn: arns[0], Passphrase: Buffer.from('12345678') })), none);
  for (const [operator, key, yes, no] of [['IpAddress', 'aws:SourceIp', ['127.0.0.0/8', '::1/128'], ['10.0.0.0/8', '2001:db8::/32']],
    ['StringEquals', 'aws:RequestedRegion', 'us-east-1', 'eu-west-1'], ['DateGreaterThan', 'aws:CurrentTime', '2020-01-01T00:00:00Z', '2090-01-01T00:00:00Z'],
    ['NumericLessThan', 'aws:EpochTime', '4000000000', '1000000000'], ['Bool', 'aws:SecureTransport', 'true', 'false'],
    ['StringEquals', 'aws:username', 'cora', 'Cora'], ['StringEquals', 'aws:ResourceAccount', '${aws:PrincipalAccount}', '123456789012'],
    ['StringLike', 'aws:UserAgent', '*aws-sdk-js*', '*terraform*'], ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:user/cora', 'arn:aws:iam::*:role/*']]) {
    await attach({ Effect: 'Allow', Action: 'acm:*', Resource: '*', Condition: { [operator]: { [key]: yes } } });
    await describe(arns[0]);
    await attach({ Effect: 'Allow', Action: 'acm:*', Resource: '*', Condition: { [operator]: { [key]: no } } });
    await refused(describe(arns[0]), none);
  }
});

// The guide's identity-based examples, with ARNs of this appliance.
test('what a user may see of himself; one action on one certificate', async () => {
  const none = /because no identity-based policy allows/;
  const { CertificateArn: imported } = await acm.send(new ImportCertificateCommand(selfSigned('one')));
  const { CertificateArn: other } = await acm.send(new ImportCertificateCommand(selfSigned('two')));
  const userIam = new I.IAMClient(appliance.clientConfig({ credentials: await user.config.credentials() }));
  const denied = (promise) => assert.rejects(promise, { name: 'AccessDenied' });
  await attach({ Sid: 'ViewOwnUserInfo', Effect: 'Allow', Action: ['iam:GetUserPolicy', 'iam:ListGroupsWithUser', 'iam:ListAttachedUserPolicies', 'iam:ListUserPolicies', 'iam:GetUser'],
    Resource: ['arn:aws:iam::*:user/${aws:username}'] },
  { Sid: 'NavigateInConsole', Effect: 'Allow', Action: ['iam:GetGroupPolicy', 'iam:GetPolicyVersion', 'iam:GetPolicy', 'iam:ListAttachedGroupPolicies',
    'iam:ListGroupPolicies', 'iam:ListPolicyVersions', 'iam:ListPolicies', 'iam:ListUsers'], Resource: '*' });
  assert.equal((await userIam.send(new I.GetUserCommand({}))).User.UserName, 'cora');
  assert.deepEqual((await userIam.send(new I.ListUserPoliciesCommand({ UserName: 'cora' }))).PolicyNames, ['p']);
  await userIam.send(new I.ListUsersCommand({}));
  await denied(userIam.send(new I.GetUserCommand({ UserName: 'admin' })));
  await denied(userIam.send(new I.DeleteUserPolicyCommand({ UserName: 'cora', PolicyName: 'p' })));

  await attach({ Effect: 'Allow', Action: 'acm:ListCertificates', Resource: '*' });
  await user.send(new ListCertificatesCommand({}));
  await refused(user.send(new GetCertificateCommand({ CertificateArn: imported })), none);

  const calls = {
    'acm:GetCertificate': (CertificateArn) => user.send(new GetCertificateCommand({ CertificateArn })),
    'acm:ImportCertificate': (CertificateArn) => user.send(new ImportCertificateCommand({ CertificateArn, ...selfSigned('one') })),
    'acm:DeleteCertificate': (CertificateArn) => user.send(new DeleteCertificateCommand({ CertificateArn })),
  };
  for (const [Action, call] of Object.entries(calls)) {
    await attach({ Effect: 'Allow', Action, Resource: imported });
    await refused(call(other), none);
    for (const [another, forbidden] of Object.entries(calls)) if (another !== Action) await refused(forbidden(imported), none);
    await call(imported);
  }
});

test('exports: of all, of none, of public certificates', async () => {
  const CertificateArn = await requestIssued(acm, authority);
  const exported = () => user.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from('12345678') }));
  await attach({ Effect: 'Allow', Action: 'acm:ExportCertificate', Resource: '*' });
  await exported();
  await refused(user.send(new DescribeCertificateCommand({ CertificateArn })), /because no identity-based policy allows/);
  await attach(all, { Sid: 'DenyACMCertificateRequest', Effect: 'Deny', Action: 'acm:ExportCertificate', Resource: '*' });
  await refused(exported());
  await denyRequest({ StringEquals: { 'acm:Export': 'ENABLED' } });
  await refused(request({ Options: { Export: 'ENABLED' } }));
  await request({ Options: { Export: 'DISABLED' } });
  await request({});
});

test('a policy that is taken away counts at once', async () => {
  await attach(all);
  await user.send(new ListCertificatesCommand({}));
  await iam.send(new I.DeleteUserPolicyCommand({ UserName: 'cora', PolicyName: 'p' }));
  await refused(user.send(new ListCertificatesCommand({})), /because no identity-based policy allows/);
});
