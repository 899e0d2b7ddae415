package dev.broadcaster.cli;

import dev.broadcaster.protocol.ServerMessage;

/** Prints the messages of one connection, and the holes between them. For one thread at a time. */
final class MessagePrinter {
    private final Terminal terminal;
    private final boolean json;
    private final SeqWatch seqs = new SeqWatch();
    private long printed;

    /**
     * @param json true to print messages unchanged, false to print their fields separated by tabs
     */
    MessagePrinter(Terminal terminal, boolean json) {
        this.terminal = terminal;
        this.json = json;
    }

    /** The number of messages so far. */
    long printed() {
        return printed;
    }

    /** Prints a message on one line; {@code text} is the received message. */
    void print(ServerMessage.Broadcast broadcast, String text) {
        String hole = seqs.hole(broadcast.channel(), broadcast.seq());
        if (hole != null) {
            terminal.err().println(hole);
        }
        terminal.out().println(json ? oneLine(text) : fields(broadcast));
        printed++;
    }

    private static String fields(ServerMessage.Broadcast broadcast) {
        return String.join(
                "\t",
                broadcast.createTime(),
                broadcast.channel(),
                Long.toString(broadcast.seq()),
                broadcast.event(),
                oneLine(broadcast.payloadJson()));
    }

    /** Valid JSON has line breaks and tabs only between tokens, where a space means the same. */
    private static String oneLine(String json) {
        return json.replace('\n', ' ').replace('\r', ' ').replace('\t', ' ');
    }
}
