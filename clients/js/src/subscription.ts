import type {Consumer, Gap} from './handle.js';
import type {Cancel, Loop} from './loop.js';
import {createMessage} from './message.js';

/** One channel, whatever the number of its handles: its position, its `seq`, and where it stands on the wire. */
export interface Subscription {
  readonly channel: string;
  readonly consumers: Set<Consumer>;
  /**
   * What the current connection knows of the channel: nothing, or that it is `live`, or the request whose reply is
   * awaited. Nothing is sent before the reply: no connection ever has two subscriptions of a channel on their way.
   */
  wire?: 'subscribe' | 'live' | 'unsubscribe';
  /** The id of the last message whose delivery began; kept while nobody listens, for a later recovery. */
  position?: string;
  /** It has to begin where this consumer wants to. */
  begins?: Consumer;
  /** The channel was refused: `waiting` for a token that covers it, then `asked` once and not again. */
  coverage?: 'waiting' | 'asked';
  retries: number;
  cancelRetry?: Cancel;
  /** While handles are gone, but only just. */
  cancelLinger?: Cancel;
  seq?: number;
  /** How many messages of the history begin the subscription. */
  replay?: number;
  wasLive?: boolean;
}

export const isWanted = ({consumers, cancelLinger}: Subscription): unknown =>
  consumers.size ? ![...consumers].some(({full}) => full) : cancelLinger;

/** Whether `subscribe` is to be sent. */
export const isDue = (subscription: Subscription): unknown =>
  isWanted(subscription) && !subscription.wire && !subscription.cancelRetry && subscription.coverage !== 'waiting';

/** The parameters of `subscribe`: what its consumers want, and not what one wanted that has gone. */
export function paramsOf(subscription: Subscription): object {
  const {begins, consumers} = subscription;
  const last = Math.max(0, ...[...consumers].map((consumer) => consumer.last || 0));
  if (begins) {
    subscription.position = begins.since || undefined;
    subscription.wasLive = false;
    subscription.begins = undefined;
  }
  return {channel: subscription.channel, position: true, lastSeenMessageId: subscription.position, last: last || undefined};
}

/** An event for each handle, in the order of the wire. */
export function tell({consumers}: Subscription, loop: Loop, event: (consumer: Consumer) => void): void {
  consumers.forEach((consumer) => loop.emit(() => event(consumer)));
}

/** The subscription is live: the reply is the border between what was missed and what comes. */
export function onLive(subscription: Subscription, loop: Loop, {historyRecovered, recoveredMessages, lastMessageId}: any): void {
  const resumed = subscription.position || subscription.wasLive ? !!historyRecovered : null;
  const replay = (subscription.replay = recoveredMessages || 0);
  const missed: number | undefined = resumed || replay ? recoveredMessages : undefined;
  subscription.wire = 'live';
  if (subscription.begins) {
    return;
  }
  subscription.wasLive = true;
  subscription.seq = subscription.retries = 0;
  subscription.coverage = undefined;
  // With a replay the position moves message by message: a loss in the middle recovers what is left.
  if (lastMessageId && !replay) {
    subscription.position = lastMessageId;
  }
  tell(subscription, loop, (consumer) => {
    consumer.deliver('live', {resumed, missed});
    resumed === false && consumer.deliver('gap', {cause: 'away'});
    missed === 0 && consumer.deliver('caughtUp', undefined);
  });
}

/** Returns false when `seq` went back, or there is none. */
export function onMessage(subscription: Subscription, loop: Loop, params: any, frame: string): boolean {
  const {seq, id} = params;
  const replay = subscription.replay!;
  const from = subscription.seq! + 1;
  if (!(seq >= from && id)) {
    return false;
  }
  subscription.seq = seq;
  // The position moves before handlers run: a handler that subscribes again must not get this message again. It stays
  // the same while no handle listens.
  if (subscription.consumers.size) {
    subscription.position = id;
  }
  const gap: Gap | false = seq > from && {cause: 'hole', count: seq - from, from, to: seq - 1};
  const message = createMessage(params, seq <= replay, frame);
  tell(subscription, loop, (consumer) => {
    gap && consumer.deliver('gap', gap);
    consumer.deliver('message', message, frame.length);
    from <= replay && seq >= replay && consumer.deliver('caughtUp', undefined);
  });
  return true;
}
