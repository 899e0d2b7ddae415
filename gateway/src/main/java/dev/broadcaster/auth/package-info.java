/**
 * Authorization: tokens of clients (PROTOCOL.md sections 5 and 12) and API keys of servers (section 6). Only this
 * package and its keys use nimbus-jose-jwt. No exception or log line contains a token, a secret or a key.
 */
@NullMarked
package dev.broadcaster.auth;

import org.jspecify.annotations.NullMarked;
