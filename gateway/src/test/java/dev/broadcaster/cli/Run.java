package dev.broadcaster.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A run of the program inside the test: its arguments and its result. */
record Run(int exitCode, String out, String err) {
    static Run broadcaster(Map<String, String> environment, String in, String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Terminal terminal = new Terminal(
                environment,
                new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
                new PrintWriter(out, true),
                new PrintWriter(err, true));
        int exitCode = Main.commandLine(terminal).execute(args);
        return new Run(exitCode, out.toString(), err.toString());
    }

    /** With an output that cannot be written: a full disk, or a pipe whose reader has ended. */
    static Run withoutOutput(Map<String, String> environment, String... args) {
        StringWriter err = new StringWriter();
        PrintWriter full = new PrintWriter(
                new Writer() {
                    @Override
                    public void write(char[] chars, int offset, int length) throws IOException {
                        throw new IOException("No space left on device");
                    }

                    @Override
                    public void flush() {}

                    @Override
                    public void close() {}
                },
                true);
        Terminal terminal = new Terminal(environment, InputStream.nullInputStream(), full, new PrintWriter(err, true));
        int exitCode = Main.commandLine(terminal).execute(args);
        return new Run(exitCode, "", err.toString());
    }

    static Run broadcaster(String... args) {
        return broadcaster(Map.of(), "", args);
    }
}
