import type {Cancel, Loop} from './loop.js';

const TYPES = ['online', 'offline', 'visibilitychange', 'pageshow', 'pagehide'];

/**
 * The events of the platform about the network and the page: calls `hide` when the page must hold no socket; `wake`
 * when a new attempt may succeed, or the present connection (`connected`) may be dead. Does nothing on a platform
 * without such events.
 */
export function environment(loop: Loop, hide: () => void, wake: () => void, connected: () => unknown): Cancel {
  const target: any = globalThis;
  const listener = ({type, persisted}: any) =>
    loop.enter(() => {
      if (type === 'pagehide') {
        persisted && hide();
      } else if (type === 'offline' ? connected() : type !== 'visibilitychange' || !target.document?.hidden) {
        wake();
      }
    });
  TYPES.forEach((type) => target.addEventListener?.(type, listener));
  return () => TYPES.forEach((type) => target.removeEventListener?.(type, listener));
}
