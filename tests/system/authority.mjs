// Steps that many tests share: authorities and certificates through the AWS SDK.
import {
  CreateCertificateAuthorityCommand, GetCertificateAuthorityCsrCommand, IssueCertificateCommand,
  GetCertificateCommand, ImportCertificateAuthorityCertificateCommand,
} from '@aws-sdk/client-acm-pca';
import { DescribeCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { until } from './appliance.mjs';

export const template = (name) => `arn:aws:acm-pca:::template/${name}`;

export async function createAuthority(pca, type, { key = 'EC_prime256v1', signing, name = `Test ${type}`, ...rest } = {}) {
  signing ??= key.startsWith('RSA') ? 'SHA256WITHRSA' : 'SHA256WITHECDSA';
  const { CertificateAuthorityArn } = await pca.send(new CreateCertificateAuthorityCommand({
    CertificateAuthorityType: type,
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: key, SigningAlgorithm: signing, Subject: { Organization: 'Example', CommonName: name },
    }, ...rest,
  }));
  return CertificateAuthorityArn;
}

export async function csrOf(pca, arn) {
  return until(`the CSR of ${arn}`, async () => {
    try {
      return (await pca.send(new GetCertificateAuthorityCsrCommand({ CertificateAuthorityArn: arn }))).Csr;
    } catch (error) {
      if (error.name === 'RequestInProgressException') return null;
      throw error;
    }
  }, 120);
}

export async function issue(pca, arn, csr, { templateName = 'EndEntityCertificate/V1', signing, days = 30, ...rest } = {}) {
  const { CertificateArn } = await pca.send(new IssueCertificateCommand({
    CertificateAuthorityArn: arn, Csr: Buffer.from(csr), SigningAlgorithm: signing,
    TemplateArn: template(templateName), Validity: { Type: 'DAYS', Value: days }, ...rest,
  }));
  return CertificateArn;
}

export async function certificateOf(pca, arn, certificateArn) {
  return until(`certificate ${certificateArn}`, async () => {
    try {
      return await pca.send(new GetCertificateCommand({ CertificateAuthorityArn: arn, CertificateArn: certificateArn }));
    } catch (error) {
      if (error.name === 'RequestInProgressException') return null;
      throw error;
    }
  });
}

export async function activeRoot(pca, options = {}) {
  const signing = options.signing ?? ((options.key ?? 'EC').startsWith('RSA') ? 'SHA256WITHRSA' : 'SHA256WITHECDSA');
  const arn = await createAuthority(pca, 'ROOT', { ...options, signing });
  const csr = await csrOf(pca, arn);
  const cert = await certificateOf(pca, arn,
    await issue(pca, arn, csr, { templateName: 'RootCACertificate/V1', signing, days: 3650 }));
  await pca.send(new ImportCertificateAuthorityCertificateCommand({
    CertificateAuthorityArn: arn, Certificate: Buffer.from(cert.Certificate),
  }));
  return { arn, signing, pem: cert.Certificate };
}

export async function activeSubordinate(pca, parent, { pathLength = 0, days = 1800, ...options } = {}) {
  const signing = options.signing ?? ((options.key ?? 'EC').startsWith('RSA') ? 'SHA256WITHRSA' : 'SHA256WITHECDSA');
  const arn = await createAuthority(pca, 'SUBORDINATE', { ...options, signing });
  const csr = await csrOf(pca, arn);
  const cert = await certificateOf(pca, parent.arn, await issue(pca, parent.arn, csr,
    { templateName: `SubordinateCACertificate_PathLen${pathLength}/V1`, signing: parent.signing, days }));
  await pca.send(new ImportCertificateAuthorityCertificateCommand({
    CertificateAuthorityArn: arn, Certificate: Buffer.from(cert.Certificate),
    CertificateChain: Buffer.from(cert.CertificateChain),
  }));
  return { arn, signing, pem: cert.Certificate, chain: cert.CertificateChain };
}

export async function requestIssued(acm, authority, options = {}) {
  const { CertificateArn } = await acm.send(new RequestCertificateCommand({
    DomainName: 'www.example.internal', CertificateAuthorityArn: authority.arn, KeyAlgorithm: 'EC_prime256v1', ...options,
  }));
  await until(`${CertificateArn} to be issued`, async () => {
    const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn }));
    if (Certificate.Status === 'FAILED') throw new Error(`issuance failed: ${Certificate.FailureReason}`);
    return Certificate.Status === 'ISSUED';
  }, 120);
  return CertificateArn;
}
