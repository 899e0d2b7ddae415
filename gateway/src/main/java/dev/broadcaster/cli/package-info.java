/**
 * The command line: it reads settings and arguments, sets up the log, and starts a node or calls one. It is the last
 * package, so no other imports it.
 */
@NullMarked
package dev.broadcaster.cli;

import org.jspecify.annotations.NullMarked;
