import type {Cancel} from './loop.js';

const TYPES = ['online', 'offline', 'visibilitychange', 'pageshow', 'pagehide'];

/**
 * What the platform tells about the network and the page: `hidden` when the page must hold no socket, `hopeful` when a new
 * attempt may succeed; neither when the connection may be gone. Does nothing where there are no such events.
 */
export function environment(on: (hidden: boolean, hopeful: boolean) => void): Cancel {
  const target: any = globalThis;
  const listener = ({type, persisted}: any) => {
    const passing = type === 'pagehide' ? !persisted : type === 'visibilitychange' && target.document?.visibilityState !== 'visible';
    passing || on(type === 'pagehide', type !== 'offline');
  };
  TYPES.forEach((type) => target.addEventListener?.(type, listener));
  return () => TYPES.forEach((type) => target.removeEventListener?.(type, listener));
}
