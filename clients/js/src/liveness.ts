import type {Cancel, Loop} from './loop.js';

/** What a node that sends keepalives may be late. */
const MARGIN_MILLIS = 10_000;
/** Without keepalives: the silence after which the node is asked. */
const QUIET_MILLIS = 25_000;
const ANSWER_MILLIS = 10_000;
/** After a sleep. */
const WAKE_MILLIS = 5_000;

/**
 * Tells whether the node is there. Any frame is a sign of life. One timer, re-armed when it fires and never per frame:
 * with keepalives it watches for silence only; without, and whenever there is a doubt, it asks with a `heartbeat`.
 */
export interface Liveness {
  onFrame(): void;
  /** Asks now, and allows `millis` for a frame of any kind. */
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
  /** Whether a frame has come since the node was asked. */
  let heard = false;
  /** Whether an answer is awaited. */
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
      // Slept. One turn of the event loop reads what waits in the socket; then the node is asked.
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
