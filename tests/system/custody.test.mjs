// No subscriber key in clear: not on the disk, not in core's memory after an export; and a wrapped key that is
// moved to another certificate's row does not come out.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ExportCertificateCommand } from '@aws-sdk/client-acm';
import { Appliance, BIN } from './appliance.mjs';
import { activeRoot, requestIssued } from './authority.mjs';

// A sanitizer keeps freed memory and old stack frames on purpose: the scan is for the build that is shipped.
const skip = (process.getuid() !== 0 && 'needs root to read memory') || (/address|thread/.test(BIN) && 'not under a sanitizer');
let appliance, acm, root;
before(async () => {
  appliance = await Appliance.start();
  acm = appliance.acm({ maxAttempts: 1 });
  root = await activeRoot(appliance.pca());
});
after(() => appliance?.remove());

const passphrase = 'a passphrase that is nowhere else';
const exportKey = async (CertificateArn) => {
  const { PrivateKey } = await acm.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from(passphrase) }));
  return createPrivateKey({ key: PrivateKey, passphrase });
};

// What only the private key has: the scalar of an EC key, the primes and the exponent of an RSA key.
const secretParts = (key) => {
  const jwk = key.export({ format: 'jwk' });
  return ['d', 'p', 'q'].filter((part) => jwk[part]).map((part) => Buffer.from(jwk[part], 'base64url'));
};
// Bignums lie in memory as little-endian limbs, DER as big-endian octets: a slice from the middle of each.
const needles = (part) => {
  const middle = part.subarray(4, 28);
  return [middle, Buffer.from(middle).reverse()];
};

function* filesOf(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(path);
    else if (entry.isFile()) yield path;
  }
}

function* memoryOf(pid) {
  const mem = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const m = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
      if (!m) continue;
      const start = BigInt(`0x${m[1]}`);
      const chunk = Buffer.alloc(Number(BigInt(`0x${m[2]}`) - start));
      try {
        const got = readSync(mem, chunk, 0, chunk.length, start);
        yield { line, bytes: chunk.subarray(0, got) };
      } catch { /* a region that cannot be read holds nothing for us */ }
    }
  } finally {
    closeSync(mem);
  }
}

for (const key of ['EC_prime256v1', 'RSA_2048']) {
  test(`${key}: after an export no part of the key lies in the state folder or in core's memory`, { skip }, async () => {
    const arn = await requestIssued(acm, root, { KeyAlgorithm: key });
    const exported = await exportKey(arn);
    const parts = secretParts(exported);
    const core = appliance.pids()['chancery-core'];
    const findings = [];
    const look = (where, bytes) => {
      for (const part of parts) for (const needle of needles(part)) if (bytes.includes(needle)) findings.push(where);
      if (bytes.includes(Buffer.from(passphrase)) || bytes.includes(Buffer.from(passphrase).toString('base64'))) findings.push(`passphrase in ${where}`);
    };
    let scanned = 0;
    for (const { line, bytes } of memoryOf(core)) { look(line, bytes); scanned += bytes.length; }
    assert.ok(scanned > 1024 * 1024, `${scanned} octets of memory were read`);
    for (const path of filesOf(appliance.state)) if (statSync(path).size < 256 * 1024 * 1024) look(path, readFileSync(path));
    assert.deepEqual(findings, []);
    // The search itself works: what must be in memory is found there.
    let found = false;
    for (const { bytes } of memoryOf(core)) found ||= bytes.includes(Buffer.from(appliance.state));
    assert.ok(found, 'the path of the state is in memory, so the search can find things');
  });
}

test("a wrapped key moved to another certificate's row does not unwrap", async () => {
  const one = await requestIssued(acm, root, { DomainName: 'one.example.internal' });
  const two = await requestIssued(acm, root, { DomainName: 'two.example.internal' });
  await exportKey(one);
  await appliance.stop();
  const number = (arn) => `(SELECT number FROM certificates WHERE lower(hex(id)) = '${arn.split('/').pop().replaceAll('-', '')}')`;
  const moved = execFileSync('sqlite3', [join(appliance.state, 'store', 'chancery.db'),
    `UPDATE keys SET (version, format, kek_id, alg, spki, blob, tag) = (SELECT version, format, kek_id, alg, spki, blob, tag FROM keys
       WHERE certificate = ${number(two)}) WHERE certificate = ${number(one)}; SELECT changes()`]).toString().trim();
  assert.equal(moved, '1');
  appliance.log = '';
  await appliance.launch();
  await assert.rejects(exportKey(one), (e) => e.$metadata.httpStatusCode >= 500);
  await exportKey(two);
});
