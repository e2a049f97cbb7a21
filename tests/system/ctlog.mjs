// Certificate transparency from the outside, by node:crypto alone: a verifier of RFC 6962 that shares no line with the
// appliance, and a log that the appliance may ask for timestamps.
import { createHash, createPublicKey, createSign, createVerify, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const b64 = (octets) => Buffer.from(octets).toString('base64');
const number = (value, size) => {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(BigInt(value));
  return octets.subarray(8 - size);
};
export const leafHash = (leaf) => sha256(Buffer.from([0]), leaf);
const nodeHash = (a, b) => sha256(Buffer.from([1]), a, b);

// The root of a list of leaf hashes, by pairing neighbours.
export function rootOf(hashes) {
  if (hashes.length === 0) return sha256();
  let level = hashes;
  while (level.length > 1) {
    const next = [];
    for (let i = 0; i + 1 < level.length; i += 2) next.push(nodeHash(level[i], level[i + 1]));
    if (level.length % 2) next.push(level.at(-1));
    level = next;
  }
  return level[0];
}

// RFC 9162 2.1.3.2: does the path lead from the leaf to the root of a tree of that size?
export function includes(index, size, leaf, path, root) {
  if (index >= size) return false;
  let fn = index, sn = size - 1, r = leaf;
  for (const p of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r);
      while (fn % 2 === 0 && fn !== 0) { fn >>= 1; sn >>= 1; }
    } else r = nodeHash(r, p);
    fn >>= 1; sn >>= 1;
  }
  return sn === 0 && r.equals(root);
}

// RFC 9162 2.1.4.2: does the tree of the second root begin with that of the first?
export function extendsTree(first, second, firstRoot, secondRoot, proof) {
  if (first === second) return proof.length === 0 && firstRoot.equals(secondRoot);
  const path = [...proof];
  if ((first & (first - 1)) === 0) path.unshift(firstRoot);
  let fn = first - 1, sn = second - 1;
  while (fn % 2 === 1) { fn >>= 1; sn >>= 1; }
  let fr = path[0], sr = path[0];
  for (const c of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(c, fr); sr = nodeHash(c, sr);
      while (fn % 2 === 0 && fn !== 0) { fn >>= 1; sn >>= 1; }
    } else sr = nodeHash(sr, c);
    fn >>= 1; sn >>= 1;
  }
  return sn === 0 && fr.equals(firstRoot) && sr.equals(secondRoot);
}

// A log read from the outside. Every head that it shows is verified, and must extend the one before.
export class Reader {
  static async open(base) {
    const r = new Reader();
    r.base = base;
    const list = await r.get('/ct/log_list.json');
    const [log] = list.operators[0].logs;
    r.key = createPublicKey({ key: Buffer.from(log.key, 'base64'), format: 'der', type: 'spki' });
    if (b64(sha256(Buffer.from(log.key, 'base64'))) !== log.log_id) throw new Error('the id of the log is not that of its key');
    return r;
  }

  async get(path, query = {}) {
    const parameters = new URLSearchParams(query).toString();
    const answer = await fetch(this.base + path + (parameters && `?${parameters}`));
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  }

  async head() {
    const got = await this.get('/ct/v1/get-sth');
    const root = Buffer.from(got.sha256_root_hash, 'base64');
    const signature = Buffer.from(got.tree_head_signature, 'base64');
    const signed = Buffer.concat([Buffer.from([0, 1]), number(got.timestamp, 8), number(got.tree_size, 8), root]);
    if (signature[0] !== 4 || signature[1] !== 3 || signature.readUInt16BE(2) !== signature.length - 4 ||
        !createVerify('sha256').update(signed).verify(this.key, signature.subarray(4))) throw new Error('the head is not signed by the log');
    const head = { size: got.tree_size, at: got.timestamp, root };
    if (this.last) {
      if (head.at < this.last.at || head.size < this.last.size) throw new Error('the log went back');
      if (this.last.size > 0) {
        const { consistency } = await this.get('/ct/v1/get-sth-consistency', { first: this.last.size, second: head.size });
        const proof = consistency.map((h) => Buffer.from(h, 'base64'));
        if (!extendsTree(this.last.size, head.size, this.last.root, root, proof)) throw new Error('the log was rewritten');
      }
    }
    this.last = head;
    return head;
  }

  async entries(size) {
    const all = [];
    while (all.length < size) {
      const { entries } = await this.get('/ct/v1/get-entries', { start: all.length, end: size - 1 });
      if (!entries.length) throw new Error('the log gives no entries');
      for (const entry of entries) all.push({ leaf: Buffer.from(entry.leaf_input, 'base64'), extra: Buffer.from(entry.extra_data, 'base64') });
    }
    return all;
  }

