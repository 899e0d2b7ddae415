/** How much later than its interval a sign of life may come: section 10 of the protocol. */
const SLACK_MILLIS = 10_000;
/** A timer that fires so late shows that the page slept, not that the gateway is gone. */
const SLEPT_MILLIS = 1_000;
/** How long the gateway may take to answer a page that has slept. */
const ANSWER_MILLIS = 5_000;

/**
 * Notices that nothing comes any more. A browser shows no pings, so the gateway is asked to send a frame with each of them.
 *
 * `probe()` asks the gateway for an answer; `dead(seconds)` is called once, when nothing has come for that long.
 */
export class Liveness {
  #limit;
  #probe;
  #dead;
  #heardAt;
  #due;
  #timer;

  constructor(pingInterval, probe, dead) {
    this.#limit = pingInterval + SLACK_MILLIS;
    this.#probe = probe;
    this.#dead = dead;
    this.heard();
    this.#wait(this.#limit);
  }

  /** Something came. */
  heard() {
    this.#heardAt = performance.now();
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #wait(millis) {
    this.#due = performance.now() + millis;
    this.#timer = setTimeout(() => this.#check(), millis);
  }

  #check() {
    const now = performance.now();
    const left = this.#heardAt + this.#limit - now;
    if (left > 0) {
      this.#wait(left);
    } else if (now - this.#due > SLEPT_MILLIS) {
      this.#probe();
      this.#wait(ANSWER_MILLIS);
    } else {
      this.#dead(Math.round((now - this.#heardAt) / 1000));
    }
  }
}
