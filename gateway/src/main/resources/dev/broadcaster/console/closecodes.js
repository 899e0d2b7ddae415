/**
 * What a close code means and what to do about it: section 7 of the protocol. Where nothing is to be done, the page
 * connects again by itself.
 */
const MEANINGS = {
  1000: ['The connection ended normally.', ''],
  1001: ['The node is draining.'],
  1002: ['Protocol error.', 'This is a bug in the client.'],
  1003: ['The data was not acceptable.', 'This is a bug in the client.'],
  1005: ['The peer closed without a code.'],
  1006: ['No close frame came: the gateway cannot be reached, refused the handshake, or the network broke.'],
  1007: ['The text was not UTF-8.', 'This is a bug in the client.'],
  1009: ['A message was larger than MAX_MESSAGE_BYTES.', 'Send less at once.'],
  1011: ['The gateway failed.'],
  1013: ['The gateway is at capacity.'],
  4400: ['The request was malformed.', 'This is a bug in the client.'],
  4401: ['Not authenticated in time, or the token has expired.', 'Get a new token, then reconnect.'],
  4408: ['The gateway heard nothing for IDLE_TIMEOUT, not even a pong.'],
  4409: ['More than MAX_PENDING_BYTES waited for this page.'],
  4429: ['More requests a second than MAX_REQUEST_RATE.'],
};

/** Whether a client that was closed so is to come back by itself. */
export function comesBack(code) {
  return MEANINGS[code]?.length === 1;
}

export function closeText(code, reason) {
  const [meaning, advice] = MEANINGS[code] ?? ['This code is not part of the protocol.', ''];
  const named = reason ? `Closed with ${code} (${reason}).` : `Closed with ${code}.`;
  return [named, meaning, advice].filter(Boolean).join(' ');
}
