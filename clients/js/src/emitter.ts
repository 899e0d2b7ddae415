import type {Cancel, Loop} from './loop.js';

/** Handlers by event. One that throws, or whose promise rejects, is reported and does not stop the others. */
export interface Emitter<Events> {
  /** Returns the function that removes the handler. */
  on<T extends keyof Events>(type: T, listener: (event: Events[T]) => unknown): Cancel;
  /** Delivers at once, to be called from the queue of events. False when nobody listens. */
  fire<T extends keyof Events>(type: T, event: Events[T]): boolean;
}

export function createEmitter<Events>({report}: Loop): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(event: any) => unknown>>();
  return {
    on(type, listener) {
      const set = listeners.get(type) || new Set();
      // Wrapped, so that a function that is registered twice is called twice and removed once.
      const own = (event: any) => listener(event);
      listeners.set(type, set.add(own));
      return () => set.delete(own);
    },
    fire(type, event) {
      const set = listeners.get(type);
      set?.forEach((listener) => {
        try {
          (listener(event) as any)?.catch?.(report);
        } catch (error) {
          report(error);
        }
      });
      return !!set?.size;
    },
  };
}
