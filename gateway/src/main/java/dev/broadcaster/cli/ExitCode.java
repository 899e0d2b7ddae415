package dev.broadcaster.cli;

/** The exit codes of the commands, for scripts. */
final class ExitCode {
    static final int OK = 0;
    /** The node could not start, could not be reached, or refused. */
    static final int FAILED = 1;
    /** The command line or a setting is wrong; nothing was done. */
    static final int USAGE = 2;
    /** A publish was sent, and its outcome is unknown; or not every node has answered a control call. */
    static final int OUTCOME_UNKNOWN = 3;

    private ExitCode() {}
}
