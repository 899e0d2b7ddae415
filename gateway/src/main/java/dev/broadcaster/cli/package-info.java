/** The command line: it reads settings and arguments, sets up the log, and starts a node or talks to one. It stands last, so nothing imports it. */
@NullMarked
package dev.broadcaster.cli;

import org.jspecify.annotations.NullMarked;
