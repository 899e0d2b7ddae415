/**
 * The keys that verify tokens (PROTOCOL.md section 12): secrets, public keys from a PEM file, and the key sets of
 * identity providers, which are fetched in the background. This package handles signatures, not claims.
 */
@NullMarked
package dev.broadcaster.auth.keys;

import org.jspecify.annotations.NullMarked;
