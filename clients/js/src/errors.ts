/** The base of all errors of this client. */
export class BroadcasterError extends Error {
  /** The name of the class; survives minification. */
  readonly code!: string;
  /** Whether the same call may succeed later. */
  readonly retryable!: boolean;

  constructor(
    code: string,
    retryable: boolean,
    message: string,
    /** The other fields of this kind of error, and `cause`. */
    more?: object,
  ) {
    super(message);
    Object.assign(this, {name: code, code, retryable}, more);
  }
}

/** A class of errors with this code; `More` are their other fields. */
function kind<Code extends string, More = {}>(code: Code, retryable = false) {
  return class extends BroadcasterError {
    constructor(message: string, more?: More & {cause?: unknown}) {
      super(code, retryable, message, more);
    }
  } as unknown as new (message: string, more?: More & {cause?: unknown}) => BroadcasterError & {readonly code: Code} & Readonly<More>;
}

/** The message was not accepted: certain. */
export const NotPublished = kind('NotPublished', true);
export type NotPublished = InstanceType<typeof NotPublished>;

/** The message may have been accepted or not. `retryable` is true when it was sent with an idempotency key. */
export const OutcomeUnknown = kind<'OutcomeUnknown', {retryable: boolean}>('OutcomeUnknown');
export type OutcomeUnknown = InstanceType<typeof OutcomeUnknown>;

/** The token does not allow it. */
export const Denied = kind('Denied');
export type Denied = InstanceType<typeof Denied>;

/** The request was wrong: a name, a payload, a method that the node does not know. */
export const Invalid = kind('Invalid');
export type Invalid = InstanceType<typeof Invalid>;

/** A limit of the node or of this client. */
export const LimitReached = kind('LimitReached');
export type LimitReached = InstanceType<typeof LimitReached>;

/** No token is accepted. Throw it from the token provider to stop the client: the user has to log in. */
export const Unauthorized = kind('Unauthorized');
export type Unauthorized = InstanceType<typeof Unauthorized>;

/** The node closed the connection with a code that means: do not come back. */
export const Stopped = kind<'Stopped', {closeCode: number; reason: string}>('Stopped');
export type Stopped = InstanceType<typeof Stopped>;

/** The node cannot be reached, or cannot serve now. `status`: of a refused handshake, where the platform shows it. */
export const Unavailable = kind<'Unavailable', {status?: number}>('Unavailable', true);
export type Unavailable = InstanceType<typeof Unavailable>;

/** No answer in time. */
export const Timeout = kind('Timeout', true);
export type Timeout = InstanceType<typeof Timeout>;

/** The node said what the protocol does not allow. The client reconnects. */
export const ProtocolViolation = kind('ProtocolViolation');
export type ProtocolViolation = InstanceType<typeof ProtocolViolation>;

/** `close()` was called, on the client or on the handle, or the node has ended the subscription. */
export const Closed = kind('Closed');
export type Closed = InstanceType<typeof Closed>;

/**
 * The error for a request that the node refused. `retryable` when that is not final: after any code but these, one of a
 * later version too, the same request may succeed later.
 */
export function refusal(code: string, message: string): BroadcasterError {
  const final = /^(Invalid|NotFound|Already)/.test(code) && Invalid;
  return new (code === 'PermissionDenied' ? Denied : code === 'FailedPrecondition' ? LimitReached : final || Unavailable)(message);
}

/** Throws `Invalid` with the name of what the caller got wrong. */
export function check(right: unknown, name: string, cause?: unknown): asserts right {
  if (!right) {
    throw new Invalid(name + ': malformed', {cause});
  }
}
