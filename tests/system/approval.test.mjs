// Plain build only
// Separation of duties: what one person asks for, another approves; through the AWS SDK, Chancery's own
// paths and the operator's command. Refusals first.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CreateCertificateAuthorityCommand, DeleteCertificateAuthorityCommand, ListCertificateAuthoritiesCommand } from '@aws-sdk/client-acm-pca';
import { ExportCertificateCommand } from '@aws-sdk/client-acm';
import * as I from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { Appliance, BIN, run, until } from './appliance.mjs';
import { activeRoot, requestIssued } from './authority.mjs';

let a, certificate;
const who = {}; // name: credentials
const operator = (...words) => run(join(BIN, 'chancery'), [...words, '--state', a.state]);
const fails = async (promise, pattern) => {
  const error = await promise.then(() => assert.fail('it was done'), (e) => e);
  assert.match(error.stderr, pattern);
  return error.stderr;
};
const pca = (name) => a.pca({ credentials: who[name], maxAttempts: 1 });
const iam = (name) => new I.IAMClient(a.clientConfig({ credentials: who[name], maxAttempts: 1 }));
const policy = (Action, Effect = 'Allow') => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect, Action, Resource: '*' }] });
const authority = (CommonName, more) => new CreateCertificateAuthorityCommand({
  CertificateAuthorityType: 'ROOT', ...more,
  CertificateAuthorityConfiguration: { KeyAlgorithm: 'EC_prime256v1', SigningAlgorithm: 'SHA256WITHECDSA', Subject: { CommonName } },
});
const sql = (text) => execFileSync('sqlite3', ['-cmd', '.timeout 5000', join(a.state, 'store', 'chancery.db'), text]).toString().trim();
// The id of the request for which a call waits.
async function waits(promise, name = 'AccessDeniedException') {
  const error = await promise.then(() => assert.fail('it was done'), (e) => e);
  assert.equal(error.name, name, error.message);
  assert.equal(error.$metadata.httpStatusCode < 500, true);
  const found = /needs the approval of a second principal\. Request ([0-9a-f-]{36}) waits for it until/.exec(error.message);
  assert.ok(found, error.message);
  return found[1];
}
const refused = (promise, text, name = 'AccessDeniedException') => assert.rejects(promise, (error) => {
  assert.equal(error.name, name, error.message);
  assert.match(error.message, text);
  return true;
});

// Chancery's own path, by curl and its SigV4: {status, ...answer}.
async function own(name, method, path, body) {
  const { accessKeyId, secretAccessKey, sessionToken } = who[name];
  const { stdout } = await run('curl', ['-sS', '-X', method, '--cacert', join(a.state, 'ca-bundle.pem'), '-w', '\n%{http_code}',
    '--aws-sigv4', 'aws:amz:us-east-1:chancery', '--user', `${accessKeyId}:${secretAccessKey}`,
    ...(sessionToken ? ['-H', `X-Amz-Security-Token: ${sessionToken}`] : []),
    ...(body ? ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)] : []),
    `https://localhost:${a.port}/chancery/v1/approvals${path}`]);
  const [text, status] = stdout.split(/\n(?=\d+$)/);
  return { status: Number(status), ...JSON.parse(text) };
}
const approve = async (name, id) => assert.equal((await own(name, 'POST', `/${id}/approve`, { Reason: 'seen' })).Status, 'APPROVED');

async function userAdd(name, ...words) {
  const { stdout } = await operator('user', 'add', name, '--format', 'env', ...words);
  const [, accessKeyId] = /AWS_ACCESS_KEY_ID='([^']+)'/.exec(stdout);
  const [, secretAccessKey] = /AWS_SECRET_ACCESS_KEY='([^']+)'/.exec(stdout);
  who[name] = { accessKeyId, secretAccessKey };
}

async function restart(values) {
  await a.stop();
  a.configure(values);
  await a.launch();
}

