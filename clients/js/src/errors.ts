/** The base of all errors of this client. */
export class BroadcasterError extends Error {
  constructor(
    /** The name of the class; survives minification. */
    readonly code: string,
    /** Whether the same call may succeed later. */
    readonly retryable: boolean,
    message: string,
    /** What this kind of error says besides, and `cause`. */
    more?: object,
  ) {
    super(message);
    this.name = code;
    Object.assign(this, more);
  }
}

/** A class of errors with this code. */
function kind<Code extends string, More = {cause?: unknown}>(code: Code, retryable = false) {
  return class extends BroadcasterError {
    declare readonly code: Code;

    constructor(message: string, more?: More) {
      super(code, retryable, message, more as object);
    }
  };
}

/** The message was not accepted: certain. */
export class NotPublished extends kind('NotPublished', true) {}

/** The message may have been accepted or not. `retryable` is true when it was sent with an idempotency key. */
export class OutcomeUnknown extends kind<'OutcomeUnknown', {retryable: boolean}>('OutcomeUnknown') {}

/** The token does not allow it. */
export class Denied extends kind('Denied') {}

/** The request was wrong: a name, a payload, a method that the node does not know. */
export class Invalid extends kind('Invalid') {}

/** A limit of the node or of this client. */
export class LimitReached extends kind('LimitReached') {}

/** No token is accepted. Throw it from the token provider to stop the client: the user has to log in. */
export class Unauthorized extends kind('Unauthorized') {}

/** The node closed the connection with a code that means: do not come back. */
export class Stopped extends kind<'Stopped', {closeCode: number; reason: string}>('Stopped') {
  declare readonly closeCode: number;
  declare readonly reason: string;
}

/** The node cannot be reached, or cannot serve now. The client goes on trying. */
export class Unavailable extends kind<'Unavailable', {status?: number}>('Unavailable', true) {
  /** The HTTP status of a refused handshake, where the platform shows it. */
  declare readonly status?: number;
}

/** No answer in time. */
export class Timeout extends kind('Timeout', true) {}

/** The node said what the protocol does not allow. The client reconnects. */
export class ProtocolViolation extends kind('ProtocolViolation') {}

/** `close()` was called, on the client or on the handle, or the node has ended the subscription. */
export class Closed extends kind('Closed') {}

/** The error for a request that the node refused for good. */
export function refusal(code: string, message: string): BroadcasterError {
  return new (code === 'PermissionDenied' ? Denied : code === 'FailedPrecondition' ? LimitReached : Invalid)(message);
}
