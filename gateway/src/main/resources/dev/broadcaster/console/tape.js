/** How many rows the console keeps; older ones go. */
export const MAX_ROWS = 10_000;
/** How many UTF-16 units of payloads it keeps. */
const MAX_PAYLOADS = 32 << 20;

/**
 * What has happened, in order: messages, gaps, recoveries and notes, at most MAX_ROWS of them. Rows are numbered for
 * ever, so a view can tell which it has drawn and which are gone.
 */
export class Tape {
  #rows = [];
  #next = 0;
  #payloads = 0;

  add(row) {
    this.#rows.push({...row, n: this.#next++});
    this.#payloads += row.payload?.length ?? 0;
    while (this.#rows.length > MAX_ROWS || (this.#payloads > MAX_PAYLOADS && this.#rows.length > 1)) {
      this.#payloads -= this.#rows.shift().payload?.length ?? 0;
    }
  }

  clear() {
    this.#rows = [];
    this.#payloads = 0;
  }

  /** The number of the oldest row still kept. */
  get first() {
    return this.#next - this.#rows.length;
  }

  /** The number that the next row gets. */
  get next() {
    return this.#next;
  }

  /** The rows that are kept, from number `from` to before `to`. */
  between(from, to) {
    return this.#rows.slice(Math.max(0, from - this.first), Math.max(0, to - this.first));
  }
}

/** A gap of the client: how many messages this page did not get, and why. */
export function gapText({cause, count, from, to}) {
  if (cause === 'away') {
    return 'gap of unknown size (away): what was published meanwhile is not kept; seq starts at 1';
  }
  const seq = from === undefined ? '' : from === to ? `: seq ${from}` : `: seq ${from}-${to}`;
  return `${count === 1 ? '1 message' : `${count} messages`} lost (${cause})${seq}`;
}

/** A subscription that is live again, with everything that was missed. */
export function resumedText(missed) {
  const what = missed === undefined ? 'what was missed follows' : missed === 0 ? 'nothing was missed' : `${missed} missed, they follow`;
  return `resumed: ${what}; seq starts at 1`;
}
