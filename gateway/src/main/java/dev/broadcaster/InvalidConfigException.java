package dev.broadcaster;

import java.util.List;

/** The settings cannot be used. Its message lists every problem, one a line, so that nobody mends them one at a time. */
public final class InvalidConfigException extends Exception {
    private final List<String> problems;

    public InvalidConfigException(List<String> problems) {
        super("the settings cannot be used:\n  " + String.join("\n  ", problems));
        this.problems = List.copyOf(problems);
    }

    /** Each names its setting; none holds a secret. */
    public List<String> problems() {
        return problems;
    }
}
