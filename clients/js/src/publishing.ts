import {abortable} from './abortable.js';
import type {Reply} from './calls.js';
import type {Connection} from './connection.js';
import {BroadcasterError, Denied, Invalid, LimitReached, NotPublished, OutcomeUnknown} from './errors.js';
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
  /** Without the key, which is the last member: a node that knows no keys does not get one. */
  readonly params: string;
  readonly key: string;
  readonly retry: boolean;
  readonly ordered: boolean;
  readonly resolve: (published: Published) => void;
  readonly reject: (error: unknown) => void;
  cancelTimeout: Cancel;
  cancelRetry: Cancel | undefined;
  retries: number;
  /** `sent`: a reply is awaited. `unknown`: it was sent, and the outcome is not known. */
  state: 'waiting' | 'sent' | 'unknown';
  keyed: boolean;
  why: string;
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
    const {timeout = 10_000, retry = true, ordered = false} = options;
    return abortable(options.signal, (resolve, reject) => {
      const json = options.json ? (payload as string) : JSON.stringify(payload);
      if (json === undefined) {
        reject(new Invalid('the payload is no JSON value'));
        return undefined;
      }
      const params = `${JSON.stringify({channel, event}).slice(0, -1)},"payload":${json}`;
      if (this.outbox.length >= MOST_PUBLISHES || (this.characters > 0 && this.characters + params.length > MOST_CHARACTERS)) {
        reject(new LimitReached(`${this.outbox.length} publishes wait for an answer`));
        return undefined;
      }
      const publish: Publish = {
        channel,
        params,
        key: options.idempotencyKey ?? randomKey(),
        retry,
        ordered,
        resolve,
        reject,
        cancelTimeout: () => {},
        cancelRetry: undefined,
        retries: 0,
        state: 'waiting',
        keyed: false,
        why: 'not connected',
      };
      this.loop.enter(() => {
        this.outbox.push(publish);
        this.characters += params.length;
        publish.cancelTimeout = this.loop.deadline(timeout, () => this.fail(publish, this.timeoutOf(publish)));
        this.flush();
      });
      return () => this.loop.enter(() => this.remove(publish));
    });
  }

  onAuthenticated(): void {
    this.flush();
  }

  /** What was sent has an unknown outcome: it goes out again where its key makes that safe. */
  onLost(): void {
    this.cancelCheck?.();
    this.cancelCheck = undefined;
  }

  onEnd(error: unknown): void {
    for (const publish of this.outbox) {
      this.fail(publish, publish.state === 'waiting' ? error : this.timeoutOf(publish));
    }
  }

  private timeoutOf({state, why, keyed}: Publish): BroadcasterError {
    return state === 'waiting' ? new NotPublished(why) : new OutcomeUnknown('outcome unknown: no reply', keyed);
  }

  private flush(): void {
    const {connection} = this;
    const channels = new Set<string>();
    for (const publish of [...this.outbox]) {
      if (!connection.authenticated) {
        return;
      }
      if (connection.bufferedAmount > MOST_BUFFERED) {
        this.cancelCheck ??= this.loop.after(BUFFER_CHECK_MILLIS, () => {
          this.cancelCheck = undefined;
          this.flush();
        });
        return;
      }
      const behind = publish.ordered && channels.has(publish.channel);
      channels.add(publish.channel);
      if (publish.state !== 'sent' && !publish.cancelRetry && !behind) {
        this.send(publish);
      }
    }
  }

  private send(publish: Publish): void {
    const {connection} = this;
    const keys = connection.feature('idempotency');
    if (publish.state === 'unknown' && !keys) {
      this.fail(publish, this.timeoutOf(publish));
      return;
    }
    const params = publish.params + (keys ? `,"idempotencyKey":${JSON.stringify(publish.key)}}` : '}');
    const most = connection.hello.maxMessageBytes ?? MESSAGE_BYTES;
    if (most > 0 && byteLength(params) > most - ENVELOPE_BYTES) {
      this.fail(publish, new LimitReached(`the message is over ${most} bytes`));
      return;
    }
    publish.state = 'sent';
    publish.keyed = keys;
    connection.calls.send('publish', params, (reply) => {
      // Also true for what has ended: a late reply is ignored.
      if (this.outbox.includes(publish)) {
        this.onReply(publish, reply);
      }
    });
  }

  private onReply(publish: Publish, reply: Reply): void {
    const {connection} = this;
    if (reply?.result) {
      this.remove(publish);
      publish.resolve(reply.result);
      connection.yield();
      this.flush();
      return;
    }
    const {code = 'Internal', message = 'outcome unknown: the connection was lost'} = reply?.error ?? {};
    if (code !== 'Internal') {
      const kind = code === 'PermissionDenied' ? Denied : code === 'FailedPrecondition' ? LimitReached : Invalid;
      this.fail(publish, new kind(message));
      return;
    }
    const certain = message.startsWith('not published');
    publish.state = certain ? 'waiting' : 'unknown';
    publish.why = message;
    if (!publish.retry || (!certain && !publish.keyed)) {
      this.fail(publish, certain ? new NotPublished(message) : new OutcomeUnknown(message, publish.keyed));
    } else if (reply) {
      publish.cancelRetry = this.loop.after(this.loop.delay(publish.retries++), () => {
        publish.cancelRetry = undefined;
        this.flush();
      });
    }
  }

  private fail(publish: Publish, error: unknown): void {
    this.remove(publish);
    publish.reject(error);
    if (publish.ordered) {
      for (const later of this.outbox) {
        if (later.ordered && later.channel === publish.channel && later.state === 'waiting') {
          this.fail(later, new NotPublished('an earlier publish of the channel failed'));
        }
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

/** UTF-8 bytes; counted only where the number of characters leaves a doubt. */
function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** `crypto.randomUUID` is missing in pages that were not loaded over TLS. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
