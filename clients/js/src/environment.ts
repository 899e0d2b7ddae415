import type {Cancel} from './loop.js';

const TYPES = ['online', 'offline', 'visibilitychange', 'pageshow', 'pagehide'];

/**
 * What the platform tells about the network and the page: `wake` when a new attempt may succeed, `doubt` when the
 * connection may be gone, `hide` when the page must hold no socket. Does nothing where there are no such events.
 */
export function environment(on: (type: 'wake' | 'doubt' | 'hide') => void): Cancel {
  const target: any = globalThis;
  if (!target.addEventListener) {
    return () => {};
  }
  const listener = ({type, persisted}: any) => {
    if (type === 'pagehide') {
      persisted && on('hide');
    } else if (type === 'offline') {
      on('doubt');
    } else if (type !== 'visibilitychange' || target.document?.visibilityState === 'visible') {
      on('wake');
    }
  };
  TYPES.forEach((type) => target.addEventListener(type, listener));
  return () => TYPES.forEach((type) => target.removeEventListener(type, listener));
}
