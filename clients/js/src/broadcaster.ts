import {type Clock, systemClock} from './clock.js';
import {type Connection, type State, type StateEvent, createConnection} from './connection.js';
import {type Emitter, createEmitter} from './emitter.js';
import type {BroadcasterError} from './errors.js';
import {type Handle, type SubscribeOptions, createHandle} from './handle.js';
import {type Loop, createLoop} from './loop.js';
import {type Published, type PublishOptions, type Publishing, createPublishing} from './publishing.js';
import {type Subscriptions, createSubscriptions} from './subscriptions.js';
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

/**
 * A client of one gateway. `Channels` maps names of channels to their payloads, where they are known:
 * `Broadcaster<{'chat:lobby': Chat; [stream: `stream:${string}`]: Word}>`.
 *
 * The constructor touches nothing: it may run at module level, in a worker, on a server that renders.
 */
export class Broadcaster<Channels = Record<string, unknown>> {
  private readonly loop: Loop;
  private readonly events: Emitter<ClientEvents>;
  private readonly connection: Connection;
  private readonly subscriptions: Subscriptions;
  private readonly publishing: Publishing;
  private readonly waiters = createWaiters();
  private error: BroadcasterError | undefined;

  constructor(
    url: string | URL,
    private readonly options: Options,
  ) {
    const {token, webSocket = (globalThis as any).WebSocket, clock = systemClock} = options;
    // Errors go to the `error` handlers; where there is none, to the console, as any uncaught error does.
    const loop = (this.loop = createLoop(clock, (error) => events.fire('error', error) || (globalThis.reportError || console.error)(error)));
    const events = (this.events = createEmitter<ClientEvents>(loop));
    const tokens = createTokens(loop);
    tokens.set(token);
    const connection = (this.connection = createConnection(loop, tokens, String(url), webSocket, {
      onOpen: () => {
        subscriptions.onOpen();
        publishing.flush();
        connection.authenticated && this.waiters.settle();
      },
      onLost: () => subscriptions.onLost(),
      onEnd: (error) => {
        this.error = error;
        publishing.onEnd(error);
        subscriptions.onEnd(error);
        this.waiters.settle(error);
      },
      onNotification: (method, params, text) => {
        // Others than these are of a later version, or a keepalive.
        method === 'broadcast' && subscriptions.onBroadcast(params, text);
        method === 'unsubscribed' && subscriptions.onEnded(params);
      },
      onState: (event) => loop.emit(() => events.fire('state', event)),
      onSlowConsumer: () => loop.emit(() => events.fire('warning', {type: 'slow consumer'})),
    }));
    const subscriptions = (this.subscriptions = createSubscriptions(loop, connection));
    const publishing = (this.publishing = createPublishing(loop, connection));
  }

  get state(): State {
    return this.connection.state;
  }

  /** Returns the function that removes the handler. */
  on<T extends keyof ClientEvents>(type: T, listener: (event: ClientEvents[T]) => unknown): () => void {
    return this.events.on(type, listener);
  }

  /** Connects, and reconnects until `close()` or `stopped`. In `waiting`: tries now. */
  connect(): void {
    this.loop.enter(this.connection.connect);
  }

  /** Ends the connection and every call. Handles stay: `connect()` subscribes them again. */
  close(): void {
    this.loop.enter(this.connection.close);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Resolves when the client is connected; rejects when it is closed or stopped. */
  async ready({signal}: {signal?: AbortSignal} = {}): Promise<void> {
    if (this.state === 'stopped') {
      throw this.error;
    }
    if (this.state !== 'connected') {
      await this.waiters.until(signal);
    }
  }

  /** Ends a wait: to be called when the network is back, where the platform does not tell. At most one attempt a second. */
  wake(): void {
    this.loop.enter(this.connection.wake);
  }

  /** The same as `wake`, for a button. */
  retryNow(): void {
    this.wake();
  }

  /** Another token, or another way to get one. A connected client puts it into its session. */
  setToken(token: TokenSource): void {
    const {loop, connection} = this;
    loop.enter(() => {
      connection.tokens.set(token);
      connection.authenticated && connection.refresh({kind: connection.tokens.dynamic ? 'expiring' : 'start'});
    });
  }

  /** A handle on a channel. Any number of them share one subscription. */
  subscribe<C extends keyof Channels & string>(channel: C, options?: SubscribeOptions<Channels[C]>): Handle<Channels[C]>;
  subscribe<P>(channel: string extends keyof Channels ? string : never, options?: SubscribeOptions<P>): Handle<P>;
  subscribe(channel: string, options: SubscribeOptions<any> = {}): Handle<any> {
    const {loop, subscriptions} = this;
    return loop.enter(() => {
      const {priority, last, since} = options;
      const subscription = subscriptions.of(channel);
      subscription.urgent ||= priority;
      subscription.wantedLast = Math.max(subscription.wantedLast || 0, last || 0) || undefined;
      if (since && subscription.wire === 'off') {
        subscription.position = since;
      }
      const handle = createHandle(subscription, options, loop, subscriptions);
      this.begin();
      return handle;
    });
  }

  /** Publishes, and resolves when the gateway has accepted the message. */
  publish<C extends keyof Channels & string>(channel: C, event: string, payload: Channels[C], options?: PublishOptions): Promise<Published>;
  publish(channel: string extends keyof Channels ? string : never, event: string, payload: unknown, options?: PublishOptions): Promise<Published>;
  publish(channel: string, event: string, payload: unknown, options: PublishOptions = {}): Promise<Published> {
    if (this.state === 'stopped') {
      return Promise.reject(this.error);
    }
    this.begin();
    return this.publishing.publish(channel, event, payload, options);
  }

  /** A lazy client connects when it is first used. */
  private begin(): void {
    this.options.lazy && this.state === 'idle' && this.connect();
  }
}
