import {Backoff, SLOW_CONSUMER, TOKEN_VOID} from './backoff.js';
import {Calls, type Reply} from './calls.js';
import {type BroadcasterError, Closed, ProtocolViolation, Stopped, Unauthorized, Unavailable} from './errors.js';
import {Liveness} from './liveness.js';
import type {Cancel, Loop} from './loop.js';
import {environment} from './environment.js';
import type {Reason, TokenReason, Tokens} from './tokens.js';

/**
 * `idle`: not wanted. `connecting`: a token is asked for, or a socket opens. `authenticating`: the socket is open.
 * `connected`. `waiting`: the next attempt comes in a while. `stopped`: it does not come by itself.
 */
export type State = 'idle' | 'connecting' | 'authenticating' | 'connected' | 'waiting' | 'stopped';

export interface StateEvent {
  state: State;
  /** In `waiting`: milliseconds until the next attempt. */
  retryIn?: number;
  /** In `waiting` and `stopped`, after a connection: its close code and reason. */
  code?: number;
  reason?: string;
  /** In `stopped`: why. */
  error?: BroadcasterError;
}

/** What a node says about itself and the connection; empty for a node that knows no `hello`. */
export interface Hello {
  connectionId?: string;
  expiresIn?: number;
  pingInterval?: number;
  maxMessageBytes?: number;
  maxSubscriptions?: number;
  features?: string[];
}

/** The part of a WebSocket that is used: a browser's, or one of the package `ws`. */
export interface Socket {
  readonly bufferedAmount: number;
  binaryType?: string;
  onopen: any;
  onmessage: any;
  onclose: any;
  onerror: any;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  /** Of the package `ws`: ends the connection without a closing handshake. */
  terminate?(): void;
}

/** Who is told what happens to the connection. */
export interface ConnectionOwner {
  /** `auth` is written, and what is written now shares its packet and its round trip; again when it was accepted. */
  onOpen(): void;
  /** No call of the connection waits any longer. */
  onLost(): void;
  /** The client gave up, or was closed: `error` says why. */
  onEnd(error: BroadcasterError): void;
  onNotification(method: string, params: any, text: string): void;
  onState(event: StateEvent): void;
  onSlowConsumer(): void;
}

const OPEN_MILLIS = 10_000;
const AUTH_MILLIS = 5_000;
/** A connection of this age was good: the next backoff starts anew. */
const STABLE_MILLIS = 10_000;
/** How soon a node must answer when the network has changed. */
const PROBE_MILLIS = 4_000;
const WAKE_EVERY_MILLIS = 1_000;
const SLOW_WINDOW_MILLIS = 60_000;
/** The largest message that is read: more is not a broadcast but a fault. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
/** Our own code: the node broke the protocol, or is silent. */
const OUR_CLOSE = 4000;
const ABNORMAL = 1006;

/** The way to the node: one socket at a time, made again until it is closed or stopped. */
export class Connection {
  state: State = 'idle';
  hello: Hello = {};
  readonly calls = new Calls((text) => this.socket!.send(text));
  /** Rises with each attempt and each loss: a callback with an older number does nothing. */
  private attempt = 0;
  private socket: Socket | undefined;
  private liveness: Liveness | undefined;
  private readonly backoff: Backoff;
  private connectedAt: number | undefined;
  private reason: TokenReason['kind'] = 'start';
  private rejections = 0;
  private refused: {status: number; retryAfter: number} | undefined;
  /** Frames that wait for the handlers of a promise; see `yield`. */
  private inbox: unknown[] | undefined;
  private slowAt: number[] = [];
  private lastWake = -Infinity;
  private nextAt = 0;
  /** The timer of the state: the handshake's, the reply's to `auth`, or the backoff's. */
  private cancelState: Cancel = () => {};
  private cancelRefresh: Cancel = () => {};
  private unlisten: Cancel = () => {};

