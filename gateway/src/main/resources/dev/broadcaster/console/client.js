import {payloadText, requestText} from './frame.js';
import {Liveness} from './liveness.js';

/** The end of a connection without a close frame. */
const NO_CLOSE_FRAME = 1006;

/** The gateway's answer `{"error": {"code", "message"}}`; its message is `code: message`. */
export class GatewayError extends Error {
  constructor({code, message}) {
    super(`${code}: ${message}`);
  }
}

/**
 * One connection, protocol version 1. It is never reopened: a reconnect is a new one.
 *
 * `on` has `open()`, `broadcast(message)`, `unsubscribed({channel, reason})`, `failed(GatewayError)` for an error that
 * answers no request of ours, and `closed(code, reason)`, which is the last call.
 */
export class Connection {
  #socket;
  #on;
  #waiting = new Map();
  #lastId = 0;
  #liveness;
  #ended = false;

  constructor(url, on) {
    this.#on = on;
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener('open', () => on.open());
    this.#socket.addEventListener('message', ({data}) => this.#receive(data));
    this.#socket.addEventListener('close', ({code, reason}) => this.#end(code, reason));
  }

  /** Also asks for a frame with each ping; a gateway that does not know this sends none, and is not watched. */
  async auth(token) {
    const reply = await this.#request('auth', {token, hello: {client: 'console/1', want: ['keepalive']}});
    const {pingInterval, features = []} = reply.hello ?? {};
    if (pingInterval > 0 && features.includes('keepalive') && !this.#ended) {
      this.#liveness = new Liveness(
        pingInterval,
        () => this.heartbeat().catch(() => {}),
        (seconds) => this.#dead(`nothing was heard for ${seconds} s`),
      );
    }
    return reply;
  }

  /**
   * With the id of the last message seen, what came after it is asked for. The reply has `lastMessageId`, which stands for
   * that id until a message comes, where the channel has a history.
   */
  subscribe(channel, lastSeenMessageId) {
    return this.#request('subscribe', {channel, lastSeenMessageId, position: true});
  }

  heartbeat() {
    return this.#request('heartbeat', {});
  }

  unsubscribe(channel) {
    return this.#request('unsubscribe', {channel});
  }

  /** `payload` is JSON text. */
  publish(channel, event, payload) {
    return this.#request('publish', {channel, event}, payload);
  }

  close() {
    this.#socket.close(1000, 'normal');
  }

  #request(method, params, payload) {
    if (this.#socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new Error('not connected'));
    }
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {resolve, reject});
      this.#socket.send(requestText(id, method, params, payload));
    });
  }

  #receive(data) {
    if (this.#ended) {
      return;
    }
    const at = performance.now();
    this.#liveness?.heard();
    const frame = JSON.parse(data);
    if (frame.method === 'keepalive') {
      return;
    }
    if (frame.method === 'broadcast') {
      this.#on.broadcast({...frame.params, payload: payloadText(data), receivedAt: at});
      return;
    }
    if (frame.method === 'unsubscribed') {
      this.#on.unsubscribed(frame.params);
      return;
    }
    const request = this.#waiting.get(frame.requestId);
    this.#waiting.delete(frame.requestId);
    if (frame.error) {
      const error = new GatewayError(frame.error);
      request ? request.reject(error) : this.#on.failed(error);
      return;
    }
    request?.resolve({...frame.result, receivedAt: at});
  }

  /** The browser would wait for a peer that is not there. */
  #dead(why) {
    this.#end(NO_CLOSE_FRAME, why);
    this.#socket.close();
  }

  #end(code, reason) {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#liveness?.stop();
    for (const {reject} of this.#waiting.values()) {
      reject(new Error('the connection closed before the reply'));
    }
    this.#waiting.clear();
    this.#on.closed(code, reason);
  }
}

/** Publishes over REST; `payload` is JSON text. */
export async function publishOverRest(url, apiKey, channel, event, payload) {
  const head = JSON.stringify({channel, event});
  const response = await fetch(url, {
    method: 'POST',
    headers: {'Authorization': `Bearer ${apiKey}`, 'Content-Type': 'application/json'},
    body: `${head.slice(0, -1)},"payload":${payload}}`,
  });
  const receivedAt = performance.now();
  const text = await response.text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Error(`HTTP ${response.status}: ${text.slice(0, 200)}`);
  }
  if (body.error) {
    throw new GatewayError(body.error);
  }
  return {...body, receivedAt};
}
