import type {Message} from './message.js';

const MOST_MESSAGES = 1000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** Messages that wait for a consumer: at most 1,000 or 4 MiB. The oldest give way, and are counted. */
export class Bounded<P> {
  /** How many gave way, until the owner has told it. */
  lost = 0;
  private readonly items: [Message<P>, number][] = [];
  private characters = 0;

  get empty(): boolean {
    return !this.items.length;
  }

  /** Whether more than this part of the bounds is taken. */
  over(part: number): boolean {
    return this.items.length > MOST_MESSAGES * part || this.characters > MOST_CHARACTERS * part;
  }

  push(message: Message<P>, characters: number): void {
    this.items.push([message, characters]);
    this.characters += characters;
    while (this.over(1) && this.items.length > 1) {
      this.shift();
      this.lost++;
    }
  }

  shift(): [Message<P>, number] | undefined {
    const item = this.items.shift();
    this.characters -= item ? item[1] : 0;
    return item;
  }
}