  constructor(
    private readonly loop: Loop,
    private readonly tokens: Tokens,
    private readonly url: string,
    private readonly webSocket: new (url: string) => any,
    private readonly owner: ConnectionOwner,
  ) {
    this.backoff = new Backoff(loop);
  }

  /** Whether requests may be sent. False as soon as a loss is noticed, before the state says so. */
  get authenticated(): boolean {
    return !!this.liveness;
  }

  get bufferedAmount(): number {
    return this.socket!.bufferedAmount;
  }

  /** Whether the node knows idempotency keys. */
  get idempotent(): boolean {
    return this.feature('idempotency');
  }

  feature(name: string): boolean {
    return !!this.hello.features?.includes(name);
  }

  connect(): void {
    if (this.state === 'waiting') {
      this.wake();
    } else if (this.state === 'idle' || this.state === 'stopped') {
      this.backoff.reset();
      this.rejections = 0;
      this.reason = 'start';
      this.unlisten = environment((type) => this.loop.enter(() => this.onEnvironment(type)));
      this.begin();
    }
  }

  close(): void {
    const error = new Closed('the client is closed');
    if (this.state === 'idle') {
      // Publishes and `ready` may wait for a connection that nobody has begun.
      this.owner.onEnd(error);
    } else {
      this.end('idle', error);
    }
  }

  /** Cuts a wait short, at most once a second. */
  wake(): void {
    if (this.state === 'waiting') {
      const now = this.loop.now();
      const wait = Math.min(this.nextAt - now, Math.max(0, this.lastWake + WAKE_EVERY_MILLIS - now));
      this.schedule(wait);
    }
  }

  /** The node must show that it is there. */
  probe(): void {
    this.liveness?.probe(PROBE_MILLIS);
  }

  /** The node said what it must not say: again from the start, with recovery. */
  violate(message: string): void {
    this.loop.report(new ProtocolViolation(message));
    this.lose(OUR_CLOSE, message);
  }

  private set(event: StateEvent): void {
    this.state = event.state;
    this.owner.onState(event);
  }

  private onEnvironment(type: 'wake' | 'doubt' | 'hide'): void {
    if (type === 'hide') {
      // Into the back/forward cache, which takes no page with an open socket. `pageshow` wakes it.
      this.drop(1000, '');
      this.nextAt = Infinity;
      this.set({state: 'waiting'});
    } else if (this.state === 'connected') {
      this.probe();
    } else if (type === 'wake') {
      this.wake();
    }
  }

  private schedule(millis: number): void {
    this.cancelState();
    this.nextAt = this.loop.now() + millis;
    this.cancelState = this.loop.after(millis, () => {
      this.lastWake = this.loop.now();
      this.begin();
    });
  }

  private begin(): void {
    this.attempt++;
    this.set({state: 'connecting'});
    if (this.tokens.usable()) {
      this.open();
    } else {
      this.renew({kind: this.tokens.current === undefined ? this.reason : 'expiring'}, () => this.open());
    }
  }

  /** Gets a token for the current attempt; a token that comes later is used by the next `auth`. */
  private renew(reason: Reason, use: (token: string) => void, failed = (error: unknown) => {
    this.loop.report(error);
    this.lose(ABNORMAL, 'no token');
  }): void {
    const {attempt} = this;
    this.tokens.ask(reason, (error, token) => {
      if (attempt === this.attempt) {
        error instanceof Unauthorized ? this.end('stopped', error) : error ? failed(error) : use(token!);
      }
    });
  }

