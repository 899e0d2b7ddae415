package dev.broadcaster.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.hub.Batch;
import dev.broadcaster.hub.Batches;
import dev.broadcaster.message.Message;
import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The output that waits, in random steps over connections whose sockets take random numbers of bytes: frames stay whole
 * and in order, the account equals the contents of the queues, each message once, and is 0 when all connections have
 * ended. {@code -Doutput.seed=…} repeats a run.
 */
final class OutputModelTest {
    private static final int STEPS = 60_000;
    private static final int CONNECTIONS = 12;
    private static final int CHANNELS = 4;
    private static final long MAX_PENDING = 60_000;
    private static final Pattern BROADCAST = Pattern.compile("\"seq\":(\\d+),.*?\"channel\":\"(c\\d)\"");
    private static final String KEPT = "x".repeat(2_000);

    private final long seed = Long.getLong("output.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final List<Client> clients = new ArrayList<>();
    private final long[] positions = new long[CHANNELS];
    private OneThread thread;
    private long closedBySize;
    private long closedByBudget;
    private long frames;
    private long drops;

    @Test
    void framesStayWhole_andTheAccountIsWhatTheQueuesHold() throws Exception {
        System.out.println("output.seed=" + seed);
        for (long budget : new long[] {750_000, 100_000_000}) {
            try (OneThread made = new OneThread(MAX_PENDING, budget)) {
                thread = made;
                thread.run(this::run);
            }
        }
        System.out.printf(
                "%d frames, %d channels dropped, %d closed by size, %d by the budget%n",
                frames, drops, closedBySize, closedByBudget);
        assertThat(frames).isGreaterThan(STEPS / 4);
        assertThat(drops).isGreaterThan(STEPS / 100);
        assertThat(closedBySize).isGreaterThan(20);
        assertThat(closedByBudget).isGreaterThan(20);
    }

    private void run() {
        clients.clear();
        for (int i = 0; i < CONNECTIONS; i++) {
            clients.add(new Client());
        }
        for (int step = 0; step < STEPS; step++) {
            int number = random.nextInt(CONNECTIONS);
            Client client = clients.get(number);
            client.step();
            if (!client.connection.isOpen() && random.nextInt(20) == 0) {
                client.end();
                clients.set(number, new Client());
            }
            if (step % 16 == 0) {
                thread.time.advanceNanos(random.nextLong(100_000_000));
            }
            if (step % 64 == 0) {
                checkAccount();
            }
        }
        double refusals = metric("broadcaster_budget_refusals_total{account=\"output\"}");
        closedByBudget += (long) refusals;
        closedBySize += (long) metric("broadcaster_closes_total{code=\"4409\"}") - (long) refusals;
        clients.forEach(Client::end);
        check(thread.output.used() == 0, "the account after the last connection: " + thread.output.used());
        check(metric("broadcaster_queue_bytes") == 0, "the meter after the last connection");
    }

    private double metric(String series) {
        return thread.metrics
                .scrape()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .sum();
    }

    /** Compares the account with a separate count: every queue, every item, every message once. */
    private void checkAccount() {
        long own = 0;
        long pending = 0;
        Map<EncodedBroadcast, Boolean> messages = new IdentityHashMap<>();
        for (Client client : clients) {
            Object queue = field(client.connection.outbound, "queue");
            if (queue == null) {
                continue;
            }
            own += 104 + (field(queue, "place") == null ? 0 : 64);
            pending += client.connection.outbound.pendingBytes();
            OutItems items = (OutItems) field(queue, "items");
            Set<String> channels = new HashSet<>();
            for (OutItem item = items.first(); item != null; item = item.next) {
                if (item instanceof OutItem.Broadcast broadcast) {
                    own += 40;
                    channels.add(broadcast.channel);
                    messages.put(broadcast.message, true);
                } else {
                    own += 24 + 16 + (item.length() + 7) / 8 * 8;
                }
            }
            own += field(items, "broadcasts") == null ? 0 : 144 + 72L * channels.size();
        }
        long least = own;
        long most = own;
        for (EncodedBroadcast message : messages.keySet()) {
            long bytes = 64 + (message.prefix().length + 7) / 8 * 8 + (message.suffix().length + 7) / 8 * 8;
            least += bytes;
            // Its deflated form, if it was made before the last hold.
            most += message.knowsDeflated() ? 2 * bytes : bytes;
        }
        long used = thread.output.used();
        check(used >= least && used <= most, "account " + used + ", held " + least + " to " + most);
        check(pending <= CONNECTIONS * (MAX_PENDING + 60_000L + 200_000), "pending " + pending);
    }

    private void check(boolean right, String problem) {
        if (!right) {
            throw new AssertionError(problem + " (output.seed=" + seed + ")");
        }
    }

    private static Object field(Object object, String name) {
        try {
            Field field = object.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.get(object);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** A connection, its socket, and its output. */
    private final class Client {
        final SlowSocket socket = new SlowSocket(thread, random.nextInt(100_000), random.nextInt(3) == 0);
        final Connection connection = socket.connection;
        private final Map<String, Long> seqs = new HashMap<>(); // the last received, by channel
        private final Map<String, Long> ended = new HashMap<>(); // the last when the subscription ended
        private boolean mayFinish; // a message that had started when the last subscription ended

        void step() {
            int what = random.nextInt(100);
            String channel = "c" + random.nextInt(CHANNELS);
            if (what < 25) {
                connection.send(("{\"own\":\"" + KEPT.substring(0, random.nextInt(200)) + "\"}").getBytes(UTF_8));
            } else if (what < 30) {
                for (int i = random.nextInt(40); i > 0; i--) {
                    if (connection.isOpen()) {
                        connection.outbound.addPong(Frames.of(Opcode.PONG, new byte[] {7}, 0, 1));
                    }
                }
                connection.flush();
            } else if (what < 55) {
                broadcast(channel);
            } else if (what < 58 && connection.isOpen()) {
                connection.onRecovered(batch(channel, 30), 0);
            } else if (what < 65 && connection.isOpen()) {
                connection.onUnsubscribed(channel);
                ended.put(channel, positions[number(channel)]);
                mayFinish = true;
                drops++;
            } else if (what < 90) {
                socket.read(random.nextInt(20_000));
            } else if (what == 99 && random.nextInt(10) == 0) {
                connection.close(CloseCode.GOING_AWAY, "node is draining");
            } else if (what == 98 && random.nextInt(40) == 0) {
                connection.cut();
            }
            take();
        }

        /** A message for some of the connections at once, like in a drain. */
        private void broadcast(String channel) {
            Batch batch = batch(channel, 1 + random.nextInt(3));
            List<Client> to = clients.stream()
                    .filter(client -> client == this || random.nextInt(3) == 0)
                    .toList();
            to.forEach(client -> client.connection.onBroadcasts(batch, 0));
            to.forEach(client -> client.connection.onTurnEnd());
            to.forEach(Client::take);
        }

        private Batch batch(String channel, int count) {
            List<EncodedBroadcast> messages = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                byte[] payload = ('"' + KEPT.substring(0, random.nextInt(KEPT.length())) + '"').getBytes(UTF_8);
                messages.add(EncodedBroadcast.of(new Message("id", "t", channel, "\"e\"".getBytes(UTF_8), payload)));
            }
            long first = positions[number(channel)] + 1;
            positions[number(channel)] += count;
            return Batches.of(channel, messages, first);
        }

        private int number(String channel) {
            return channel.charAt(1) - '0';
        }

        /** Reads complete frames from the bytes that the socket has taken. */
        void take() {
            ByteBuffer bytes = ByteBuffer.wrap(socket.taken.toByteArray());
            while (true) {
                bytes.mark();
                if (bytes.remaining() < 2) {
                    break;
                }
                int first = bytes.get() & 0xff;
                int length = bytes.get() & 0xff;
                check(
                        (first & 0x80) != 0 && Arrays.asList(1, 8, 9, 10).contains(first & 0xf),
                        "no frame begins with " + first);
                if (length >= 126 && bytes.remaining() < 8) {
                    bytes.reset();
                    break;
                }
                length = length == 126 ? bytes.getShort() & 0xffff : length == 127 ? (int) bytes.getLong() : length;
                if (bytes.remaining() < length) {
                    bytes.reset();
                    break;
                }
                byte[] payload = new byte[length];
                bytes.get(payload);
                frames++;
                check(first == 0x8a ? length == 1 : length > 1, "a frame of " + length + " bytes");
                if (first == 0x81 && payload[2] == 'm') {
                    onBroadcast(new String(payload, UTF_8));
                }
            }
            byte[] rest = new byte[bytes.remaining()];
            bytes.get(rest);
            socket.taken.reset();
            socket.taken.writeBytes(rest);
        }

        /** A message that is partly written when its subscription ends is completed; no other follows it. */
        private void onBroadcast(String json) {
            Matcher matcher = BROADCAST.matcher(json);
            check(matcher.find(), json);
            String channel = matcher.group(2);
            long seq = Long.parseLong(matcher.group(1));
            check(seq > seqs.getOrDefault(channel, 0L), "seq " + seq + " after " + seqs.get(channel));
            seqs.put(channel, seq);
            if (seq <= ended.getOrDefault(channel, 0L)) {
                check(mayFinish, "a second message of a subscription that has ended: " + json);
                mayFinish = false;
            }
        }

        void end() {
            connection.cut();
            check(connection.outbound.pendingBytes() == 0, "something is left after the end");
        }
    }
}
