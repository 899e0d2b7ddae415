/** The base of all errors of this client. `code` is the name of the class and survives minification. */
export abstract class BroadcasterError extends Error {
  abstract readonly code: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean = false;

  constructor(message: string, cause?: unknown) {
    super(message);
    if (cause !== undefined) {
      Object.defineProperty(this, 'cause', {value: cause, configurable: true});
    }
  }

  override get name(): string {
    return this.code;
  }
}

/** The message was not accepted: certain. */
export class NotPublished extends BroadcasterError {
  readonly code = 'NotPublished';
  override readonly retryable = true;
}

/** The message may have been accepted or not. `retryable` is true when it was sent with an idempotency key. */
export class OutcomeUnknown extends BroadcasterError {
  readonly code = 'OutcomeUnknown';

  constructor(message: string, override readonly retryable: boolean) {
    super(message);
  }
}

/** The token does not allow it. */
export class Denied extends BroadcasterError {
  readonly code = 'Denied';
}

/** The request was wrong: a name, a payload, a method that the node does not know. */
export class Invalid extends BroadcasterError {
  readonly code = 'Invalid';
}

/** A limit of the node or of this client. */
export class LimitReached extends BroadcasterError {
  readonly code = 'LimitReached';
}

/** No token is accepted. Throw it from the token provider to stop the client: the user has to log in. */
export class Unauthorized extends BroadcasterError {
  readonly code = 'Unauthorized';
}

/** The node closed the connection with a code that means: do not come back. */
export class Stopped extends BroadcasterError {
  readonly code = 'Stopped';

  constructor(readonly closeCode: number, readonly reason: string) {
    super(`closed with ${closeCode} (${reason})`);
  }
}

/** The node cannot be reached, or cannot serve now. The client goes on trying. */
export class Unavailable extends BroadcasterError {
  readonly code = 'Unavailable';
  override readonly retryable = true;
  /** The HTTP status of a refused handshake, where the platform shows it. */
  status?: number;
}

/** No answer in time. */
export class Timeout extends BroadcasterError {
  readonly code = 'Timeout';
  override readonly retryable = true;
}

/** The node said what the protocol does not allow. The client reconnects. */
export class ProtocolViolation extends BroadcasterError {
  readonly code = 'ProtocolViolation';
}

/** `close()` was called, on the client or on the handle. */
export class Closed extends BroadcasterError {
  readonly code = 'Closed';
}
