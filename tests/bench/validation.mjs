// Names of public certificates proved by DNS, against a real knotd that signs its zone: from the moment the record is
// visible to ISSUED; how many a minute; and how long somebody else waits while ten thousand names are pending. Prints
// "what: figure" lines. Environment: DOMAINS (1500), PENDING (10000), ROUNDS (15).
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as ACM from '@aws-sdk/client-acm';
import { Appliance, BIN, until } from '../system/appliance.mjs';
import { Dns } from '../system/dns.mjs';
import { checkNow, lookedAt } from '../system/validations.mjs';

const DOMAINS = Number(process.env.DOMAINS ?? 1500);
const PENDING = Number(process.env.PENDING ?? 10000);
const ROUNDS = Number(process.env.ROUNDS ?? 15);
const say = (what, figure) => console.log(`${what}: ${figure}`);
const bare = (name) => name.replace(/\.$/, '');
const numbers = (count) => Array.from({ length: count }, (_, i) => i);

const dns = await Dns.start({ 'zone.test': 'signed', 'pending.test': 'unsigned' });
const appliance = await Appliance.start({ public: true, configure: { ...dns.settings, ...JSON.parse(process.env.SETTINGS ?? '{}') } });
execFileSync(join(BIN, 'chancery'), ['trust', 'make', '--family', 'p-256', '--state', appliance.state]);
const acm = appliance.acm();

async function request(client, DomainName, SubjectAlternativeNames) {
  const { CertificateArn } = await client.send(new ACM.RequestCertificateCommand({
    DomainName, SubjectAlternativeNames, ValidationMethod: 'DNS', KeyAlgorithm: 'EC_prime256v1' }));
  return CertificateArn;
}
const describe = async (client, CertificateArn) => (await client.send(new ACM.DescribeCertificateCommand({ CertificateArn }))).Certificate;
const records = async (client, arn) => (await describe(client, arn)).DomainValidationOptions.map((o) => o.ResourceRecord);

// Many records in few transactions.
function publish(list) {
  for (let i = 0; i < list.length; i += 500)
    dns.change('zone.test', ...list.slice(i, i + 500).map((r) => ['zone-set', `${bare(r.Name)}.`, '60', 'CNAME', r.Value]));
}

const issued = (client, arn) => until(`ISSUED of ${arn}`, async () => (await describe(client, arn)).Status === 'ISSUED', 120)
  .catch((error) => { throw new Error(`${error.message}\n${execFileSync(join(BIN, 'chancery'), ['validation', 'show', arn, '--state', appliance.state])}`); });

function spread(times) {
  times.sort((a, b) => a - b);
  const at = (share) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))]);
  return `median ${at(0.5)} ms, worst ${at(1)} ms`;
}

// At most so many at once.
async function each(list, width, act) {
  const rest = [...list];
  await Promise.all(numbers(width).map(async () => {
    while (rest.length) await act(rest.shift());
  }));
}

// look: a first look, in the name's turn, found nothing; of an account with thousands of names that turn is minutes away.
async function visibleToIssued(client, look, prefix, rounds) {
  const times = [];
  for (const i of numbers(rounds)) {
    const arn = await request(client, `${prefix}${i}.zone.test`);
    if (look) await until('a first look', async () => (await lookedAt(appliance, arn)).Validations[0].Attempts > 0, 120);
    publish(await records(client, arn));
    const start = performance.now();
    await checkNow(appliance, arn);
    await issued(client, arn);
    times.push(performance.now() - start);
  }
  return spread(times);
}

try {
  const operator = (...args) => execFileSync(join(BIN, 'chancery'), [...args, '--state', appliance.state]).toString();
  const account = /\d{12}/.exec(operator('account', 'add', 'other'))[0];
  const key = operator('user', 'add', 'other', '--account', account, '--administrator');
  const other = appliance.acm({ credentials: { accessKeyId: /AKIA\w+/.exec(key)[0], secretAccessKey: /secret access key\s+(\S+)/.exec(key)[1] } });
  // The first certificate of a name tells the record; the second is the one that is measured.
  const fresh = [];
  for (const i of numbers(2 * ROUNDS)) {
    const arn = await request(other, `fresh${i}.zone.test`);
    fresh.push(...await records(other, arn));
    await other.send(new ACM.DeleteCertificateCommand({ CertificateArn: arn }));
  }
  publish(fresh);
  // Names that are proved, from the one of that number on.
  const requestToIssued = async (first) => {
    const times = [];
    for (const i of numbers(ROUNDS)) {
      const begin = performance.now();
      await issued(other, await request(other, `fresh${first + i}.zone.test`));
      times.push(performance.now() - begin);
    }
    return spread(times);
  };
  say(`"check now", from the record that is visible to ISSUED, P-256, ${ROUNDS} times`, await visibleToIssued(acm, true, 'now', ROUNDS));

  // Records follow from account and domain, so one certificate of a hundred names tells a hundred of them.
  const names = numbers(DOMAINS).map((i) => `host${i}.zone.test`);
  const known = [];
  for (let i = 0; i < names.length; i += 10) {
    const arn = await request(acm, names[i], names.slice(i, i + 10));
    known.push(...await records(acm, arn));
    await acm.send(new ACM.DeleteCertificateCommand({ CertificateArn: arn }));
  }
  publish(known);
  const count = async () => {
    let NextToken, sum = 0;
    do {
      const page = await acm.send(new ACM.ListCertificatesCommand({ CertificateStatuses: ['PENDING_VALIDATION'], Includes: { keyTypes: ['EC_prime256v1'] }, MaxItems: 1000, NextToken }));
      sum += page.CertificateSummaryList.length;
      NextToken = page.NextToken;
    } while (NextToken);
    return sum;
  };
  const arns = [];
  let start = performance.now();
  await each(names, 16, async (name) => { arns.push(await request(acm, name)); });
  const asked = performance.now() - start;
  const left = await count();
  say(`while ${left} of ${DOMAINS} proved certificates of one account wait for their issuance: a new certificate of another, from the request to ISSUED, ${ROUNDS} times`, await requestToIssued(0));
  await until('all to be issued', async () => { if (await count() === 0) return true; await sleep(250); return false; }, 600);
  const took = performance.now() - start;
  say(`${DOMAINS} certificates of one domain each, requested, proved and issued (the requests alone ${Math.round(asked / 1000)} s)`,
    `${Math.round(DOMAINS / took * 60000)} a minute`);

  // Ten thousand names that nobody proves, of one account; then somebody else comes.
  start = performance.now();
  await each(numbers(PENDING / 10), 8, (i) => request(acm, `n0.c${i}.pending.test`, numbers(9).map((n) => `n${n + 1}.c${i}.pending.test`)));
  say(`${PENDING} names of one account are requested`, `${Math.round((performance.now() - start) / 1000)} s`);
  say(`meanwhile: a new certificate of another account, record there, from the request to ISSUED, ${ROUNDS} times`, await requestToIssued(ROUNDS));
  say(`meanwhile: "check now" of the same account, from the record to ISSUED, ${ROUNDS} times`, await visibleToIssued(acm, false, 'again', ROUNDS));
} catch (error) {
  console.error(error, appliance.log.slice(-1500));
  process.exitCode = 1;
} finally {
  await appliance.remove();
  await dns.stop();
}
