// Plain build only: libfaketime must be loaded before a sanitizer that wants to be first.
// Temporary credentials end when they said they would, on every service, on a daemon whose clock is moved.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { ListCertificatesCommand } from '@aws-sdk/client-acm';
import { CreateRoleCommand, GetUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { Agent } from 'node:https';
import { Appliance } from './appliance.mjs';
import { Clock } from './clock.mjs';

let clock, appliance, httpsAgent;

before(async () => {
  clock = new Clock();
  appliance = await Appliance.start({ env: clock.env });
  httpsAgent = new Agent({ rejectUnauthorized: false, keepAlive: true }); // the daemon's certificate is of another time than ours
});
after(async () => {
  httpsAgent?.destroy();
  await appliance?.remove();
  clock?.remove();
});

const as = ({ AccessKeyId, SecretAccessKey, SessionToken }) => ({ credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken } });
const config = (who = {}) => appliance.clientConfig({ systemClockOffset: clock.seconds * 1000, requestHandler: { httpsAgent, requestTimeout: 60000 }, ...who });
const sts = (who) => new STSClient(config(who));
const calls = {
  acm: (who) => appliance.acm(config(who)).send(new ListCertificatesCommand({})),
  iam: (who) => new IAMClient(config(who)).send(new GetUserCommand({ UserName: 'admin' })),
  sts: (who) => sts(who).send(new GetCallerIdentityCommand({})),
};
const expired = { acm: ['ExpiredTokenException', 400], iam: ['ExpiredToken', 403], sts: ['ExpiredToken', 403] };

test('credentials of a session and of a role are good to their last second and not longer', async () => {
  const { Account } = await calls.sts();
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: Account }, Action: 'sts:AssumeRole' }] });
  const { Role } = await new IAMClient(config()).send(new CreateRoleCommand({ RoleName: 'visitor', AssumeRolePolicyDocument: policy }));
  const session = (await sts().send(new GetSessionTokenCommand({ DurationSeconds: 3600 }))).Credentials;
  const visit = (await sts().send(new AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName: 'visit', DurationSeconds: 900 }))).Credentials;
  const left = (credentials) => Math.round((credentials.Expiration - Date.now()) / 1000);
  assert.ok(Math.abs(left(session) - 3600) < 60 && Math.abs(left(visit) - 900) < 60, `${session.Expiration} ${visit.Expiration}`);

  clock.set(800);
  await calls.sts(as(visit));
  clock.set(1000);
  await assert.rejects(calls.sts(as(visit)), { name: 'ExpiredToken', message: 'The security token included in the request is expired' });
  for (const [name, call] of Object.entries(calls)) if (name !== 'iam') await call(as(session)); // IAM wants MFA of a session

  clock.set(3700);
  for (const [name, call] of Object.entries(calls)) {
    const [type, status] = expired[name];
    await assert.rejects(call(as(session)), (error) => {
      assert.deepEqual([error.name, error.message, error.$metadata.httpStatusCode], [type, 'The security token included in the request is expired', status]);
      return true;
    });
  }
  await calls.acm(); // who has a key of his own is still let in
  const { Credentials } = await sts().send(new GetSessionTokenCommand({}));
  await calls.acm(as(Credentials));
});
