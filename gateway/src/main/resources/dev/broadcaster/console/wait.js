/** Counts the seconds down until the client tries again. */
export class Wait {
  #tell;
  #due;
  #timer;

  /** `tell(seconds)` is called whenever the seconds that are left change, with `undefined` at the end. */
  constructor(tell) {
    this.#tell = tell;
  }

  begin(millis) {
    this.end();
    this.#due = performance.now() + millis;
    this.#tick();
  }

  end() {
    clearTimeout(this.#timer);
    this.#tell(undefined);
  }

  #tick() {
    const left = Math.max(0, this.#due - performance.now());
    this.#tell(Math.ceil(left / 1000));
    if (left > 0) {
      this.#timer = setTimeout(() => this.#tick(), left % 1000 || 1000);
    }
  }
}
