import type {Clock} from './clock.js';

export type Cancel = () => void;

/** A timer that fires so late shows that the process slept, not that the node is silent. */
const LATE_MILLIS = 1000;
/** What a deadline allows after a sleep: the reply may be in the socket already. */
const GRACE_MILLIS = 5000;
/** The longest wait that browsers and Node do not turn into none. */
const LONGEST_MILLIS = 2 ** 31 - 1;

/**
 * The order in which a client works: first its state changes completely, then handlers run. Socket events, timers and
 * calls of the application all come in through `enter`; the events that they cause go out when the outermost is done.
 * So a handler that calls the client finds it consistent, and all handlers see all events in one order.
 */
export class Loop {
  private depth = 0;
  private events: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    /** What went wrong and is returned to no caller. */
    readonly report: (error: unknown) => void,
  ) {}

  enter<T>(work: () => T): T {
    this.depth++;
    try {
      return work();
    } finally {
      if (this.depth === 1) {
        // Events that handlers cause are added to the same array and seen by the same loop.
        for (const event of this.events) {
          event();
        }
        this.events = [];
      }
      this.depth--;
    }
  }

  emit(event: () => void): void {
    this.events.push(event);
  }

  now(): number {
    return this.clock.now();
  }

  /** `late` is true when the timer fired a second late or more. */
  after(millis: number, run: (late: boolean) => void): Cancel {
    const {clock} = this;
    const due = clock.now() + millis;
    const timer = clock.setTimeout(() => this.enter(() => run(clock.now() - due >= LATE_MILLIS)), Math.min(millis, LONGEST_MILLIS));
    return () => clock.clearTimeout(timer);
  }

  /** As `after`, but a process that slept gets 5 s more, in which what waits in the socket is read. */
  deadline(millis: number, run: () => void): Cancel {
    let cancel = this.after(millis, (late) => {
      if (late) {
        cancel = this.after(GRACE_MILLIS, run);
      } else {
        run();
      }
    });
    return () => cancel();
  }

  /** Full jitter: from nothing to `millis`. */
  upTo(millis: number): number {
    return this.clock.random() * millis;
  }

  /** The wait before retry `n`, counted from 0. */
  delay(n: number): number {
    return this.upTo(Math.min(20_000, 500 * 2 ** n));
  }
}
