import {onAbort} from './abort.js';

/** Who waits in `ready()`. */
export interface Waiters {
  ready(options?: {signal?: AbortSignal}): Promise<void>;
  settle(error?: unknown): void;
}

/** `trouble` is why nobody may wait, `done` whether there is nothing to wait for. */
export function createWaiters(trouble: () => unknown, done: () => boolean): Waiters {
  const waiting = new Set<(error?: unknown) => void>();
  return {
    ready: ({signal} = {}) =>
      new Promise((resolve, reject) => {
        const end = (error?: unknown) => {
          waiting.delete(end);
          cancel();
          error === undefined ? resolve() : reject(error);
        };
        // First: it throws for a signal that is aborted, or none.
        const cancel = onAbort(signal, end);
        waiting.add(end);
        (trouble() || done()) && end(trouble());
      }),
    settle(error) {
      waiting.forEach((end) => end(error));
    },
  };
}
