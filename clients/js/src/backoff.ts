import type {Loop} from './loop.js';

/** Codes after which a client does not reconnect. A test compares all tables with closecodes.json. */
const STOP = /100[02379]|440[03]/;
/** Codes of a node that is full: the client waits longer. */
const CAPACITY = /1013|4429/;
const CAPACITY_ATTEMPTS = 4;
const JITTER_MILLIS = 500;
const DRAINING = 1001;
export const TOKEN_VOID = 4401;
export const SLOW_CONSUMER = 4409;

/** The delay before the next connection, by the close code. */
export interface Backoff {
  /** A connection has lasted, or the application connects again. */
  reset(): void;
  /** Milliseconds until the next attempt, or undefined to stop. */
  next(code: number): number | undefined;
}

export function createBackoff(loop: Loop): Backoff {
  /** Since the last connection that lasted. */
  let failures = 0;
  let tokenVoid = false;
  return {
    reset() {
      failures = 0;
      tokenVoid = false;
    },
    next(code) {
      if (STOP.test(code as any)) {
        return undefined;
      }
      if (code === DRAINING || (code === TOKEN_VOID && !tokenVoid)) {
        tokenVoid = code === TOKEN_VOID;
        return loop.upTo(JITTER_MILLIS);
      }
      if (CAPACITY.test(code as any)) {
        failures = Math.max(failures, CAPACITY_ATTEMPTS);
        return loop.delay(failures);
      }
      return loop.delay(failures++);
    },
  };
}
