/** JSON by Jackson, for applications that have it. The library itself does not need it. */
@NullMarked
package dev.broadcaster.client.jackson;

import org.jspecify.annotations.NullMarked;
