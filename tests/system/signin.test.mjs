// Plain build only
// Signing in to the console: user name, password and code become temporary credentials, with which the SDK's clients then
// work; who guesses is told nothing and locked. (What time alone does: tests/unit/test_sign_in.c.)
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { request } from 'node:https';
import { join } from 'node:path';
import * as I from '@aws-sdk/client-iam';
import * as S from '@aws-sdk/client-sts';
import { ListCertificatesCommand } from '@aws-sdk/client-acm';
import { Appliance } from './appliance.mjs';

let a, iam, account;
before(async () => {
  a = await Appliance.start({ configure: { 'sign_in.attempts': 3, 'sign_in.attempts_per_address': 20, 'sign_in.session': '1h' } });
  iam = new I.IAMClient(a.clientConfig());
  account = (await new S.STSClient(a.clientConfig()).send(new S.GetCallerIdentityCommand({}))).Account;
});
after(() => a?.remove());

const ask = (name, input = {}) => iam.send(new I[`${name}Command`](input));
const as = ({ accessKeyId, secretAccessKey, sessionToken }) => ({ ...a.clientConfig(), credentials: { accessKeyId, secretAccessKey, sessionToken } });
const allow = (...Action) => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });

function post(body, headers = { 'content-type': 'application/json' }) {
  return new Promise((resolve, reject) => {
    const req = request({ host: 'localhost', port: a.port, path: '/chancery/v1/sign-in', method: 'POST', headers: { 'user-agent': 'a browser', ...headers }, ca: a.ca, agent: false }, (res) => {
      let text = '';
      res.on('data', (d) => { text += d; });
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, text, json: JSON.parse(text) }));
    });
    req.on('error', reject);
    req.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}
const signIn = (userName, password, more = {}) => post({ account, userName, password, ...more });
const is = (answer, status, type) => assert.deepEqual([answer.status, answer.json.__type], [status, type], answer.text);
async function signedIn(...args) {
  const answer = await signIn(...args);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}
async function userWithPassword(UserName, Password, input = {}) {
  await ask('CreateUser', { UserName });
  await ask('CreateLoginProfile', { UserName, Password, ...input });
}
const trail = (where) => execFileSync('sqlite3', ['-readonly', join(a.state, 'store', 'chancery.db'),
  "SELECT CAST(record AS TEXT) FROM audit WHERE CAST(record AS TEXT) LIKE '%AwsConsoleSignIn%' ORDER BY sequence"]).toString().trim().split('\n').map((line) => JSON.parse(line)).filter(where);

function totp(seed, at) {
  const bits = [...seed].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30)));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}

