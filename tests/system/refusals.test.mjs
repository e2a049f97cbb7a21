// Plain build only
// Attempts to get in, by IAM, STS and ACM: each of the known ways is refused, as AWS refuses it, and leaves core alive.
import { test, before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import * as I from '@aws-sdk/client-iam';
import * as S from '@aws-sdk/client-sts';
import { Appliance } from './appliance.mjs';
import { Signer } from './signer.mjs';

let a, iam, sts, signer, account, session, other;
const trust = (account, Action = 'sts:AssumeRole') => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action }] });
const statement = (...Statement) => JSON.stringify({ Version: '2012-10-17', Statement });
before(async () => {
  a = await Appliance.start({ configure: { 'rate.exceptions': 'iam:GetAccountSummary=1,sts:GetAccessKeyInfo=1' } });
  iam = new I.IAMClient(a.clientConfig({ maxAttempts: 1 }));
  sts = new S.STSClient(a.clientConfig({ maxAttempts: 1 }));
  signer = new Signer(a);
  account = (await sts.send(new S.GetCallerIdentityCommand({}))).Account;
  const { Role } = await ask('CreateRole', { RoleName: 'taken', AssumeRolePolicyDocument: trust(account) });
  await ask('AttachRolePolicy', { RoleName: 'taken', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
  const take = async (RoleSessionName) => (await sts.send(new S.AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName }))).Credentials;
  session = await take('one');
  other = await take('two');
});
after(() => a?.remove());

const ask = (name, input = {}) => iam.send(new I[`${name}Command`](input));
const form = 'application/x-www-form-urlencoded; charset=utf-8';
const call = (service, body, options = {}) => signer.ask({ type: form, target: null, service, body, ...options });
const IAM = (body, options) => call('iam', `${body}&Version=2010-05-08`, options);
const STS = (body, options) => call('sts', `${body}&Version=2011-06-15`, options);
const acm = (options) => signer.ask(options);
const xml = (answer, status, code, text = /./) => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(/<Code>(.*?)<\/Code>/.exec(answer.text)?.[1], code, answer.text);
  assert.match(answer.text, text);
};
const json = (answer, type, text = /./) => {
  assert.deepEqual([answer.status, answer.json?.__type], [400, type], answer.text);
  assert.match(answer.text, text);
};
const who = 'Action=GetCallerIdentity';
const whole = () => ({ id: session.AccessKeyId, secret: session.SecretAccessKey, headers: { 'x-amz-security-token': session.SessionToken } });
const refused = (promise, name, text = /./) => assert.rejects(promise, (error) => {
  assert.equal(error.name, name, error.message);
  assert.match(error.message, text);
  return true;
});

describe('session tokens', () => {
  const invalid = /security token included in the request is invalid/;
  test('the whole one is right', async () => assert.match((await STS(who, whole())).text, /assumed-role\/taken\/one/));
  test('stripped', async () => {
    xml(await STS(who, { ...whole(), headers: {} }), 403, 'InvalidClientTokenId', invalid);
    xml(await IAM('Action=GetUser', { ...whole(), headers: {} }), 403, 'InvalidClientTokenId', invalid);
    json(await acm({ ...whole(), headers: {} }), 'UnrecognizedClientException', invalid);
  });
  test('of another session of the same role', async () => {
    const headers = { 'x-amz-security-token': other.SessionToken };
    xml(await STS(who, { ...whole(), headers }), 403, 'InvalidClientTokenId', invalid);
    json(await acm({ ...whole(), headers }), 'UnrecognizedClientException', invalid);
  });
  test('added to a key that needs none', async () => {
    const headers = { 'x-amz-security-token': session.SessionToken };
    xml(await STS(who, { headers }), 403, 'InvalidClientTokenId', invalid);
    json(await acm({ headers }), 'UnrecognizedClientException', invalid);
  });
  test('cut, lengthened, of nothing, of another alphabet', async () => {
    for (const token of [session.SessionToken.slice(0, -4), `${session.SessionToken}AAAA`, 'A', '=', `\u00e4${session.SessionToken}`, 'x'.repeat(8000)])
      xml(await STS(who, { ...whole(), headers: { 'x-amz-security-token': Buffer.from(token).toString('latin1') } }), 403, 'InvalidClientTokenId', invalid);
  });
  test('twice', async () => {
    const request = signer.signed({ ...whole(), type: form, target: null, service: 'sts', body: `${who}&Version=2011-06-15` });
    request.headers['x-amz-security-token'] = [session.SessionToken, other.SessionToken];
    xml(await signer.send(request), 403, 'SignatureDoesNotMatch');
  });
});

