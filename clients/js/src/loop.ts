import type {Clock} from './clock.js';

export type Cancel = () => void;

/** A timer that fires this late shows that the process slept, not that the node is silent. */
const LATE_MILLIS = 1000;
/** The time that is added to a deadline after a sleep: the reply may already be in the socket. */
const GRACE_MILLIS = 5000;
/** The longest delay of a timer: browsers and Node fire a longer one at once. */
const LONGEST_MILLIS = 2 ** 31 - 1;

/**
 * The order of work in a client: first its state changes completely, then handlers run. Socket events, timers and calls
 * of the application all pass through `enter`; the events that they cause are delivered when the outermost call is
 * done. So a handler that calls the client finds it consistent, and all handlers get all events in one order.
 */
export interface Loop {
  enter<T>(work: () => T): T;
  /** Queues an event, which is delivered when the client's own work is done. */
  emit(event: () => void): void;
  /** Reports an error that is not returned to a caller. */
  report(error: unknown): void;
  /** Milliseconds that never go back. */
  now(): number;
  /** A timer. `late` is true when it fired a second late or more. */
  after(millis: number, run: (late: boolean) => void): Cancel;
  /** Like `after`, but a process that slept gets 5 s more, to read the frames in the socket. */
  deadline(millis: number, run: () => void): Cancel;
  /** Full jitter: from nothing to `millis`. */
  upTo(millis: number): number;
  /** The delay before retry `n`, counted from 0. */
  delay(n: number): number;
}

export function createLoop({now, random, setTimeout, clearTimeout}: Clock, onError: (error: unknown) => void): Loop {
  let depth = 0;
  let events: (() => void)[] = [];

  const enter = <T>(work: () => T): T => {
    depth++;
    try {
      return work();
    } finally {
      if (depth === 1) {
        // Events that handlers cause are added to the same array and seen by the same loop.
        for (const event of events) {
          event();
        }
        events = [];
      }
      depth--;
    }
  };
  const emit = (event: () => void) => {
    events.push(event);
  };
  const after = (millis: number, run: (late: boolean) => void): Cancel => {
    const due = now() + millis;
    const timer = setTimeout(() => enter(() => run(now() - due >= LATE_MILLIS)), Math.min(millis, LONGEST_MILLIS));
    return () => clearTimeout(timer);
  };
  const report = (error: unknown) => enter(() => emit(() => onError(error)));
  const upTo = (millis: number) => random() * millis;
  return {
    enter,
    emit,
    report,
    now,
    after,
    deadline(millis, run) {
      let cancel = after(millis, (late) => {
        if (late) {
          cancel = after(GRACE_MILLIS, () => run());
        } else {
          run();
        }
      });
      return () => cancel();
    },
    upTo,
    delay: (n) => upTo(Math.min(20_000, 500 * 2 ** n)),
  };
}
