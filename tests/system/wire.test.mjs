// What no SDK sends: odd requests, rightly signed, and what the protocol answers to them.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { connect } from 'node:tls';
import { Appliance } from './appliance.mjs';
import { Signer } from './signer.mjs';

let appliance, signer;
before(async () => {
  appliance = await Appliance.start();
  signer = new Signer(appliance);
});
after(() => appliance?.remove());

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const empty = '{"CertificateSummaryList":[]}';

function answered(answer, status, text) {
  assert.equal(answer.status, status, answer.text);
  if (text instanceof RegExp) assert.match(answer.text, text);
  else assert.equal(answer.text, text);
  assert.match(answer.headers['x-amzn-requestid'], uuid);
  assert.equal(Number(answer.headers['content-length']), Buffer.byteLength(answer.text));
  assert.ok(answer.headers.date);
  assert.equal(answer.headers.server, undefined);
  assert.equal(answer.headers['x-amzn-errortype'], undefined);
}

describe('operations and targets', () => {
  const unknown = '{"__type":"UnknownOperationException"}';
  for (const target of ['CertificateManager.MakeCoffee', 'CertificateManager.listCertificates', 'CertificateManager.', '.ListCertificates',
    'CertificateManager', 'CertificateManager.ListCertificates.x', 'CertificateManager_20151208.ListCertificates', null])
    test(`target ${target}`, async () => answered(await signer.ask({ target }), 400, unknown));
  test('an operation of the other service', async () =>
    answered(await signer.ask({ target: 'ACMPrivateCA.ListCertificates', service: 'acm-pca' }), 400, unknown));
  test('an unknown target with an empty body', async () =>
    answered(await signer.ask({ target: 'CertificateManager.MakeCoffee', body: '' }), 400, unknown));
  test('the operation of one service, signed for the other', async () =>
    answered(await signer.ask({ service: 'acm-pca' }), 400, /"__type":"InvalidSignatureException".*correct service: 'acm'/));
});

describe('content types and methods', () => {
  for (const type of ['application/x-amz-json-1.1', 'application/x-amz-json-1.1; charset=utf-8', 'APPLICATION/X-AMZ-JSON-1.1', 'application/x-amz-json-1.1 ;x=y'])
    test(`${type} is the protocol's`, async () => answered(await signer.ask({ type }), 200, empty));
  test('application/json', async () => answered(await signer.ask({ type: 'application/json' }), 404,
    '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}'));
  for (const type of ['application/x-amz-json-1.0', 'text/plain', 'application/x-www-form-urlencoded', 'x', null])
    test(`${type} is not`, async () => {
      const answer = await signer.ask({ type });
      answered(answer, 404, '<UnknownOperationException/>\n');
      assert.equal(answer.headers['content-type'], 'text/xml');
    });
  test('another type without a target', async () => answered(await signer.ask({ type: 'text/plain', target: null }), 403,
    /^<AccessDeniedException>\n {2}<Message>Unable to determine service\/operation name to be authorized<\/Message>\n<\/AccessDeniedException>/));
  for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE'])
    test(method, async () => {
      const answer = await signer.ask({ method });
      answered(answer, 405, /"__type":"MethodNotAllowedException"/);
      assert.match(answer.headers.allow, /POST/);
    });
  test('another path', async () => answered(await signer.send({ ...signer.signed(), path: '/acm' }), 404, /"__type":"UnknownOperationException"/));
});