describe('signed headers', () => {
  test('without host', async () => {
    xml(await STS(who, { unsigned: ['host'] }), 403, 'SignatureDoesNotMatch', /'Host' or ':authority' must be a 'SignedHeader'/);
    xml(await IAM('Action=GetUser', { unsigned: ['host'] }), 403, 'SignatureDoesNotMatch');
    json(await acm({ unsigned: ['host'] }), 'InvalidSignatureException', /'Host' or ':authority'/);
  });
  test('without the date', async () => xml(await STS(who, { unsigned: ['x-amz-date'] }), 403, 'SignatureDoesNotMatch', /'x-amz-date' must be a 'SignedHeader'/));
  test('without the target', async () => json(await acm({ unsigned: ['x-amz-target'] }), 'InvalidSignatureException', /'x-amz-target' must be a 'SignedHeader'/));
  test('without the session token', async () => {
    xml(await STS(who, { ...whole(), unsigned: ['x-amz-security-token'] }), 403, 'SignatureDoesNotMatch', /'x-amz-security-token' must be a 'SignedHeader'/);
    json(await acm({ ...whole(), unsigned: ['x-amz-security-token'] }), 'InvalidSignatureException', /'x-amz-security-token'/);
  });
  test('a target put beside a form', async () => {
    const request = signer.signed({ type: form, target: null, service: 'iam', body: 'Action=GetUser&Version=2010-05-08' });
    request.headers['x-amz-target'] = 'CertificateManager.ListCertificates';
    assert.ok([400, 403, 404].includes((await signer.send(request)).status));
  });
  for (const name of ['x-amz-target', 'x-amz-date', 'content-type'])
    test(`${name} twice, signed once`, async () => {
      const request = signer.signed({});
      request.headers[name] = [request.headers[name], request.headers[name]];
      const answer = await signer.send(request);
      assert.ok([400, 403, 404].includes(answer.status) && !answer.json?.CertificateSummaryList, answer.text);
    });
  test('two targets, signed as one', async () => {
    const request = signer.signed({ target: 'CertificateManager.ListCertificates' });
    request.headers['x-amz-target'] = ['CertificateManager.DeleteCertificate', 'CertificateManager.ListCertificates'];
    json(await signer.send(request), 'InvalidSignatureException', /does not match/);
  });
  test('another content type: a form is no JSON and JSON no form', async () => {
    const request = signer.signed({ type: form, target: null, service: 'sts', body: `${who}&Version=2011-06-15` });
    request.headers['content-type'] = 'application/x-amz-json-1.1';
    assert.ok([400, 403].includes((await signer.send(request)).status));
  });
});

describe('scope', () => {
  test('a form signed for ACM', async () => xml(await call('acm', 'Action=GetUser&Version=2010-05-08'), 403, 'SignatureDoesNotMatch', /Credential should be scoped to correct service/));
  test('ACM, signed for IAM and for STS', async () => {
    for (const service of ['iam', 'sts', 'ACM', 'acm-pca', 'chancery'])
      json(await acm({ service }), 'InvalidSignatureException', /Credential should be scoped to correct service: 'acm'/);
  });
  test('IAM, signed for STS, and the other way', async () => {
    xml(await call('sts', 'Action=CreateUser&UserName=x&Version=2010-05-08'), 400, 'InvalidAction');
    xml(await call('iam', `${who}&Version=2011-06-15`), 400, 'InvalidAction');
  });
  test('a region that is not the appliance\'s', async () => {
    xml(await STS(who, { region: 'eu-north-1' }), 403, 'SignatureDoesNotMatch', /valid region/);
    xml(await STS(who, { region: 'US-EAST-1' }), 403, 'SignatureDoesNotMatch', /valid region/);
  });
});

