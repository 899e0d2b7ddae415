import type {Connection} from './connection.js';
import {type BroadcasterError, Denied, refusal} from './errors.js';
import type {Consumer} from './handle.js';
import type {Cancel, Loop} from './loop.js';
import {type Subscription, isDue, isWanted, onLive, onMessage, paramsOf, tell} from './subscription.js';

const LINGER_MILLIS = 1000;
/** Refused channels are gathered for so long, and asked for together. */
const GATHER_MILLIS = 50;
/** Requests on their way to a node that handles one after the other. */
const WINDOW = 32;
/** Requests in a row to a node that handles them in parallel; then a publish may go out, and the next follow. */
const PARALLEL = 256;
/** With more channels, those without handles are forgotten, and their positions with them. */
const MOST_KEPT = 2000;

/** Brings what the handles want and what the connection has together. */
export interface Subscriptions {
  /** The subscription of a channel, for a consumer to join. */
  of(channel: string): Subscription;
  join(subscription: Subscription, consumer: Consumer): void;
  leave(subscription: Subscription, consumer: Consumer): void;
  /** What a consumer wants has changed. */
  sync(): void;
  /**
   * `auth` is written, or accepted: all that is wanted follows it. What went out with a token that was rejected goes out
   * again after the next.
   */
  onOpen(): void;
  onLost(): void;
  /** The client is closed or stopped: no timers. */
  onEnd(error: BroadcasterError): void;
  onBroadcast(params: any, frame: string): void;
  /** The node has ended a subscription. */
  onUnsubscribed(params: {channel: string; reason: string}): void;
}

