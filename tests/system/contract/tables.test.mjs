// The tables of the contract, printed by a program made of them, against the published models.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../..');
const models = path.resolve(root, '../shared/contract/models');
const sources = (folder) => readdirSync(path.join(root, folder))
  .filter((name) => name.endsWith('.c')).map((name) => path.join(root, folder, name));
const base = ['buf', 'clock', 'error', 'log', 'secret'];
const services = { acm: 'acm.json', 'acm-pca': 'acm-pca.json' };
const skip = !existsSync(models) && 'the models are not beside the repository';
let tables;

const sorted = (list) => [...(list ?? [])].sort();

/** The shapes that a request or an answer can hold; exceptions are not among them. */
function reachable(model) {
  const names = new Set();
  const visit = (name) => {
    if (names.has(name)) return;
    names.add(name);
    const shape = model.shapes[name];
    for (const member of Object.values(shape.members ?? {})) visit(member.shape);
    if (shape.member) visit(shape.member.shape);
  };
  for (const operation of Object.values(model.operations))
    for (const side of [operation.input, operation.output]) if (side) visit(side.shape);
  return names;
}

function shapeFacts(name, shape) {
  const facts = { type: shape.type, sensitive: shape.sensitive === true };
  for (const key of ['min', 'max', 'pattern', 'enum']) if (key in shape) facts[key] = shape[key];
  // The service prints this one with anchors that the model lacks.
  if (name === 'DomainNameString') facts.pattern = `^${facts.pattern.replace(/^\^|\$$/g, '')}$`;
  if (shape.member) facts.member = shape.member.shape;
  if (shape.members) {
    facts.members = Object.fromEntries(Object.entries(shape.members).map(([k, v]) => [k, v.shape]));
    facts.required = sorted(shape.required);
    facts.union = shape.union === true;
  }
  return facts;
}

function facts(model) {
  const operations = Object.entries(model.operations).map(([name, o]) => [name, {
    input: o.input?.shape, output: o.output?.shape,
    errors: sorted(o.errors.map((e) => e.shape ?? e)),
  }]);
  const shapes = [...reachable(model)].map((name) => [name, shapeFacts(name, model.shapes[name])]);
  return { operations: Object.fromEntries(operations), shapes: Object.fromEntries(shapes) };
}

// One operation is younger than the published models at hand: the AWS SDK that the tests use has it,
// so its rows were written from the SDK's own schema, and are compared with that below.
const younger = {
  acm: {
    operation: 'ListCertificateDomainValidations',
    shapes: ['ListCertificateDomainValidationsRequest', 'ListCertificateDomainValidationsResponse',
      'DomainValidationSummaryList', 'DomainValidationSummary', 'ValidationConfiguration',
      'ValidationChallenge', 'EmailValidationChallenge', 'DnsValidationChallenge'],
  },
};

function withoutYounger(tableFacts, service, published) {
  const { operation, shapes } = younger[service] ?? { shapes: [] };
  if (!operation) return tableFacts;
  assert.ok(!(operation in published.operations), `${operation} is in the model: compare it, and drop this exception`);
  assert.ok(operation in tableFacts.operations, operation);
  delete tableFacts.operations[operation];
  for (const name of shapes) {
    assert.ok(name in tableFacts.shapes && !(name in published.shapes), name);
    delete tableFacts.shapes[name];
  }
  return tableFacts;
}

const model = (file) => JSON.parse(readFileSync(path.join(models, file), 'utf8'));

before(() => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'contract-'));
  const program = path.join(folder, 'dump_tables');
  try {
    execFileSync(process.env.CC ?? 'gcc', ['-std=c17', '-D_GNU_SOURCE', '-O0', '-I', root,
      '-o', program, path.join(here, 'dump_tables.c'), ...sources('ca/contract'),
      ...base.map((name) => path.join(root, `firmware/base/${name}.c`)),
      '-ljansson', '-lpcre2-8', '-lcrypto', '-pthread']);
    tables = JSON.parse(execFileSync(program, { encoding: 'utf8', maxBuffer: 1 << 26 }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the services are those two, our own, and those of identities', () => {
  assert.deepEqual(Object.keys(tables), [...Object.keys(services), 'chancery', 'iam', 'sts']);
});

for (const [service, file] of Object.entries(services)) {
  test(`${service}: the tables say what the model says, and nothing else`, { skip }, () => {
    const published = model(file);
    assert.equal(tables[service].targetPrefix, published.metadata.targetPrefix);
    assert.equal(service, published.metadata.signingName);
    assert.deepEqual(withoutYounger(facts(tables[service]), service, published), facts(published));
  });

  test(`${service}: older clients find every operation, and nothing more is required of them`, { skip }, () => {
    const older = model(`1.43.11/${file}`);
    for (const [name, operation] of Object.entries(older.operations)) {
      const now = tables[service].operations[name];
      assert.ok(now, name);
      const required = (m, shape) => sorted(m.shapes[shape]?.required);
      if (operation.input)
        assert.deepEqual(required(tables[service], now.input.shape),
          required(older, operation.input.shape), name);
    }
  });
}

// [3 = structure | 4 = union | 1 = list, namespace, name, traits, member names, members, required]
test('acm: the operation that the models lack has the shape of the SDK', async () => {
  const sdk = await import('@aws-sdk/client-acm');
  const { operation, shapes } = younger.acm;
  const [, , name, , input, output] = sdk[`${operation}$`];
  assert.equal(name, operation);
  const ours = tables.acm.operations[operation];
  assert.equal(input()[2], ours.input.shape);
  assert.equal(output()[2], ours.output.shape);
  assert.deepEqual(sorted(ours.errors),
    ['AccessDeniedException', 'InvalidArgsException', 'ResourceNotFoundException', 'ThrottlingException']);
  for (const shape of shapes.filter((s) => !s.endsWith('List'))) {
    const [kind, , sdkName, , members, , required = 0] = sdk[`${shape}$`];
    const table = tables.acm.shapes[shape];
    assert.equal(sdkName, shape);
    assert.equal(table.union, kind === 4, shape);
    assert.deepEqual(Object.keys(table.members), members, shape);
    assert.deepEqual(table.required, members.slice(0, required), shape);
  }
  assert.equal(tables.acm.shapes.DomainValidationSummaryList.member.shape, 'DomainValidationSummary');
});
