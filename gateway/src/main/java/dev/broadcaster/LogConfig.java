package dev.broadcaster;

import org.slf4j.event.Level;

/** How the node logs. */
public record LogConfig(Encoding encoding, Level level) {
    /** The form of a log line: for a person, or one JSON object for a collector. */
    public enum Encoding {
        CONSOLE,
        JSON
    }
}
