import {onAbort} from './abort.js';
import {type Bounded, createBounded} from './bounded.js';
import type {Connection} from './connection.js';
import {type BroadcasterError, Closed, check} from './errors.js';
import {createEmitter} from './emitter.js';
import type {Cancel, Loop} from './loop.js';
import type {Message} from './message.js';
import type {Subscriptions} from './subscriptions.js';
import {createWaiters} from './waiters.js';

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
  since?: string | null;
  /** Begin with so many messages of the history, 1,000 at most. */
  last?: number | null;
  /** Subscribed before others after a reconnect. */
  priority?: boolean;
  /** What happens when an iterator is not read: messages are dropped and told as a gap, or the channel is left until there is room. */
  overflow?: 'gap' | 'pause';
}

export type HandleState = 'subscribing' | 'live' | 'failed' | 'ended' | 'closed';

/** One consumer of a channel. Any number of them share the subscription. */
export interface Handle<P = unknown> {
  readonly channel: string;
  readonly state: HandleState;
  /** The id of the last message, for `since`. */
  readonly position: string | undefined;
  /** Returns the function that removes the handler. */
  on<T extends keyof HandleEvents<P>>(type: T, listener: (event: HandleEvents<P>[T]) => unknown): () => void;
  /** Resolves when the subscription is live; rejects when it is refused, ended or closed. */
  ready(options?: {signal?: AbortSignal}): Promise<void>;
  /** Ends this handle. The last one of a channel ends the subscription, a second later. */
  close(): void;
  [Symbol.dispose](): void;
  /**
   * Messages from now on. An iterator that is not read holds 1,000 messages or 4 MiB; see `overflow`. When the signal is
   * aborted, the iterator throws the reason of the signal.
   */
  messages(options?: {signal?: AbortSignal}): AsyncGenerator<Message<P>, void>;
  /** The same as `messages()`. */
  [Symbol.asyncIterator](): AsyncGenerator<Message<P>, void>;
}

/** The side of a handle that its subscription sees. Called from the queue of events, in the order of the wire. */
export interface Consumer {
  readonly last?: number | null;
  readonly since?: string | null;
  readonly priority?: boolean;
  /** Its iterator is full, and wants no more. */
  full?: boolean;
  deliver<T extends keyof HandleEvents<any>>(type: T, event: HandleEvents<any>[T], characters?: number): void;
  /** It has seen other messages than the subscription that it joined: told after `live`. */
  missing?: unknown;
  /** The subscription is live already. Told when the caller has the handle, and before anything that follows. */
  joinLive(): void;
  /** The client was closed or has stopped. The handle stays for the next connection; what waits for it ends. */
  onEnd(error: BroadcasterError): void;
}

/** An iterator. */
interface Reader<P> {
  /** What it has not taken yet. */
  queue: Bounded<P>;
  wake(): void;
  /** Why it ends, unless the user has closed the handle or the client. */
  trouble: BroadcasterError | undefined;
}

const TYPES = ['live', 'message', 'gap', 'caughtUp', 'ended', 'failed'] as const;
/** Of its bounds: an iterator with as many messages is full. */
const FULL = 0.999;

