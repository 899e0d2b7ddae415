/** A message as a subscriber gets it. */
export interface Message<P = unknown> {
  readonly id: string;
  readonly channel: string;
  readonly event: string;
  readonly payload: P;
  /** RFC 3339, UTC. */
  readonly createTime: string;
  /** 1 for the first message of a subscription, +1 for each. */
  readonly seq: number;
  /** True for a message of the history, from before the subscription. */
  readonly replayed: boolean;
  /** The payload as it was published: numbers over 2^53 and duplicate keys included. */
  readonly json: string;
}

/** The key of the frame in a message: not seen by JSON, `Object.keys` and `for in`. */
const FRAME = Symbol();
/** One getter for all messages: an accessor of its own makes each message four times as expensive. */
const PROTOTYPE: any = {
  get json() {
    return payloadText(this[FRAME], this.payload);
  },
};

/** The message of a broadcast; its `json` is extracted when it is read. */
export const createMessage = (params: any, replayed: boolean, frame: string): Message<any> =>
  ({__proto__: PROTOTYPE, ...params, replayed, [FRAME]: frame}) as any;

/**
 * The text of `params.payload`. It is the last member of a broadcast, so it ends before the last two braces; after an
 * earlier member of the same name, the text up to there is not one JSON value. If a node writes it elsewhere, the
 * result is the text of the parsed value.
 */
export function payloadText(frame: string, payload: unknown): string {
  const key = '"payload":';
  for (let at = -1; (at = frame.indexOf(key, at + 1)) >= 0; ) {
    const text = frame.slice(at + key.length, -2);
    try {
      JSON.parse(text);
      return text;
    } catch {
      // A member of an object before it.
    }
  }
  return JSON.stringify(payload);
}
