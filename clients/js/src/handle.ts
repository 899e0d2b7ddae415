import {Bounded} from './bounded.js';
import {type BroadcasterError, Closed} from './errors.js';
import {Emitter} from './emitter.js';
import type {Cancel, Loop} from './loop.js';
import type {Message} from './message.js';
import type {Subscription} from './subscription.js';
import type {Subscriptions} from './subscriptions.js';
import {Waiters} from './waiters.js';

/** Messages that this handle did not get. */
export interface Gap {
  /**
   * `hole`: the node says that messages were lost. `away`: the connection was, and what was missed cannot be recovered.
   * `consumer`: this page did not take them in time.
   */
  cause: 'hole' | 'away' | 'consumer';
  /** How many; undefined when nobody knows. */
  count?: number;
  /** Of a hole: the first and the last `seq` that is missing. */
  from?: number;
  to?: number;
}

export interface Live {
  /** null: the first time. true: everything missed follows. false: it does not; a gap event follows. */
  resumed: boolean | null;
  /** How many messages of the history follow before `caughtUp`, where the node says so. */
  missed?: number;
}

/** Why the state is to be loaded: the first time, or after a gap. */
export type ResyncReason = {cause: 'start'} | Gap;

export interface HandleEvents<P> {
  live: Live;
  message: Message<P>;
  gap: Gap;
  /** The last message of the history was delivered: from here on they are live. */
  caughtUp: undefined;
  /** The node has ended the subscription; `subscribe()` again to have it back. */
  ended: {reason: string};
  /** The subscription was refused; `subscribe()` again to retry. */
  failed: BroadcasterError;
}

export interface SubscribeOptions<P> {
  onMessage?(message: Message<P>): unknown;
  onLive?(live: Live): unknown;
  onGap?(gap: Gap): unknown;
  onCaughtUp?(): unknown;
  onEnded?(ended: {reason: string}): unknown;
  onFailed?(error: BroadcasterError): unknown;
  /**
   * Loads the state that the messages change. Runs at first and after every gap; messages that come meanwhile are
   * delivered after it. Retried when it fails.
   */
  resync?(why: ResyncReason, signal: AbortSignal): unknown;
  /** The id of a message: what came after it is asked for. For pages that are loaded again. */
  since?: string;
  /** Begin with so many messages of the history. */
  last?: number;
  /** Subscribed before others after a reconnect. */
  priority?: boolean;
  /** What happens when an iterator is not read: messages are dropped and told as a gap, or the channel is left until there is room. */
  overflow?: 'gap' | 'pause';
}

export type HandleState = 'subscribing' | 'live' | 'failed' | 'ended' | 'closed';

const TYPES = ['live', 'message', 'gap', 'caughtUp', 'ended', 'failed'] as const;

/** An iterator, and what it has not taken yet. */
interface Reader<P> {
  readonly buffer: Bounded<P>;
  wake(): void;
}

/** One consumer of a channel. Any number of them share the subscription. */
export class Handle<P = unknown> {
  private readonly events: Emitter<HandleEvents<P>>;
  private readonly readers = new Set<Reader<P>>();
  private readonly waiters = new Waiters();
  /** Set once: a handle that is over gets nothing more. */
  private over: 'closed' | 'failed' | 'ended' | undefined;
  private overError: BroadcasterError | undefined;
  private started = false;
  private joining = false;
  /** Messages that wait for `resync`; undefined when none runs. */
  private held: Bounded<P> | undefined;
  private stale: ResyncReason | undefined;
  private aborter: AbortController | undefined;
  private cancelRetry: Cancel = () => {};

  /** Made by `client.subscribe()`. */
  constructor(
    readonly channel: string,
    private readonly options: SubscribeOptions<P>,
    private readonly loop: Loop,
    private readonly subscriptions: Subscriptions,
    private readonly subscription: Subscription,
  ) {
    this.events = new Emitter(loop);
    for (const type of TYPES) {
      const name = ('on' + type[0]!.toUpperCase() + type.slice(1)) as keyof SubscribeOptions<P>;
      options[name] && this.on(type, (event) => (options[name] as any)(event));
    }
  }

  get state(): HandleState {
    return this.over || (this.subscription.wire === 'live' ? 'live' : 'subscribing');
  }

  /** The id of the last message, for `since`. */
  get position(): string | undefined {
    return this.subscription.position;
  }

  /** Returns the function that removes the handler. */
  on<T extends keyof HandleEvents<P>>(type: T, listener: (event: HandleEvents<P>[T]) => unknown): () => void {
    return this.events.on(type, listener);
  }

  /** Resolves when the subscription is live; rejects when it is refused, ended or closed. */
  async ready({signal}: {signal?: AbortSignal} = {}): Promise<void> {
    if (this.over) {
      throw this.overError;
    }
    if (this.state !== 'live') {
      await this.waiters.wait(signal);
    }
  }

