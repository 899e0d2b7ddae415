/**
 * A promise that an AbortSignal ends. `start` returns the function that is called then, so that nothing is kept for it.
 * A signal that lives long does not gather listeners.
 */
export function abortable<T>(
  signal: AbortSignal | undefined,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => {
      abandon();
      fail(signal!.reason);
    };
    const ended =
      <V>(end: (value: V) => void) =>
      (value: V) => {
        signal?.removeEventListener('abort', abort);
        end(value);
      };
    signal?.addEventListener('abort', abort);
    const fail = ended(reject);
    const abandon = start(ended(resolve), fail);
  });
}
