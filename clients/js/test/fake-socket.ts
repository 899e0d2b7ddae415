import type {Socket} from '../src/connection.js';

/** A gateway in memory for one client: sockets whose events the test makes. */
export class FakeNet {
  readonly sockets: FakeSocket[] = [];
  readonly WebSocket: new (url: string) => FakeSocket;

  constructor() {
    const net = this;
    this.WebSocket = class extends FakeSocket {
      constructor(url: string) {
        super(url);
        net.sockets.push(this);
      }
    };
  }

  get last(): FakeSocket {
    return this.sockets[this.sockets.length - 1]!;
  }

  get open(): FakeSocket[] {
    return this.sockets.filter((socket) => !socket.closed);
  }
}

export class FakeSocket implements Socket {
  bufferedAmount = 0;
  closed = false;
  closeCode: number | undefined;
  onopen: any;
  onmessage: any;
  onclose: any;
  onerror: any;
  readonly sent: {id: number; method: string; params: any}[] = [];
  private answered = 0;

  constructor(readonly url: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code?: number): void {
    this.closed = true;
    this.closeCode = code;
  }

  /** The handshake is answered. */
  accept(): this {
    this.onopen?.({});
    return this;
  }

  receive(frame: unknown): void {
    this.onmessage?.({data: typeof frame === 'string' ? frame : JSON.stringify(frame)});
  }

  /** The oldest request that has no answer. */
  get next(): {id: number; method: string; params: any} | undefined {
    return this.sent[this.answered];
  }

  answer(result: unknown = {success: true}): void {
    const request = this.sent[this.answered++]!;
    this.receive({requestId: request.id, result});
  }

  refuse(code: string, message = 'no'): void {
    const request = this.sent[this.answered++]!;
    this.receive({requestId: request.id, error: {code, message}});
  }

  /** The node, or the network, ends the connection. */
  end(code = 1006, reason = ''): void {
    this.closed = true;
    this.onclose?.({code, reason});
  }

  get methods(): string[] {
    return this.sent.map(({method}) => method);
  }
}

export const hello = {
  connectionId: 'c1',
  expiresIn: 3_600_000,
  pingInterval: 25_000,
  maxMessageBytes: 65_536,
  maxSubscriptions: 1000,
  features: ['position', 'last', 'idempotency', 'parallel', 'keepalive'],
};