describe('bodies', () => {
  const serialization = '{"__type":"SerializationException"}';
  for (const [what, body] of [['none', ''], ['blanks', '  \n'], ['no JSON', '{"a":'], ['two objects', '{}{}'], ['a list', '[]'], ['null', 'null'],
    ['a number', '1'], ['a member twice', '{"MaxItems":1,"MaxItems":2}'], ['a member twice, deep down', '{"Includes":{"keyTypes":[],"keyTypes":[]}}'],
    ['a NUL', '{"NextToken":"a\\u0000"}'], ['no UTF-8', Buffer.from('{"NextToken":"\xff"}', 'latin1')], ['half a surrogate', '{"NextToken":"\\ud800"}'],
    ['a byte order mark', '\ufeff{}'], ['single quotes', "{'MaxItems':1}"], ['a comma too many', '{"MaxItems":1,}'], ['a comment', '{/**/}'],
    ['NaN', '{"MaxItems":NaN}'], ['a leading zero', '{"MaxItems":01}'], ['33 levels', '{"a":'.repeat(33) + '1' + '}'.repeat(33)],
    ['100000 levels', '['.repeat(100000)], ['100000 values', `{"a":[${'0,'.repeat(99999)}0]}`]])
    test(`${what} is no request`, async () => answered(await signer.ask({ body }), 400, serialization));
  for (const [what, body] of [['unknown members', '{"Nonsense":{"x":[1,{}]},"maxItems":"x"}'], ['members that are null', '{"NextToken":null,"Includes":null,"CertificateStatuses":null}'],
    ['blanks around', ' \r\n\t{ } \n'], ['32 levels', `${'{"a":'.repeat(32)}1${'}'.repeat(32)}`], ['escapes', '{"\\u004daxItems":5}'],
    ['a fraction, cut off', '{"MaxItems":5.9}'], ['an exponent', '{"MaxItems":5e1}']])
    test(`${what} are taken`, async () => answered(await signer.ask({ body }), 200, empty));
  for (const [body, text] of [
    ['{"MaxItems":"5"}', 'class java.lang.String can not be converted to an Integer'],
    ['{"MaxItems":true}', 'class java.lang.Boolean can not be converted to an Integer'],
    ['{"MaxItems":[5]}', 'Start of list found where not expected'],
    ['{"MaxItems":{}}', 'Start of structure or map found where not expected.'],
    ['{"NextToken":5}', 'class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String'],
    ['{"CertificateStatuses":"ISSUED"}', 'Expected list or null'],
    ['{"Includes":"x"}', 'Expected null'],
    ['{"Includes":[]}', 'Start of list found where not expected'],
  ]) test(`${body} has the wrong type`, async () => answered(await signer.ask({ body }), 400, `{"__type":"SerializationException","Message":"${text}"}`));
  for (const [body, text] of [
    ['{"MaxItems":0}', "Value of the input at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1"],
    ['{"MaxItems":99999999999999999999}', "Value of the input at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000"],
    ['{"MaxItems":-1e400}', null],
    ['{"NextToken":""}', "Value of the input at 'nextToken' failed to satisfy constraint: Member must have length greater than or equal to 1"],
    ['{"SortBy":"created_at"}', "Value of the input at 'sortBy' failed to satisfy constraint: Member must satisfy enum value set: [CREATED_AT]"],
  ]) test(`${body} breaks a constraint`, async () => answered(await signer.ask({ body }), 400,
    text ? `{"__type":"ValidationException","message":"1 validation error detected: ${text}"}` : /^\{"__type":"(Validation|Serialization)Exception"/));
  test('several faults are told together, in the order of the members', async () => {
    const { json } = await signer.ask({ target: 'CertificateManager.RequestCertificate', body: '{"IdempotencyToken":"a-b","KeyAlgorithm":"DSA","Tags":[{"Value":"v"}]}' });
    assert.equal(json.message, '4 validation errors detected: '
      + "Value null at 'domainName' failed to satisfy constraint: Member must not be null; "
      + "Value of the input at 'idempotencyToken' failed to satisfy constraint: Member must satisfy regular expression pattern: \\w+; "
      + "Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null; "
      + "Value of the input at 'keyAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: "
      + '[RSA_1024, RSA_2048, RSA_3072, RSA_4096, EC_prime256v1, EC_secp384r1, EC_secp521r1]');
  });
  test('5 MiB are too large', async () => {
    const answer = await signer.ask({ body: `{"a":"${'x'.repeat(5 * 1024 * 1024)}"}` });
    assert.equal(answer.status, 413);
    assert.equal(answer.json.__type, 'RequestEntityTooLargeException');
    assert.match(answer.headers['x-amzn-requestid'], uuid);
  });
});

// Over a bare TLS connection: what HTTP libraries would not let through.
function raw(...parts) {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host: 'localhost', port: appliance.port, ca: appliance.ca }, () => parts.forEach((p) => socket.write(p)));
    socket.on('data', (d) => { text += d; });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
    setTimeout(() => { socket.destroy(); resolve(text); }, 3000).unref();
  });
}
const head = (version, { headers }, ...more) =>
  `POST / HTTP/${version}\r\n${Object.entries(headers).map(([n, v]) => `${n}: ${v}\r\n`).join('')}${more.map((m) => `${m}\r\n`).join('')}\r\n`;

describe('HTTP', () => {
  test('HTTP/1.0', async () => assert.match(await raw(`${head('1.0', signer.signed(), 'content-length: 2')}{}`), /^HTTP\/1\.[01] 200 [\s\S]*CertificateSummaryList/));
  test('chunks instead of a length', async () => {
    const text = await raw(`${head('1.1', signer.signed(), 'transfer-encoding: chunked', 'connection: close')}1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.1 200 [\s\S]*CertificateSummaryList/);
  });
  test('Expect: 100-continue', async () => {
    const text = await raw(head('1.1', signer.signed(), 'content-length: 2', 'expect: 100-continue', 'connection: close'), '{}');
    assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [\s\S]*CertificateSummaryList/);
  });
  test('a signed header that is there twice does not fit its signature', async () => {
    const text = await raw(`${head('1.1', signer.signed(), 'x-amz-target: CertificateManager.DeleteCertificate', 'content-length: 2')}{}`);
    assert.match(text, /^HTTP\/1\.1 400 [\s\S]*InvalidSignatureException/);
  });
  test('blanks around and inside a signed header do not matter', async () => {
    const r = signer.signed({ headers: { 'x-amz-meta': 'a b' } });
    r.headers['x-amz-meta'] = '  a   b  ';
    assert.match(await raw(`${head('1.1', r, 'content-length: 2', 'connection: close')}{}`), /^HTTP\/1\.1 200 /);
  });
  test('an error says that the connection ends, and it does', async () => {
    const text = await raw(`${head('1.1', signer.signed({ target: 'x' }), 'content-length: 2')}{}`, 'POST / HTTP/1.1\r\n');
    assert.match(text, /\r\nconnection: close\r\n/i);
    assert.equal(text.match(/HTTP\/1\.1/g).length, 1);
  });
});
