import {SLOW_CONSUMER, TOKEN_VOID, createBackoff} from './backoff.js';
import {type Calls, createCalls} from './calls.js';
import {type BroadcasterError, Closed, Invalid, ProtocolViolation, Stopped, Unauthorized, Unavailable} from './errors.js';
import {type Liveness, createLiveness} from './liveness.js';
import type {Cancel, Loop} from './loop.js';
import {environment} from './environment.js';
import type {Reason, TokenReason, Tokens} from './tokens.js';

/**
 * `idle`: not wanted. `connecting`: a token is asked for, or a socket opens. `authenticating`: the socket is open.
 * `connected`. `waiting`: the next attempt comes in a while; after 4401 a new token is asked for first. `stopped`: it
 * does not come by itself.
 */
export type State = 'idle' | 'connecting' | 'authenticating' | 'connected' | 'waiting' | 'stopped';

export interface StateEvent {
  state: State;
  /** In `waiting`: milliseconds until the next attempt; after 4401 from the new token on. */
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

/** Receives the events of the connection. */
export interface ConnectionOwner {
  /** `auth` is written, and what is written now shares its packet and its round trip; again when it was accepted. */
  onOpen(): void;
  /** No call of the connection waits any longer. */
  onLost(): void;
  /** The client gave up, or was closed: `error` says why. */
  onEnd(error: BroadcasterError): void;
  onNotification(method: string, params: any, text: string): void;
  onEvent(type: 'state' | 'warning', event: any): void;
}

const OPEN_MILLIS = 10_000;
const AUTH_MILLIS = 5_000;
/** After a connection of this age the backoff starts with the first delay again. */
const STABLE_MILLIS = 10_000;
/** How soon a node must answer when the network has changed. */
const PROBE_MILLIS = 4_000;
const WAKE_EVERY_MILLIS = 1_000;
/** What a refusal may ask for at most. */
const MOST_RETRY_AFTER_MILLIS = 60_000;
/** So many attempts in a row without a connection are told as an error, once. */
const TELLING_FAILURES = 3;
const SLOW_WINDOW_MILLIS = 60_000;
/** The largest message of a node that does not say. */
const MESSAGE_BYTES = 65536;
/** The largest message that is read: more is not a broadcast but a fault. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
/** Our own code: the node broke the protocol, or is silent. */
const OUR_CLOSE = 4000;
const ABNORMAL = 1006;
const AGAIN = 'token again';

/** The way to the node: one socket at a time, made again until it is closed or stopped. */
export interface Connection {
  readonly state: State;
  /** Bytes of a message that the node takes at most; 0: any number. */
  most(): number;
  readonly calls: Calls;
  readonly tokens: Tokens;
  /** Why the client is stopped, when it is. */
  readonly stopped: BroadcasterError | undefined;
  /** Whether requests may be sent. False as soon as a loss is noticed, before the state says so. */
  readonly authenticated: unknown;
  /** Bytes that wait in the socket. */
  unsent(): number;
  feature(name: string): boolean;
  connect(): void;
  close(): void;
  /** Cuts a wait short, at most once a second; a connected node must show that it is there. */
  wake(): void;
  /** The node said what it must not say: again from the start, with recovery. */
  violate(message: string, cause?: unknown): void;
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
  const backoff = createBackoff(loop);
  let state: State = 'idle';
  let hello: Hello = {};
  /** Rises with each attempt and each loss: a callback with an older number does nothing. */
  let attempt = 0;
  let socket: Socket | undefined;
  let liveness: Liveness | undefined;
  /** Undefined, as a number that is never reached, while there is no connection. */
  let connectedAt: number | undefined;
  /** Attempts since the last connection. */
  let failures: number;
  let stopped: BroadcasterError | undefined;
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
  /** By the kind of the reason: the next refresh, or the next attempt at one. */
  let refreshes: Record<string, Cancel> = {};
  let unlisten: Cancel;

  const calls = createCalls(
    loop,
    (text) => socket!.send(text),
    () => mute(),
  );

  const feature = (name: string) => !!hello.features?.includes(name);

  const set = (next: State, more?: Partial<StateEvent>) => {
    state = next;
    owner.onEvent('state', {state, ...more});
  };

  /** Into the back/forward cache, which takes no page with an open socket. `pageshow` wakes it. */
  const hide = () => {
    drop(1000);
    nextAt = Infinity;
    set('waiting');
  };

  const wake = () => {
    liveness?.probe(PROBE_MILLIS);
    if (state === 'waiting') {
      schedule(Math.min(nextAt, lastWake + WAKE_EVERY_MILLIS) - loop.now());
    }
  };

  const schedule = (millis: number) => {
    cancelState?.();
    nextAt = loop.now() + millis;
    cancelState = loop.after(millis, () => {
      lastWake = loop.now();
      begin();
    });
  };

