/**
 * Authorization: tokens of clients (PROTOCOL.md section 5) and API keys of servers (section 6). The only package that
 * uses nimbus-jose-jwt. It never logs, and no message of its exceptions contains a token, a secret or a key.
 */
@NullMarked
package dev.broadcaster.auth;

import org.jspecify.annotations.NullMarked;
