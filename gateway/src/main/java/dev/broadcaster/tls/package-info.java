/**
 * Certificates and private keys in PEM files, for the public port and for Redis. Files are checked before they are used,
 * and read again while the node runs.
 */
@NullMarked
package dev.broadcaster.tls;

import org.jspecify.annotations.NullMarked;
