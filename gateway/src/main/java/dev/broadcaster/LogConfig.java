package dev.broadcaster;

import org.slf4j.event.Level;

/** The configuration of the log. */
public record LogConfig(Encoding encoding, Level level) {
    /** The format of a log line: plain text, or one JSON object for a collector. */
    public enum Encoding {
        CONSOLE,
        JSON
    }
}
