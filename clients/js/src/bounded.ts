import type {Message} from './message.js';

const MOST_MESSAGES = 1000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** Messages that wait for a consumer: at most 1,000 or 4 MiB. The oldest are dropped, and counted. */
export interface Bounded<P> {
  /** The number of dropped messages that the owner has not reported. */
  lost: number;
  /** True if more than this part of the bounds is used; for 0: if there is a message. */
  over(part: number): boolean;
  push(message: Message<P>, characters: number): void;
  shift(): [Message<P>, number] | undefined;
}

export function createBounded<P>(): Bounded<P> {
  const items: [Message<P>, number][] = [];
  let characters = 0;
  const bounded: Bounded<P> = {
    lost: 0,
    over: (part) => items.length > MOST_MESSAGES * part || characters > MOST_CHARACTERS * part,
    push(message, size) {
      items.push([message, size]);
      characters += size;
      while (bounded.over(1) && items.length > 1) {
        bounded.shift();
        bounded.lost++;
      }
    },
    shift() {
      const item = items.shift();
      characters -= item ? item[1] : 0;
      return item;
    },
  };
  return bounded;
}
