// ListCertificates and SearchCertificates through the AWS SDK: filters, orders and pages as a program written for AWS sees them.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import * as ACM from '@aws-sdk/client-acm';
import { Appliance } from './appliance.mjs';
import { activeRoot, requestIssued } from './authority.mjs';

let appliance, acm, root;
const arns = {};
before(async () => {
  appliance = await Appliance.start();
  acm = appliance.acm();
  root = await activeRoot(appliance.pca());
  for (const [name, DomainName] of [['shop', 'shop.example.internal'], ['mail', 'mail.example.internal'], ['other', 'www.other.test']]) {
    arns[name] = await requestIssued(acm, root, { DomainName });
  }
});
after(() => appliance?.remove());

const search = async (FilterStatement, rest = {}) => {
  const found = [];
  for await (const page of ACM.paginateSearchCertificates({ client: acm, pageSize: 2 }, { FilterStatement, ...rest })) {
    found.push(...page.Results.map((r) => r.CertificateArn));
  }
  return found;
};
const dns = (Value, ComparisonOperator = 'EQUALS') => ({ Filter: { X509AttributeFilter: { SubjectAlternativeName: { DnsName: { Value, ComparisonOperator } } } } });
const metadata = (filter) => ({ Filter: { AcmCertificateMetadataFilter: filter } });

test('names are found whole and by a part, at once and in the order asked for', async () => {
  assert.deepEqual(await search(dns('shop.example.internal')), [arns.shop]);
  assert.deepEqual(await search(dns('SHOP.example.internal')), [arns.shop]);
  assert.deepEqual(await search(dns('example.internal', 'CONTAINS'), { SortBy: 'COMMON_NAME', SortOrder: 'ASCENDING' }), [arns.mail, arns.shop]);
  assert.deepEqual(await search(dns('example.internal')), []);
  assert.deepEqual(await search(undefined, { SortBy: 'CREATED_AT', SortOrder: 'ASCENDING' }), [arns.shop, arns.mail, arns.other]);
  assert.deepEqual(await search(undefined), [arns.other, arns.mail, arns.shop]);
});

test('And, Or and Not combine filters', async () => {
  const example = dns('example', 'CONTAINS');
  assert.deepEqual(await search({ And: [example, { Not: dns('mail.example.internal') }] }), [arns.shop]);
  assert.deepEqual(await search({ Not: { Or: [example, metadata({ Status: 'FAILED' })] } }), [arns.other]);
  assert.deepEqual(await search({ And: [metadata({ Type: 'PRIVATE' }), metadata({ Exported: true })] }), []);
  const soon = { Filter: { X509AttributeFilter: { NotAfter: { Start: new Date(), End: new Date(Date.now() + 400 * 86400e3) } } } };
  assert.equal((await search(soon, { SortBy: 'NOT_AFTER', SortOrder: 'DESCENDING' })).length, 3);
});

test('a result tells what the certificate says and what ACM knows', async () => {
  const { Results: [r], NextToken } = await acm.send(new ACM.SearchCertificatesCommand({ FilterStatement: { Filter: { CertificateArn: arns.shop } } }));
  assert.equal(NextToken, undefined);
  const { Certificate: c } = await acm.send(new ACM.DescribeCertificateCommand({ CertificateArn: arns.shop }));
  const x = r.X509Attributes, m = r.CertificateMetadata.AcmCertificateMetadata;
  assert.deepEqual(x.Subject, { CommonName: 'shop.example.internal' });
  assert.deepEqual(x.Issuer, { Organization: 'Example', CommonName: 'Test ROOT' });
  assert.deepEqual(x.SubjectAlternativeNames, [{ DnsName: 'shop.example.internal' }]);
  assert.equal(x.SerialNumber, c.Serial);
  assert.deepEqual([x.NotBefore, x.NotAfter], [c.NotBefore, c.NotAfter]);
  assert.equal(x.KeyAlgorithm, c.KeyAlgorithm);
  assert.deepEqual([m.Status, m.Type, m.InUse, m.Exported, m.RenewalEligibility], ['ISSUED', 'PRIVATE', false, false, 'INELIGIBLE']);
  assert.deepEqual([m.CreatedAt, m.IssuedAt], [c.CreatedAt, c.IssuedAt]);
  assert.deepEqual(await search({ Filter: { X509AttributeFilter: { SerialNumber: c.Serial } } }), [arns.shop]);
});

test('a deleted certificate is found no more, a new one at once', async () => {
  const late = await requestIssued(acm, root, { DomainName: 'late.example.internal' });
  assert.ok((await search(dns('late.exa', 'CONTAINS'))).includes(late));
  await acm.send(new ACM.DeleteCertificateCommand({ CertificateArn: late }));
  assert.deepEqual(await search(dns('late.exa', 'CONTAINS')), []);
});

test('a token of one search is refused by another', async () => {
  const { NextToken } = await acm.send(new ACM.SearchCertificatesCommand({ MaxResults: 1 }));
  const refused = { name: 'ValidationException' };
  await assert.rejects(acm.send(new ACM.SearchCertificatesCommand({ NextToken, SortBy: 'STATUS' })), refused);
  await assert.rejects(acm.send(new ACM.ListCertificatesCommand({ NextToken })), refused);
  await assert.rejects(acm.send(new ACM.SearchCertificatesCommand({ NextToken: NextToken.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')) })), refused);
  await assert.rejects(acm.send(new ACM.SearchCertificatesCommand({ FilterStatement: { And: [] } })), refused);
});
