import type {Reply} from './calls.js';
import type {Connection} from './connection.js';
import {type BroadcasterError, Denied, ProtocolViolation, Unavailable, refusal} from './errors.js';
import type {Handle} from './handle.js';
import type {Cancel, Loop} from './loop.js';
import {Subscription} from './subscription.js';
import type {Tokens} from './tokens.js';

const LINGER_MILLIS = 1000;
/** Refused channels are gathered for so long, and asked for together. */
const GATHER_MILLIS = 50;
/** Requests on their way: a publish or a heartbeat waits for no more than these. */
const WINDOW = 32;
const PARALLEL_WINDOW = 256;
/** Channels without handles whose position is kept. */
const MOST_IDLE = 1000;

/** Brings what the handles want and what the connection has together. */
export class Subscriptions {
  private readonly all = new Map<string, Subscription>();
  private queue: Subscription[] = [];
  private inFlight = 0;
  /** True from the writing of `auth` to the loss of the connection. */
  private open = false;
  /** Channels that were refused and for which no token was asked yet. */
  private denied: Subscription[] = [];
  private asking = false;
  private cancelAsk: Cancel = () => {};

  constructor(
    private readonly loop: Loop,
    private readonly connection: Connection,
    private readonly tokens: Tokens,
  ) {}

  /** The subscription of a channel, for a handle to join. */
  of(channel: string): Subscription {
    let subscription = this.all.get(channel);
    if (!subscription) {
      subscription = new Subscription(channel, this.loop);
      this.all.set(channel, subscription);
    }
    return subscription;
  }

  join(subscription: Subscription, handle: Handle<any>): void {
    subscription.cancelLinger();
    subscription.lingering = false;
    subscription.handles.add(handle);
    if (subscription.status !== 'wanted') {
      subscription.status = 'wanted';
      subscription.token = 'none';
    }
    if (subscription.wire === 'live') {
      handle.joinLive();
    }
    this.sync(subscription);
  }

  leave(subscription: Subscription, handle: Handle<any>): void {
    if (subscription.handles.delete(handle) && subscription.handles.size === 0) {
      subscription.lingering = subscription.status === 'wanted' && subscription.wire !== 'off';
      if (subscription.lingering) {
        subscription.cancelLinger = this.loop.after(LINGER_MILLIS, () => {
          subscription.lingering = false;
          this.sync(subscription);
          this.forget(subscription);
        });
      } else {
        this.forget(subscription);
      }
    }
    this.resume(subscription, handle);
  }

  pause(subscription: Subscription, handle: Handle<any>): void {
    subscription.paused.add(handle);
    this.sync(subscription);
  }

  resume(subscription: Subscription, handle: Handle<any>): void {
    if (subscription.paused.delete(handle)) {
      this.sync(subscription);
    }
  }

  /**
   * `auth` is written, or accepted: all that is wanted follows it, those with priority first. What went out with a token
   * that was rejected goes out again after the next.
   */
  onOpen(): void {
    this.open = true;
    const due = [...this.all.values()].filter((each) => each.due);
    this.queue = [...due.filter((each) => each.priority), ...due.filter((each) => !each.priority)];
    this.pump();
  }

  onLost(): void {
    this.open = this.asking = false;
    this.cancelAsk();
    this.inFlight = 0;
    this.queue = [];
    this.denied = [];
    for (const each of this.all.values()) {
      each.wire = 'off';
      each.token = 'none';
    }
  }

  /** The client is closed or stopped: no timers. */
  onEnd(error: BroadcasterError): void {
    for (const each of this.all.values()) {
      each.cancelRetry?.();
      each.cancelRetry = undefined;
      each.cancelLinger();
      each.lingering = false;
      each.tell((handle) => handle.onEnd(error));
    }
  }

  onBroadcast(params: any, frame: string): void {
    const subscription = this.all.get(params.channel);
    // What comes before the reply to `subscribe` or after `unsubscribe` belongs to a subscription that is over.
    if (subscription?.wire === 'live' && !subscription.onMessage(params, frame)) {
      this.connection.violate(`seq went back to ${params.seq}`);
    }
  }

