// What a case is run against. Both have the same operations; those that only the fake has are skipped on a node.

import {FakeGateway} from './fake-gateway.js';
import {matches} from './match.js';
import {Proxy} from './proxy.js';

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
const jsonOf = ({payload, json, payloadBytes}, i) =>
  json ?? JSON.stringify(payload === '$i' ? i : payloadBytes ? 'x'.repeat(payloadBytes) : payload ?? i);

/** What a real node does too, or what is done to a connection from outside. */
const FAITHFUL = ['publish', 'reset', 'stall', 'release', 'handshake', 'answer', 'keepalive', 'fragment', 'cork', 'uncork', 'pause', 'resume', 'acceptLate'];

/** Operations on the fake; each a step {"gateway": name, …}. */
const operations = {
  handshake: (gateway, {times = 1, ...mode}) => {
    if (times === 'always') {
      gateway.handshake = mode;
    } else {
      for (let i = 0; i < times; i++) {
        gateway.handshakes.push({...mode});
      }
    }
  },
  answer: (gateway, hook) => gateway.answers.push({...hook}),
  hold: (gateway, hook) => gateway.holds.push(hook),
  release: (gateway) => gateway.release(),
  publish: async (gateway, step) => {
    for (let i = 1; i <= (step.count ?? 1); i++) {
      const json = jsonOf(step, i);
      gateway.record({publish: step.channel, event: step.name ?? 'event', json});
      gateway.model.publish(step.channel, step.name ?? 'event', json, {lost: step.lost});
      if (step.pace) {
        await pause(step.pace);
      }
    }
  },
  send: (gateway, {frame}, peer) => peer.send(JSON.stringify(frame)),
  sendText: (gateway, {text, bytes}, peer) => peer.send(text ?? 'x'.repeat(bytes)),
  sendBytes: (gateway, {hex}, peer) => peer.sendBytes(Buffer.from(hex, 'hex')),
  end: (gateway, {channel, reason}) => gateway.model.end(channel, reason),
  acceptLate: (gateway, step, peer) => peer.acceptLate(),
  keepalive: (gateway, step, peer) => peer.keepalive(),
  fragment: (gateway, {size}, peer) => peer.fragment(size),
  cork: (gateway, step, peer) => peer.cork(),
  uncork: (gateway, step, peer) => peer.uncork(),
  close: (gateway, {code, reason = ''}, peer) => peer.close(code, reason),
  reset: (gateway, step, peer) => peer.reset(),
  stall: (gateway, step, peer) => peer.stall(),
  pause: (gateway, step, peer) => peer.pause(),
  resume: (gateway, step, peer) => peer.resume(),
};

export class FakeTarget {
  name = 'fake';
  #cursor = new Map();

  async start(settings) {
    this.gateway = await FakeGateway.start(settings);
    this.url = this.gateway.url;
  }

  get attempts() {
    return this.gateway.peers.length;
  }

  #peer(step) {
    const {peers} = this.gateway;
    return step.peer ? peers[step.peer - 1] : peers.at(-1);
  }

  async play(step) {
    const operation = operations[step.gateway];
    if (!operation) {
      throw new Error(`no such operation: ${step.gateway}`);
    }
    if (!FAITHFUL.includes(step.gateway) || step.lost || step.count > 200) {
      this.gateway.deviates();
    }
    await operation(this.gateway, step, this.#peer(step));
  }

  /** The next request of the connection that matches; others are passed over. */
  async got(step) {
    const next = () => {
      const peer = this.#peer(step);
      const from = this.#cursor.get(peer) ?? 0;
      const at = peer?.requests.findIndex((request, i) => i >= from && matches(step.got, request)) ?? -1;
      return at < 0 ? undefined : {peer, at};
    };
    const met = await this.gateway.when(() => next() !== undefined, step.within ?? 15_000);
    if (!met) {
      throw new Error(`the gateway did not get ${JSON.stringify(step.got)}, but ${JSON.stringify(this.#peer(step)?.requests).slice(0, 2000)}`);
    }
    const {peer, at} = next();
    this.#cursor.set(peer, at + 1);
    return peer.requests[at];
  }

  /** How many requests match, of all connections or of one. */
  count(pattern, number) {
    const peers = number ? [this.gateway.peers[number - 1]] : this.gateway.peers;
    return peers.flatMap((peer) => peer.requests).filter((request) => matches(pattern, request)).length;
  }

  async whenAttempts(count, millis) {
    await this.gateway.when(() => this.attempts >= count, millis);
    return this.attempts;
  }

  /** Where the first request that matches stands among those of the connection. */
  indexOf(pattern, number) {
    return this.gateway.peers[number - 1].requests.findIndex((request) => matches(pattern, request));
  }

  async closedWith(step) {
    const code = () => this.#peer(step)?.closeCode;
    await this.gateway.when(() => code() !== undefined, 3000);
    return code();
  }

  /** What a client must never do, whatever the case. */
  faults() {
    return this.gateway.faults;
  }

  async stop() {
    this.gateway.stop();
  }
}

const ONLY_FAKE = Symbol('only fake');

export class NodeTarget {
  name = 'node';

  constructor(nodes) {
    this.nodes = nodes;
  }

  async start() {
    this.proxy = await Proxy.start(this.nodes.ports);
    this.url = `ws://127.0.0.1:${this.proxy.port}/broadcaster/websocket`;
  }

  get attempts() {
    return this.proxy.attempts;
  }

  async play(step) {
    switch (step.gateway) {
      case 'publish':
        for (let i = 1; i <= (step.count ?? 1); i++) {
          await this.nodes.publish(step.channel, step.name ?? 'event', jsonOf(step, i));
        }
        return undefined;
      case 'reset':
        return this.proxy.reset();
      case 'stall':
        return this.proxy.stall();
      case 'drain':
        return this.#drain();
      case 'keepalive':
        return undefined;
      default:
        throw new Error(`a node cannot do ${step.gateway}: mark the step "only": "fake"`);
    }
  }

  /** The node that has the client goes away; it is back before this ends. */
  async #drain() {
    const node = this.nodes.all[(this.proxy.attempts - 1) % this.nodes.all.length];
    await node.drain();
    await node.start();
  }

  async got() {
    return ONLY_FAKE;
  }

  count() {
    return ONLY_FAKE;
  }

  indexOf() {
    return ONLY_FAKE;
  }

  async whenAttempts(count, millis) {
    for (const end = Date.now() + millis; this.attempts < count && Date.now() < end; ) {
      await pause(20);
    }
    return this.attempts;
  }

  async closedWith() {
    return ONLY_FAKE;
  }

  faults() {
    return [];
  }

  async stop() {
    this.proxy.stop();
  }
}

export {ONLY_FAKE};
