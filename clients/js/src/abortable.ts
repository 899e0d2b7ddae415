/**
 * A promise that an AbortSignal ends. `start` may return a function that is called when the promise was aborted, so that
 * nothing is kept for it.
 */
export function abortable<T>(
  signal: AbortSignal | undefined,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => (() => void) | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => signal?.removeEventListener('abort', abort);
    const abandon = start(
      (value) => {
        stop();
        resolve(value);
      },
      (error) => {
        stop();
        reject(error);
      },
    );
    function abort() {
      stop();
      abandon?.();
      reject(signal!.reason);
    }
    // `once` and `stop`: a long-lived signal does not gather listeners.
    abandon && signal?.addEventListener('abort', abort);
  });
}
