// Chancery's own operations on the names of a certificate, by curl and its SigV4.
import { join } from 'node:path';
import { run } from './appliance.mjs';

async function call(appliance, method, arn, rest) {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = appliance.env;
  const { stdout } = await run('curl', ['-sS', '--fail-with-body', '-X', method, '--cacert', join(appliance.state, 'ca-bundle.pem'),
    '--aws-sigv4', 'aws:amz:us-east-1:chancery', '--user', `${id}:${secret}`,
    `https://localhost:${appliance.port}/chancery/v1/certificates/${arn.split('/')[1]}/validations${rest}`]);
  return JSON.parse(stdout);
}

export const lookedAt = (appliance, arn) => call(appliance, 'GET', arn, '');
export const checkNow = (appliance, arn) => call(appliance, 'POST', arn, '/check');
