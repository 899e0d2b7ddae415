import type {Cancel} from './loop.js';

/** Calls `abort` when the signal is aborted, or already was. The returned function removes the listener. */
export function onAbort(signal: AbortSignal | undefined, abort: (reason: unknown) => void): Cancel {
  const listener = () => abort(signal!.reason);
  signal?.aborted ? listener() : signal?.addEventListener('abort', listener);
  return () => signal?.removeEventListener('abort', listener);
}
