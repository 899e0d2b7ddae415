import {abortable} from './abortable.js';

/** Who waits in `ready()`. */
export class Waiters {
  private readonly waiting = new Set<(error?: unknown) => void>();

  wait(signal: AbortSignal | undefined): Promise<void> {
    return abortable(signal, (resolve, reject) => {
      const done = (error?: unknown) => (error ? reject(error) : resolve());
      this.waiting.add(done);
      return () => this.waiting.delete(done);
    });
  }

  settle(error?: unknown): void {
    this.waiting.forEach((done) => done(error));
    this.waiting.clear();
  }
}
