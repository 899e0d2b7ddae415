import type {Message} from './message.js';

const MOST_MESSAGES = 1000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** Messages that wait for a consumer: at most 1,000 or 4 MiB. The oldest give way, and are counted. */
export interface Bounded<P> {
  /** How many gave way, until the owner has told it. */
  lost: number;
  /** Whether more than this part of the bounds is taken; of 0: whether there is any. */
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
