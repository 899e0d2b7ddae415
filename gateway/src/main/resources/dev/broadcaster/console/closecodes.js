/**
 * What a client does after a close code, and what the code means: section 7 of the protocol. The README and the command
 * line have the same table; a test compares the three. `backoff` and `now` come back by themselves.
 */
const CODES = {
  1000: ['stop', 'The connection ended normally.'],
  1001: ['now', 'The node is draining.'],
  1002: ['stop', 'Protocol error.', 'This is a bug in the client.'],
  1003: ['stop', 'The data was not acceptable.', 'This is a bug in the client.'],
  1007: ['stop', 'The text was not UTF-8.', 'This is a bug in the client.'],
  1009: ['stop', 'A message was larger than MAX_MESSAGE_BYTES.', 'Send less at once.'],
  1011: ['backoff', 'The gateway failed.'],
  1013: ['backoff', 'The gateway is at capacity.'],
  4400: ['stop', 'The request was malformed.', 'This is a bug in the client.'],
  4401: ['token', 'Not authenticated in time, or the token has expired.', 'Get a new token, then reconnect.'],
  4403: ['stop', 'The access of this user was revoked.'],
  4408: ['backoff', 'The gateway heard nothing for IDLE_TIMEOUT, not even a pong.'],
  4409: ['backoff', 'More than MAX_PENDING_BYTES waited for this page.'],
  4429: ['backoff', 'More requests a second than MAX_REQUEST_RATE.'],
};

/** Ends that no peer sends as a code. */
const UNSENT = {
  1005: 'The peer closed without a code.',
  1006: 'No close frame came: the gateway cannot be reached, refused the handshake, or the network broke.',
};

/** What a client does: `stop`, `now`, `backoff` or `token`. Codes may be added, so an unknown one comes back. */
export function action(code) {
  return CODES[code]?.[0] ?? 'backoff';
}

/** Whether a client that was closed so is to come back by itself. */
export function comesBack(code) {
  return action(code) === 'now' || action(code) === 'backoff';
}

export function closeText(code, reason) {
  const [, meaning, advice] = CODES[code] ?? [, UNSENT[code] ?? 'The protocol of this page does not name this code.'];
  const named = reason ? `Closed with ${code} (${reason}).` : `Closed with ${code}.`;
  return [named, meaning, advice].filter(Boolean).join(' ');
}