  private open(): void {
    const {attempt} = this;
    const on =
      <E>(run: (event: E) => void) =>
      (event: E) => {
        if (attempt === this.attempt) {
          this.loop.enter(() => run(event));
        }
      };
    let socket: Socket & {on?: any};
    try {
      socket = this.socket = new this.webSocket(this.url);
    } catch (error) {
      this.stop(ABNORMAL, String(error));
      return;
    }
    socket.onopen = on(() => this.onOpen());
    socket.onmessage = on<{data: unknown}>(({data}) => (this.inbox ? this.inbox.push(data) : this.onFrame(data)));
    socket.onclose = on<{code: number; reason: string}>(({code, reason}) => {
      this.readInbox();
      attempt === this.attempt && this.lose(code, reason);
    });
    // A close follows; but Node ends a process for an error that has no listener.
    socket.onerror = () => {};
    // Where the platform shows why a handshake was refused.
    socket.on?.('unexpected-response', (request: any, response: any) => {
      this.refused = {status: response.statusCode, retryAfter: Number(response.headers['retry-after']) * 1000 || 0};
      request.destroy();
      on(() => this.lose(ABNORMAL, `HTTP ${response.statusCode}`))(0);
    });
    this.cancelState = this.loop.deadline(OPEN_MILLIS, () => this.lose(ABNORMAL, 'no handshake in 10 s'));
  }

  private onOpen(): void {
    this.cancelState();
    this.set({state: 'authenticating'});
    this.auth();
    this.owner.onOpen();
  }

  private auth(): void {
    const token = this.tokens.current!;
    const params = {token, hello: {client: 'js/' + VERSION, want: ['keepalive']}};
    this.cancelState = this.loop.deadline(AUTH_MILLIS, () => this.lose(ABNORMAL, 'no reply to auth in 5 s'));
    this.calls.send('auth', JSON.stringify(params), (reply) => {
      if (reply) {
        this.cancelState();
        if (reply.error) {
          this.onRejected(token, reply.error.message, () => this.auth());
        } else {
          this.onAuthenticated(reply.result.hello || {});
        }
      }
    });
  }

  private onAuthenticated(hello: Hello): void {
    this.hello = hello;
    this.reason = 'expiring';
    this.connectedAt = this.loop.now();
    const pingInterval = this.feature('keepalive') ? hello.pingInterval : undefined;
    this.liveness = new Liveness(
      this.loop,
      pingInterval,
      () => this.calls.send('heartbeat', '{}', () => {}),
      () => this.lose(ABNORMAL, 'the node is silent'),
    );
    this.accept(hello.expiresIn);
    this.set({state: 'connected'});
    this.owner.onOpen();
  }

  private accept(expiresIn: number | undefined): void {
    this.rejections = 0;
    this.tokens.onAccepted(expiresIn);
    this.cancelRefresh();
    if (expiresIn !== undefined && this.tokens.dynamic) {
      this.cancelRefresh = this.loop.after(this.tokens.refreshAfter(expiresIn), () => this.refresh({kind: 'expiring'}));
    }
  }

  /** One new token follows a rejection, on the same socket; a second rejection is final. */
  private onRejected(token: string, message: string, again: () => void): void {
    if (++this.rejections > 1) {
      this.end('stopped', new Unauthorized(`two tokens were rejected: ${message}`));
      return;
    }
    this.tokens.drop();
    this.reason = 'rejected';
    this.renew({kind: 'rejected'}, (fresh) => {
      if (fresh === token) {
        this.end('stopped', new Unauthorized(`the rejected token again, from a cache? ${message}`));
      } else {
        again();
      }
    });
  }

  /**
   * Gets a token and puts it into the session that asked. `done` is told whether the node took it. A failure is tried
   * again three times; then the node closes the connection when the old token ends.
   */
  refresh(reason: Reason, done?: (taken: boolean) => void, retries = 3): void {
    const failed = (error: unknown) => {
      this.loop.report(error);
      if (done || !retries) {
        done?.(false);
      } else {
        this.cancelRefresh();
        this.cancelRefresh = this.loop.after(this.loop.upTo(5000), () => this.refresh(reason, done, retries - 1));
      }
    };
    const send = (token: string) =>
      this.calls.send('refresh', JSON.stringify({token}), (reply: Reply) => {
        const {result, error} = reply || {};
        if (error?.code === 'Unauthenticated') {
          this.onRejected(token, error.message, () => send(this.tokens.current!));
        } else if (error) {
          failed(new Unauthorized(error.message));
        } else if (result) {
          this.accept(result.expiresIn ?? Date.parse(result.expiresAt) - Date.now());
          done?.(true);
        }
      });
    this.renew(reason, send, failed);
  }

