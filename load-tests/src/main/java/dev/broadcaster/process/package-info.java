/**
 * What is loaded: nodes as processes of their own, and the tokens and keys they take. Knows the gateway by its jar and its
 * protocol only.
 */
@NullMarked
package dev.broadcaster.process;

import org.jspecify.annotations.NullMarked;
