export {Broadcaster, type ClientEvents, type Options} from './broadcaster.js';
export type {Clock} from './clock.js';
export type {State, StateEvent} from './connection.js';
export {
  BroadcasterError,
  Closed,
  Denied,
  Invalid,
  LimitReached,
  NotPublished,
  OutcomeUnknown,
  ProtocolViolation,
  Stopped,
  Timeout,
  Unauthorized,
  Unavailable,
} from './errors.js';
export type {Gap, Handle, HandleEvents, HandleState, Live, ResyncReason, SubscribeOptions} from './handle.js';
export type {Message} from './message.js';
export type {Published, PublishOptions} from './publishing.js';
export type {TokenReason, TokenSource} from './tokens.js';
