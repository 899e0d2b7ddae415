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
  readonly text: string;
  readonly key: string;
  readonly options: PublishOptions;
  readonly accept: (published: Published) => void;
  readonly refuse: (error: unknown) => void;
  /** How the call would end now: `NotPublished`, or `OutcomeUnknown` once it was sent and not refused. */
  outcome: BroadcasterError;
  /** A reply is awaited, or the time for a retry. */
  busy: boolean;
  retries: number;
  cancelTimeout?: Cancel;
  cancelRetry?: Cancel;
}

/** Messages on their way out. Each ends once: accepted, certainly not accepted, or unknown. */
export interface Publishing {
  publish(channel: string, event: string, payload: unknown, options: PublishOptions): Promise<Published>;
  /** Sends what can be sent, in the order of the calls. */
  flush(): void;
  onEnd(error: unknown): void;
}

export function createPublishing({enter, after, deadline, delay}: Loop, connection: Connection): Publishing {
  let outbox: Publish[] = [];
  let characters = 0;

  const flush = () => {
    const channels = new Set<string>();
    for (const publish of [...outbox]) {
      const {channel, options, busy} = publish;
      const behind = options.ordered && channels.has(channel);
      channels.add(channel);
      if (!connection.authenticated) {
        return;
      }
      if (!busy && !behind) {
        connection.bufferedAmount > MOST_BUFFERED ? wait(publish, BUFFER_CHECK_MILLIS) : send(publish);
      }
    }
  };

  const send = (publish: Publish) => {
    const {text, key, outcome} = publish;
    const idempotent = connection.feature('idempotency');
    const params = text + (idempotent ? `,"idempotencyKey":${JSON.stringify(key)}}` : '}');
    const most = connection.hello.maxMessageBytes ?? MESSAGE_BYTES;
    if (outcome instanceof OutcomeUnknown && !idempotent) {
      fail(publish, outcome);
    } else if (most && new TextEncoder().encode(params).length > most - ENVELOPE_BYTES) {
      fail(publish, new LimitReached(`over ${most} bytes`));
    } else {
      publish.busy = true;
      publish.outcome = new OutcomeUnknown('no reply', {retryable: idempotent});
      // The reply to what has ended already is ignored.
      connection.calls.send('publish', params, (reply) => outbox.includes(publish) && onReply(publish, reply));
    }
  };

  const onReply = (publish: Publish, reply: Reply) => {
    const {result, error} = reply || {};
    publish.busy = false;
    if (result) {
      remove(publish);
      publish.accept(result);
      connection.yield();
      flush();
      return;
    }
    if (error && error.code !== 'Internal') {
      fail(publish, refusal(error.code, error.message));
      return;
    }
    if (error?.message.startsWith('not published')) {
      publish.outcome = new NotPublished(error.message);
    }
    if (publish.options.retry === false || !publish.outcome.retryable) {
      fail(publish, publish.outcome);
    } else if (reply) {
      wait(publish, delay(publish.retries++));
    }
  };

  const wait = (publish: Publish, millis: number) => {
    publish.busy = true;
    publish.cancelRetry = after(millis, () => {
      publish.busy = false;
      flush();
    });
  };

  const fail = (publish: Publish, error: unknown) => {
    const {channel, options, refuse} = publish;
    remove(publish);
    refuse(error);
    for (const later of outbox) {
      if (options.ordered && later.options.ordered && later.channel === channel && !later.busy) {
        fail(later, new NotPublished('an earlier one failed'));
      }
    }
    flush();
  };

  const remove = (publish: Publish) => {
    if (outbox.includes(publish)) {
      outbox = outbox.filter((each) => each !== publish);
      characters -= publish.text.length;
      publish.cancelTimeout!();
      publish.cancelRetry?.();
    }
  };

  return {
    publish: (channel, event, payload, options) =>
      abortable(options.signal, (resolve, reject) => {
        const json = options.json ? (payload as string) : JSON.stringify(payload);
        const text = `${JSON.stringify({channel, event}).slice(0, -1)},"payload":${json}`;
        const key = options.idempotencyKey ?? randomKey();
        const outcome = new NotPublished('not connected');
        const publish: Publish = {channel, text, key, options, accept: resolve, refuse: reject, outcome, busy: false, retries: 0};
        if (json === undefined) {
          reject(new Invalid('not a JSON value'));
        } else if (outbox.length >= MOST_PUBLISHES || (characters && characters + text.length > MOST_CHARACTERS)) {
          reject(new LimitReached(`${outbox.length} publishes wait`));
        } else {
          enter(() => {
            outbox.push(publish);
            characters += text.length;
            publish.cancelTimeout = deadline(options.timeout ?? 10_000, () => fail(publish, publish.outcome));
            flush();
          });
        }
        return () => enter(() => remove(publish));
      }),
    flush,
    onEnd(error) {
      for (const publish of outbox) {
        fail(publish, publish.outcome instanceof NotPublished ? error : publish.outcome);
      }
    },
  };
}

/** Not `crypto.randomUUID`, which is missing in pages that were not loaded over TLS. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
