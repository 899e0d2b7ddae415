import {abortable} from './abortable.js';
import {type Clock, systemClock} from './clock.js';
import {Connection, type State, type StateEvent} from './connection.js';
import {type BroadcasterError, Closed} from './errors.js';
import {Emitter} from './emitter.js';
import {Handle, type SubscribeOptions} from './handle.js';
import {Loop} from './loop.js';
import {type Published, type PublishOptions, Publishing} from './publishing.js';
import {Subscriptions} from './subscriptions.js';
import {Tokens, type TokenSource} from './tokens.js';

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
  private readonly waiting = new Set<(error?: unknown) => void>();
  private error: BroadcasterError | undefined;

  constructor(
    url: string | URL,
    private readonly options: Options,
  ) {
    const report = (error: unknown) => this.report(error);
    const loop = (this.loop = new Loop(options.clock ?? systemClock));
    this.events = new Emitter(loop, report);
    this.tokens = new Tokens(loop, options.token);
    const webSocket = options.webSocket ?? (globalThis as any).WebSocket;
    const connection = (this.connection = new Connection(loop, this.tokens, String(url), webSocket, {
      onOpen: () => this.subscriptions.onOpen(),
      onAuthenticated: () => {
        this.subscriptions.onOpen();
        this.publishing.onAuthenticated();
        this.settle();
      },
      onLost: () => {
        this.subscriptions.onLost();
        this.publishing.onLost();
      },
      onEnd: (error) => {
        this.error = error;
        const cause = error ?? new Closed('the client is closed');
        this.publishing.onEnd(cause);
        this.subscriptions.onEnd(error);
        this.settle(cause);
      },
      onNotification: (method, params, text) => {
        if (method === 'broadcast') {
          this.subscriptions.onBroadcast(params, text);
        } else if (method === 'unsubscribed') {
          this.subscriptions.onEnded(params);
        }
        // Others are of a later version, or a keepalive.
      },
      onState: (event) => this.events.emit('state', event),
      onError: (error) => loop.emit(() => report(error)),
      onSlowConsumer: () => this.events.emit('warning', {type: 'slow consumer'}),
    }));
    this.subscriptions = new Subscriptions(loop, connection, this.tokens, (error) => loop.emit(() => report(error)));
    this.publishing = new Publishing(loop, connection);
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
    if (!this.options.webSocket && !(globalThis as any).WebSocket) {
      throw new TypeError('there is no global WebSocket here: pass {webSocket}');
    }
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
  ready({signal}: {signal?: AbortSignal} = {}): Promise<void> {
    return abortable(signal, (resolve, reject) => {
      if (this.state === 'connected') {
        resolve();
      } else if (this.state === 'stopped') {
        reject(this.error);
      } else {
        const done = (error?: unknown) => (error ? reject(error) : resolve());
        this.waiting.add(done);
        return () => this.waiting.delete(done);
      }
      return undefined;
    });
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
      const handle = new Handle<any>(channel, options, this.loop, (error) => this.report(error), this.subscriptions, subscription);
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

  private settle(error?: unknown): void {
    for (const done of [...this.waiting]) {
      done(error);
    }
    this.waiting.clear();
  }

  /** Errors go to the `error` handlers; where there is none, to the console, as for any uncaught error. */
  private report(error: unknown): void {
    if (this.events.has('error')) {
      this.loop.enter(() => this.events.emit('error', error));
    } else if (globalThis.reportError) {
      globalThis.reportError(error);
    } else {
      console.error(error);
    }
  }
}
