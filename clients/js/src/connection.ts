import {SLOW_CONSUMER, TOKEN_VOID, createBackoff} from './backoff.js';
import {type Calls, type Reply, createCalls} from './calls.js';
import {type BroadcasterError, Closed, ProtocolViolation, Stopped, Unauthorized, Unavailable} from './errors.js';
import {type Liveness, createLiveness} from './liveness.js';
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
export interface Connection {
  readonly state: State;
  readonly hello: Hello;
  readonly calls: Calls;
  readonly tokens: Tokens;
  /** Whether requests may be sent. False as soon as a loss is noticed, before the state says so. */
  readonly authenticated: boolean;
  readonly bufferedAmount: number;
  feature(name: string): boolean;
  connect(): void;
  close(): void;
  /** Cuts a wait short, at most once a second; a connected node must show that it is there. */
  wake(): void;
  /** The node said what it must not say: again from the start, with recovery. */
  violate(message: string): void;
  /**
   * Gets a token and puts it into the session that asked. `done` is told whether the node took it. A failure is tried
   * again three times; then the node closes the connection when the old token ends.
   */
  refresh(reason: Reason, done?: (taken: boolean) => void): void;
  /**
   * What came in the same packet is read in a later microtask: a promise that was just resolved has its handlers run
   * first. So `await publish()` goes on before the own message arrives, also where several frames come in one turn.
   */
  yield(): void;
}

