import {type Clock, systemClock} from './clock.js';
import {type State, type StateEvent, createConnection} from './connection.js';
import {createEmitter} from './emitter.js';
import {check} from './errors.js';
import {type Handle, type SubscribeOptions, createHandle} from './handle.js';
import {createLoop} from './loop.js';
import {type Published, type PublishOptions, createPublishing} from './publishing.js';
import {createSubscriptions} from './subscriptions.js';
import {type TokenSource, createTokens} from './tokens.js';
import {createWaiters} from './waiters.js';

export interface Options {
  token: TokenSource;
  /** The class of sockets where there is no global one: Node before 22 takes that of the package `ws`. */
  webSocket?: new (url: string) => any;
  /** Connect with the first subscribe or publish. */
  lazy?: boolean;
  /** For tests. */
  clock?: Clock;
}

export interface ClientEvents {
  state: StateEvent;
  /** What went wrong and was not returned to a caller: also what a handler has thrown. */
  error: unknown;
  /** The third time within a minute that the node closed the connection because it was read too slowly. */
  warning: {type: 'slow consumer'};
}

/** A handle on a channel, typed by the map of the channels, or by the caller where there is none. */
export interface Subscribe<Channels> {
  <C extends keyof Channels & string>(channel: C, options?: SubscribeOptions<Channels[C]>): Handle<Channels[C]>;
  <P>(channel: string extends keyof Channels ? string : never, options?: SubscribeOptions<P>): Handle<P>;
}

export interface Publish<Channels> {
  <C extends keyof Channels & string>(channel: C, event: string, payload: Channels[C], options?: PublishOptions): Promise<Published>;
  (channel: string extends keyof Channels ? string : never, event: string, payload: unknown, options?: PublishOptions): Promise<Published>;
}

/**
 * A client of one gateway. `Channels` maps names of channels to their payloads, where they are known:
 * `Broadcaster<{'chat:lobby': Chat; [stream: `stream:${string}`]: Word}>`.
 *
 * The constructor touches nothing: it may run at module level, in a worker, on a server that renders.
 */
export class Broadcaster<Channels = Record<string, unknown>> {
  /** Returns the function that removes the handler. */
  readonly on!: <T extends keyof ClientEvents>(type: T, listener: (event: ClientEvents[T]) => unknown) => () => void;
  /** Connects, and reconnects until `close()` or `stopped`. In `waiting`: tries now. */
  readonly connect!: () => void;
  /** Ends the connection and every call. Handles stay: `connect()` subscribes them again. */
  readonly close!: () => void;
  /** Resolves when the client is connected; rejects when it is closed or stopped. */
  readonly ready!: (options?: {signal?: AbortSignal}) => Promise<void>;
  /** Ends a wait: to be called when the network is back, where the platform does not tell. At most one attempt a second. */
  readonly wake!: () => void;
  /** The same as `wake`, for a button. */
  readonly retryNow!: () => void;
  /** Another token, or another way to get one. A connected client puts it into its session. */
  readonly setToken!: (token: TokenSource) => void;
  /** A handle on a channel. Any number of them share one subscription. */
  readonly subscribe!: Subscribe<Channels>;
  /** Publishes, and resolves when the gateway has accepted the message. */
  readonly publish!: Publish<Channels>;
  readonly state!: State;
  /** The same as `close`. */
  readonly [Symbol.dispose]!: () => void;

  constructor(url: string | URL, {token, webSocket = (globalThis as any).WebSocket, clock = systemClock, lazy} = {} as Options) {
    check(url, 'url');
    // Errors go to the `error` handlers; where there is none, to the console, as any uncaught error does.
    const toConsole = (error: unknown) => (globalThis.reportError || console.error)(error);
    const loop = createLoop(clock, (error) => events.fire('error', error, toConsole) || toConsole(error));
    const events = createEmitter<ClientEvents>(loop);
    const waiters = createWaiters(
      () => connection.stopped,
      () => connection.state === 'connected',
    );
    const tokens = createTokens(loop);
    const connection = createConnection(loop, tokens, String(url), webSocket, {
      onOpen() {
        subscriptions.onOpen();
        publishing.flush();
        connection.authenticated && waiters.settle();
      },
      onLost: () => subscriptions.onLost(),
      onEnd(error) {
        publishing.onEnd(error);
        subscriptions.onEnd(error);
        waiters.settle(error);
      },
      onNotification(method, params, text) {
        // Others than these are of a later version, or a keepalive.
        method === 'broadcast' && subscriptions.onBroadcast(params, text);
        method === 'unsubscribed' && subscriptions.onUnsubscribed(params);
      },
      onEvent: (type, event) => loop.emit(() => events.fire(type, event)),
    });
    const subscriptions = createSubscriptions(loop, connection);
    const publishing = createPublishing(loop, connection);
    const connect = () => loop.enter(connection.connect);
    const close = () => loop.enter(connection.close);
    const wake = () => loop.enter(connection.wake);
    /** A lazy client connects when it is first used. */
    const begin = () => lazy && connection.state === 'idle' && connect();
    tokens.set(token);

    // Nothing of the inside is a member: printed, it would show the token.
    Object.defineProperty(this, 'state', {get: () => connection.state, enumerable: true});
    Object.assign(this, {
      on: events.on,
      connect,
      close,
      [Symbol.dispose]: close,
      wake,
      retryNow: wake,
      ready: waiters.ready,
      setToken: (next: TokenSource) =>
        loop.enter(() => {
          tokens.set(next);
          connection.authenticated && connection.refresh({kind: 'expiring'});
        }),
      subscribe: (channel: string, options: SubscribeOptions<any> = {}) =>
        loop.enter(() => {
          const handle = createHandle<any>(channel, options, loop, connection, subscriptions);
          begin();
          return handle;
        }),
      // Not async: a promise in a promise would be settled later, behind the own message.
      publish(channel: string, event: string, payload: unknown, options: PublishOptions = {}) {
        begin();
        return connection.stopped ? Promise.reject(connection.stopped) : publishing.publish(channel, event, payload, options);
      },
    });
  }
}
