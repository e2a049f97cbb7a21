// A resolver or a server of domains that can be told to misbehave: a relay on loopback before the real knotd. What it does
// with a question says mood(name, type): undefined passes it on; 'silent' never answers; { delay }, passed on so many ms
// later; { rcode }; { cname }; { a }, an address.
import { createSocket } from 'node:dgram';

const A = 1, CNAME = 5;

function question(packet) {
  const labels = [];
  let at = 12;
  while (packet[at] !== 0) {
    labels.push(packet.subarray(at + 1, at + 1 + packet[at]).toString().toLowerCase());
    at += 1 + packet[at];
  }
  return { name: labels.join('.'), type: packet.readUInt16BE(at + 1), end: at + 5 };
}
const wire = (name) => Buffer.concat([...name.split('.').filter(Boolean).map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)])), Buffer.from([0])]);

// The question again, with a code and perhaps one record of a second.
function answer(packet, { end, type }, { rcode = 0, cname, a }) {
  const data = cname && type === CNAME ? wire(cname) : a && type === A ? Buffer.from(a.split('.').map(Number)) : null;
  const head = Buffer.from(packet.subarray(0, end));
  head[2] = 0x80 | (head[2] & 0x01);
  head[3] = 0x80 | rcode;
  head.writeUInt16BE(data ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  return data ? Buffer.concat([head, Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 1, 0, data.length]), data]) : head;
}

export class Relay {
  static start(dns, mood = () => undefined) {
    const relay = new Relay();
    Object.assign(relay, { dns, mood, asked: [] });
    relay.socket = createSocket('udp4', (packet, from) => relay.take(packet, from));
    return new Promise((done) => relay.socket.bind(0, '127.0.0.1', () => done(relay)));
  }
  get address() { return `127.0.0.1@${this.socket.address().port}`; }

  take(packet, from) {
    const asked = question(packet);
    const mood = this.mood(asked.name, asked.type);
    this.asked.push(asked.name);
    if (mood === 'silent') return;
    if (mood?.delay) setTimeout(() => this.stopped || this.pass(packet, from), mood.delay);
    else if (mood) this.send(answer(packet, asked, mood), from);
    else this.pass(packet, from);
  }
  pass(packet, from) {
    const out = createSocket('udp4', (reply) => {
      reply[2] &= ~0x04; // a resolver: recursion, and no authority
      reply[3] |= 0x80;
      this.send(reply, from);
      out.close();
    });
    out.on('error', () => out.close());
    out.send(packet, this.dns.port, '127.0.0.1');
  }
  send(packet, { port, address }) { if (!this.stopped) this.socket.send(packet, port, address); }
  stop() {
    this.stopped = true;
    return new Promise((done) => this.socket.close(done));
  }
}
