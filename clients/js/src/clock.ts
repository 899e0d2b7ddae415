/** Time and chance, as the client sees them. Tests put their own in. The functions are called without `this`. */
export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  /** From 0 up to, not including, 1. */
  random(): number;
  setTimeout(run: () => void, millis: number): unknown;
  clearTimeout(timer: any): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  random: Math.random,
  setTimeout: (run, millis) => setTimeout(run, millis),
  clearTimeout: (timer) => clearTimeout(timer),
};