  /** Ends this handle. The last one of a channel ends the subscription, a second later. */
  close(): void {
    this.loop.enter(() => {
      this.end('closed', new Closed('the handle is closed'));
      this.subscriptions.leave(this.subscription, this);
    });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Messages from now on. One that is not read holds 1,000 messages or 4 MiB; see `overflow`. */
  [Symbol.asyncIterator](): AsyncGenerator<Message<P>, void> {
    const reader: Reader<P> = {buffer: new Bounded(), wake() {}};
    this.readers.add(reader);
    return this.read(reader);
  }

  private async *read(reader: Reader<P>): AsyncGenerator<Message<P>, void> {
    const {buffer} = reader;
    const resume = () => this.loop.enter(() => this.subscriptions.resume(this.subscription, this));
    try {
      for (;;) {
        while (buffer.empty && !this.over && this.readers.has(reader)) {
          await new Promise<void>((resolve) => (reader.wake = resolve));
        }
        const count = buffer.lost;
        buffer.lost = 0;
        count && this.loop.enter(() => this.onGap({cause: 'consumer', count}));
        const item = buffer.shift();
        if (!item) {
          break;
        }
        buffer.over(0.5) || resume();
        yield item[0];
      }
      if (this.over === 'failed') {
        throw this.overError;
      }
    } finally {
      this.readers.delete(reader);
      resume();
    }
  }

  /** The subscription is live already. Told when the caller has the handle, and before anything that follows. */
  joinLive(): void {
    this.joining = true;
    queueMicrotask(() => this.loop.enter(() => this.loop.emit(() => this.joined())));
  }

  private joined(): void {
    this.joining && this.onLive({resumed: null});
  }

  // Called from the queue of events, in the order of the wire.

  onLive(live: Live): void {
    this.joining = false;
    if (!this.over) {
      this.waiters.settle();
      if (!this.started) {
        this.started = true;
        // Otherwise a gap follows, and makes it run.
        live.resumed !== false && this.resync({cause: 'start'});
      }
      this.events.call('live', live);
    }
  }

  onMessage(message: Message<P>, characters: number): void {
    this.joined();
    if (this.held) {
      this.held.push(message, characters);
    } else if (!this.over) {
      this.events.call('message', message);
      for (const {buffer, wake} of this.readers) {
        buffer.push(message, characters);
        wake();
        if (this.options.overflow === 'pause' && buffer.over(0.999)) {
          this.subscriptions.pause(this.subscription, this);
        }
      }
    }
  }

  onGap(gap: Gap): void {
    this.joined();
    if (!this.over) {
      this.resync(gap);
      this.events.call('gap', gap);
    }
  }

  onCaughtUp(): void {
    this.over || this.events.call('caughtUp', undefined);
  }

  onEnded(reason: string): void {
    if (this.end('ended', new Closed(`the subscription has ended: ${reason}`))) {
      this.events.call('ended', {reason});
    }
  }

  onFailed(error: BroadcasterError): void {
    if (this.end('failed', error)) {
      this.events.call('failed', error);
    }
  }

  /** The client was closed or has stopped. The handle stays for the next connection; what waits for it ends. */
  onEnd(error: BroadcasterError): void {
    this.waiters.settle(error);
    const readers = [...this.readers];
    this.readers.clear();
    readers.forEach(({wake}) => wake());
  }

  private end(how: 'closed' | 'failed' | 'ended', error: BroadcasterError): boolean {
    if (this.over) {
      return false;
    }
    this.over = how;
    this.overError = error;
    this.cancelRetry();
    this.aborter?.abort();
    this.onEnd(error);
    return true;
  }

  private resync(why: ResyncReason): void {
    if (this.options.resync) {
      this.stale = why;
      if (!this.held) {
        this.held = new Bounded();
        this.runResync(0);
      }
    }
  }

  private runResync(failures: number): void {
    const {loop} = this;
    const why = this.stale!;
    this.stale = undefined;
    this.held!.lost = 0;
    const {signal} = (this.aborter = new AbortController());
    Promise.resolve()
      .then(() => this.options.resync!(why, signal))
      .then(
        () => loop.enter(() => this.over || this.onSynced()),
        (error) =>
          loop.enter(() => {
            if (!this.over) {
              loop.report(error);
              this.stale ||= why;
              this.cancelRetry = loop.after(loop.delay(failures), () => this.runResync(failures + 1));
            }
          }),
      );
  }

  /** The state is loaded: what was held follows it, unless the state is stale again. */
  private onSynced(): void {
    const held = this.held!;
    const count = held.lost;
    if (count) {
      this.stale = {cause: 'consumer', count};
      this.events.call('gap', this.stale);
    }
    if (this.stale) {
      this.runResync(0);
      return;
    }
    this.held = undefined;
    // Holds what is left of them again, when one of them makes the state stale.
    for (let item; (item = held.shift()); ) {
      this.onMessage(...item);
    }
  }
}
