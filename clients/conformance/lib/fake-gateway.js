// The misbehaving gateway: a node whose answers come from the model, and whose faults come from its hooks.
//
//   const gateway = await FakeGateway.start();      gateway.url
//   gateway.handshakes.push({mode: 'refuse', status: 503, headers: {'Retry-After': '3'}});
//   gateway.answers.push({method: 'auth', error: {code: 'Unauthenticated', message: 'no'}, times: 1});
//
// Alone: node lib/fake-gateway.js [port]

import {createServer} from 'node:net';
import {fileURLToPath} from 'node:url';
import * as frames from './frames.js';
import {Model} from './model.js';

const matches = (hook, request) =>
  (hook.method === undefined || hook.method === request.method) &&
  (hook.channel === undefined || hook.channel === request.params?.channel);

/** Whether JSON text is nested more deeply than nodes take, or has a number of over 1,000 characters. */
function isTooMuch(text) {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '');
  let level = 0;
  let deepest = 0;
  for (const [bracket] of bare.matchAll(/[[\]{}]/g)) {
    level += '[{'.includes(bracket) ? 1 : -1;
    deepest = Math.max(deepest, level);
  }
  return deepest > 64 || /[\w.+-]{1001}/.test(bare);
}

/** One TCP connection of a client, from its first byte. */
export class Peer {
  requests = [];
  closeCode;
  gone = false;
  open = false;
  claims;
  wantsKeepalive = false;
  #gateway;
  #socket;
  #head = '';
  #queue = [];
  #fragment = 0;
  #corked;
  #stalled = false;
  #pongs = 0;
  #reader = new frames.FrameReader((opcode, payload) => this.#onMessage(opcode, payload));

  constructor(gateway, socket, number) {
    this.#gateway = gateway;
    this.#socket = socket;
    this.number = number;
    this.handshake = gateway.takeHandshake();
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#onGone());
    if (this.handshake.mode === 'hangUp') {
      socket.destroy();
    }
  }

  /** A frame as the model makes it. */
  send = (text) => {
    this.#gateway.record({peer: this.number, node: text});
    const bytes = this.#fragment > 0 ? frames.fragments(text, this.#fragment) : frames.frame(frames.TEXT, text);
    this.sendBytes(bytes);
  };

  sendBytes(bytes) {
    if (this.#corked !== undefined) {
      this.#corked.push(bytes);
    } else if (!this.#stalled && !this.#socket.destroyed) {
      this.#socket.write(bytes);
    }
  }

  /** Resolves when the client has answered, and so has read it. */
  keepalive() {
    const before = this.#pongs;
    this.sendBytes(Buffer.concat([frames.frame(frames.PING, ''), frames.frame(frames.TEXT, '{"method":"keepalive"}')]));
    return this.#gateway.when(() => this.#pongs > before, 5000);
  }

  close(code, reason) {
    this.sendBytes(code === 1005 ? frames.frame(frames.CLOSE, '') : frames.closeFrame(code, reason));
    this.#leave();
    // A client that does not answer the close is cut.
    this.#socket.end();
  }

  reset() {
    this.#leave();
    this.#socket.resetAndDestroy();
  }

  /** Half open: nothing more is read or written, without a notification. */
  stall() {
    this.#stalled = true;
    this.#socket.pause();
    this.#leave();
  }

  /** No more is read, so that the client's send buffer fills; `resume` reads on. */
  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  /** Messages go out in frames of `size` bytes. */
  fragment(size) {
    this.#fragment = size;
  }

  cork() {
    this.#corked ??= [];
  }

  uncork() {
    const bytes = Buffer.concat(this.#corked ?? []);
    this.#corked = undefined;
    this.sendBytes(bytes);
  }

  /** A handshake that was kept waiting is answered after all. */
  acceptLate() {
    this.handshake = {};
    this.#socket.destroyed || this.#onHandshake();
  }

  #leave() {
    this.gone || this.#gateway.record({peer: this.number, gone: true});
    this.#gateway.model.leave(this);
    this.gone = true;
  }

