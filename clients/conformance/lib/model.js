// What a correct node answers: sections 3, 4, 9 and 10 of the protocol, in memory. The misbehaviour is elsewhere
// (fake-gateway.js); this part is held to the gateway's own documented conversations and to a real node.

import {randomBytes} from 'node:crypto';
import {memberText} from './json-text.js';
import {authorizes, verify} from './tokens.js';

const CHANNEL = /^(?!:)(?!.*::)[A-Za-z0-9_:-]{0,199}[A-Za-z0-9_]$/;

class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const check = (ok, code, message) => {
  if (!ok) {
    throw new Refusal(code, message);
  }
};

export class Model {
  #channels = new Map();
  #published = new Map();
  #connections = 0;
  #epoch = 'E' + randomBytes(6).toString('hex').toUpperCase();

  /** `history`: entries of prefix and size, the longest prefix wins. `hello: false` is a node of before section 10. */
  constructor({history = {'chat:': 100}, maxSubscriptions = 1000, hello = true, features, verifyToken = verify} = {}) {
    this.history = history;
    this.maxSubscriptions = maxSubscriptions;
    this.hello = hello;
    this.features = features ?? ['position', 'last', 'idempotency', 'parallel', 'keepalive'];
    this.verifyToken = verifyToken;
  }

  #channel(name) {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      const prefix = Object.keys(this.history)
        .filter((entry) => entry === '*' || name.startsWith(entry))
        .sort((a, b) => b.length - a.length)[0];
      channel = {counter: 0, kept: [], size: prefix === undefined ? 0 : this.history[prefix], subscribers: new Map()};
      this.#channels.set(name, channel);
    }
    return channel;
  }

  /** Publishes `json` to all subscribers. `lost: true` is a message that no subscriber gets: a hole in `seq`. */
  publish(name, event, json, {lost = false} = {}) {
    const channel = this.#channel(name);
    const message = {id: `${this.#epoch}-${++channel.counter}`, number: channel.counter, event, json, createTime: new Date().toISOString()};
    if (channel.size > 0) {
      channel.kept.push(message);
      channel.kept = channel.kept.slice(-channel.size);
    }
    for (const subscription of channel.subscribers.values()) {
      subscription.seq++;
      if (!lost) {
        subscription.peer.send(this.#broadcast(name, message, subscription.seq));
      }
    }
    return {id: message.id, createTime: message.createTime};
  }

  #broadcast(channel, {id, event, json, createTime}, seq) {
    const head = JSON.stringify({id, seq, createTime, channel, event});
    return `{"method":"broadcast","params":${head.slice(0, -1)},"payload":${json}}}`;
  }

  /** The node ends the subscriptions of a channel. */
  end(name, reason) {
    const {subscribers} = this.#channel(name);
    const peers = [...subscribers.keys()];
    subscribers.clear();
    peers.forEach((peer) => peer.send(JSON.stringify({method: 'unsubscribed', params: {channel: name, reason}})));
  }

  /** A connection is gone. */
  leave(peer) {
    for (const channel of this.#channels.values()) {
      channel.subscribers.delete(peer);
    }
  }

  /** The frames that answer a request, the reply first. */
  answer(peer, request, text) {
    const {id, method, params = {}} = request;
    try {
      const {result, then = []} = this.#run(peer, method, params, text);
      return [...(id ? [JSON.stringify({requestId: id, result})] : []), ...then];
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) {
        throw refusal;
      }
      const error = {code: refusal.code, message: refusal.message};
      return [JSON.stringify(id ? {requestId: id, error} : {error})];
    }
  }

  #run(peer, method, params, text) {
    switch (method) {
      case 'auth':
        return this.#auth(peer, params);
      case 'subscribe':
        return this.#subscribe(peer, params);
      case 'unsubscribe':
        return this.#unsubscribe(peer, params);
      case 'publish':
        return this.#publish(peer, params, text);
      case 'heartbeat':
        return {result: {timestamp: new Date().toISOString()}};
      case 'refresh':
        return this.#refresh(peer, params);
      default:
        throw new Refusal('NotFound', 'no such method');
    }
  }

  #claims(token) {
    check(typeof token === 'string', 'InvalidArgument', 'token: missing or not a string');
    const claims = this.verifyToken(token);
    check(claims !== undefined, 'Unauthenticated', 'exp: in the past');
    return claims;
  }

  #auth(peer, {token, hello}) {
    check(typeof token === 'string', 'InvalidArgument', 'token: missing or not a string');
    check(peer.claims === undefined || this.verifyToken(token), 'Unauthenticated', 'exp: in the past');
    check(peer.claims === undefined, 'FailedPrecondition', 'already authenticated; use refresh for a new token');
    peer.claims = this.#claims(token);
    if (hello === undefined || !this.hello) {
      return {result: {success: true}};
    }
    peer.wantsKeepalive = (hello.want ?? []).includes('keepalive') && this.features.includes('keepalive');
    const limits = {pingInterval: 25000, maxMessageBytes: 65536, maxSubscriptions: this.maxSubscriptions};
    const connectionId = `c${++this.#connections}`;
    return {result: {success: true, hello: {connectionId, expiresIn: this.#expiresIn(peer), ...limits, features: this.features}}};
  }

  #expiresIn(peer) {
    return Math.max(0, Math.round(peer.claims.exp * 1000 - Date.now()));
  }

  #refresh(peer, {token}) {
    check(typeof token === 'string', 'InvalidArgument', 'token: missing or not a string');
    this.#authenticated(peer);
    const claims = this.#claims(token);
    check(claims.sub === peer.claims.sub, 'PermissionDenied', 'sub: not the subject of the first token');
    peer.claims = claims;
    const expiresAt = new Date(claims.exp * 1000).toISOString().replace('.000Z', 'Z');
    const then = [];
    for (const [name, channel] of this.#channels) {
      if (channel.subscribers.has(peer) && !authorizes(claims, name)) {
        channel.subscribers.delete(peer);
        const reason = 'the new token does not cover this channel';
        then.push(JSON.stringify({method: 'unsubscribed', params: {channel: name, reason}}));
      }
    }
    return {result: {success: true, expiresAt, ...(this.hello && {expiresIn: this.#expiresIn(peer)})}, then};
  }

  #authenticated(peer) {
    check(peer.claims !== undefined, 'Unauthenticated', 'not authenticated; call auth first');
  }

  #wellFormed(channel) {
    const expected = '1 to 200 characters of A-Z a-z 0-9 _ - :, no leading or double colon, last a letter, digit or _';
    check(CHANNEL.test(channel ?? ''), 'InvalidArgument', `channel: missing or malformed (expected: ${expected})`);
  }

  #allowed(peer, scope, channel) {
    const allowed = peer.claims.scope.includes(scope) && authorizes(peer.claims, channel);
    check(allowed, 'PermissionDenied', `the token does not allow to ${scope} to this channel`);
  }

  #subscribe(peer, {channel: name, lastSeenMessageId, position, last}) {
    this.#wellFormed(name);
    const inRange = last === undefined || last === null || (Number.isInteger(last) && last >= 1 && last <= 1000);
    check(inRange, 'InvalidArgument', 'last: out of range (expected: 1 to 1000)');
    this.#authenticated(peer);
    this.#allowed(peer, 'subscribe', name);
    const channel = this.#channel(name);
    check(!channel.subscribers.has(peer), 'AlreadyExists', 'already subscribed to this channel');
    let count = 0;
    for (const {subscribers} of this.#channels.values()) {
      count += subscribers.has(peer);
    }
    const free = this.maxSubscriptions === 0 || count < this.maxSubscriptions;
    check(free, 'FailedPrecondition', `subscriptions: ${count} (expected: < ${this.maxSubscriptions})`);

    const result = {subscriptionId: randomBytes(8).toString('hex'), timestamp: new Date().toISOString()};
    let replay;
    if (lastSeenMessageId) {
      replay = this.#after(channel, lastSeenMessageId);
      result.historyRecovered = replay !== undefined;
    }
    if (replay === undefined && last) {
      replay = channel.kept.slice(-last);
    }
    if (this.hello && position && channel.size > 0) {
      result.lastMessageId = `${this.#epoch}-${channel.counter}`;
    }
    if (this.hello && replay !== undefined) {
      result.recoveredMessages = replay.length;
    }
    const subscription = {peer, seq: (replay ?? []).length};
    channel.subscribers.set(peer, subscription);
    return {result, then: (replay ?? []).map((message, i) => this.#broadcast(name, message, i + 1))};
  }

  /** The messages after `id`, or undefined when not all of them are kept. */
  #after(channel, id) {
    const [epoch, number] = id.split('-');
    const from = Number(number);
    if (channel.size === 0 || epoch !== this.#epoch || !(from <= channel.counter)) {
      return undefined;
    }
    const messages = channel.kept.filter((message) => message.number > from);
    return messages.length === channel.counter - from ? messages : undefined;
  }

  #unsubscribe(peer, {channel: name}) {
    this.#wellFormed(name);
    this.#authenticated(peer);
    check(this.#channel(name).subscribers.delete(peer), 'NotFound', 'not subscribed to this channel');
    return {result: {success: true}};
  }

  #publish(peer, {channel, event, payload, idempotencyKey}, text) {
    this.#wellFormed(channel);
    const named = typeof event === 'string' && event !== '' && [...event].length <= 256;
    check(named, 'InvalidArgument', 'event: missing or malformed (expected: a string of 1 to 256 characters)');
    check(payload !== undefined, 'InvalidArgument', 'payload: missing');
    const printable = (idempotencyKey ?? undefined) === undefined || /^[ -~]{1,128}$/.test(idempotencyKey);
    check(printable, 'InvalidArgument', 'idempotencyKey: malformed (expected: 1 to 128 printable characters)');
    this.#authenticated(peer);
    this.#allowed(peer, 'publish', channel);
    const json = memberText(memberText(text, 'params'), 'payload');
    const key = idempotencyKey && `${peer.claims.sub} ${channel} ${idempotencyKey}`;
    const before = key && this.#published.get(key);
    if (before) {
      check(before.event === event && before.json === json, 'AlreadyExists', 'idempotencyKey: used for another message');
      return {result: before.result};
    }
    // The reply comes before the publisher's own copy.
    const then = [];
    const send = peer.send;
    peer.send = (frame) => then.push(frame);
    const result = this.publish(channel, event, json);
    peer.send = send;
    if (key) {
      this.#published.set(key, {event, json, result});
    }
    return {result, then};
  }
}
