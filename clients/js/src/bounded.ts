import type {Message} from './message.js';

const MOST_MESSAGES = 1000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** Messages that wait for a consumer: at most 1,000 or 4 MiB. The oldest give way, and are counted. */
export class Bounded<P> {
  lost = 0;
  private items: (readonly [Message<P>, number] | undefined)[] = [];
  private head = 0;
  private characters = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  get full(): boolean {
    return this.size >= MOST_MESSAGES || this.characters >= MOST_CHARACTERS;
  }

  /** Half empty or less: time to take more. */
  get low(): boolean {
    return this.size <= MOST_MESSAGES / 2 && this.characters <= MOST_CHARACTERS / 2;
  }

  push(message: Message<P>, characters: number): void {
    this.items.push([message, characters]);
    this.characters += characters;
    while (this.size > MOST_MESSAGES || (this.characters > MOST_CHARACTERS && this.size > 1)) {
      this.shift();
      this.lost++;
    }
  }

  shift(): readonly [Message<P>, number] | undefined {
    const item = this.items[this.head];
    if (item) {
      this.characters -= item[1];
      this.items[this.head] = undefined;
      // Moved in strides: a shift of the array per message would be quadratic.
      if (++this.head > MOST_MESSAGES) {
        this.items = this.items.slice(this.head);
        this.head = 0;
      }
    }
    return item;
  }

  takeLost(): number {
    const {lost} = this;
    this.lost = 0;
    return lost;
  }
}
