import type {Gap, Handle} from './handle.js';
import type {Cancel, Loop} from './loop.js';
import {Message} from './message.js';

/**
 * What the current connection knows of the channel. `off` and `live` are at rest; the other two wait for a reply, and
 * nothing is sent before it: no connection ever has two subscriptions of a channel on their way.
 */
export type Wire = 'off' | 'subscribing' | 'live' | 'unsubscribing';

/** `wanted` as long as there are handles; `failed` and `ended` until `subscribe()` is called anew. */
export type Status = 'wanted' | 'failed' | 'ended';

/** One channel, whatever the number of its handles: its position, its `seq`, and where it stands on the wire. */
export class Subscription {
  readonly handles = new Set<Handle<any>>();
  wire: Wire = 'off';
  status: Status = 'wanted';
  /** The id of the last message whose delivery began; kept while nobody listens, for a later recovery. */
  position: string | undefined;
  priority = false;
  /** How many messages of the history to begin with. */
  last = 0;
  /** True while handles are gone, but only just. */
  lingering = false;
  /** Handles whose iterator is full and wants no more. */
  readonly paused = new Set<Handle<any>>();
  /** The channel was refused: `waiting` for a token that covers it, then `asked` once and not again. */
  token: 'none' | 'waiting' | 'asked' = 'none';
  retries = 0;
  cancelRetry: Cancel | undefined;
  cancelLinger: Cancel = () => {};
  private seq = 0;
  private replay = 0;
  private wasLive = false;

  constructor(
    readonly channel: string,
    private readonly loop: Loop,
  ) {}

  get wanted(): boolean {
    return this.status === 'wanted' && (this.handles.size > 0 || this.lingering) && this.paused.size === 0;
  }

  /** Whether `subscribe` is to be sent. */
  get due(): boolean {
    return this.wanted && this.wire === 'off' && !this.cancelRetry && this.token !== 'waiting';
  }

  /** The parameters of `subscribe` as JSON text. */
  get params(): string {
    const {channel, position, last} = this;
    return JSON.stringify({channel, position: true, lastSeenMessageId: position, last: last || undefined});
  }

  /** The subscription is live: the reply is the border between what was missed and what comes. */
  onLive({historyRecovered, recoveredMessages, lastMessageId}: any): void {
    const resumed: boolean | null = this.position === undefined && !this.wasLive ? null : historyRecovered === true;
    this.wire = 'live';
    this.seq = this.retries = 0;
    this.token = 'none';
    this.replay = recoveredMessages ?? 0;
    if (lastMessageId && !this.replay && !(resumed && recoveredMessages === undefined)) {
      this.position = lastMessageId;
    }
    this.wasLive = true;
    const known = recoveredMessages !== undefined && (resumed || this.replay > 0);
    this.tell((handle) => handle.onLive({resumed, ...(known && {missed: recoveredMessages})}));
    if (resumed === false) {
      this.tell((handle) => handle.onGap({cause: 'away'}));
    }
    if (known && this.replay === 0) {
      this.tell((handle) => handle.onCaughtUp());
    }
  }

  /** Returns false when `seq` went back. */
  onMessage(params: any, frame: string): boolean {
    const {seq} = params;
    const from = this.seq + 1;
    if (!(seq >= from)) {
      return false;
    }
    this.seq = seq;
    const lost: Gap | undefined = seq > from ? {cause: 'hole', count: seq - from, from, to: seq - 1} : undefined;
    // The position moves before handlers run: one that subscribes anew must not get this message again. It stands still
    // while nobody listens.
    if (this.handles.size > 0) {
      this.position = params.id;
    }
    const message = new Message<any>(params, seq <= this.replay, frame);
    for (const handle of this.handles) {
      this.loop.emit(() => {
        lost && handle.onGap(lost);
        handle.onMessage(message, frame.length);
      });
    }
    if (from <= this.replay && seq >= this.replay) {
      this.tell((handle) => handle.onCaughtUp());
    }
    return true;
  }

  /** Over for the handles that there are; a later one begins anew. */
  end(status: 'failed' | 'ended', event: (handle: Handle<any>) => void): void {
    this.status = status;
    this.tell(event);
    this.handles.clear();
    this.paused.clear();
  }

  /** For each handle, in the order of the wire. */
  tell(event: (handle: Handle<any>) => void): void {
    for (const handle of this.handles) {
      this.loop.emit(() => event(handle));
    }
  }
}
