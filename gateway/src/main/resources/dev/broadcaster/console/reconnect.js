/** The first wait is at most so long, each later one at most twice the one before, and none more than the last. */
const FIRST_MILLIS = 500;
const MOST_MILLIS = 20_000;
/** Who stayed so long was really there: the next wait is a short one again. */
const STAY_MILLIS = 10_000;

/**
 * When to connect again: after a time that is random from nothing to a limit that grows (full jitter), so that the
 * clients of a node that has gone do not come back at once, nor in step.
 */
export class Reconnect {
  #connect;
  #tell;
  #attempts = 0;
  #upSince;
  #due;
  #timer;

  /** `connect()` is called when it is time; `tell(seconds)` whenever the seconds to wait change, `undefined` at the end. */
  constructor(connect, tell) {
    this.#connect = connect;
    this.#tell = tell;
  }

  get waiting() {
    return this.#timer !== undefined;
  }

  /** The connection is good. */
  up() {
    this.#upSince = performance.now();
  }

  /** The connection is gone, and to be made again; `soon` after a short wait, and the next one is as long as before. */
  schedule(soon = false) {
    if (this.#upSince !== undefined && performance.now() - this.#upSince > STAY_MILLIS) {
      this.#attempts = 0;
    }
    this.#upSince = undefined;
    const limit = soon ? FIRST_MILLIS : Math.min(MOST_MILLIS, FIRST_MILLIS * 2 ** this.#attempts++);
    this.#due = performance.now() + Math.random() * limit;
    this.#wait();
  }

  /** Connects without waiting any longer. */
  now() {
    this.cancel();
    this.#connect();
  }

  cancel() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tell(undefined);
  }

  #wait() {
    const left = this.#due - performance.now();
    if (left <= 0) {
      this.now();
      return;
    }
    this.#tell(Math.ceil(left / 1000));
    this.#timer = setTimeout(() => this.#wait(), left % 1000 || 1000);
  }
}