before(async () => {
  a = await Appliance.start();
  for (const name of ['alice', 'bob']) await userAdd(name, '--administrator');
  await userAdd('carol');
  const { stdout } = await operator('account', 'add', 'partner');
  await userAdd('pat', '--administrator', '--account', /account\s+(\d{12})/.exec(stdout)[1]);
  // Without the rule all this is done at once.
  const client = iam('alice');
  const { User } = await client.send(new I.GetUserCommand({ UserName: 'alice' }));
  const account = User.Arn.split(':')[4];
  await client.send(new I.CreateRoleCommand({ RoleName: 'approver', AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }] }) }));
  await client.send(new I.PutRolePolicyCommand({ RoleName: 'approver', PolicyName: 'p', PolicyDocument: policy(['chancery:*', 'acm-pca:*', 'sts:*']) }));
  await client.send(new I.PutUserPolicyCommand({ UserName: 'carol', PolicyName: 'p', PolicyDocument: policy(['chancery:GetApproval', 'acm-pca:*']) }));
  const root = await activeRoot(pca('alice'), { name: 'Before the rule' });
  certificate = await requestIssued(a.acm({ credentials: who.alice }), root);
  await restart({ 'approval.operations': 'authorities,policies,identities,export,hsm' });
  for (const name of ['alice', 'bob'])
    who[`${name} as role`] = await new STSClient(a.clientConfig({ credentials: who[name] })).send(new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${account}:role/approver`, RoleSessionName: name })).then(({ Credentials: c }) => (
      { accessKeyId: c.AccessKeyId, secretAccessKey: c.SecretAccessKey, sessionToken: c.SessionToken }));
});
after(() => a?.remove());

test('an authority is made once a second principal has approved it, once', async () => {
  const alice = pca('alice');
  const id = await waits(alice.send(authority('Two of us')));
  assert.equal(await waits(alice.send(authority('Two of us', { IdempotencyToken: 'another' }))), id, 'the same call is the same request');
  const other = await waits(alice.send(authority('Somebody else')));
  assert.notEqual(other, id);

  const { Approvals } = await own('bob', 'GET', '?maxResults=500&status=PENDING');
  assert.deepEqual(new Set(Approvals.map((x) => x.ApprovalId)), new Set([id, other]));
  const seen = await own('bob', 'GET', `/${id}`);
  assert.equal(seen.Operation, 'acm-pca:CreateCertificateAuthority');
  assert.match(seen.RequestedBy, /:user\/alice$/);
  assert.equal(JSON.parse(seen.Parameters).certificateAuthorityConfiguration.subject.commonName, 'Two of us');
  assert.equal(Math.round((seen.ExpiresAt - seen.RequestedAt) / 3600), 24);

  // Who asked, in whatever role; who may not; who is of another account; nothing at all.
  for (const name of ['alice', 'alice as role']) {
    const answer = await own(name, 'POST', `/${id}/approve`, {});
    assert.equal(answer.status, 403);
    assert.match(answer.message ?? answer.Message, /who asked for it cannot approve it/);
  }
  for (const path of [`/${id}/approve`, `/${id}/deny`])
    assert.match((await own('carol', 'POST', path, { Reason: 'no' })).Message, /not authorized to perform: chancery:(Approve|Deny)Request on resource/);
  assert.equal((await own('pat', 'GET', `/${id}`)).status, 404);
  assert.equal((await own('pat', 'POST', `/${id}/approve`, {})).status, 404);
  assert.equal((await own('pat', 'POST', `/${encodeURIComponent(seen.ApprovalArn)}/approve`, {})).status, 403);
  assert.deepEqual((await own('pat', 'GET', '')).Approvals, []);
  assert.equal((await own('bob', 'POST', '/00000000-0000-4000-8000-000000000000/approve', {})).status, 404);
  assert.equal((await own('bob', 'POST', `/${id}/deny`, {})).status, 400, 'a denial has a reason');
  assert.equal(await waits(alice.send(authority('Two of us'))), id);

  await approve('bob', id);
  assert.equal((await own('bob', 'POST', `/${id}/approve`, {})).__type, 'InvalidStateException');
  assert.equal(await waits(alice.send(authority('Somebody else'))), other, 'other parameters are another request');
  const his = await waits(pca('bob').send(authority('Two of us')));
  assert.notEqual(his, id, 'of another principal, too');

  // Eight at once: one of them takes effect.
  const done = await Promise.allSettled(Array.from({ length: 8 }, () => pca('alice').send(authority('Two of us'))));
  assert.equal(done.filter((x) => x.status === 'fulfilled').length, 1);
  for (const { reason } of done.filter((x) => x.status === 'rejected')) assert.equal(reason.name, 'AccessDeniedException');
  assert.notEqual(await waits(alice.send(authority('Two of us'))), id, 'it is used up');
  const names = (await alice.send(new ListCertificateAuthoritiesCommand({}))).CertificateAuthorities.map((x) => x.CertificateAuthorityConfiguration.Subject.CommonName);
  assert.equal(names.filter((x) => x === 'Two of us').length, 1);

  const trail = a.records(id);
  assert.equal(trail[0].errorCode, 'AccessDeniedException');
  assert.equal(trail[0].additionalEventData.approvalId, id);
  assert.ok(trail.some((x) => x.eventName === 'ApproveRequest' && !x.errorCode && /user\/bob$/.test(x.userIdentity.arn)));
  const [effect] = trail.filter((x) => x.eventName === 'CreateCertificateAuthority' && !x.errorCode);
  assert.match(effect.additionalEventData.approvedBy, /:user\/bob$/);
  const used = await own('bob', 'GET', `/${id}`);
  assert.equal(used.Status, 'USED');
  assert.equal(used.UsedByRequestId, effect.requestID);
});

test('a role that two people may put on: neither approves for himself', async () => {
  const id = await waits(pca('alice as role').send(authority('By a role')));
  for (const name of ['alice', 'alice as role', 'bob as role']) assert.equal((await own(name, 'POST', `/${id}/approve`, {})).status, 403);
  await approve('bob', id);
  await pca('alice as role').send(authority('By a role'));
});

test('the operator approves and denies, and a denial tells why', async () => {
  const alice = pca('alice');
  const { CertificateAuthorities: [{ Arn }] } = await alice.send(new ListCertificateAuthoritiesCommand({}));
  const deletion = new DeleteCertificateAuthorityCommand({ CertificateAuthorityArn: Arn });
  const id = await waits(alice.send(deletion));
  assert.match((await operator('approval', 'list')).stdout, new RegExp(`${id}  PENDING   .*acm-pca:DeleteCertificateAuthority  arn:aws:iam::\\d+:user/alice`));
  assert.match((await operator('approval', 'show', id)).stdout, new RegExp(Arn));
  await fails(operator('approval', 'deny', id), /usage: chancery approval deny/);
  assert.match((await operator('approval', 'deny', id, '--reason', 'It is in use.')).stdout, /is DENIED/);
  await refused(alice.send(deletion), new RegExp(`Request ${id} was denied by operator: It is in use\\.`));
  await fails(operator('approval', 'approve', id), /the request is DENIED/);
  await fails(operator('approval', 'show', id.replaceAll(/[0-9a-f]/g, '0')), /no request of that id/);

  const put = new I.PutUserPolicyCommand({ UserName: 'carol', PolicyName: 'q', PolicyDocument: policy('chancery:*') });
  const second = await waits(iam('alice').send(put), 'AccessDenied');
  await operator('approval', 'approve', second);
  await iam('alice').send(put);
  await waits(iam('alice').send(new I.CreateAccessKeyCommand({ UserName: 'bob' })), 'AccessDenied');
  await iam('alice').send(new I.ListUsersCommand({}));
});

test('a private key leaves with the passphrase that was approved', async () => {
  const acm = a.acm({ credentials: who.alice, maxAttempts: 1 });
  const command = (word) => new ExportCertificateCommand({ CertificateArn: certificate, Passphrase: Buffer.from(word) });
  const id = await waits(acm.send(command('correct horse')));
  assert.doesNotMatch((await own('bob', 'GET', `/${id}`)).Parameters, /assphrase/);
  await approve('bob', id);
  assert.notEqual(await waits(acm.send(command('battery staple'))), id);
  assert.match((await acm.send(command('correct horse'))).PrivateKey, /ENCRYPTED PRIVATE KEY/);
});

test('commands of the operator on the HSM wait for a user of the first account', async () => {
  const text = await fails(operator('key', 'rotate'), /needs the approval of a second principal: request [0-9a-f-]{36} waits/);
  const [, id] = /request ([0-9a-f-]{36})/.exec(text);
  await fails(operator('approval', 'approve', id), /the operator asked for this/);
  await fails(operator('key', 'rotate'), new RegExp(id));
  await fails(operator('trust', 'roll-over', 'intermediate'), /request [0-9a-f-]{36} waits/);
  await operator('trust', 'list');
  await approve('bob', id);
  assert.match((await operator('key', 'rotate')).stdout, /wrapping keys? replaced/);
  await fails(operator('key', 'rotate'), /request [0-9a-f-]{36} waits/);
  assert.deepEqual(a.records(id, 'AwsServiceEvent').map((x) => x.eventName), ['ApprovalRequested', 'ApprovalUsed']);
});

test('who writes into the database approves nothing', async () => {
  const id = await waits(pca('alice').send(authority('Forged')));
  sql(`UPDATE approvals SET status = 'APPROVED', decided_by = 'operator', decided_at = created_at WHERE id = x'${id.replaceAll('-', '')}'`);
  await refused(pca('alice').send(authority('Forged')), /is damaged and cannot be used/);
  assert.match((await operator('approval', 'show', id)).stdout, /DAMAGED/);
  const second = await waits(pca('alice').send(authority('Innocent')));
  sql(`UPDATE approvals SET parameters = '{}' WHERE id = x'${second.replaceAll('-', '')}'`);
  assert.equal((await own('bob', 'POST', `/${second}/approve`, {})).__type, 'InvalidStateException');
  assert.match(a.log, /was altered in the database/);
});

test('what nobody decides, or nobody uses, expires', async () => {
  await restart({ 'approval.expiry': '2s' });
  const id = await waits(pca('alice').send(authority('Too late')));
  const state = async () => (await own('bob', 'GET', `/${id}`)).Status;
  await own('bob', 'POST', `/${id}/approve`, {});
  await until('the request to expire', async () => (await state()) === 'EXPIRED');
  assert.equal((await own('bob', 'POST', `/${id}/approve`, {})).__type, 'InvalidStateException');
  assert.notEqual(await waits(pca('alice').send(authority('Too late'))), id);
  await until('the trail to say so', () => a.records('ApprovalExpired', id).length === 1);
  assert.match((await operator('approval', 'list', '--all')).stdout, new RegExp(`${id}  EXPIRED`));
  assert.match((await operator('status', '--verify')).stdout, /audit chain\s+intact/);
});