  /**
   * What came in the same packet is read in a later microtask: a promise that was just resolved has its handlers run
   * first. So `await publish()` goes on before the own message arrives, also where several frames come in one turn.
   */
  yield(): void {
    if (!this.inbox) {
      this.inbox = [];
      const {attempt} = this;
      queueMicrotask(() => attempt === this.attempt && this.loop.enter(() => this.readInbox()));
    }
  }

  private readInbox(): void {
    const {inbox, attempt} = this;
    this.inbox = undefined;
    for (const data of inbox ?? []) {
      if (this.inbox) {
        (this.inbox as unknown[]).push(data);
      } else if (attempt === this.attempt) {
        this.onFrame(data);
      }
    }
  }

  private onFrame(data: unknown): void {
    this.liveness?.onFrame();
    let frame: any;
    try {
      frame = typeof data === 'string' && data.length <= MOST_CHARACTERS && JSON.parse(data);
    } catch {
      // Not JSON.
    }
    if (typeof frame !== 'object' || !frame) {
      this.violate('a message that is no JSON object, or is over 8 MiB');
    } else if (frame.method !== undefined) {
      this.owner.onNotification(frame.method, frame.params, data as string);
    } else if (!this.calls.settle(frame.requestId, frame)) {
      const {code, message} = frame.error || {code: 'a reply to nothing', message: frame.requestId};
      this.loop.report(new ProtocolViolation(`${code}: ${message}`));
    }
  }

  /** The connection, or the attempt at one, is over. The code says what comes next. */
  private lose(code: number, reason: string): void {
    const {loop, refused, connectedAt} = this;
    if (connectedAt !== undefined && loop.now() - connectedAt >= STABLE_MILLIS) {
      this.backoff.reset();
    }
    this.drop(code, reason);
    let retryIn = this.backoff.next(code);
    if (retryIn === undefined) {
      this.stop(code, reason);
      return;
    }
    if (code === TOKEN_VOID) {
      this.tokens.drop();
      this.reason = 'closed';
    }
    if (refused) {
      if (refused.retryAfter) {
        retryIn = Math.max(retryIn, refused.retryAfter + loop.upTo(refused.retryAfter));
      }
      loop.report(new Unavailable(reason, {status: refused.status}));
    }
    this.schedule(retryIn);
    this.set({state: 'waiting', retryIn, code, reason});
    if (code === SLOW_CONSUMER) {
      const now = loop.now();
      this.slowAt = [...this.slowAt.filter((at) => now - at < SLOW_WINDOW_MILLIS), now];
      if (this.slowAt.length > 2) {
        this.owner.onSlowConsumer();
      }
    }
  }

  private stop(closeCode: number, reason: string): void {
    this.end('stopped', new Stopped(`closed with ${closeCode}: ${reason}`, {closeCode, reason}));
  }

  /** Over, until `connect()`. */
  private end(state: 'idle' | 'stopped', error: BroadcasterError): void {
    this.drop(1000, '');
    this.unlisten();
    this.tokens.stop();
    this.owner.onEnd(error);
    const {closeCode: code, reason} = error as Stopped;
    this.set(state === 'idle' ? {state} : {state, error, code, reason});
  }

  /** Lets go of the socket and of every timer; then the calls that waited end. */
  private drop(code: number, reason: string): void {
    const {socket} = this;
    this.attempt++;
    this.socket = this.refused = this.connectedAt = this.inbox = undefined;
    this.cancelState();
    this.cancelRefresh();
    this.liveness?.stop();
    this.liveness = undefined;
    if (code === ABNORMAL && socket?.terminate) {
      // Nobody is there to answer a close.
      socket.terminate();
    } else {
      socket?.close(code === 1000 ? 1000 : OUR_CLOSE, reason.slice(0, 40));
    }
    this.calls.lose();
    this.owner.onLost();
  }
}
