// The gateway as seen by npm `ws`, a client that shares no code with it. Prints one line of JSON for each scenario,
// {"name": ..., ...what was seen}; NpmWsClientTest says what is right.
//
// Arguments: the address of a gateway with the default limits, of one with small limits, of one that compresses, and a
// token for all of them.
import {once} from 'node:events';
import WebSocket from 'ws';

const [url, strictUrl, compressingUrl, token] = process.argv.slice(2);
const MAX_MESSAGE_BYTES = 65536;
const WAIT_MS = 10_000;

/** A socket, its replies by id, its broadcasts in order, and everything in the order in which it came. */
class Client {
  static async open(address, options = {}) {
    const client = new Client(new WebSocket(address, options));
    await once(client.socket, 'open');
    return client;
  }

  static async authenticated(address, options) {
    const client = await Client.open(address, options);
    client.reply = await client.call('auth', {token});
    return client;
  }

  constructor(socket) {
    this.socket = socket;
    this.lastId = 0;
    this.replies = new Map();
    this.broadcasts = [];
    this.arrivals = [];
    this.binaryFrames = 0;
    this.wake = () => {};
    this.closing = new Promise((resolve) => socket.on('close', (code, reason) => resolve({code, reason: String(reason)})));
    socket.on('message', (data, isBinary) => {
      const frame = JSON.parse(String(data));
      this.binaryFrames += isBinary ? 1 : 0;
      this.arrivals.push(frame);
      frame.method === 'broadcast' ? this.broadcasts.push(frame.params) : this.replies.set(frame.requestId, frame);
      this.wake();
    });
    socket.on('error', (error) => (this.error = error.message));
  }

  request(method, params) {
    const id = ++this.lastId;
    return {id, text: JSON.stringify({id, method, params})};
  }

  async call(method, params) {
    const {id, text} = this.request(method, params);
    this.socket.send(text);
    return this.replyTo(id);
  }

  async replyTo(id) {
    await this.until(`reply to ${id}`, () => this.replies.has(id));
    return this.replies.get(id);
  }

  async until(what, condition) {
    const deadline = Date.now() + WAIT_MS;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0) {
        throw new Error(`timed out waiting for ${what}`);
      }
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async closed() {
    const timer = setTimeout(() => this.socket.terminate(), WAIT_MS);
    const seen = await this.closing;
    clearTimeout(timer);
    return seen;
  }

  async end() {
    this.socket.close(1000, 'normal');
    return this.closed();
  }
}

function payloadOfRequestWithBytes(client, bytes) {
  const empty = client.request('publish', {channel: 'node:big', event: 'big', payload: ''});
  return {id: empty.id, text: empty.text.replace('"payload":""', `"payload":"${'x'.repeat(bytes - empty.text.length)}"`)};
}

