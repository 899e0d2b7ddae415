import {abortable} from './abortable.js';

/** Who waits in `ready()`. */
export interface Waiters {
  until(signal: AbortSignal | undefined): Promise<void>;
  settle(error?: unknown): void;
}

export function createWaiters(): Waiters {
  const waiting = new Set<(error?: unknown) => void>();
  return {
    until: (signal) =>
      abortable(signal, (resolve, reject) => {
        const done = (error?: unknown) => (error ? reject(error) : resolve());
        waiting.add(done);
        return () => waiting.delete(done);
      }),
    settle(error) {
      waiting.forEach((done) => done(error));
      waiting.clear();
    },
  };
}
