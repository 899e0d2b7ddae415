package dev.broadcaster;

import java.util.List;

/** The settings cannot be used. Its message lists all problems, one per line, so that they can be fixed together. */
public final class InvalidConfigException extends Exception {
    private final List<String> problems;

    public InvalidConfigException(List<String> problems) {
        super("the settings cannot be used:\n  " + String.join("\n  ", problems));
        this.problems = List.copyOf(problems);
    }

    /** Each problem names its setting; none contains a secret. */
    public List<String> problems() {
        return problems;
    }
}