export function createHandle<P>(
  channel: string,
  options: SubscribeOptions<P>,
  loop: Loop,
  connection: Connection,
  subscriptions: Subscriptions,
): Handle<P> {
  const {last, since, overflow} = options;
  check(typeof channel === 'string', 'channel');
  check(!last || (last > 0 && last <= 1000 && !(last % 1)), 'last');
  check(!since || since.length < 200, 'since');
  const events = createEmitter<HandleEvents<P>>(loop);
  for (const type of TYPES) {
    const name = ('on' + type[0]!.toUpperCase() + type.slice(1)) as keyof SubscribeOptions<P>;
    const listener: any = options[name];
    if (listener) {
      check(listener.call, name);
      events.on(type, (event) => (options[name] as any)(event));
    }
  }
  const subscription = subscriptions.of(channel);
  const waiters = createWaiters(
    () => overError || connection.stopped,
    () => handle.state === 'live',
  );
  const readers = new Set<Reader<P>>();
  /** Set once: a handle that is over gets nothing more. */
  let over: 'closed' | 'failed' | 'ended' | undefined;
  let overError: BroadcasterError;
  let started = false;
  let joining = false;
  /** Messages that wait for `resync`; undefined when none runs. */
  let held: Bounded<P> | undefined;
  let stale: ResyncReason | undefined;
  /** Why it runs, or ran last. */
  let why: ResyncReason = {cause: 'start'};
  /** Of the `resync` that runs, or is tried again soon. */
  let aborter: AbortController | undefined;
  let cancelRetry: Cancel | undefined;

  const deliver = (type: keyof HandleEvents<P>, event: any, characters = 0): void => {
    type === 'live' || join();
    joining = false;
    if (over) {
      return;
    }
    const missing = type === 'live' && consumer.missing;
    if (missing) {
      event = {resumed: consumer.missing = false};
    }
    if (type === 'message' && held) {
      held.push(event, characters);
      return;
    }
    if (type === 'live') {
      waiters.settle();
      // After a loss a gap follows, and makes it run.
      if (event.resumed !== false && (held ? !aborter : !started)) {
        resync(stale || why);
      }
      started = true;
    } else if (type === 'gap') {
      resync(event);
    } else if (type === 'failed') {
      end(type, event);
    } else if (type === 'ended') {
      end(type, new Closed(event.reason));
    }
    events.fire(type, event);
    missing && deliver('gap', {cause: 'away'});
    if (type === 'message') {
      for (const {queue, wake} of readers) {
        queue.push(event, characters);
        wake();
        overflow === 'pause' && queue.over(FULL) && pause(true);
      }
    }
  };

  const join = () => joining && deliver('live', {resumed: null});

  /** Why iterators end; undefined after a `close()` of the user's. */
  const trouble = () => (over === 'closed' ? undefined : over ? overError : connection.stopped);

  const onEnd = (error: BroadcasterError) => {
    // What it loads would be stale: it runs again when the channel is live.
    cancelRetry?.();
    aborter?.abort();
    aborter = undefined;
    waiters.settle(error);
    const all = [...readers];
    readers.clear();
    all.forEach((reader) => {
      reader.trouble = trouble();
      reader.wake();
    });
  };

  const end = (how: 'closed' | 'failed' | 'ended', error: BroadcasterError) => {
    over ||= how;
    overError ||= error;
    onEnd(error);
  };

  const resync = (reason: ResyncReason) => {
    if (options.resync) {
      stale = reason;
      held ||= createBounded();
      aborter || runResync(0);
    }
  };

  const runResync = (failures: number) => {
    // In `idle` and `stopped` it waits for the next `live`.
    if (connection.state === 'idle' || connection.stopped) {
      return;
    }
    why = stale || why;
    stale = undefined;
    held!.lost = 0;
    const mine = (aborter = new AbortController());
    Promise.resolve()
      .then(() => options.resync!(why, mine.signal))
      .then(
        () => loop.enter(() => mine === aborter && onSynced()),
        (error) =>
          loop.enter(() => {
            if (mine === aborter) {
              loop.report(error);
              cancelRetry = loop.after(loop.delay(failures), () => runResync(failures + 1));
            }
          }),
      );
  };

  /** The state is loaded: what was held follows it, unless the state is stale again. */
  const onSynced = () => {
    const {lost: count} = held!;
    if (count) {
      stale = {cause: 'consumer', count};
      events.fire('gap', stale);
    }
    if (stale) {
      runResync(0);
      return;
    }
    const rest = held!;
    held = aborter = undefined;
    // Holds what is left of them again, when one of them makes the state stale.
    for (let item; (item = rest.shift()); ) {
      deliver('message', ...item);
    }
  };

  async function* read(reader: Reader<P>, signal?: AbortSignal): AsyncGenerator<Message<P>, void> {
    const {queue} = reader;
    let cancel: Cancel | undefined;
    try {
      // Where messages() leaves it: in the `try`, so that a return() before the first next() frees the channel, too.
      yield undefined as never;
      cancel = onAbort(signal, () => reader.wake());
      for (;;) {
        while (!queue.over(0) && readers.has(reader) && !signal?.aborted) {
          await new Promise<void>((resolve) => (reader.wake = resolve));
        }
        signal?.throwIfAborted();
        const {lost: count} = queue;
        queue.lost = 0;
        count && loop.enter(() => deliver('gap', {cause: 'consumer', count}));
        const item = queue.shift();
        if (!item) {
          break;
        }
        queue.over(0.5) || pause(false);
        yield item[0];
      }
      if (reader.trouble) {
        throw reader.trouble;
      }
    } finally {
      cancel?.();
      readers.delete(reader);
      pause(false);
    }
  }

  const pause = (full: boolean) =>
    loop.enter(() => {
      consumer.full = full;
      subscriptions.sync();
    });

  const consumer: Consumer = {
    ...options,
    deliver,
    joinLive() {
      joining = true;
      queueMicrotask(() => loop.enter(() => loop.emit(join)));
    },
    onEnd,
  };
  const close = () =>
    loop.enter(() => {
      over || end('closed', new Closed('closed'));
      subscriptions.leave(subscription, consumer);
    });
  const messages = ({signal}: {signal?: AbortSignal} = {}) => {
    const reader = {queue: createBounded<P>(), wake() {}, trouble: trouble()};
    over || reader.trouble || readers.add(reader);
    const iterator = read(reader, signal);
    void iterator.next();
    return iterator;
  };
  const handle: Handle<P> = {
    channel,
    get state() {
      return over || (subscription.wire === 'live' ? 'live' : 'subscribing');
    },
    get position() {
      return subscription.position;
    },
    on: events.on,
    ready: waiters.ready,
    close,
    [Symbol.dispose]: close,
    messages,
    [Symbol.asyncIterator]: messages,
  };
  subscriptions.join(subscription, consumer);
  return handle;
}
