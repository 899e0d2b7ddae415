// A WebSocket client of bytes: for conversations in which every frame counts.

import {randomBytes} from 'node:crypto';
import {connect} from 'node:net';
import * as frames from './frames.js';

export class RawSocket {
  /** Texts that have not been taken yet. */
  texts = [];
  closeCode;
  #socket;
  #watchers = new Set();

  static async open(url) {
    const {hostname, port, pathname} = new URL(url);
    const raw = new RawSocket();
    const socket = (raw.#socket = connect(Number(port), hostname));
    socket.setNoDelay(true);
    const reader = new frames.FrameReader((opcode, payload) => raw.#onFrame(opcode, payload));
    let head = Buffer.alloc(0);
    await new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => raw.#changed());
      socket.on('data', (chunk) => {
        if (head === undefined) {
          reader.push(chunk);
          return;
        }
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf('\r\n\r\n');
        if (end >= 0) {
          const rest = head.subarray(end + 4);
          const ok = head.toString('latin1').startsWith('HTTP/1.1 101');
          head = undefined;
          ok ? resolve() : reject(new Error('no 101'));
          rest.length > 0 && reader.push(rest);
        }
      });
      const key = randomBytes(16).toString('base64');
      socket.write(
        `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
      );
    });
    return raw;
  }

  send(text) {
    this.#socket.write(frames.frame(frames.TEXT, text, {mask: true}));
  }

  close(code = 1000) {
    this.#socket.write(frames.closeFrame(code, '', {mask: true}));
  }

  destroy() {
    this.#socket.destroy();
  }

  /** Takes the first text for which `test` holds; undefined when none comes in time. */
  async take(test = () => true, millis = 5000) {
    const find = () => this.texts.findIndex((text) => test(text));
    await this.when(() => find() >= 0 || this.closeCode !== undefined, millis);
    const at = find();
    return at < 0 ? undefined : this.texts.splice(at, 1)[0];
  }

  when(condition, millis) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        resolve();
      };
      const watch = () => condition() && end();
      const timer = setTimeout(end, millis);
      this.#watchers.add(watch);
      watch();
    });
  }

  #onFrame(opcode, payload) {
    if (opcode === frames.TEXT) {
      this.texts.push(payload.toString());
    } else if (opcode === frames.PING) {
      this.#socket.write(frames.frame(frames.PONG, payload, {mask: true}));
    } else if (opcode === frames.CLOSE) {
      this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    }
    this.#changed();
  }

  #changed() {
    for (const watch of [...this.#watchers]) {
      watch();
    }
  }
}
