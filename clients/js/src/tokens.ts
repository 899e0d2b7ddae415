import {Invalid, Timeout, Unauthorized, Unavailable} from './errors.js';
import type {Cancel, Loop} from './loop.js';

export interface TokenReason {
  /**
   * `start`: the first connection. `expiring`: the token ends soon. `rejected`: the node did not accept it.
   * `closed`: the node closed the connection because of it. `channels`: it does not cover `channels`.
   */
  kind: 'start' | 'expiring' | 'rejected' | 'closed' | 'channels';
  channels?: string[];
  /** Counts the calls of the provider since the last token that was accepted, from 1. */
  attempt: number;
}

export type Reason = Omit<TokenReason, 'attempt'>;

/** A token, or a function that gets one. It is not called twice at a time. */
export type TokenSource = string | ((reason: TokenReason) => string | Promise<string>);

type Done = (error: unknown, token?: string) => void;

const PROVIDER_MILLIS = 15_000;
/** With less left, a reconnect takes a new token. */
const SPARE_MILLIS = 30_000;

/** The current token, and the way to the next one: single flight, whoever asks. */
export class Tokens {
  current: string | undefined;
  private expiresAt = Infinity;
  private calls = 0;
  /** Who waits for the call of the provider that is on its way. */
  private waiting: Done[] | undefined;
  private cancel: Cancel = () => {};

  constructor(
    private readonly loop: Loop,
    private source: TokenSource,
  ) {}

  get dynamic(): boolean {
    return typeof this.source !== 'string';
  }

  usable(): boolean {
    return this.current !== undefined && this.expiresAt - this.loop.now() >= SPARE_MILLIS;
  }

  set(source: TokenSource): void {
    this.source = source;
    this.drop();
  }

  drop(): void {
    this.current = undefined;
    this.expiresAt = Infinity;
  }

  /** The node has accepted the token, and says how long it is good for where it can. */
  onAccepted(expiresIn: number | undefined): void {
    this.calls = 0;
    this.expiresAt = expiresIn === undefined ? Infinity : this.loop.now() + expiresIn;
  }

  /** Milliseconds after which to refresh a token: before its end, and not all clients at once. */
  refreshAfter(expiresIn: number): number {
    const ahead = Math.max(30_000, expiresIn / 10) + this.loop.upTo(expiresIn / 20);
    // A token of less than a minute is not asked for again and again.
    return Math.max(expiresIn - ahead, expiresIn / 4);
  }

  ask(reason: Reason, done: Done): void {
    const {source} = this;
    if (typeof source === 'string') {
      const spent = reason.kind !== 'start';
      this.current = source;
      done(spent ? new Unauthorized('the token has ended; call setToken()') : undefined, source);
    } else if (this.waiting) {
      // The call on its way knows nothing of these channels.
      this.waiting.push(reason.channels ? () => this.ask(reason, done) : done);
    } else {
      this.waiting = [done];
      this.call(source, {...reason, attempt: ++this.calls});
    }
  }

  /** Nobody waits any longer. */
  stop(): void {
    this.cancel();
    this.waiting = undefined;
  }

  private call(source: Exclude<TokenSource, string>, reason: TokenReason): void {
    const mine = this.waiting!;
    const settle = (error: unknown, token?: string) =>
      this.loop.enter(() => {
        if (this.waiting === mine) {
          this.stop();
          if (token !== undefined) {
            this.drop();
            this.current = token;
          }
          for (const done of mine) {
            done(error, token);
          }
        }
      });
    this.cancel = this.loop.deadline(PROVIDER_MILLIS, () => settle(new Timeout('no token in 15 s')));
    Promise.resolve()
      .then(() => source(reason))
      .then(
        (token) => (typeof token === 'string' ? settle(undefined, token) : settle(new Invalid('the token is no string'))),
        (error) => settle(error || new Unavailable('no token')),
      );
  }
}