  async proves(leaf, head) {
    const hash = leafHash(leaf);
    const got = await this.get('/ct/v1/get-proof-by-hash', { hash: b64(hash), tree_size: head.size });
    return includes(got.leaf_index, head.size, hash, got.audit_path.map((h) => Buffer.from(h, 'base64')), head.root);
  }
}

// ---- DER, as much as is needed to take the poison out of a precertificate ----

function element(der, at) {
  let length = der[at + 1], head = 2;
  if (length & 0x80) {
    const count = length & 0x7f;
    length = der.readUIntBE(at + 2, count);
    head += count;
  }
  return { tag: der[at], begin: at, inside: at + head, end: at + head + length };
}
function children(der, parent) {
  const list = [];
  for (let at = parent.inside; at < parent.end; at = list.at(-1).end) list.push(element(der, at));
  return list;
}
function wrap(tag, ...parts) {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? Buffer.from([body.length])
    : body.length < 256 ? Buffer.from([0x81, body.length]) : Buffer.from([0x82, body.length >> 8, body.length & 255]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
}
const POISON = Buffer.from('060a2b06010401d679020403', 'hex');

function withoutPoison(certificate) {
  const [tbs] = children(certificate, element(certificate, 0));
  const fields = children(certificate, tbs);
  const slice = (e) => certificate.subarray(e.begin, e.end);
  const [list] = children(certificate, fields.at(-1));
  const kept = children(certificate, list).map(slice).filter((e) => !e.includes(POISON));
  if (kept.length !== children(certificate, list).length - 1) throw new Error('no poison in the precertificate');
  return wrap(0x30, ...fields.slice(0, -1).map(slice), wrap(0xa3, wrap(0x30, ...kept)));
}
function spkiOf(certificate) {
  const [tbs] = children(certificate, element(certificate, 0));
  const e = children(certificate, tbs)[6];
  return certificate.subarray(e.begin, e.end);
}

// A log that takes whatever it is given, over HTTP, or with a key and certificate over HTTPS. Its moods: well; ill (503);
// lying (the signature is wrong); other (a good timestamp, but for another certificate); silent (no answer ever); pair
// (answers when two certificates wait at once).
export class Log {
  static async start(name, { tls, operator = name, shard } = {}) {
    const log = new Log();
    log.name = name;
    log.operator = operator;
    log.shard = shard;
    log.scheme = tls ? 'https' : 'http';
    log.asked = 0;
    log.chains = [];
    log.waiting = [];
    log.mood = 'well';
    log.keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    log.spki = log.keys.publicKey.export({ format: 'der', type: 'spki' });
    const listener = (request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        log.asked++;
        const good = request.method === 'POST' && request.url === '/ct/v1/add-pre-chain' && log.mood !== 'ill';
        const answer = () => {
          response.writeHead(good ? 200 : 503, { 'Content-Type': 'application/json' });
          response.end(good ? JSON.stringify(log.take(JSON.parse(Buffer.concat(parts)).chain.map((c) => Buffer.from(c, 'base64')))) : '{}');
        };
        if (!['silent', 'pair'].includes(log.mood)) return answer();
        log.waiting.push(answer);
        if (log.mood === 'pair' && log.waiting.length === 2) log.waiting.splice(0).forEach((go) => go());
      });
    };
    log.server = tls ? createTlsServer(tls, listener) : createServer(listener);
    await new Promise((resolve) => log.server.listen(0, '127.0.0.1', resolve));
    return log;
  }

  take(chain) {
    this.chains.push(chain);
    return this.timestamp(this.mood === 'other' ? this.foreign : chain);
  }

  timestamp([precertificate, issuer]) {
    const tbs = withoutPoison(precertificate);
    const at = Date.now();
    const signed = Buffer.concat([Buffer.from([0, 0]), number(at, 8), Buffer.from([0, 1]), sha256(spkiOf(issuer)),
      number(tbs.length, 3), tbs, Buffer.from([0, 0]), Buffer.from(this.mood === 'lying' ? 'x' : '')]);
    const signature = createSign('sha256').update(signed).sign(this.keys.privateKey);
    return { sct_version: 0, id: b64(sha256(this.spki)), timestamp: at, extensions: '',
      signature: b64(Buffer.concat([Buffer.from([4, 3]), number(signature.length, 2), signature])) };
  }

  // As an entry of a list of logs.
  get entry() {
    return { description: this.name, key: b64(this.spki), log_id: b64(sha256(this.spki)), mmd: 86400,
      url: `${this.scheme}://127.0.0.1:${this.server.address().port}/`, ...this.shard && { temporal_interval: this.shard } };
  }

  // As OpenSSL lists logs.
  get section() { return `[${this.name}]\ndescription = ${this.name}\nkey = ${b64(this.spki)}\n`; }

  stop() { return new Promise((resolve) => { this.server.closeAllConnections(); this.server.close(resolve); }); }
}
