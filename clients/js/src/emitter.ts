import {check} from './errors.js';
import type {Cancel, Loop} from './loop.js';

/**
 * Handlers by event. One that throws, or whose promise rejects, is reported and does not stop the others. One that throws
 * for an error is not told of its own: that goes to `last`.
 */
export interface Emitter<Events> {
  /** Returns the function that removes the handler. */
  on<T extends keyof Events>(type: T, listener: (event: Events[T]) => unknown): Cancel;
  /** Delivers at once, to be called from the queue of events. Falsy when nobody listens. */
  fire<T extends keyof Events>(type: T, event: Events[T], last?: (error: unknown) => void): unknown;
}

export function createEmitter<Events>(loop: Loop): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(event: any) => unknown>>();
  return {
    on(type, listener) {
      check(listener?.call, type as string);
      const set = listeners.get(type) || new Set();
      // Wrapped, so that a function that is registered twice is called twice and removed once.
      const own = (event: any) => listener(event);
      listeners.set(type, set.add(own));
      return () => set.delete(own);
    },
    fire(type, event, failed = loop.report) {
      const set = listeners.get(type);
      set?.forEach((listener) => {
        try {
          (listener(event) as any)?.catch?.(failed);
        } catch (error) {
          failed(error);
        }
      });
      return set?.size;
    },
  };
}
