/** The answer to a request; `undefined` stands for a connection that was lost before it. */
export type Reply = {result?: any; error?: {code: string; message: string}} | undefined;

/** The requests of one connection that wait for their replies. */
export interface Calls {
  /** `params` is JSON text, so that a payload goes out as it was given. */
  send(method: string, params: string, done: (reply: Reply) => void): void;
  /** False when the reply is to nothing that was asked. */
  settle(id: unknown, reply: Reply): boolean;
  /** The connection is gone: every call ends, in the order in which it was sent. */
  lose(): void;
}

export function createCalls(write: (text: string) => void): Calls {
  let lastId = 0;
  const waiting = new Map<unknown, (reply: Reply) => void>();
  return {
    send(method, params, done) {
      waiting.set(++lastId, done);
      write(`{"id":${lastId},"method":"${method}","params":${params}}`);
    },
    settle(id, reply) {
      const done = waiting.get(id);
      waiting.delete(id);
      done?.(reply);
      return !!done;
    },
    lose() {
      const lost = [...waiting.values()];
      waiting.clear();
      lost.forEach((done) => done(undefined));
    },
  };
}
