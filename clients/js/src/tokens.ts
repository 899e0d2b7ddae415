import {Timeout, Unauthorized, Unavailable, check} from './errors.js';
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
const SOONEST_MILLIS = 1_000;

/** Three parts of base64url. What is none is the page of a proxy, or a variable that is not set. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The token without the white space around it. */
function checked(token: unknown): string {
  const text = String(token).trim();
  check(JWT.test(text), 'token');
  return text;
}

/** The current token, and the way to the next one: single flight, whoever asks. */
export interface Tokens {
  current: string | undefined;
  /** Whether there can be another one. */
  dynamic: boolean;
  /** Whether it is good for so many milliseconds; by default those with which a connection may begin. */
  usable(millis?: number): unknown;
  set(source: TokenSource): void;
  drop(): void;
  /** The node has accepted the token, and says how long it is good for where it can. */
  onAccepted(expiresIn: number | undefined): void;
  /** Milliseconds after which to refresh a token: before its end, and not all clients at once. */
  refreshAfter(expiresIn: number): number;
  ask(reason: Reason, done: Done): void;
  /** Nobody waits any longer. */
  stop(): void;
}

export function createTokens(loop: Loop): Tokens {
  let provider: any;
  let expiresAt: number;
  let attempt = 0;
  /** Who waits for the call of the provider that is on its way, and why it is. */
  let waiting: Done[] | undefined;
  let asked: Reason;
  let running: TokenReason | undefined;
  let cancel: Cancel = () => {};

  const call = () => {
    const mine = (running = {...asked, attempt: ++attempt});
    const settle = (error: unknown, token?: string) =>
      loop.enter(() => {
        if (running === mine) {
          const all = waiting!;
          tokens.stop();
          // The same token ends when it did.
          if (!error && token !== tokens.current) {
            tokens.drop();
            tokens.current = token;
          }
          all.forEach((each) => each(error, token));
        }
      });
    cancel();
    cancel = loop.deadline(PROVIDER_MILLIS, () => settle(new Timeout('no token')));
    Promise.resolve()
      .then(() => running === mine && provider(mine))
      .then(checked)
      .then(
        (token) => settle(undefined, token),
        (error) => settle(error || new Unavailable('no token')),
      );
  };

  const tokens: Tokens = {
    current: undefined,
    dynamic: true,
    usable: (millis = SPARE_MILLIS) => tokens.current && expiresAt - loop.now() >= millis,
    set(source) {
      const text = typeof source === 'function' || checked(source);
      let given: unknown;
      tokens.dynamic = text === true;
      provider = tokens.dynamic
        ? source
        : ({kind}: TokenReason) => {
            if (given && kind !== 'start') {
              throw new Unauthorized('token ended');
            }
            return (given = text);
          };
      tokens.drop();
      // Who waits for the old source is given the answer of this one.
      waiting && call();
    },
    drop() {
      tokens.current = undefined;
      expiresAt = Infinity;
    },
    onAccepted(expiresIn) {
      attempt = 0;
      // What is no number throws here.
      expiresIn?.toFixed();
      expiresAt = loop.now() + (expiresIn ?? Infinity);
    },
    refreshAfter(expiresIn) {
      const ahead = Math.max(30_000, expiresIn / 10) + loop.upTo(expiresIn / 20);
      // A token that ends soon, or has ended but for the node's leeway of 30 s, is not asked for again and again.
      return Math.max(expiresIn - ahead, expiresIn / 4, SOONEST_MILLIS);
    },
    ask(reason, done) {
      if (waiting) {
        // The call on its way knows nothing of these channels.
        waiting.push(reason.channels ? () => tokens.ask(reason, done) : done);
      } else {
        waiting = [done];
        asked = reason;
        call();
      }
    },
    stop() {
      cancel();
      waiting = running = undefined;
    },
  };
  return tokens;
}
