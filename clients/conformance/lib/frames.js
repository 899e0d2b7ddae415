// WebSocket frames (RFC 6455, section 5) as bytes. Written here, not imported: a test double that misbehaves has to be
// able to write what no library writes.

import {createHash, randomBytes} from 'node:crypto';

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** The value of `Sec-WebSocket-Accept` for a key. */
export function acceptOf(key) {
  return createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
}

/** One frame. `mask` is true for what a client sends. */
export function frame(opcode, payload, {fin = true, mask = false} = {}) {
  const body = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
  const length = body.length;
  const head = Buffer.alloc(2 + (length > 65535 ? 8 : length > 125 ? 2 : 0));
  head[0] = (fin ? 0x80 : 0) | opcode;
  if (length > 65535) {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  } else if (length > 125) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = length;
  }
  if (!mask) {
    return Buffer.concat([head, body]);
  }
  head[1] |= 0x80;
  const key = randomBytes(4);
  const masked = Buffer.from(body);
  for (let i = 0; i < masked.length; i++) {
    masked[i] ^= key[i & 3];
  }
  return Buffer.concat([head, key, masked]);
}

export function closeFrame(code, reason = '', options) {
  const body = Buffer.alloc(2 + Buffer.byteLength(reason));
  body.writeUInt16BE(code);
  body.write(reason, 2);
  return frame(CLOSE, body, options);
}

/** A text message in frames of at most `size` bytes. */
export function fragments(text, size) {
  const body = Buffer.from(text);
  const frames = [];
  for (let at = 0; at === 0 || at < body.length; at += size) {
    frames.push(frame(at === 0 ? TEXT : 0, body.subarray(at, at + size), {fin: at + size >= body.length}));
  }
  return Buffer.concat(frames);
}

/** Takes bytes and calls `on(opcode, payload)` for each whole message or control frame. */
export class FrameReader {
  #on;
  #bytes = Buffer.alloc(0);
  #opcode = 0;
  #parts = [];

  constructor(on) {
    this.#on = on;
  }

  push(chunk) {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    while (this.#next()) {
      // Each turn takes one frame.
    }
  }

  #next() {
    const bytes = this.#bytes;
    if (bytes.length < 2) {
      return false;
    }
    let length = bytes[1] & 0x7f;
    let at = 2;
    if (length === 126) {
      if (bytes.length < 4) {
        return false;
      }
      length = bytes.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (bytes.length < 10) {
        return false;
      }
      length = Number(bytes.readBigUInt64BE(2));
      at = 10;
    }
    const masked = (bytes[1] & 0x80) !== 0;
    const start = at + (masked ? 4 : 0);
    if (bytes.length < start + length) {
      return false;
    }
    const payload = Buffer.from(bytes.subarray(start, start + length));
    if (masked) {
      for (let i = 0; i < payload.length; i++) {
        payload[i] ^= bytes[at + (i & 3)];
      }
    }
    this.#bytes = bytes.subarray(start + length);
    this.#take(bytes[0] & 0x0f, (bytes[0] & 0x80) !== 0, payload);
    return true;
  }

  #take(opcode, fin, payload) {
    if (opcode >= CLOSE) {
      this.#on(opcode, payload);
      return;
    }
    this.#opcode = opcode || this.#opcode;
    this.#parts.push(payload);
    if (fin) {
      const whole = Buffer.concat(this.#parts);
      this.#parts = [];
      this.#on(this.#opcode, whole);
    }
  }
}
