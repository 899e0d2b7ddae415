import type {Cancel, Loop} from './loop.js';

/** Handlers by event. One that throws, or whose promise rejects, is reported and does not stop the others. */
export class Emitter<Events> {
  private readonly listeners: {[T in keyof Events]?: Set<(event: any) => unknown>} = {};

  constructor(private readonly loop: Loop) {}

  /** Returns the function that removes the handler. */
  on<T extends keyof Events>(type: T, listener: (event: Events[T]) => unknown): Cancel {
    // Wrapped, so that a function that is registered twice is called twice and removed once.
    const own = (event: Events[T]) => listener(event);
    const set = (this.listeners[type] ||= new Set());
    set.add(own);
    return () => set.delete(own);
  }

  /** To be delivered when the client's own work is done. */
  emit<T extends keyof Events>(type: T, event: Events[T]): void {
    this.loop.emit(() => this.call(type, event));
  }

  /** Delivers at once: for events that are delivered from the queue already. False when nobody listens. */
  call<T extends keyof Events>(type: T, event: Events[T]): boolean {
    const listeners = this.listeners[type];
    for (const listener of listeners || []) {
      try {
        (listener(event) as any)?.catch?.(this.loop.report);
      } catch (error) {
        this.loop.report(error);
      }
    }
    return !!listeners?.size;
  }
}