describe('forms', () => {
  const twice = /comes more than once/;
  test('a parameter twice', async () => {
    xml(await IAM('Action=GetUser&Action=ListUsers'), 400, 'MalformedInput', twice);
    xml(await IAM('Action=GetUser&UserName=admin&UserName=other'), 400, 'MalformedInput', twice);
    xml(await IAM('Action=GetUser&UserName=admin&User%4eame=other'), 400, 'MalformedInput', twice);
    xml(await IAM('Action=TagUser&UserName=admin&Tags.member.1.Key=a&Tags.member.1.Key=b&Tags.member.1.Value=c'), 400, 'MalformedInput', twice);
    xml(await IAM('Action=GetUser&UserName=admin&UserName.member.1=other'), 400, 'MalformedInput');
    xml(await IAM('Action=TagUser&UserName=admin&Tags.member.01.Key=a'), 400, 'MalformedInput');
  });
  test('a query beside the form is not part of it', async () => {
    const request = signer.signed({ type: form, target: null, service: 'iam', query: 'Action=DeleteUser&UserName=admin', body: 'Action=ListUsers&Version=2010-05-08' });
    const answer = await signer.send({ ...request, path: '/?Action=DeleteUser&UserName=admin' });
    assert.match(answer.text, /<ListUsersResponse/);
  });
  test('NUL', async () => {
    xml(await IAM('Action=GetUser&UserName=admin%00x'), 400, 'MalformedInput');
    xml(await IAM('Action=GetUser%00'), 400, 'MalformedInput');
    xml(await IAM('Action=GetUser&UserName=admin\0x'), 400, 'MalformedInput');
    xml(await IAM('Action=GetUser&User%00Name=admin'), 400, 'MalformedInput');
  });
  test('very many parameters, very deep ones', async () => {
    xml(await IAM(`Action=GetUser&${Array.from({ length: 20000 }, (_, i) => `a${i}=1`).join('&')}`), 400, 'MalformedInput');
    xml(await IAM(`Action=GetUser&${'a.'.repeat(100)}b=1`), 400, 'MalformedInput');
  });
  test('more than the endpoint takes', async () => assert.equal((await IAM(`Action=GetUser&x=${'y'.repeat(5e6)}`)).status, 413));
});

describe('names', () => {
  test('actions in another case or alphabet', async () => {
    for (const action of ['getuser', 'GETUSER', 'GetUser%20', 'GetU%C5%BFer', 'Get%D0%A3ser', '%EF%BC%A7etUser', 'iam:GetUser'])
      xml(await IAM(`Action=${action}`), 400, 'InvalidAction');
    xml(await IAM('action=GetUser'), 400, 'MissingAction');
  });
  test('user names that look like another\'s', async () => {
    for (const name of ['\u0430dmin', 'adm\u0131n', '\uff41dmin', 'admin\u200b', 'ad\u00admin', 'admin ', ' admin', 'admin/', '../admin'])
      await refused(ask('CreateUser', { UserName: name }), 'ValidationError');
    await refused(ask('CreateUser', { UserName: 'ADMIN' }), 'EntityAlreadyExistsException');
    await refused(ask('GetUser', { UserName: 'Admin' }), 'NoSuchEntityException');
  });
  test('the text is IAM\'s', () => refused(ask('CreateUser', { UserName: 'a b' }), 'ValidationError',
    /^The specified value for userName is invalid\. It must contain only alphanumeric characters and\/or the following: \+=,\.@_-$/));
  test('roles by ARNs in another case', async () => {
    for (const RoleArn of [`arn:aws:iam::${account}:role/Taken`, `arn:AWS:iam::${account}:role/taken`, `ARN:aws:iam::${account}:role/taken`, `arn:aws:IAM::${account}:role/taken`,
      `arn:aws:iam:us-east-1:${account}:role/taken`, `arn:aws:iam::${account}:ROLE/taken`, `arn:aws:iam::${account}:role//taken`, `arn:aws:iam::${account}:role/t\u0430ken`])
      await assert.rejects(sts.send(new S.AssumeRoleCommand({ RoleArn, RoleSessionName: 'xx' })), (error) => ['AccessDenied', 'ValidationError'].includes(error.name));
  });
  test('a denial holds whatever the case of the action', async () => {
    await ask('CreateUser', { UserName: 'limited' });
    await ask('PutUserPolicy', { UserName: 'limited', PolicyName: 'p', PolicyDocument: statement({ Effect: 'Allow', Action: '*', Resource: '*' }, { Effect: 'Deny', Action: 'IAM:cReAtEuSeR', Resource: '*' }) });
    const { AccessKey } = await ask('CreateAccessKey', { UserName: 'limited' });
    const limited = new I.IAMClient({ ...a.clientConfig(), credentials: { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey } });
    await refused(limited.send(new I.CreateUserCommand({ UserName: 'made' })), 'AccessDenied', /explicit deny in an identity-based policy/);
    await limited.send(new I.GetUserCommand({ UserName: 'limited' }));
  });
});

