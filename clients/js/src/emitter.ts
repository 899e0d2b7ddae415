import type {Cancel, Loop} from './loop.js';

export type Listener<E> = (event: E) => unknown;

/** Handlers by event. One that throws, or whose promise rejects, is reported and does not stop the others. */
export class Emitter<Events> {
  private readonly listeners: {[T in keyof Events]?: Set<Listener<any>>} = {};

  constructor(
    private readonly loop: Loop,
    private readonly report: (error: unknown) => void,
  ) {}

  /** Returns the function that removes the handler. */
  on<T extends keyof Events>(type: T, listener: Listener<Events[T]>): Cancel {
    // Wrapped, so that a function that is registered twice is called twice and removed once.
    const own: Listener<Events[T]> = (event) => listener(event);
    const set = (this.listeners[type] ??= new Set());
    set.add(own);
    return () => set.delete(own);
  }

  has(type: keyof Events): boolean {
    return !!this.listeners[type]?.size;
  }

  /** To be delivered when the client's own work is done. */
  emit<T extends keyof Events>(type: T, event: Events[T]): void {
    this.loop.emit(() => this.call(type, event));
  }

  /** Delivers at once: for events that are delivered from the queue already. */
  call<T extends keyof Events>(type: T, event: Events[T]): void {
    for (const listener of this.listeners[type] ?? []) {
      try {
        const result: any = listener(event);
        result?.catch?.(this.report);
      } catch (error) {
        this.report(error);
      }
    }
  }
}
