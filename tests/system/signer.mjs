// A signer of our own, with a knob for everything that can be wrong or odd about a request.
import { createHash, createHmac } from 'node:crypto';
import { request } from 'node:https';

export const sha = (data) => createHash('sha256').update(data).digest('hex');
export const mac = (key, data) => createHmac('sha256', key).update(data).digest();
export const stamp = (date) => date.toISOString().replace(/[-:]|\.\d{3}/g, '');

export function signingKey({ secret, day, region, service }) {
  return ['aws4_request'].reduce((key, part) => mac(key, part), mac(mac(mac(`AWS4${secret}`, day), region), service));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export class Signer {
  constructor(appliance) {
    this.appliance = appliance;
    ({ AWS_ACCESS_KEY_ID: this.id, AWS_SECRET_ACCESS_KEY: this.secret } = appliance.env);
  }

  // A request ready to be sent; header values of null are left out.
  signed(o = {}) {
    const when = stamp(o.date ?? new Date());
    const p = { id: this.id, secret: this.secret, region: 'us-east-1', service: 'acm', body: '{}', method: 'POST',
      target: 'CertificateManager.ListCertificates', type: 'application/x-amz-json-1.1', day: when.slice(0, 8), ...o };
    const all = { host: `localhost:${this.appliance.port}`, 'content-type': p.type, 'x-amz-date': when, 'x-amz-target': p.target, ...p.headers };
    const headers = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
    const names = Object.keys(headers).filter((name) => !o.unsigned?.includes(name)).sort();
    const canonical = [p.method, '/', p.query ?? '', ...names.map((n) => `${n}:${headers[n]}`), '', names.join(';'), sha(p.body)].join('\n');
    const scope = `${p.day}/${p.region}/${p.service}/aws4_request`;
    const toSign = ['AWS4-HMAC-SHA256', when, scope, sha(canonical)].join('\n');
    const signature = mac(signingKey(p), toSign).toString('hex');
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${p.id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    return { headers, body: p.body, method: p.method };
  }

  send({ headers, body, path = '/', method = 'POST' }) {
    return new Promise((resolve, reject) => {
      const req = request({ host: 'localhost', port: this.appliance.port, path, method, headers, ca: this.appliance.ca, agent: false }, (res) => {
        let text = '';
        res.on('data', (d) => { text += d; });
        res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, text, json: parsed(text) }));
      });
      req.on('error', reject);
      req.end(body);
    });
  }

  ask(o) { return this.send(this.signed(o)); }
}
