/** The answer to a request; `undefined` stands for a connection that was lost before it. */
export type Reply = {result?: any; error?: {code: string; message: string}} | undefined;

/** The requests of one connection that wait for their replies. */
export class Calls {
  private lastId = 0;
  private waiting = new Map<unknown, (reply: Reply) => void>();

  constructor(private readonly write: (text: string) => void) {}

  /** `params` is JSON text, so that a payload goes out as it was given. */
  send(method: string, params: string, done: (reply: Reply) => void): void {
    const id = ++this.lastId;
    this.waiting.set(id, done);
    this.write(`{"id":${id},"method":"${method}","params":${params}}`);
  }

  /** False when the reply is to nothing that was asked. */
  settle(id: unknown, reply: Reply): boolean {
    const done = this.waiting.get(id);
    this.waiting.delete(id);
    done?.(reply);
    return !!done;
  }

  /** The connection is gone: every call ends, in the order in which it was sent. */
  lose(): void {
    const lost = this.waiting;
    this.waiting = new Map();
    for (const done of lost.values()) {
      done(undefined);
    }
  }
}
