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
export class Liveness {
  private lastFrame: number;
  /** Whether a frame has come since the node was asked. */
  private heard = false;
  /** Whether an answer is awaited. */
  private asked = false;
  private readonly quiet: number;
  private cancel: Cancel = () => {};

  /** `pingInterval` is undefined when the node sends no keepalives. */
  constructor(
    private readonly loop: Loop,
    private readonly pingInterval: number | undefined,
    private readonly heartbeat: () => void,
    private readonly dead: () => void,
  ) {
    this.quiet = pingInterval === undefined ? QUIET_MILLIS : pingInterval + MARGIN_MILLIS;
    this.lastFrame = loop.now();
    this.watch();
  }

  onFrame(): void {
    this.lastFrame = this.loop.now();
    this.heard = true;
  }

  /** Asks now, and allows `millis` for a frame of any kind. */
  probe(millis: number): void {
    this.cancel();
    this.heard = false;
    this.asked = true;
    this.heartbeat();
    this.wait(millis);
  }

  stop(): void {
    this.cancel();
  }

  private watch(): void {
    this.asked = false;
    this.wait(this.lastFrame + this.quiet - this.loop.now());
  }

  private wait(millis: number): void {
    this.cancel = this.loop.after(millis, (late) => this.onTimer(late));
  }

  private onTimer(late: boolean): void {
    if (late) {
      // Slept. One turn of the event loop reads what waits in the socket; then the node is asked.
      this.heard = false;
      this.cancel = this.loop.after(0, () => (this.heard ? this.watch() : this.probe(WAKE_MILLIS)));
    } else if (this.asked ? this.heard : this.lastFrame + this.quiet > this.loop.now()) {
      this.watch();
    } else if (this.asked || this.pingInterval !== undefined) {
      this.dead();
    } else {
      this.probe(ANSWER_MILLIS);
    }
  }
}