describe('policies', () => {
  const put = (PolicyDocument) => ask('PutUserPolicy', { UserName: 'admin', PolicyName: 'odd', PolicyDocument });
  test('look-alikes, NUL, keys twice, broken JSON', async () => {
    for (const document of [
      statement({ Effect: 'Allow', Action: 'acm:List\u0421ertificates', Resource: '*' }), statement({ Effect: 'Allow', '\u0410ction': 'acm:*', Resource: '*' }), statement({ Effect: 'allow', Action: 'acm:*', Resource: '*' }),
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"acm:*\\u0000","Resource":"*"}]}',
      '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"acm:*","Resource":"*"}]}',
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"acm:*","Resource":"*"}]} x', '[]', '"x"', `${'['.repeat(3000)}${']'.repeat(3000)}`])
      await assert.rejects(put(document), (error) => ['LimitExceededException', 'MalformedPolicyDocumentException', 'ValidationError'].includes(error.name));
  });
  test('of a trust policy, too', async () => {
    await refused(ask('CreateRole', { RoleName: 'odd', AssumeRolePolicyDocument: trust(account, 'sts:A\u0455sumeRole') }), 'ValidationError', /It must contain only printable ASCII characters\.$/);
    await refused(ask('CreateRole', { RoleName: 'odd', AssumeRolePolicyDocument: statement({ Effect: 'Allow', Principal: { AWS: [...Array(200)].map((_, i) => `arn:aws:iam::1111222233${String(i).padStart(2, '0')}:root`) }, Action: 'sts:AssumeRole' }) }), 'LimitExceededException', /ACLSizePerRole: 2048/);
  });
  test('larger than AWS takes', async () => {
    const long = (n) => statement({ Effect: 'Allow', Action: 'acm:*', Resource: `arn:aws:acm:us-east-1:${account}:certificate/${'x'.repeat(n)}` });
    await refused(put(long(2048)), 'LimitExceededException', /Maximum policy size of 2048 bytes exceeded for user admin/);
    await refused(ask('CreatePolicy', { PolicyName: 'big', PolicyDocument: long(6144) }), 'LimitExceededException', /PolicySize: 6144/);
    await refused(ask('CreatePolicy', { PolicyName: 'big', PolicyDocument: long(140000) }), 'ValidationError', /less than or equal to 131072/);
    await refused(sts.send(new S.AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/taken`, RoleSessionName: 'xx', Policy: long(2048) })), 'ValidationError', /less than or equal to 2048/);
  });
});

test('a rate of its own for an operation', async () => {
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => ask('GetAccountSummary')));
  const slow = results.filter((r) => r.status === 'rejected');
  assert.ok(slow.length > 0 && slow.length < 8);
  for (const { reason } of slow) assert.deepEqual([reason.name, reason.message, reason.$metadata.httpStatusCode], ['Throttling', 'Rate exceeded', 400]);
  const patient = new S.STSClient(a.clientConfig({ maxAttempts: 10 }));
  await Promise.all(Array.from({ length: 2 }, () => patient.send(new S.GetAccessKeyInfoCommand({ AccessKeyId: signer.id }))));
});