  /** The node has ended a subscription. */
  onEnded({channel, reason}: {channel: string; reason: string}): void {
    const subscription = this.all.get(channel);
    if (subscription?.wire === 'live') {
      subscription.wire = 'off';
      subscription.end('ended', (handle) => handle.onEnded(reason));
      this.forget(subscription);
    }
  }

  private sync(subscription: Subscription): void {
    if (!this.open) {
      return;
    }
    if (subscription.due) {
      this.queue.push(subscription);
      this.pump();
    } else if (!subscription.wanted && subscription.wire === 'live') {
      this.unsubscribe(subscription);
    }
  }

  private pump(): void {
    const window = this.connection.feature('parallel') ? PARALLEL_WINDOW : WINDOW;
    while (this.open && this.inFlight < window && this.queue.length > 0) {
      const subscription = this.queue.shift()!;
      if (subscription.due) {
        this.subscribe(subscription);
      }
    }
  }

  private subscribe(subscription: Subscription): void {
    subscription.wire = 'subscribing';
    this.inFlight++;
    this.connection.calls.send('subscribe', subscription.params, (reply) => {
      if (reply) {
        this.inFlight--;
        subscription.wire = 'off';
        reply.error ? this.onRefused(subscription, reply.error) : subscription.onLive(reply.result);
        this.sync(subscription);
        this.pump();
      }
    });
  }

  private unsubscribe(subscription: Subscription): void {
    subscription.wire = 'unsubscribing';
    this.connection.calls.send('unsubscribe', JSON.stringify({channel: subscription.channel}), (reply: Reply) => {
      // `NotFound` is what we want too. A loss has made it void.
      if (reply) {
        subscription.wire = 'off';
        this.sync(subscription);
      }
    });
  }

  private onRefused(subscription: Subscription, {code, message}: {code: string; message: string}): void {
    const {channel} = subscription;
    const text = `${channel}: ${message}`;
    if (code === 'Internal') {
      this.loop.report(new Unavailable(text));
      subscription.cancelRetry = this.loop.after(this.loop.delay(subscription.retries++), () => {
        subscription.cancelRetry = undefined;
        this.sync(subscription);
      });
    } else if (code === 'AlreadyExists') {
      // A bug of ours: what the node has is ended, then made anew.
      this.loop.report(new ProtocolViolation(text));
      this.unsubscribe(subscription);
    } else if (code === 'PermissionDenied' && this.tokens.dynamic && subscription.token === 'none') {
      subscription.token = 'waiting';
      this.denied.push(subscription);
      this.askForDenied();
    } else if (code === 'Unauthenticated') {
      // Sent behind an `auth` that was rejected: again when a token is accepted.
      this.open = false;
    } else {
      this.fail(subscription, refusal(code, text));
    }
  }

  private fail(subscription: Subscription, error: BroadcasterError): void {
    subscription.end('failed', (handle) => handle.onFailed(error));
    this.forget(subscription);
  }

  /** Gets one token for all channels that were refused, and tries each once more. */
  private askForDenied(): void {
    if (this.asking) {
      return;
    }
    this.asking = true;
    this.cancelAsk = this.loop.after(GATHER_MILLIS, () => {
      const asked = this.denied;
      this.denied = [];
      this.connection.refresh({kind: 'channels', channels: asked.map((each) => each.channel)}, (taken) => {
        this.asking = false;
        for (const each of asked) {
          each.token = 'asked';
          taken ? this.sync(each) : this.fail(each, new Denied(`${each.channel}: no token covers it`));
        }
        this.denied.length > 0 && this.askForDenied();
      });
    });
  }

  /** Keeps the positions of channels that were left, but not of any number of them. */
  private forget(subscription: Subscription): void {
    const {all} = this;
    all.delete(subscription.channel);
    all.set(subscription.channel, subscription);
    const idle = [...all.values()].filter((each) => each.handles.size === 0 && each.wire === 'off');
    if (idle.length > MOST_IDLE) {
      all.delete(idle[0]!.channel);
    }
  }
}