  const begin = () => {
    attempt++;
    set('connecting');
    withToken(open);
  };

  /** Runs `use` when there is a token with which a connection may begin. */
  const withToken = (use: () => void) =>
    tokens.usable() ? use() : renew({kind: tokens.current ? 'expiring' : reason}, use);

  /** Reported, and again from the start. */
  const fail = (error: any) => {
    loop.report(error);
    lose(OUR_CLOSE, error.message);
  };

  /** Work that does nothing once the attempt or the connection that it belongs to is over. */
  const guard = <A extends any[]>(work: (...args: A) => void): ((...args: A) => void) => {
    const mine = attempt;
    return (...args) => loop.enter(() => mine === attempt && work(...args));
  };

  /** Gets a token for the current attempt; a token that comes later is used by the next `auth`. */
  const renew = (why: Reason, use: (token: string) => void, failed = fail) =>
    tokens.ask(
      why,
      guard((error: unknown, token?: string) => (error instanceof Unauthorized ? end(error) : error ? failed(error) : use(token!))),
    );

  const open = () => {
    let trouble = '';
    let made: Socket & {on?: any};
    try {
      made = socket = new webSocket(url);
    } catch (error) {
      stop(ABNORMAL, webSocket ? String(error) : 'pass {webSocket}');
      return;
    }
    made.onopen = guard(() => {
      cancelState!();
      set('authenticating');
      // `setToken` may have been called meanwhile.
      withToken(() => {
        auth();
        owner.onOpen();
      });
    });
    made.onmessage = guard(({data}) => receive(data));
    made.onclose = guard(({code, reason}) => {
      const end = guard(() => lose(code, reason || trouble));
      readInbox();
      end();
    });
    // A close follows. Browsers do not say what the trouble is.
    made.onerror = ({message = ''}) => (trouble = message);
    const refused = guard(({statusCode: status, headers}: any) =>
      lose(ABNORMAL, `HTTP ${status}`, status, Math.min(headers['retry-after'] * 1000 || 0, MOST_RETRY_AFTER_MILLIS)),
    );
    // Where the platform shows why a handshake was refused.
    made.on?.('unexpected-response', (request: any, response: any) => {
      request.destroy();
      refused(response);
    });
    cancelState = loop.deadline(OPEN_MILLIS, mute);
  };

  const auth = () => {
    const token = tokens.current!;
    cancelState = loop.deadline(AUTH_MILLIS, mute);
    calls.send('auth', JSON.stringify({token, hello: {client: 'js/' + VERSION, want: ['keepalive']}}), ({result, error}) => {
      if (result || error) {
        cancelState!();
        error ? onRefused(error, token, auth) : onAuthenticated(result.hello || {});
        // `setToken` was called meanwhile.
        liveness && !tokens.current && refresh({kind: reason});
      }
    });
  };

  const onAuthenticated = (said: Hello) => {
    hello = said;
    failures = 0;
    reason = 'expiring';
    connectedAt = loop.now();
    liveness = createLiveness(
      loop,
      feature('keepalive') ? hello.pingInterval : undefined,
      () => calls.send('heartbeat', '{}'),
      () => mute('silent'),
    );
    accept(hello.expiresIn);
    set('connected');
    owner.onOpen();
  };

  const accept = (expiresIn: number | undefined) => {
    rejections = 0;
    tokens.onAccepted(expiresIn);
    refreshes.expiring?.();
    if (expiresIn !== undefined && tokens.dynamic) {
      refreshes.expiring = loop.after(tokens.refreshAfter(expiresIn), () => refresh({kind: 'expiring'}));
    }
  };

  const unauthorized = (text: string) => end(new Unauthorized(text));

  /**
   * One new token follows a rejection, on the same socket; a second rejection is final, and that of a string. Any other
   * refusal says nothing about the token.
   */
  const onRefused = (
    {code, message}: {code: string; message: string},
    token: string,
    again: () => void,
    failed: (error: BroadcasterError) => void = fail,
  ) => {
    if (code !== 'Unauthenticated') {
      failed(new Unavailable(message));
    } else if (++rejections > 1 || (!tokens.dynamic && tokens.current)) {
      unauthorized(message);
    } else {
      tokens.drop();
      reason = 'rejected';
      renew({kind: reason}, (fresh) => (fresh === token ? unauthorized(AGAIN) : again()));
    }
  };

