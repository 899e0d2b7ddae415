import type {Loop} from './loop.js';

/** Codes after which a client does not come back. All tables are held to closecodes.json by a test. */
const STOP = [1000, 1002, 1003, 1007, 1009, 4400, 4403];
/** Codes of a node that has no room: not to be asked again soon. */
const CAPACITY = [1013, 4429];
const CAPACITY_ATTEMPTS = 4;
const JITTER_MILLIS = 500;
export const DRAINING = 1001;
export const TOKEN_VOID = 4401;
export const SLOW_CONSUMER = 4409;

/** When to connect again, by the close code. */
export class Backoff {
  /** Failures since the last connection that lasted. */
  private failures = 0;
  private tokenVoid = false;

  constructor(private readonly loop: Loop) {}

  /** A connection has lasted, or the application starts anew. */
  reset(): void {
    this.failures = 0;
    this.tokenVoid = false;
  }

  /** Milliseconds until the next attempt, or undefined to stop. */
  next(code: number): number | undefined {
    const {loop} = this;
    if (STOP.includes(code)) {
      return undefined;
    }
    if (code === DRAINING || (code === TOKEN_VOID && !this.tokenVoid)) {
      this.tokenVoid = code === TOKEN_VOID;
      return loop.upTo(JITTER_MILLIS);
    }
    if (CAPACITY.includes(code)) {
      this.failures = Math.max(this.failures, CAPACITY_ATTEMPTS);
      return loop.delay(this.failures);
    }
    return loop.delay(this.failures++);
  }
}
