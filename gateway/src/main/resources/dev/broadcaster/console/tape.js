/** How many rows the console keeps; older ones go. */
export const MAX_ROWS = 500;

/**
 * What has happened, in order: messages, holes, recoveries and notes, at most MAX_ROWS of them. Rows are numbered for ever, so a
 * view can tell which it has drawn and which are gone.
 */
export class Tape {
  #rows = [];
  #next = 0;

  add(row) {
    this.#rows.push({...row, n: this.#next++});
    if (this.#rows.length > MAX_ROWS) {
      this.#rows.shift();
    }
  }

  clear() {
    this.#rows = [];
  }

  /** The number of the oldest row still kept. */
  get first() {
    return this.#next - this.#rows.length;
  }

  /** The number that the next row gets. */
  get next() {
    return this.#next;
  }

  since(n) {
    return this.#rows.slice(Math.max(0, n - this.first));
  }
}

/** Checks that the `seq` of one subscription starts at 1 and rises by 1. */
export class SeqWatch {
  #last = 0;

  /** The hole that ends at this message, `{from, to, lost}`; null if there is none; `{again}` if seq went back. */
  check(seq) {
    const expected = this.#last + 1;
    if (seq < expected) {
      return {again: seq, expected};
    }
    this.#last = seq;
    return seq === expected ? null : {from: expected, to: seq - 1, lost: seq - expected};
  }
}

export function holeText({from, to, lost, again, expected}) {
  if (again !== undefined) {
    return `seq went back: ${again} (expected: ${expected})`;
  }
  return lost === 1 ? `1 message lost: seq ${from}` : `${lost} messages lost: seq ${from}-${to}`;
}

export function recoveredText(count) {
  const seq = 'seq starts at 1';
  if (count === 0) {
    return `recovered 0: nothing was missed, ${seq}`;
  }
  return `recovered ${count}: published meanwhile, ${seq}`;
}
