import {payloadText, requestText} from './frame.js';

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

  constructor(url, on) {
    this.#on = on;
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener('open', () => on.open());
    this.#socket.addEventListener('message', ({data}) => this.#receive(data));
    this.#socket.addEventListener('close', ({code, reason}) => this.#end(code, reason));
  }

  auth(token) {
    return this.#request('auth', {token});
  }

  /** With the id of the last message seen, what came after it is asked for. */
  subscribe(channel, lastSeenMessageId) {
    return this.#request('subscribe', {channel, lastSeenMessageId});
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
    const at = performance.now();
    const frame = JSON.parse(data);
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

  #end(code, reason) {
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