export function createSubscriptions(loop: Loop, connection: Connection): Subscriptions {
  const all = new Map<string, Subscription>();
  let inFlight = 0;
  /** True from the writing of `auth` to its rejection or the loss of the connection. */
  let open = false;
  let cancelAsk: Cancel | undefined;
  /** Channels that were refused, to be asked for. */
  let refused: Subscription[] = [];

  /** Sends what the difference between wanted and had asks for: in the order of the first `subscribe()`, priority first. */
  const sync = () => {
    const parallel = connection.feature('parallel');
    const most = parallel ? inFlight + PARALLEL : WINDOW;
    for (const later of [false, true]) {
      for (const each of all.values()) {
        if (!open || inFlight >= most) {
          parallel && soon();
          return;
        }
        if (![...each.consumers].some(({priority}) => priority) === later) {
          isDue(each) ? subscribe(each) : each.wire === 'live' && (each.begins || !isWanted(each)) && unsubscribe(each);
        }
      }
    }
  };

  const soon = () => open && queueMicrotask(() => loop.enter(sync));

  const request = (
    subscription: Subscription,
    wire: 'subscribe' | 'unsubscribe',
    params: object,
    done?: (reply: {result?: any; error?: any}) => void,
  ) => {
    subscription.wire = wire;
    inFlight++;
    connection.calls.send(wire, JSON.stringify(params), (reply) => {
      // A connection that was lost has made it void.
      if (reply.result || reply.error) {
        inFlight--;
        subscription.wire = undefined;
        done?.(reply);
        sync();
      }
    });
  };

  const subscribe = (subscription: Subscription) =>
    request(subscription, 'subscribe', paramsOf(subscription), ({result, error}) =>
      error ? onRefused(subscription, error) : onLive(subscription, loop, result),
    );

  /** `NotFound` is what we want too, so that no error is looked at. */
  const unsubscribe = (subscription: Subscription) =>
    request(subscription, 'unsubscribe', {channel: subscription.channel});

  const onRefused = (subscription: Subscription, {code, message}: {code: string; message: string}) => {
    const error = refusal(code, `${subscription.channel}: ${message}`);
    // A bug of ours: what the node has is ended, then made anew.
    const exists = code === 'AlreadyExists';
    if (code === 'Unauthenticated') {
      // Sent behind an `auth` that was rejected: again when a token is accepted.
      open = false;
    } else if (exists || error.retryable) {
      loop.report(error);
      subscription.cancelRetry = loop.after(loop.delay(subscription.retries++), () => {
        subscription.cancelRetry = undefined;
        sync();
      });
      exists && unsubscribe(subscription);
    } else if (code === 'PermissionDenied' && connection.tokens.dynamic && !subscription.coverage) {
      subscription.coverage = 'waiting';
      refused.push(subscription);
      ask();
    } else {
      fail(subscription, error);
    }
  };

  const fail = (subscription: Subscription, error: BroadcasterError) =>
    end(subscription, (consumer) => consumer.deliver('failed', error));

  /** Over for the handles that there are; a later one begins anew. */
  const end = (subscription: Subscription, event: (consumer: Consumer) => void) => {
    unlinger(subscription);
    subscription.coverage = undefined;
    tell(subscription, loop, event);
    subscription.consumers.clear();
    forget(subscription);
  };

  const unlinger = (subscription: Subscription) => {
    subscription.cancelLinger?.();
    subscription.cancelLinger = undefined;
  };

  /** Gets one token for all channels that were refused, and tries each once more. */
  const ask = () => {
    cancelAsk ||= loop.after(GATHER_MILLIS, () => {
      const asked = refused;
      refused = [];
      connection.refresh({kind: 'channels', channels: asked.map(({channel}) => channel)}, (taken) => {
        cancelAsk = undefined;
        for (const each of asked) {
          each.coverage = 'asked';
          taken || fail(each, new Denied(`${each.channel}: no token`));
        }
        sync();
        // Those that were refused meanwhile.
        refused.length && ask();
      });
    });
  };

  /** Keeps the positions of channels that were left, but not of any number of them. */
  const forget = (subscription: Subscription) => {
    all.delete(subscription.channel);
    all.set(subscription.channel, subscription);
    for (const {channel, consumers, wire} of all.values()) {
      all.size > MOST_KEPT && !consumers.size && !wire && all.delete(channel);
    }
  };

  return {
    of(channel) {
      const subscription: Subscription = all.get(channel) || {channel, consumers: new Set<Consumer>(), retries: 0};
      all.set(channel, subscription);
      return subscription;
    },
    join(subscription, consumer) {
      const {consumers, wire, begins} = subscription;
      const position = begins?.since || subscription.position;
      const elsewhere = consumer.since && consumer.since !== position;
      unlinger(subscription);
      // A subscription that other handles have is not begun again.
      if (consumers.size ? elsewhere && !position && !wire : elsewhere || consumer.last) {
        subscription.begins = consumer;
      } else {
        consumer.missing = elsewhere;
        wire === 'live' && !begins && consumer.joinLive();
      }
      consumers.add(consumer);
      // All that are made in one turn make one subscription.
      soon();
    },
    leave(subscription, consumer) {
      const {consumers, wire} = subscription;
      if (consumers.delete(consumer) && !consumers.size) {
        if (wire) {
          subscription.cancelLinger = loop.after(LINGER_MILLIS, () => {
            unlinger(subscription);
            sync();
          });
        }
        forget(subscription);
      }
      sync();
      if (subscription.begins === consumer) {
        subscription.begins = undefined;
      }
    },
    sync,
    onOpen() {
      open = true;
      sync();
    },
    onLost() {
      open = false;
      inFlight = 0;
      cancelAsk?.();
      cancelAsk = undefined;
      refused = [];
      for (const each of all.values()) {
        each.wire = undefined;
        each.coverage = undefined;
      }
    },
    onEnd(error) {
      for (const each of all.values()) {
        each.cancelRetry?.();
        each.cancelRetry = undefined;
        unlinger(each);
        tell(each, loop, (consumer) => consumer.onEnd(error));
      }
    },
    onBroadcast(params, frame) {
      const subscription = all.get(params.channel);
      // A message belongs to an earlier subscription when it comes before the reply to `subscribe`, after `unsubscribe`, or
      // while an `unsubscribe` is due.
      if (subscription?.wire === 'live' && !subscription.begins && !onMessage(subscription, loop, params, frame)) {
        connection.violate('seq');
      }
    },
    onUnsubscribed({channel, reason}) {
      const subscription = all.get(channel);
      if (subscription?.wire === 'live') {
        subscription.wire = undefined;
        end(subscription, (consumer) => consumer.deliver('ended', {reason}));
      }
    },
  };
}
