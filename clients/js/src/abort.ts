import type {Cancel} from './loop.js';

/** Calls `abort` when the signal is aborted. Throws when it already was. The returned function removes the listener. */
export function onAbort(signal: AbortSignal | undefined, abort: (reason: unknown) => void): Cancel {
  const listener = () => abort(signal!.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', listener);
  return () => signal?.removeEventListener('abort', listener);
}
