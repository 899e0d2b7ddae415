import type {Cancel} from './loop.js';

/** Calls `abort` when the signal says so, or has said so. The function that is returned leaves no listener at it. */
export function onAbort(signal: AbortSignal | undefined, abort: (reason: unknown) => void): Cancel {
  const listener = () => abort(signal!.reason);
  signal?.aborted ? listener() : signal?.addEventListener('abort', listener);
  return () => signal?.removeEventListener('abort', listener);
}
