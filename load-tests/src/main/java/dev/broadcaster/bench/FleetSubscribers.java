package dev.broadcaster.bench;

import dev.broadcaster.process.Node;
import dev.broadcaster.process.Token;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The subscribers of one node of {@link FleetSizing}, in a process of their own, because a process may have only so many
 * descriptors. A program: {@code FleetSubscribers PORT CONNECTIONS CHANNELS}. It prints {@code ready} when all are
 * subscribed, and for each line on its standard input the number of deliveries and of faults. It ends with its input.
 */
final class FleetSubscribers {
    private static final int CONNECTING = 64;
    private static final Duration TOKEN_LIFETIME = Duration.ofHours(2);

    private final List<Subscriber> subscribers = new ArrayList<>();
    private final Wire wire = new Wire();
    private final Messages messages;
    private int ready;
    private long deliveries;
    private long faults;

    private FleetSubscribers(int channels) throws IOException {
        messages = new Messages(Workload.custom(0, channels, 1, 1, 150), nanos -> {});
    }

    public static void main(String[] args) throws IOException {
        int channels = Integer.parseInt(args[2]);
        new FleetSubscribers(channels).run(Integer.parseInt(args[0]), Integer.parseInt(args[1]), channels);
    }

    private void run(int port, int connections, int channels) throws IOException {
        while (ready < connections) {
            while (subscribers.size() < connections && subscribers.size() - ready < CONNECTING) {
                int number = subscribers.size();
                String token = Token.mint(Node.SECRET, "s" + number, List.of("*"), TOKEN_LIFETIME);
                subscribers.add(new Subscriber(port, token, "c" + number % channels));
            }
            select();
        }
        System.out.println("ready");
        int read = 0;
        while (read >= 0) {
            select();
            if (System.in.available() > 0) {
                read = System.in.read();
                if (read == '\n') {
                    System.out.println(deliveries + " " + faults);
                }
            }
        }
    }

    private void select() throws IOException {
        wire.selector.select(FleetSubscribers::onReady, 10);
    }

    private static void onReady(SelectionKey key) {
        try {
            ((Peer) key.attachment()).onReady();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A subscriber of one channel. It counts the messages, and as faults the messages that {@code seq} says are missing. */
    private final class Subscriber extends WebSocketPeer {
        private final Finder seqField = new Finder("\"seq\":".getBytes(StandardCharsets.US_ASCII));
        private final String channel;
        private long last; // seq; 0 before the first message

        Subscriber(int port, String token, String channel) throws IOException {
            super(FleetSubscribers.this.wire, port, token, FleetSubscribers.this.messages, false);
            this.channel = channel;
        }

        @Override
        void onReply(long id, boolean ok) throws IOException {
            if (!ok) {
                throw new IOException("request " + id + " was refused");
            }
            if (id == 1) {
                sendText(("{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channel + "\"}}")
                        .getBytes(StandardCharsets.US_ASCII));
            } else {
                ready++;
            }
        }

        @Override
        void onBroadcast(byte[] bytes, int from, int to) {
            int at = seqField.find(bytes, from, to);
            long seq = at < 0 ? -1 : Ascii.number(bytes, at + 6, to, 19);
            deliveries++;
            faults += last == 0 || seq == last + 1 ? 0 : 1;
            last = seq;
        }
    }
}
