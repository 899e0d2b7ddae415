import type {Cancel, Loop} from './loop.js';

/** The time by which a keepalive may be late. */
const MARGIN_MILLIS = 10_000;
/** Without keepalives: the silence after which the client sends a heartbeat. */
const QUIET_MILLIS = 25_000;
const ANSWER_MILLIS = 10_000;
/** After a sleep. */
const WAKE_MILLIS = 5_000;

/**
 * Detects a dead connection. Any frame is a sign of life. There is one timer, which is set again when it fires, never
 * per frame: with keepalives it only detects silence; without them, and in doubt, it sends a `heartbeat`.
 */
export interface Liveness {
  onFrame(): void;
  /** Sends a heartbeat, and allows `millis` for a frame of any kind. */
  probe(millis: number): void;
  stop(): void;
}

/** `pingInterval` is undefined when the node sends no keepalives. */
export function createLiveness(
  loop: Loop,
  pingInterval: number | undefined,
  heartbeat: () => void,
  dead: () => void,
): Liveness {
  const quiet = pingInterval ? pingInterval + MARGIN_MILLIS : QUIET_MILLIS;
  let lastFrame = loop.now();
  /** True if a frame has arrived since the heartbeat. */
  let heard = false;
  /** True while a frame is expected after a heartbeat. */
  let asked = false;
  let cancel: Cancel;

  const watch = () => {
    asked = false;
    cancel = loop.after(lastFrame + quiet - loop.now(), onTimer);
  };
  const probe = (millis: number) => {
    cancel();
    heard = false;
    asked = true;
    heartbeat();
    cancel = loop.after(millis, onTimer);
  };
  const onTimer = (late: boolean) => {
    if (late) {
      // The process slept. One turn of the event loop reads the frames in the socket; then a heartbeat is sent.
      heard = false;
      cancel = loop.after(0, () => (heard ? watch() : probe(WAKE_MILLIS)));
    } else if (asked ? heard : lastFrame + quiet > loop.now()) {
      watch();
    } else if (asked || pingInterval) {
      dead();
    } else {
      probe(ANSWER_MILLIS);
    }
  };
  watch();
  return {
    onFrame() {
      lastFrame = loop.now();
      heard = true;
    },
    probe,
    stop: () => cancel(),
  };
}
