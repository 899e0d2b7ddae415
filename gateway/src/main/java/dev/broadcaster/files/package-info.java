/** Small files of secrets, keys and certificates: reading them within bounds, and again while the node runs. */
@NullMarked
package dev.broadcaster.files;

import org.jspecify.annotations.NullMarked;