test('name and password become credentials of the user, for an hour', async () => {
  await userWithPassword('ada', 'First-word1');
  await ask('PutUserPolicy', { UserName: 'ada', PolicyName: 'p', PolicyDocument: allow('acm:ListCertificates', 'iam:GetUser') });
  const got = await signedIn('ada', 'First-word1');
  assert.deepEqual([got.account, got.userName, got.arn, got.mfaAuthenticated], [account, 'ada', `arn:aws:iam::${account}:user/ada`, false]);
  assert.match(got.credentials.accessKeyId, /^ASIA[A-Z2-7]{16}$/);
  assert.ok(Math.abs(new Date(got.credentials.expiration) / 1000 - Date.now() / 1000 - 3600) < 120);
  assert.equal((await new S.STSClient(as(got.credentials)).send(new S.GetCallerIdentityCommand({}))).Arn, got.arn);
  await a.acm(as(got.credentials)).send(new ListCertificatesCommand({}));
  await new I.IAMClient(as(got.credentials)).send(new I.GetUserCommand({}));
  // aws:MultiFactorAuthPresent is there, and false
  await ask('PutUserPolicy', { UserName: 'ada', PolicyName: 'mfa', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 'acm:*', Resource: '*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } }] }) });
  await assert.rejects(a.acm(as(got.credentials)).send(new ListCertificatesCommand({})), { name: 'AccessDeniedException' });
  await ask('DeleteUserPolicy', { UserName: 'ada', PolicyName: 'mfa' });
  // by the account's alias, too
  await ask('CreateAccountAlias', { AccountAlias: 'the-house' });
  assert.equal((await signedIn('ada', 'First-word1', { account: 'the-house' })).account, account);
  const answer = await signIn('ada', 'First-word1');
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.ok(answer.headers['x-amzn-requestid']);
});

test('the end of the user is the end of the session', async () => {
  await userWithPassword('brief', 'First-word1');
  const { credentials } = await signedIn('brief', 'First-word1');
  await ask('DeleteLoginProfile', { UserName: 'brief' });
  await ask('DeleteUser', { UserName: 'brief' });
  await assert.rejects(new S.STSClient(as(credentials)).send(new S.GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' });
});

test('who is wrong is told the same, whatever was wrong', async () => {
  await ask('CreateUser', { UserName: 'keyless' });
  const answers = await Promise.all([signIn('ada', 'wrong'), signIn('nobody', 'wrong'), signIn('keyless', 'wrong'), signIn('ada', 'First-word1', { account: '999999999999' })]);
  for (const answer of answers) {
    is(answer, 401, 'SignInFailedException');
    assert.equal(answer.json.message, 'Your authentication information is incorrect. Please try again.');
  }
});

test('records are CloudTrail\'s, and have no password', async () => {
  const good = trail((r) => r.eventName === 'ConsoleLogin' && r.responseElements.ConsoleLogin === 'Success')[0];
  assert.deepEqual({ ...good, eventTime: 0, eventID: 0, requestID: 0, userIdentity: { ...good.userIdentity, principalId: 0 } }, {
    eventVersion: '1.11', userIdentity: { type: 'IAMUser', principalId: 0, arn: `arn:aws:iam::${account}:user/ada`, accountId: account, userName: 'ada' },
    eventTime: 0, eventSource: 'signin.amazonaws.com', eventName: 'ConsoleLogin', awsRegion: 'us-east-1', sourceIPAddress: good.sourceIPAddress, userAgent: 'a browser',
    requestParameters: null, responseElements: { ConsoleLogin: 'Success' }, additionalEventData: { MobileVersion: 'No', MFAUsed: 'No' },
    requestID: 0, eventID: 0, readOnly: false, eventType: 'AwsConsoleSignIn', recipientAccountId: account,
  });
  const bad = trail((r) => r.responseElements.ConsoleLogin === 'Failure');
  assert.deepEqual(bad.map((r) => [r.userIdentity.userName, r.errorMessage]).sort(), [
    ['HIDDEN_DUE_TO_SECURITY_REASONS', 'No username found in supplied account'], ['HIDDEN_DUE_TO_SECURITY_REASONS', 'No username found in supplied account'],
    ['ada', 'Failed authentication'], ['keyless', 'Failed authentication']]);
  assert.doesNotMatch(JSON.stringify(trail(() => true)), /First-word1|wrong/);
});

test('with a device the code is wanted, and counts once', async () => {
  await userWithPassword('mona', 'First-word1');
  await ask('PutUserPolicy', { UserName: 'mona', PolicyName: 'p', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'acm:*', Resource: '*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' }, NumericLessThan: { 'aws:MultiFactorAuthAge': '600' } } }] }) });
  const { VirtualMFADevice: { SerialNumber, Base32StringSeed } } = await ask('CreateVirtualMFADevice', { VirtualMFADeviceName: 'phone' });
  const seed = Buffer.from(Base32StringSeed).toString();
  const enable = () => ask('EnableMFADevice', { UserName: 'mona', SerialNumber, AuthenticationCode1: totp(seed, Date.now() / 1000 - 60), AuthenticationCode2: totp(seed, Date.now() / 1000 - 30) });
  await enable().catch(enable);
  is(await signIn('mona', 'First-word1'), 401, 'MultiFactorAuthenticationRequiredException');
  is(await signIn('mona', 'wrong'), 401, 'SignInFailedException');
  const code = totp(seed, Date.now() / 1000);
  is(await signIn('mona', 'First-word1', { mfaCode: code === '123456' ? '654321' : '123456' }), 401, 'SignInFailedException');
  const got = await signedIn('mona', 'First-word1', { mfaCode: code });
  assert.equal(got.mfaAuthenticated, true);
  await a.acm(as(got.credentials)).send(new ListCertificatesCommand({}));
  is(await signIn('mona', 'First-word1', { mfaCode: code }), 401, 'SignInFailedException');
  assert.deepEqual(trail((r) => r.eventName === 'CheckMfa').map((r) => [r.userIdentity.userName, r.responseElements.CheckMfa]), [['mona', 'Success']]);
  assert.ok(trail((r) => r.eventName === 'ConsoleLogin' && r.additionalEventData.MFAUsed === 'Yes').length === 1);
});

