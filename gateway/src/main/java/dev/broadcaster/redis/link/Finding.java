package dev.broadcaster.redis.link;

/**
 * One line about what an operator has set up.
 *
 * @param about what was tried, with the address of a server
 * @param text what was found; if it is not {@link Level#OK}, what to do
 */
public record Finding(Level level, String about, String text) {
    /** How bad it is. */
    public enum Level {
        OK,
        /** A node serves, and may lose messages or stop later. */
        WARN,
        /** A node is not ready with it. */
        FAIL
    }
}