const scenarios = {
  async authenticate() {
    const client = await Client.open(url);
    const early = await client.call('subscribe', {channel: 'node:early'});
    const bad = await client.call('auth', {token: `${token}x`});
    const good = await client.call('auth', {token});
    const again = await client.call('auth', {token});
    await client.end();
    return {early: early.error, bad: bad.error, good: good.result, again: again.error, binaryFrames: client.binaryFrames};
  },

  async publishThousand() {
    const client = await Client.authenticated(url);
    await client.call('subscribe', {channel: 'node:thousand'});
    const ids = [];
    for (let n = 1; n <= 1000; n++) {
      const {id, text} = client.request('publish', {channel: 'node:thousand', event: 'n', payload: {n}});
      client.socket.send(text);
      ids.push(id);
    }
    await client.until('1000 broadcasts', () => client.broadcasts.length >= 1000);
    const copies = client.broadcasts;
    const replied = ids.map((id) => client.replies.get(id)?.result?.id);
    await client.end();
    return {
      replies: replied.filter(Boolean).length,
      broadcasts: copies.length,
      inPublishOrder: copies.every(({payload}, i) => payload.n === i + 1),
      seqWithoutHole: copies.every(({seq}, i) => seq === i + 1),
      sameIdsAsReplies: copies.every(({id}, i) => id === replied[i]),
      replyBeforeOwnCopy: replyBeforeCopy(client.arrivals),
    };
  },

  async twoSubscribers() {
    const [one, two] = [await Client.authenticated(url), await Client.authenticated(url)];
    await Promise.all([one, two].map((client) => client.call('subscribe', {channel: 'node:two'})));
    for (let n = 0; n < 200; n++) {
      (n % 2 ? one : two).socket.send(one.request('publish', {channel: 'node:two', event: 'n', payload: n}).text);
    }
    await Promise.all([one, two].map((client) => client.until('200 broadcasts', () => client.broadcasts.length >= 200)));
    const order = [one, two].map((client) => client.broadcasts.map(({id}) => id).join());
    await Promise.all([one.end(), two.end()]);
    return {sameOrder: order[0] === order[1]};
  },

  async unsubscribe() {
    const client = await Client.authenticated(url);
    await client.call('subscribe', {channel: 'node:left'});
    await client.call('subscribe', {channel: 'node:kept'});
    const reply = await client.call('unsubscribe', {channel: 'node:left'});
    const again = await client.call('unsubscribe', {channel: 'node:left'});
    await client.call('publish', {channel: 'node:left', event: 'e', payload: 1});
    await client.call('publish', {channel: 'node:kept', event: 'e', payload: 2});
    await client.until('the kept channel', () => client.broadcasts.length > 0);
    await client.end();
    return {reply: reply.result, again: again.error, channels: client.broadcasts.map(({channel}) => channel)};
  },

  async fragmented() {
    const client = await Client.authenticated(url, {perMessageDeflate: false});
    await client.call('subscribe', {channel: 'node:fragments'});
    const {id, text} = client.request('publish', {channel: 'node:fragments', event: 'e', payload: 'Grüße ∑ 𝄞'});
    const bytes = Buffer.from(text);
    // One byte a frame: characters are cut in the middle, and a ping comes between the fragments.
    for (let i = 0; i < bytes.length; i++) {
      client.socket.send(bytes.subarray(i, i + 1), {binary: false, fin: i === bytes.length - 1});
      if (i === 20) {
        client.socket.ping();
      }
    }
    const reply = await client.replyTo(id);
    await client.until('the broadcast', () => client.broadcasts.length > 0);
    await client.end();
    return {fragments: bytes.length, published: Boolean(reply.result), payload: client.broadcasts[0].payload};
  },

  async binary() {
    const client = await Client.authenticated(url);
    const {id, text} = client.request('publish', {channel: 'node:binary', event: 'e', payload: {a: 1}});
    client.socket.send(Buffer.from(text), {binary: true});
    const reply = await client.replyTo(id);
    await client.end();
    return {published: Boolean(reply.result), binaryFrames: client.binaryFrames};
  },

  async pingPong() {
    const client = await Client.open(url);
    const pongs = [];
    client.socket.on('pong', (data) => pongs.push(data.toString('hex')));
    client.socket.ping(Buffer.from([0, 1, 2, 254, 255]));
    client.socket.ping();
    client.socket.ping(Buffer.alloc(125, 7));
    const beat = await client.call('heartbeat');
    await client.end();
    return {pongs, heartbeat: beat.result};
  },

  /** A gateway with a short PING_INTERVAL and IDLE_TIMEOUT: a client that answers pings stays. */
  async answersPings() {
    const client = await Client.authenticated(strictUrl);
    let pings = 0;
    const three = new Promise((resolve) => client.socket.on('ping', () => ++pings === 3 && resolve()));
    await three;
    const stillThere = client.socket.readyState === WebSocket.OPEN;
    await client.end();
    return {stillThere};
  },

  async answersNoPings() {
    const client = await Client.open(strictUrl, {autoPong: false});
    client.socket.send(client.request('auth', {token}).text);
    return client.closed();
  },

  async largest() {
    const client = await Client.authenticated(url);
    await client.call('subscribe', {channel: 'node:big'});
    const {id, text} = payloadOfRequestWithBytes(client, MAX_MESSAGE_BYTES);
    client.socket.send(text);
    const reply = await client.replyTo(id);
    await client.until('the broadcast', () => client.broadcasts.length > 0);
    await client.end();
    return {bytes: Buffer.byteLength(text), published: Boolean(reply.result), payloadBytes: client.broadcasts[0].payload.length};
  },

  async tooLarge() {
    const client = await Client.authenticated(url);
    client.socket.send(payloadOfRequestWithBytes(client, MAX_MESSAGE_BYTES + 1).text);
    return client.closed();
  },

  async tooLargeInFragments() {
    const client = await Client.authenticated(url, {perMessageDeflate: false});
    const bytes = Buffer.from(payloadOfRequestWithBytes(client, MAX_MESSAGE_BYTES + 1).text);
    for (let i = 0; i < bytes.length; i += 1000) {
      client.socket.send(bytes.subarray(i, i + 1000), {binary: false, fin: i + 1000 >= bytes.length});
    }
    return client.closed();
  },

  async normalClose() {
    const client = await Client.open(url);
    client.socket.close(1000, 'bye');
    return client.closed();
  },

  async ownCode() {
    const client = await Client.open(url);
    client.socket.close(4999, 'mine');
    return client.closed();
  },

  async notJson() {
    const client = await Client.authenticated(url);
    client.socket.send('{"id": 1, "method": ');
    return client.closed();
  },

  async notUtf8() {
    const client = await Client.authenticated(url, {perMessageDeflate: false});
    client.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), {binary: false});
    return client.closed();
  },

  async neverAuthenticates() {
    return (await Client.open(strictUrl)).closed();
  },

  async tooManyRequests() {
    const client = await Client.authenticated(strictUrl);
    for (let n = 0; n < 1000; n++) {
      client.socket.send('{"method":"heartbeat"}');
    }
    return client.closed();
  },

  /** Both directions: `ws` deflates what is longer than 1 kB. */
  async compressed() {
    const client = await Client.authenticated(compressingUrl);
    const {extensions} = client.socket;
    await client.call('subscribe', {channel: 'node:deflate'});
    const payloads = [1, 10, 100, 300].map((count) => Array.from({length: count}, (_, i) => ({id: i * 7919, name: `näme ${i % 9}`})));
    const before = client.socket._socket.bytesRead;
    const sentBefore = client.socket._socket.bytesWritten;
    let plainBytes = 0;
    for (const payload of [...payloads, ...payloads]) {
      const {id, text} = client.request('publish', {channel: 'node:deflate', event: 'e', payload});
      plainBytes += text.length;
      client.socket.send(text);
      await client.replyTo(id);
    }
    await client.until('8 broadcasts', () => client.broadcasts.length >= 8);
    const received = client.socket._socket.bytesRead - before;
    const sent = client.socket._socket.bytesWritten - sentBefore;
    await client.end();
    return {
      extensions,
      same: client.broadcasts.every(({payload}, i) => JSON.stringify(payload) === JSON.stringify(payloads[i % 4])),
      seqWithoutHole: client.broadcasts.every(({seq}, i) => seq === i + 1),
      plainBytes,
      received,
      sent,
    };
  },

  async compressedInFragments() {
    const client = await Client.authenticated(compressingUrl, {perMessageDeflate: {threshold: 0}});
    await client.call('subscribe', {channel: 'node:fragments'});
    const {id, text} = client.request('publish', {channel: 'node:fragments', event: 'e', payload: 'Grüße ∑ 𝄞'.repeat(200)});
    const bytes = Buffer.from(text);
    for (let i = 0; i < bytes.length; i += 500) {
      client.socket.send(bytes.subarray(i, i + 500), {binary: false, compress: true, fin: i + 500 >= bytes.length});
    }
    const reply = await client.replyTo(id);
    await client.until('the broadcast', () => client.broadcasts.length > 0);
    await client.end();
    return {published: Boolean(reply.result), same: client.broadcasts[0].payload === 'Grüße ∑ 𝄞'.repeat(200)};
  },

  /** Each window that `ws` can ask for, and both of its answers to what it is told. */
  async compressionOffers() {
    const seen = {};
    const offers = {
      takeover: {serverNoContextTakeover: true, clientNoContextTakeover: true},
      clientWindow: {clientMaxWindowBits: 9, threshold: 0},
      serverWindow15: {serverMaxWindowBits: 15},
      serverWindow9: {serverMaxWindowBits: 9},
    };
    for (const [name, perMessageDeflate] of Object.entries(offers)) {
      const client = await Client.authenticated(compressingUrl, {perMessageDeflate});
      await client.call('subscribe', {channel: 'node:offers'});
      await client.call('publish', {channel: 'node:offers', event: 'e', payload: 'x'.repeat(5000)});
      await client.until('the broadcast', () => client.broadcasts.length > 0);
      seen[name] = `${client.socket.extensions}/${client.broadcasts[0].payload.length}`;
      await client.end();
    }
    return seen;
  },

  async bomb() {
    const client = await Client.authenticated(compressingUrl);
    client.socket.send('x'.repeat(5_000_000));
    return client.closed();
  },

  async subprotocolIsIgnored() {
    const socket = new WebSocket(url, ['chat']);
    // ws refuses a server that chooses none of the offered; what matters is that the gateway answers the upgrade.
    const seen = await Promise.race([once(socket, 'upgrade'), once(socket, 'unexpected-response')]);
    socket.on('error', () => {});
    socket.terminate();
    return {status: seen[0].statusCode ?? seen[1]?.statusCode, chosen: seen[0].headers['sec-websocket-protocol'] ?? null};
  },
};

/** In one connection's arrivals each publish is answered before its own copy comes. */
function replyBeforeCopy(arrivals) {
  const answered = new Set();
  for (const frame of arrivals) {
    if (frame.result?.id) {
      answered.add(frame.result.id);
    }
    if (frame.method === 'broadcast' && !answered.has(frame.params.id)) {
      return false;
    }
  }
  return true;
}

for (const [name, run] of Object.entries(scenarios)) {
  let seen;
  try {
    seen = await run();
  } catch (error) {
    seen = {failure: String(error)};
  }
  console.log(JSON.stringify({name, ...seen}));
}
process.exit(0);
