import type {Cancel} from './loop.js';

const TYPES = ['online', 'offline', 'visibilitychange', 'pageshow', 'pagehide'];

/**
 * What the platform tells about the network and the page: `hide` when the page must hold no socket; `wake` when a new
 * attempt may succeed, or the connection that there is (`connected`) may be gone. Does nothing where there are no events.
 */
export function environment(hide: () => void, wake: () => void, connected: () => unknown): Cancel {
  const target: any = globalThis;
  const listener = ({type, persisted}: any) => {
    if (type === 'pagehide') {
      persisted && hide();
    } else if (type === 'offline' ? connected() : type !== 'visibilitychange' || target.document?.visibilityState === 'visible') {
      wake();
    }
  };
  TYPES.forEach((type) => target.addEventListener?.(type, listener));
  return () => TYPES.forEach((type) => target.removeEventListener?.(type, listener));
}
