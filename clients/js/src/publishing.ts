import {onAbort} from './abort.js';
import type {Reply} from './calls.js';
import type {Connection} from './connection.js';
import {type BroadcasterError, LimitReached, NotPublished, OutcomeUnknown, check, refusal} from './errors.js';
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
/** Room for the envelope around the parameters. */
const ENVELOPE_BYTES = 64;

/** Of nested values, and of characters in a number: what a node does not take for JSON. */
const MOST_LEVELS = 64;
const MOST_DIGITS = 1000;
const TOKENS = /"(?:\\.|[^"\\])*"|[\w.+-]+|[^]/g;

/** A publish that has no answer yet. */
interface Publish {
  readonly channel: string;
  readonly ordered: boolean | undefined;
  /** A reply is awaited, or the time for a retry. */
  busy: boolean;
  send(): void;
  fail(error: unknown): void;
  onEnd(error: unknown): void;
}

/** Messages on their way out. Each ends once: accepted, certainly not accepted, or unknown. */
export interface Publishing {
  publish(channel: string, event: string, payload: unknown, options: PublishOptions): Promise<Published>;
  /** Sends what can be sent, in the order of the calls. */
  flush(): void;
  onEnd(error: unknown): void;
}

export function createPublishing(loop: Loop, connection: Connection): Publishing {
  const outbox = new Set<Publish>();
  let characters = 0;

  const flush = () => {
    const channels = new Set<string>();
    for (const publish of outbox) {
      const {channel, ordered, busy} = publish;
      const behind = ordered && channels.has(channel);
      channels.add(channel);
      connection.authenticated && !behind && !busy && publish.send();
    }
  };

  return {
    publish: (channel, event, payload, {timeout = 10_000, idempotencyKey = randomKey(), retry, ordered, json, signal}) =>
      new Promise((resolve, reject) => {
        check(typeof channel + typeof event + typeof idempotencyKey === 'stringstringstring', 'channel, event, idempotencyKey');
        // Without the key and the closing brace: a node that knows no keys does not get one.
        const text = `${JSON.stringify({channel, event}).slice(0, -1)},"payload":${jsonOf(payload, json)}`;
        const cancels: Cancel[] = [];
        /** How the call would end now: `NotPublished`, or `OutcomeUnknown` once it was sent and not refused. */
        let outcome: BroadcasterError = new NotPublished(connection.authenticated ? 'not sent' : 'not connected');
        let retries = 0;

        const send = () => {
          const unknown = outcome instanceof OutcomeUnknown;
          const idempotent = connection.feature('idempotency');
          const params = text + (idempotent ? `,"idempotencyKey":${JSON.stringify(idempotencyKey)}}` : '}');
          const most = connection.most();
          if (connection.unsent() > MOST_BUFFERED) {
            wait(BUFFER_CHECK_MILLIS);
          } else if (unknown && !idempotent) {
            fail(outcome);
          } else if (most && new TextEncoder().encode(params).length > most - ENVELOPE_BYTES) {
            fail(unknown ? outcome : new LimitReached('too large'));
          } else {
            publish.busy = true;
            outcome = new OutcomeUnknown('no reply', {retryable: idempotent});
            // The reply to what has ended already is ignored.
            connection.calls.send('publish', params, (reply) => outbox.has(publish) && onReply(reply, unknown));
          }
        };

        /** `unknown`: an earlier attempt may have been accepted, and no refusal of this one changes that. */
        const onReply = ({result, error}: Reply, unknown: boolean) => {
          publish.busy = false;
          if (result) {
            // One that has no id throws here.
            result.id.trim();
            remove();
            resolve(result);
            connection.yield();
            flush();
            return;
          }
          if (error && !unknown) {
            const refused = refusal(error.code, error.message);
            if (!refused.retryable) {
              fail(refused);
              return;
            }
            if (error.message.startsWith('not published')) {
              outcome = new NotPublished(error.message);
            }
          }
          if (retry === false || !outcome.retryable) {
            fail(outcome);
          } else if (error) {
            wait(loop.delay(retries++));
          }
        };

        const wait = (millis: number) => {
          publish.busy = true;
          cancels.push(
            loop.after(millis, () => {
              publish.busy = false;
              flush();
            }),
          );
        };

        const fail = (error: unknown) => {
          remove();
          reject(error);
          for (const later of outbox) {
            if (ordered && later.ordered && later.channel === channel && !later.busy) {
              later.fail(new NotPublished('not sent'));
            }
          }
          flush();
        };

        const remove = () => {
          if (outbox.delete(publish)) {
            characters -= text.length;
            cancels.forEach((cancel) => cancel());
          }
        };

        const publish: Publish = {
          channel,
          ordered,
          busy: false,
          send,
          fail,
          onEnd: (error) => fail(outcome instanceof NotPublished ? error : outcome),
        };
        if (outbox.size >= MOST_PUBLISHES || characters > MOST_CHARACTERS) {
          reject(new LimitReached('busy'));
        } else {
          loop.enter(() => {
            // First: it throws for a signal that is aborted, or none.
            cancels.push(
              onAbort(signal, (reason) => loop.enter(() => fail(reason))),
              loop.deadline(timeout, () => fail(outcome)),
            );
            outbox.add(publish);
            characters += text.length;
            flush();
          });
        }
      }),
    flush,
    onEnd: (error) => outbox.forEach((publish) => publish.onEnd(error)),
  };
}

/** The text of a payload. Throws `Invalid` for what would make the node close the connection. */
function jsonOf(payload: any, isText: boolean | undefined): string {
  try {
    const text = isText ? payload : JSON.stringify(payload);
    JSON.parse(text);
    // In the parameters, in the request.
    let level = 2;
    text.replace(TOKENS, (token: string) => {
      level += '[{'.includes(token) ? 1 : ']}'.includes(token) ? -1 : 0;
      check(level <= MOST_LEVELS && (token[0] === '"' || token.length <= MOST_DIGITS), token);
    });
    return text;
  } catch (cause) {
    check(false, 'payload', cause);
  }
}

/** Not `crypto.randomUUID`, which is missing in pages that were not loaded over TLS. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
