import type {Consumer, Gap} from './handle.js';
import type {Cancel, Loop} from './loop.js';
import {Message} from './message.js';

/** One channel, whatever the number of its handles: its position, its `seq`, and where it stands on the wire. */
export interface Subscription {
  readonly channel: string;
  readonly consumers: Set<Consumer>;
  /**
   * What the current connection knows of the channel. `off` and `live` are at rest; the other two are the request whose
   * reply is awaited, and nothing is sent before it: no connection ever has two subscriptions of a channel on their way.
   */
  wire: 'off' | 'subscribe' | 'live' | 'unsubscribe';
  /** True from a refusal or an end to the next `subscribe()`. */
  over?: boolean;
  /** The id of the last message whose delivery began; kept while nobody listens, for a later recovery. */
  position?: string;
  urgent?: boolean;
  /** How many messages of the history to begin with. */
  wantedLast?: number;
  /** True while handles are gone, but only just. */
  lingering?: boolean;
  /** Consumers whose iterator is full and wants no more. */
  readonly paused: Set<Consumer>;
  /** The channel was refused: `waiting` for a token that covers it, then `asked` once and not again. */
  coverage?: 'waiting' | 'asked';
  retries: number;
  cancelRetry?: Cancel;
  cancelLinger?: Cancel;
  seq: number;
  /** How many messages of the history begin the subscription. */
  replay: number;
  wasLive?: boolean;
}

export const createSubscription = (channel: string): Subscription => ({
  channel,
  consumers: new Set(),
  paused: new Set(),
  wire: 'off',
  retries: 0,
  seq: 0,
  replay: 0,
});

export const isWanted = ({over, consumers, lingering, paused}: Subscription): boolean =>
  !over && !paused.size && (!!consumers.size || !!lingering);

/** Whether `subscribe` is to be sent. */
export const isDue = (subscription: Subscription): boolean =>
  isWanted(subscription) && subscription.wire === 'off' && !subscription.cancelRetry && subscription.coverage !== 'waiting';

/** The parameters of `subscribe`. */
export const paramsOf = ({channel, position, wantedLast}: Subscription): object => ({
  channel,
  position: true,
  lastSeenMessageId: position,
  last: wantedLast,
});

/** An event for each handle, in the order of the wire. */
export function tell({consumers}: Subscription, {emit}: Loop, event: (consumer: Consumer) => void): void {
  consumers.forEach((consumer) => emit(() => event(consumer)));
}

/** The subscription is live: the reply is the border between what was missed and what comes. */
export function onLive(subscription: Subscription, loop: Loop, {historyRecovered, recoveredMessages, lastMessageId}: any): void {
  const resumed = subscription.position || subscription.wasLive ? !!historyRecovered : null;
  const replay = (subscription.replay = recoveredMessages || 0);
  const missed = resumed || replay ? (recoveredMessages as number) : undefined;
  subscription.wire = 'live';
  subscription.wasLive = true;
  subscription.seq = subscription.retries = 0;
  subscription.coverage = undefined;
  // With a replay the position moves message by message: a loss in the middle recovers what is left.
  if (lastMessageId && !replay) {
    subscription.position = lastMessageId;
  }
  tell(subscription, loop, (consumer) => {
    consumer.deliver('live', missed === undefined ? {resumed} : {resumed, missed});
    resumed === false && consumer.deliver('gap', {cause: 'away'});
    missed === 0 && consumer.deliver('caughtUp', undefined);
  });
}

/** Returns false when `seq` went back. */
export function onMessage(subscription: Subscription, loop: Loop, params: any, frame: string): boolean {
  const {seq} = params;
  const {replay} = subscription;
  const from = subscription.seq + 1;
  if (!(seq >= from)) {
    return false;
  }
  subscription.seq = seq;
  // The position moves before handlers run: one that subscribes anew must not get this message again. It stands still
  // while nobody listens.
  if (subscription.consumers.size) {
    subscription.position = params.id;
  }
  const gap: Gap | undefined = seq > from ? {cause: 'hole', count: seq - from, from, to: seq - 1} : undefined;
  const message = new Message<any>(params, seq <= replay, frame);
  tell(subscription, loop, (consumer) => {
    gap && consumer.deliver('gap', gap);
    consumer.deliver('message', message, frame.length);
    from <= replay && seq >= replay && consumer.deliver('caughtUp', undefined);
  });
  return true;
}
