// IAM and STS with the real clients: the SDK's and the aws command.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { IAMClient, CreateUserCommand, GetUserCommand, ListUsersCommand, DeleteUserCommand } from '@aws-sdk/client-iam';
import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { Appliance, run } from './appliance.mjs';

let a, iam, sts;
before(async () => {
  a = await Appliance.start();
  iam = new IAMClient(a.clientConfig());
  sts = new STSClient(a.clientConfig());
});
after(() => a.remove());

const refused = (promise, name, text) => assert.rejects(promise, (error) => {
  assert.equal(error.name, name, error.message);
  if (text) assert.match(error.message, text);
  return true;
});
const aws = async (...args) => JSON.parse((await run('aws', args, { env: { ...process.env, ...a.env, AWS_DEFAULT_OUTPUT: 'json' } })).stdout || 'null');

test('GetCallerIdentity', async () => {
  const who = await sts.send(new GetCallerIdentityCommand({}));
  assert.match(who.Arn, /^arn:aws:iam::\d{12}:user\/admin$/);
  assert.match(who.UserId, /^AIDA[A-Z2-7]{17}$/);
  assert.deepEqual(await aws('sts', 'get-caller-identity'), { UserId: who.UserId, Account: who.Account, Arn: who.Arn });
});

test('users', async () => {
  const { User } = await iam.send(new CreateUserCommand({ UserName: 'ada', Path: '/eng/', Tags: [{ Key: 'team', Value: 'a @b' }] }));
  assert.match(User.Arn, /:user\/eng\/ada$/);
  await refused(iam.send(new CreateUserCommand({ UserName: 'ADA' })), 'EntityAlreadyExistsException', /User with name ADA already exists\./);
  const got = await iam.send(new GetUserCommand({ UserName: 'ada' }));
  assert.deepEqual(got.User.Tags, [{ Key: 'team', Value: 'a @b' }]);
  assert.ok(got.User.CreateDate instanceof Date);
  assert.equal((await iam.send(new GetUserCommand({}))).User.UserName, 'admin');
  const first = await iam.send(new ListUsersCommand({ MaxItems: 1 }));
  assert.deepEqual([first.Users[0].UserName, first.IsTruncated], ['ada', true]);
  const second = await iam.send(new ListUsersCommand({ MaxItems: 1, Marker: first.Marker }));
  assert.deepEqual([second.Users[0].UserName, second.IsTruncated], ['admin', false]);
  assert.equal((await aws('iam', 'list-users', '--path-prefix', '/eng')).Users.length, 1);
  await iam.send(new DeleteUserCommand({ UserName: 'ada' }));
  await refused(iam.send(new GetUserCommand({ UserName: 'ada' })), 'NoSuchEntityException', /The user with name ada cannot be found\./);
});