export function createConnection(
  loop: Loop,
  tokens: Tokens,
  url: string,
  webSocket: new (url: string) => any,
  owner: ConnectionOwner,
): Connection {
  const {enter, after, deadline, now, upTo, report} = loop;
  const backoff = createBackoff(loop);
  let state: State = 'idle';
  let hello: Hello = {};
  /** Rises with each attempt and each loss: a callback with an older number does nothing. */
  let attempt = 0;
  let socket: Socket | undefined;
  let liveness: Liveness | undefined;
  /** Undefined, as a number that is never reached, while there is no connection. */
  let connectedAt: number | undefined;
  /** Frames that wait for the handlers of a promise. */
  let inbox: unknown[] | undefined;
  /** Why the next token is needed, where there is none. */
  let reason: TokenReason['kind'];
  let rejections: number;
  let slowAt: number[] = [];
  /** Of the last attempt that ended a wait. */
  let lastWake = -Infinity;
  let nextAt: number;
  /** The timer of the state: the handshake's, the reply's to `auth`, or the backoff's. */
  let cancelState: Cancel | undefined;
  let cancelRefresh: Cancel | undefined;
  let unlisten: Cancel;

  const calls = createCalls((text) => socket!.send(text));

  const feature = (name: string) => !!hello.features?.includes(name);

  const set = (event: StateEvent) => {
    state = event.state;
    owner.onState(event);
  };

  const onEnvironment = (hidden: boolean, hopeful: boolean) => {
    if (hidden) {
      // Into the back/forward cache, which takes no page with an open socket. `pageshow` wakes it.
      drop(1000);
      nextAt = Infinity;
      set({state: 'waiting'});
    } else if (hopeful || liveness) {
      wake();
    }
  };

  const wake = () => {
    liveness?.probe(PROBE_MILLIS);
    if (state === 'waiting') {
      schedule(Math.min(nextAt - now(), Math.max(0, lastWake + WAKE_EVERY_MILLIS - now())));
    }
  };

  const schedule = (millis: number) => {
    cancelState?.();
    nextAt = now() + millis;
    cancelState = after(millis, () => {
      lastWake = now();
      begin();
    });
  };

  const begin = () => {
    attempt++;
    set({state: 'connecting'});
    tokens.usable() ? open() : renew({kind: tokens.current ? 'expiring' : reason}, open);
  };

  const noToken = (error: unknown) => {
    report(error);
    lose(ABNORMAL, 'no token');
  };

  /** Gets a token for the current attempt; a token that comes later is used by the next `auth`. */
  const renew = (why: Reason, use: (token: string) => void, failed = noToken) => {
    const mine = attempt;
    tokens.ask(why, (error, token) => {
      if (mine === attempt) {
        error instanceof Unauthorized ? end('stopped', error) : error ? failed(error) : use(token!);
      }
    });
  };

  const open = () => {
    const mine = attempt;
    let refused: {status: number; retryAfter: number} | undefined;
    const on =
      <E>(run: (event: E) => void) =>
      (event: E) =>
        enter(() => mine === attempt && run(event));
    let made: Socket & {on?: any};
    try {
      made = socket = new webSocket(url);
    } catch (error) {
      stop(ABNORMAL, webSocket ? String(error) : 'no WebSocket: pass {webSocket}');
      return;
    }
    made.onopen = on(() => {
      cancelState!();
      set({state: 'authenticating'});
      auth();
      owner.onOpen();
    });
    made.onmessage = on<{data: unknown}>(({data}) => (inbox ? inbox.push(data) : onFrame(data)));
    made.onclose = on<{code: number; reason: string}>((event) => {
      readInbox();
      mine === attempt && lose(event.code, event.reason);
    });
    // A close follows; but Node ends a process for an error that has no listener.
    made.onerror = () => {};
    // Where the platform shows why a handshake was refused.
    made.on?.('unexpected-response', (request: any, {statusCode: status, headers}: any) => {
      refused = {status, retryAfter: headers['retry-after'] * 1000 || 0};
      request.destroy();
      on(() => lose(ABNORMAL, `HTTP ${status}`, refused))(0);
    });
    cancelState = deadline(OPEN_MILLIS, () => lose(ABNORMAL, 'no handshake'));
  };

  const auth = () => {
    const token = tokens.current!;
    cancelState = deadline(AUTH_MILLIS, () => lose(ABNORMAL, 'no reply to auth'));
    calls.send('auth', JSON.stringify({token, hello: {client: 'js/' + VERSION, want: ['keepalive']}}), (reply) => {
      if (reply) {
        cancelState!();
        reply.error ? onRejected(token, reply.error.message, auth) : onAuthenticated(reply.result.hello || {});
      }
    });
  };

  const onAuthenticated = (said: Hello) => {
    hello = said;
    reason = 'expiring';
    connectedAt = now();
    liveness = createLiveness(
      loop,
      feature('keepalive') ? hello.pingInterval : undefined,
      () => calls.send('heartbeat', '{}', () => {}),
      () => lose(ABNORMAL, 'the node is silent'),
    );
    accept(hello.expiresIn);
    set({state: 'connected'});
    owner.onOpen();
  };

  const accept = (expiresIn: number | undefined) => {
    rejections = 0;
    tokens.onAccepted(expiresIn);
    cancelRefresh?.();
    if (expiresIn !== undefined && tokens.dynamic) {
      cancelRefresh = after(tokens.refreshAfter(expiresIn), () => refresh({kind: 'expiring'}));
    }
  };

  /** One new token follows a rejection, on the same socket; a second rejection is final, and that of a string. */
  const onRejected = (token: string, message: string, again: () => void) => {
    const unauthorized = (text: string) => end('stopped', new Unauthorized(`${text}: ${message}`));
    if (++rejections > 1 || !tokens.dynamic) {
      unauthorized('token rejected');
      return;
    }
    tokens.drop();
    reason = 'rejected';
    renew({kind: reason}, (fresh) => (fresh === token ? unauthorized('the rejected token again') : again()));
  };

  const refresh = (why: Reason, done?: (taken: boolean) => void, retries = 3) => {
    const failed = (error: unknown) => {
      report(error);
      if (done || !retries) {
        done?.(false);
      } else {
        cancelRefresh?.();
        cancelRefresh = after(upTo(5000), () => refresh(why, done, retries - 1));
      }
    };
    const send = (token: string) =>
      calls.send('refresh', JSON.stringify({token}), (reply: Reply) => {
        const {result, error} = reply || {};
        if (error?.code === 'Unauthenticated') {
          onRejected(token, error.message, () => send(tokens.current!));
        } else if (error) {
          failed(new Unauthorized(error.message));
        } else if (result) {
          accept(result.expiresIn);
          done?.(true);
        }
      });
    renew(why, send, failed);
  };

  const readInbox = () => {
    const mine = attempt;
    const frames = inbox || [];
    inbox = undefined;
    for (const data of frames) {
      if (mine === attempt) {
        inbox ? (inbox as unknown[]).push(data) : onFrame(data);
      }
    }
  };

  const onFrame = (data: any) => {
    liveness?.onFrame();
    let frame: any;
    try {
      frame = typeof data === 'string' && data.length <= MOST_CHARACTERS && JSON.parse(data);
    } catch {
      // Not JSON.
    }
    if (typeof frame !== 'object' || !frame) {
      violate('not a JSON object');
    } else if (frame.method !== undefined) {
      owner.onNotification(frame.method, frame.params, data);
    } else if (!calls.settle(frame.requestId, frame)) {
      report(new ProtocolViolation('unasked: ' + data.slice(0, 200)));
    }
  };

  const violate = (message: string) => {
    report(new ProtocolViolation(message));
    lose(OUR_CLOSE, message);
  };

  /** The connection, or the attempt at one, is over. The code says what comes next. */
  const lose = (code: number, text: string, refused?: {status: number; retryAfter: number}) => {
    if (now() - connectedAt! >= STABLE_MILLIS) {
      backoff.reset();
    }
    drop(code);
    let retryIn = backoff.next(code);
    if (retryIn === undefined) {
      stop(code, text);
      return;
    }
    if (code === TOKEN_VOID) {
      tokens.drop();
      reason = 'closed';
    }
    if (refused) {
      const {status, retryAfter} = refused;
      retryIn = retryAfter ? Math.max(retryIn, retryAfter + upTo(retryAfter)) : retryIn;
      report(new Unavailable(text, {status}));
    }
    schedule(retryIn);
    set({state: 'waiting', retryIn, code, reason: text});
    if (code === SLOW_CONSUMER) {
      slowAt = [...slowAt.filter((at) => now() - at < SLOW_WINDOW_MILLIS), now()];
      slowAt.length > 2 && owner.onSlowConsumer();
    }
  };

  const stop = (closeCode: number, text: string) =>
    end('stopped', new Stopped(`closed: ${closeCode} ${text}`, {closeCode, reason: text}));

  /** Over, until `connect()`. */
  const end = (how: 'idle' | 'stopped', error: BroadcasterError) => {
    drop(1000);
    unlisten();
    tokens.stop();
    owner.onEnd(error);
    const {closeCode: code, reason: text} = error as Stopped;
    set(how === 'idle' ? {state: how} : {state: how, error, code, reason: text});
  };

  /** Lets go of the socket and of every timer; then the calls that waited end. */
  const drop = (code: number) => {
    const gone = socket;
    attempt++;
    socket = connectedAt = inbox = undefined;
    cancelState?.();
    cancelRefresh?.();
    liveness?.stop();
    liveness = undefined;
    if (code === ABNORMAL && gone?.terminate) {
      // Nobody is there to answer a close.
      gone.terminate();
    } else {
      gone?.close(code === 1000 ? 1000 : OUR_CLOSE);
    }
    calls.lose();
    owner.onLost();
  };

  return {
    get state() {
      return state;
    },
    get hello() {
      return hello;
    },
    calls,
    tokens,
    get authenticated() {
      return !!liveness;
    },
    get bufferedAmount() {
      return socket!.bufferedAmount;
    },
    feature,
    connect() {
      if (state === 'waiting') {
        wake();
      } else if (state === 'idle' || state === 'stopped') {
        backoff.reset();
        rejections = 0;
        reason = 'start';
        unlisten = environment((hidden, hopeful) => enter(() => onEnvironment(hidden, hopeful)));
        begin();
      }
    },
    close() {
      const error = new Closed('closed');
      // In `idle` too, publishes and `ready` may wait for a connection that nobody has begun.
      state === 'idle' ? owner.onEnd(error) : end('idle', error);
    },
    wake,
    violate,
    refresh,
    yield() {
      if (!inbox) {
        const mine = attempt;
        inbox = [];
        queueMicrotask(() => enter(() => mine === attempt && readInbox()));
      }
    },
  };
}