  #onGone() {
    this.#leave();
    this.#gateway.changed();
  }

  #onData(chunk) {
    if (this.#stalled) {
      return;
    }
    if (this.open) {
      this.#reader.push(chunk);
      return;
    }
    this.#head += chunk.toString('latin1');
    if (this.#head.includes('\r\n\r\n')) {
      this.#onHandshake();
    }
  }

  #onHandshake() {
    const {mode = 'accept', status = 503, headers = {}} = this.handshake;
    const key = /sec-websocket-key: *(\S+)/i.exec(this.#head)?.[1];
    if (mode === 'silent') {
      return;
    }
    if (mode === 'refuse' || key === undefined) {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      this.#socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n${lines.join('')}\r\n`);
      return;
    }
    const accept = frames.acceptOf(key);
    this.#socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    this.open = true;
    this.#gateway.changed();
    if (mode === 'close') {
      this.close(this.handshake.code, this.handshake.reason ?? '');
    }
  }

  #onMessage(opcode, payload) {
    if (opcode === frames.CLOSE) {
      this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.sendBytes(frames.frame(frames.CLOSE, payload.subarray(0, 2)));
      this.#leave();
      this.#socket.end();
    } else if (opcode === frames.PING) {
      this.sendBytes(frames.frame(frames.PONG, payload));
    } else if (opcode === frames.PONG) {
      this.#pongs++;
    } else {
      this.#onText(payload.toString());
    }
    this.#gateway.changed();
  }

  #onText(text) {
    let request;
    try {
      request = JSON.parse(text);
    } catch {
      request = undefined;
    }
    const idTypes = ['number', 'string', 'undefined'];
    const wellFormed =
      typeof request === 'object' &&
      request !== null &&
      !Array.isArray(request) &&
      !isTooMuch(text) &&
      ['string', 'undefined'].includes(typeof request.method) &&
      (request.id === null || idTypes.includes(typeof request.id));
    if (!wellFormed) {
      this.requests.push({text});
      this.#gateway.faults.push(`malformed: ${text.slice(0, 100)}`);
      this.close(4400, 'malformed request');
      return;
    }
    if (text.length > 65536) {
      this.#gateway.faults.push(`a message of ${text.length} characters`);
      this.close(1009, 'message too large');
      return;
    }
    this.requests.push(request);
    this.#gateway.record({peer: this.number, client: text});
    this.#queue.push({request, text});
    this.drain();
  }

  /** Answers in the order of the requests; one that is held holds those behind it. */
  drain() {
    while (this.#queue.length > 0 && !this.gone) {
      const {request, text} = this.#queue[0];
      if (this.#gateway.holds.some((hook) => matches(hook, request))) {
        return;
      }
      this.#queue.shift();
      for (const frame of this.#answer(request, text)) {
        this.send(frame);
      }
    }
  }

  #answer(request, text) {
    const hook = this.#gateway.takeAnswer(request);
    if (hook === undefined) {
      const frames = this.#gateway.model.answer(this, request, text);
      if (frames[0]?.includes('"code":"AlreadyExists"')) {
        this.#gateway.faults.push(`subscribed already: ${request.params.channel}`);
      }
      return frames;
    }
    if (hook.close !== undefined) {
      this.close(hook.close, hook.reason ?? '');
      return [];
    }
    if (hook.reset) {
      if (hook.after) {
        this.#gateway.model.answer(this, request, text);
      }
      this.reset();
      return [];
    }
    if (hook.silent) {
      return [];
    }
    if (hook.error) {
      return [JSON.stringify({requestId: request.id, error: hook.error})];
    }
    const [reply, ...rest] = this.#gateway.model.answer(this, request, text);
    if (hook.cut !== undefined) {
      // So many frames of a replay, and no more: for a connection that is lost in the middle of it.
      [reply, ...rest.slice(0, hook.cut)].forEach((frame) => this.send(frame));
      this.#leave();
      return [];
    }
    return [JSON.stringify({...JSON.parse(reply), ...hook.merge}), ...rest];
  }
}

export class FakeGateway {
  /** What is done to the next handshakes, one each: {mode: accept | silent | refuse | close | hangUp, …}. */
  handshakes = [];
  /** What is done to every handshake when `handshakes` is empty. */
  handshake = {};
  /** Answers that differ from the model's: {method, channel, times, error | silent | close | reset | merge}. */
  answers = [];
  /** Requests that are not answered until the hook is removed: {method, channel}. */
  holds = [];
  peers = [];
  /** What no client may do, in any case. */
  faults = [];
  /** What was said, in order, as long as a real node would have said the same. */
  transcript = [];
  #deviates = false;
  /** So many connections may be open at a time. */
  #clients;
  #server;
  #watchers = new Set();

  static async start({port = 0, clients = 1, ...settings} = {}) {
    const gateway = new FakeGateway();
    gateway.#clients = clients;
    gateway.model = new Model(settings);
    gateway.#server = createServer((socket) => gateway.#onConnection(socket));
    await new Promise((resolve) => gateway.#server.listen(port, '127.0.0.1', resolve));
    gateway.url = `ws://127.0.0.1:${gateway.#server.address().port}/broadcaster/websocket`;
    return gateway;
  }

  #onConnection(socket) {
    if (this.peers.filter((peer) => peer.open && !peer.gone).length >= this.#clients) {
      this.faults.push(`connection ${this.peers.length + 1} while another is open`);
    }
    this.peers.push(new Peer(this, socket, this.peers.length + 1));
    this.changed();
  }

  takeHandshake() {
    return this.handshakes.shift() ?? this.handshake;
  }

  takeAnswer(request) {
    const at = this.answers.findIndex((hook) => matches(hook, request));
    if (at < 0) {
      return undefined;
    }
    const hook = this.answers[at];
    this.deviates();
    if (hook.times !== undefined && --hook.times === 0) {
      this.answers.splice(at, 1);
    }
    return hook;
  }

  release() {
    this.holds = [];
    for (const peer of this.peers) {
      peer.drain();
    }
  }

  /** Resolves when `condition()` holds; false after `millis`. */
  when(condition, millis) {
    return new Promise((resolve) => {
      const end = (met) => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        resolve(met);
      };
      const watch = () => condition() && end(true);
      const timer = setTimeout(() => end(condition()), millis);
      this.#watchers.add(watch);
      watch();
    });
  }

  changed() {
    for (const watch of [...this.#watchers]) {
      watch();
    }
  }

  /** From here on the fake does what a node would not: there is nothing to compare any more. */
  deviates() {
    this.#deviates = true;
  }

  record(entry) {
    this.#deviates || this.transcript.push(entry);
  }

  stop() {
    for (const peer of this.peers) {
      peer.gone || peer.reset();
    }
    this.#server.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const gateway = await FakeGateway.start({port: Number(process.argv[2] ?? 0)});
  console.log(gateway.url);
}
