import type {Cancel, Loop} from './loop.js';

/** Longer than a node takes for any request. Replies come in order: when one takes longer, none will come. */
const REPLY_MILLIS = 30_000;

/** The reply to a request; without both fields if the connection was lost before it. */
export type Reply = {result?: any; error?: {code: string; message: string}};

/** The requests of one connection that wait for their replies. */
export interface Calls {
  /** `params` is JSON text, so that a payload is sent unchanged. */
  send(method: string, params: string, done?: (reply: Reply) => void): void;
  /** False if no request has the id of the reply. */
  settle(id: unknown, reply: Reply): boolean;
  /** The connection has ended: every call ends, in the order of sending. */
  lose(): void;
}

/** `dead` is called when the oldest request has waited too long for its reply. */
export function createCalls(loop: Loop, write: (text: string) => void, dead: () => void): Calls {
  let lastId = 0;
  let cancel: Cancel | undefined;
  const waiting = new Map<any, ((reply: Reply) => void) | undefined>();
  /** One timer, not one per request. */
  const watch = () => {
    const [oldest] = waiting.keys();
    cancel = oldest && loop.deadline(REPLY_MILLIS, () => (waiting.has(oldest) ? dead() : watch()));
  };
  return {
    send(method, params, done) {
      waiting.set(++lastId, done);
      cancel || watch();
      write(`{"id":${lastId},"method":"${method}","params":${params}}`);
    },
    settle(id, reply) {
      const known = waiting.has(id);
      // Deleted last: a request whose reply cannot be read ends with the connection.
      waiting.get(id)?.(reply);
      waiting.delete(id);
      return known;
    },
    lose() {
      cancel?.();
      cancel = undefined;
      const lost = [...waiting.values()];
      waiting.clear();
      lost.forEach((done) => done?.({}));
    },
  };
}
