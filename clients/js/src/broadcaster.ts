import {type Clock, systemClock} from './clock.js';
import {Connection, type State, type StateEvent} from './connection.js';
import type {BroadcasterError} from './errors.js';
import {Emitter} from './emitter.js';
import {Handle, type SubscribeOptions} from './handle.js';
import {Loop} from './loop.js';
import {type Published, type PublishOptions, Publishing} from './publishing.js';
import {Subscriptions} from './subscriptions.js';
import {Tokens, type TokenSource} from './tokens.js';
import {Waiters} from './waiters.js';

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
  private readonly tokens: Tokens;
  private readonly events: Emitter<ClientEvents>;
  private readonly connection: Connection;
  private readonly subscriptions: Subscriptions;
  private readonly publishing: Publishing;
  private readonly waiters = new Waiters();
  private error: BroadcasterError | undefined;

  constructor(
    url: string | URL,
    private readonly options: Options,
  ) {
    const loop = (this.loop = new Loop(options.clock || systemClock, (error) => loop.emit(() => this.report(error))));
    const events = (this.events = new Emitter<ClientEvents>(loop));
    const tokens = (this.tokens = new Tokens(loop, options.token));
    const connection = (this.connection = new Connection(loop, tokens, String(url), options.webSocket || (globalThis as any).WebSocket, {
      onOpen: () => {
        subscriptions.onOpen();
        publishing.flush();
        connection.authenticated && this.waiters.settle();
      },
      onLost: () => {
        subscriptions.onLost();
        publishing.onLost();
      },
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
      onState: (event) => events.emit('state', event),
      onSlowConsumer: () => events.emit('warning', {type: 'slow consumer'}),
    }));
    const subscriptions = (this.subscriptions = new Subscriptions(loop, connection, tokens));
    const publishing = (this.publishing = new Publishing(loop, connection));
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
    this.loop.enter(() => this.connection.connect());
  }

  /** Ends the connection and every call. Handles stay: `connect()` subscribes them again. */
  close(): void {
    this.loop.enter(() => this.connection.close());
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
      await this.waiters.wait(signal);
    }
  }

  /** Ends a wait: to be called when the network is back, where the platform does not tell. At most one attempt a second. */
  wake(): void {
    this.loop.enter(() => (this.state === 'connected' ? this.connection.probe() : this.connection.wake()));
  }

  /** The same as `wake`, for a button. */
  retryNow(): void {
    this.wake();
  }

  /** Another token, or another way to get one. A connected client puts it into its session. */
  setToken(token: TokenSource): void {
    this.loop.enter(() => {
      this.tokens.set(token);
      if (this.state === 'connected') {
        this.connection.refresh({kind: typeof token === 'string' ? 'start' : 'expiring'});
      }
    });
  }

  /** A handle on a channel. Any number of them share one subscription. */
  subscribe<C extends keyof Channels & string>(channel: C, options?: SubscribeOptions<Channels[C]>): Handle<Channels[C]>;
  subscribe<P>(channel: string extends keyof Channels ? string : never, options?: SubscribeOptions<P>): Handle<P>;
  subscribe(channel: string, options: SubscribeOptions<any> = {}): Handle<any> {
    return this.loop.enter(() => {
      const subscription = this.subscriptions.of(channel);
      const handle = new Handle<any>(channel, options, this.loop, this.subscriptions, subscription);
      subscription.priority ||= !!options.priority;
      subscription.last = Math.max(subscription.last, options.last ?? 0);
      if (options.since && subscription.wire === 'off') {
        subscription.position = options.since;
      }
      this.subscriptions.join(subscription, handle);
      this.options.lazy && this.state === 'idle' && this.connect();
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
    this.options.lazy && this.state === 'idle' && this.connect();
    return this.publishing.publish(channel, event, payload, options);
  }

  /** Errors go to the `error` handlers; where there is none, to the console, as for any uncaught error. */
  private report(error: unknown): void {
    this.events.call('error', error) || (globalThis.reportError || console.error)(error);
  }
}
