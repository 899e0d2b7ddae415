package dev.broadcaster.http;

/** The lines of the audit log: {@code AUDIT_LOG}. */
public enum AuditLevel {
    OFF,
    /** A line for each refused handshake, and for each call that is refused because of its API key. */
    REFUSED,
    /** Also a line for each accepted handshake and for each use of an API key. */
    ALL
}