test('a password that must be changed is changed where one signs in', async () => {
  await userWithPassword('newbie', 'First-word1', { PasswordResetRequired: true });
  is(await signIn('newbie', 'First-word1'), 403, 'PasswordChangeRequiredException');
  is(await signIn('newbie', 'wrong', { newPassword: 'Second-word2' }), 401, 'SignInFailedException');
  is(await signIn('newbie', 'First-word1', { newPassword: 'short' }), 400, 'PasswordPolicyViolationException');
  await signedIn('newbie', 'First-word1', { newPassword: 'Second-word2' });
  is(await signIn('newbie', 'First-word1'), 401, 'SignInFailedException');
  await signedIn('newbie', 'Second-word2');
  // who need not, needs the right to
  is(await signIn('newbie', 'Second-word2', { newPassword: 'Third-word3' }), 403, 'AccessDeniedException');
  await ask('AttachUserPolicy', { UserName: 'newbie', PolicyArn: 'arn:aws:iam::aws:policy/IAMFullAccess' });
  await signedIn('newbie', 'Second-word2', { newPassword: 'Third-word3' });
  assert.equal(trail((r) => r.eventName === 'PasswordUpdated').length, 2);
});

test('what is no sign-in', async () => {
  is(await post('account=1', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'UnsupportedMediaTypeException');
  is(await post('{'), 400, 'SerializationException');
  is(await post('[]'), 400, 'SerializationException');
  is(await post({ account, userName: 'ada' }), 400, 'ValidationException');
  is(await post({ account, userName: 'ada', password: 'x', other: 1 }), 400, 'ValidationException');
  is(await post({ account, userName: 'a\u0430da', password: 'x' }), 400, 'ValidationException');
  is(await post({ account, userName: 'ada', password: { a: 1 } }), 400, 'ValidationException');
  is(await post(`{"account":"${account}","account":"1","userName":"ada","password":"x"}`), 400, 'SerializationException');
  is(await post(JSON.stringify({ account, userName: 'ada', password: 'x'.repeat(5000) })), 413, 'RequestEntityTooLargeException');
  is(await post('{"account":"1\\u0000","userName":"ada","password":"x"}'), 400, 'SerializationException');
});

test('a user is locked after so many wrong ones, whether he exists or not; then his address', async () => {
  await userWithPassword('late', 'First-word1');
  for (const name of ['late', 'nemo']) {
    for (let i = 0; i < 3; i++) is(await signIn(name, 'wrong'), 401, 'SignInFailedException');
    is(await signIn(name, 'First-word1'), 429, 'ThrottlingException');
  }
  await signedIn('newbie', 'Third-word3');
  let answer;
  for (let i = 0; i < 20 && answer?.status !== 429; i++) answer = await signIn(`other${i}`, 'wrong');
  is(answer, 429, 'ThrottlingException');
  is(await signIn('newbie', 'Third-word3'), 429, 'ThrottlingException');
});