  const refresh = (why: Reason, done?: (taken: boolean) => void, retries = 3) => {
    const failed = (error: unknown) => {
      loop.report(error);
      refreshes[why.kind]?.();
      if (retries) {
        refreshes[why.kind] = loop.after(loop.upTo(5000), () => refresh(why, done, retries - 1));
      } else {
        done?.(false);
      }
    };
    const {current, usable} = tokens;
    const ended = !usable(0);
    const send = (token: string) =>
      calls.send('refresh', JSON.stringify({token}), ({result, error}) => {
        if (error) {
          onRefused(error, token, () => send(tokens.current!), failed);
        } else if (result) {
          accept(result.expiresIn);
          done?.(true);
        }
      });
    // The same string covers no other channel, and lasts no longer.
    const again = () =>
      done ? done(false) : ended ? unauthorized(AGAIN) : failed(new Invalid(AGAIN));
    renew(why, (token) => (token === current ? again() : send(token)), failed);
  };

  const receive = (data: unknown) => {
    inbox ? inbox.push(data) : onFrame(data);
  };

  const readInbox = () => {
    const frames = inbox || [];
    inbox = undefined;
    frames.forEach(guard(receive));
  };

  const onFrame = (data: any) => {
    liveness?.onFrame();
    try {
      const frame = typeof data === 'string' && data.length <= MOST_CHARACTERS && JSON.parse(data);
      if (frame.method !== undefined) {
        owner.onNotification(frame.method.trim(), frame.params, data);
      } else {
        Reflect.ownKeys(frame.error || frame.result);
        frame.error && frame.error.code.trim() + frame.error.message.trim();
        calls.settle(frame.requestId, frame) || loop.report(new ProtocolViolation('unasked: ' + data.slice(0, 200)));
      }
    } catch (cause) {
      // Not JSON, or what must be an object, a string or a number is none: the calls above and behind throw.
      violate('malformed', cause);
    }
  };

  const violate = (message: string, cause?: unknown) => fail(new ProtocolViolation(message, {cause}));

  /** The connection, or the attempt at one, is over. The code says what comes next. */
  const lose = (code: number, text: string, status?: number, retryAfter = 0) => {
    if (loop.now() - connectedAt! >= STABLE_MILLIS) {
      backoff.reset();
    }
    const tried = socket && connectedAt === undefined;
    drop(code);
    let retryIn = backoff.next(code);
    if (retryIn === undefined) {
      stop(code, text);
      return;
    }
    retryIn = Math.max(retryIn, retryAfter + loop.upTo(retryAfter));
    if (tried && (++failures === TELLING_FAILURES || status)) {
      loop.report(new Unavailable(`closed: ${code} ${text}`, {status}));
    }
    const wait = () => schedule(retryIn!);
    set('waiting', {retryIn, code, reason: text});
    if (code === TOKEN_VOID) {
      tokens.drop();
      reason = 'closed';
      nextAt = Infinity;
      withToken(wait);
    } else {
      wait();
    }
    if (code === SLOW_CONSUMER) {
      slowAt = [loop.now(), ...slowAt];
      loop.now() - slowAt.splice(2)[0]! < SLOW_WINDOW_MILLIS && owner.onEvent('warning', {type: 'slow consumer'});
    }
  };

  /** What was waited for does not come. */
  const mute = (text = 'no reply') => lose(ABNORMAL, text);

  const stop = (closeCode: number, text: string) =>
    end(new Stopped(`closed: ${closeCode} ${text}`, {closeCode, reason: text}));

  /** Over, until `connect()`: stopped, or closed by the application. */
  const end = (error: BroadcasterError) => {
    drop(1000);
    unlisten();
    tokens.stop();
    stopped = error instanceof Closed ? undefined : error;
    owner.onEnd(error);
    const {closeCode: code, reason} = error as Stopped;
    stopped ? set('stopped', {error, code, reason}) : set('idle');
  };

  /** Lets go of the socket and of every timer; then the calls that waited end. */
  const drop = (code: number) => {
    const gone = socket;
    attempt++;
    socket = connectedAt = inbox = undefined;
    cancelState?.();
    Object.values(refreshes).forEach((cancel) => cancel());
    refreshes = {};
    liveness?.stop();
    liveness = undefined;
    hello = {};
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
    most: () => hello.maxMessageBytes ?? MESSAGE_BYTES,
    calls,
    tokens,
    get stopped() {
      return stopped;
    },
    get authenticated() {
      return liveness;
    },
    unsent: () => socket!.bufferedAmount,
    feature,
    connect() {
      if (state === 'waiting') {
        wake();
      } else if (/idle|stopped/.test(state)) {
        backoff.reset();
        rejections = failures = 0;
        stopped = undefined;
        reason = 'start';
        unlisten = environment(loop, hide, wake, () => liveness);
        begin();
      }
    },
    close() {
      const error = new Closed('closed');
      // In `idle` too, publishes and `ready` may wait for a connection that nobody has begun.
      state === 'idle' ? owner.onEnd(error) : end(error);
    },
    wake,
    violate,
    refresh,
    yield() {
      if (!inbox) {
        inbox = [];
        queueMicrotask(guard(readInbox));
      }
    },
  };
}
