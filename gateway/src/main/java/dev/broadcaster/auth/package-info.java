/**
 * Who may do what: tokens of clients (PROTOCOL.md section 5) and API keys of servers (section 6). The only package that
 * knows nimbus-jose-jwt; it never logs, and no message of its exceptions carries a token, a secret or a key.
 */
@NullMarked
package dev.broadcaster.auth;

import org.jspecify.annotations.NullMarked;
