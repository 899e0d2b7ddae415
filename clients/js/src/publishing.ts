import {abortable} from './abortable.js';
import type {Reply} from './calls.js';
import type {Connection} from './connection.js';
import {type BroadcasterError, Invalid, LimitReached, NotPublished, OutcomeUnknown, refusal} from './errors.js';
import type {Cancel, Loop} from './loop.js';

export interface PublishOptions {
  /** Milliseconds in which the call ends; 10,000. */
  timeout?: number;
  /** 1 to 128 printable characters; made by the client otherwise. */
  idempotencyKey?: string;
  /** False: the first failure is the result. */
  retry?: boolean;
  /** One at a time per channel, and none after one that failed. */
  ordered?: boolean;
  /** The payload is JSON text and goes out as it is. */
  json?: boolean;
  signal?: AbortSignal;
}

export interface Published {
  id: string;
  createTime: string;
}

/** Publishes without an answer: more are refused at once. */
const MOST_PUBLISHES = 256;
const MOST_CHARACTERS = 1024 * 1024;
/** What the socket may hold unsent before no more is written. */
const MOST_BUFFERED = 1024 * 1024;
const BUFFER_CHECK_MILLIS = 50;
/** Of a node that does not say. */
const MESSAGE_BYTES = 65536;
/** Room for the envelope around the parameters. */
const ENVELOPE_BYTES = 64;

interface Publish {
  readonly channel: string;
  /** JSON text, but for the idempotency key and the closing brace: a node that knows no keys does not get one. */
  readonly params: string;
  readonly key: string;
  readonly options: PublishOptions;
  readonly resolve: (published: Published) => void;
  readonly reject: (error: unknown) => void;
  /** How the call would end now: `NotPublished`, or `OutcomeUnknown` once it was sent and not refused. */
  error: BroadcasterError;
  /** A reply is awaited, or the time for a retry. */
  busy: boolean;
  retries: number;
  cancelTimeout: Cancel;
  cancelRetry: Cancel | undefined;
}

/** Messages on their way out. Each ends once: accepted, certainly not accepted, or unknown. */
export class Publishing {
  private outbox: Publish[] = [];
  private characters = 0;
  private cancelCheck: Cancel | undefined;

  constructor(
    private readonly loop: Loop,
    private readonly connection: Connection,
  ) {}

  publish(channel: string, event: string, payload: unknown, options: PublishOptions): Promise<Published> {
    return abortable(options.signal, (resolve, reject) => {
      const json = options.json ? (payload as string) : JSON.stringify(payload);
      const params = `${JSON.stringify({channel, event}).slice(0, -1)},"payload":${json}`;
      const publish: Publish = {
        channel,
        params,
        key: options.idempotencyKey ?? randomKey(),
        options,
        resolve,
        reject,
        error: new NotPublished('not connected'),
        busy: false,
        retries: 0,
        cancelTimeout: () => {},
        cancelRetry: undefined,
      };
      if (json === undefined) {
        reject(new Invalid('the payload is no JSON value'));
      } else if (this.outbox.length >= MOST_PUBLISHES || (this.characters && this.characters + params.length > MOST_CHARACTERS)) {
        reject(new LimitReached(`${this.outbox.length} publishes wait for an answer`));
      } else {
        this.loop.enter(() => {
          this.outbox.push(publish);
          this.characters += params.length;
          publish.cancelTimeout = this.loop.deadline(options.timeout ?? 10_000, () => this.fail(publish, publish.error));
          this.flush();
        });
      }
      return () => this.loop.enter(() => this.remove(publish));
    });
  }

  /** Sends what can be sent, in the order of the calls. */
  flush(): void {
    const {connection, loop} = this;
    const channels = new Set<string>();
    for (const publish of [...this.outbox]) {
      const behind = publish.options.ordered && channels.has(publish.channel);
      channels.add(publish.channel);
      if (!connection.authenticated) {
        return;
      }
      if (connection.bufferedAmount > MOST_BUFFERED) {
        this.cancelCheck ||= loop.after(BUFFER_CHECK_MILLIS, () => {
          this.cancelCheck = undefined;
          this.flush();
        });
        return;
      }
      if (!publish.busy && !behind) {
        this.send(publish);
      }
    }
  }

  /** What was sent has an unknown outcome by now: it goes out again where its key makes that safe. */
  onLost(): void {
    this.cancelCheck?.();
    this.cancelCheck = undefined;
  }

  onEnd(error: unknown): void {
    for (const publish of this.outbox) {
      this.fail(publish, publish.error instanceof NotPublished ? error : publish.error);
    }
  }

  private send(publish: Publish): void {
    const {hello, calls, idempotent} = this.connection;
    const params = publish.params + (idempotent ? `,"idempotencyKey":${JSON.stringify(publish.key)}}` : '}');
    const most = hello.maxMessageBytes ?? MESSAGE_BYTES;
    if (publish.error instanceof OutcomeUnknown && !idempotent) {
      this.fail(publish, publish.error);
    } else if (most && new TextEncoder().encode(params).length > most - ENVELOPE_BYTES) {
      this.fail(publish, new LimitReached(`the message is over ${most} bytes`));
    } else {
      publish.busy = true;
      publish.error = new OutcomeUnknown('outcome unknown: no reply', {retryable: idempotent});
      // The reply to what has ended already is ignored.
      calls.send('publish', params, (reply) => this.outbox.includes(publish) && this.onReply(publish, reply));
    }
  }

  private onReply(publish: Publish, reply: Reply): void {
    const {connection, loop} = this;
    const {result, error} = reply || {};
    publish.busy = false;
    if (result) {
      this.remove(publish);
      publish.resolve(result);
      connection.yield();
      this.flush();
      return;
    }
    if (error && error.code !== 'Internal') {
      this.fail(publish, refusal(error.code, error.message));
      return;
    }
    if (error?.message.startsWith('not published')) {
      publish.error = new NotPublished(error.message);
    }
    if (publish.options.retry === false || !publish.error.retryable) {
      this.fail(publish, publish.error);
    } else if (reply) {
      publish.busy = true;
      publish.cancelRetry = loop.after(loop.delay(publish.retries++), () => {
        publish.busy = false;
        this.flush();
      });
    }
  }

  private fail(publish: Publish, error: unknown): void {
    const {channel, options, reject} = publish;
    this.remove(publish);
    reject(error);
    for (const later of this.outbox) {
      if (options.ordered && later.options.ordered && later.channel === channel && !later.busy) {
        this.fail(later, new NotPublished('an earlier publish failed'));
      }
    }
    this.flush();
  }

  private remove(publish: Publish): void {
    if (this.outbox.includes(publish)) {
      this.outbox = this.outbox.filter((each) => each !== publish);
      this.characters -= publish.params.length;
      publish.cancelTimeout();
      publish.cancelRetry?.();
    }
  }
}

/** Not `crypto.randomUUID`, which is missing in pages that were not loaded over TLS. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
