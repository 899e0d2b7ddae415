package dev.broadcaster.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.auth.AuthConfig;
import dev.broadcaster.auth.ChannelGrants;
import dev.broadcaster.auth.Identity;
import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.hub.Batch;
import dev.broadcaster.hub.Hub;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.Request;
import dev.broadcaster.protocol.RequestScanner;
import dev.broadcaster.relay.HistoryCallback;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishConfig;
import dev.broadcaster.relay.PublishLimits;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.testing.FakeShardThread;
import dev.broadcaster.testing.FakeTime;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Sessions compared with a model that handles one request after the other. A million random steps: requests of all
 * kinds, answers of the relay in any order, deliveries, closes; {@code -Dsession.seed=…} repeats a run.
 *
 * <p>When a reply arrives, the model has all facts for it: replies come in the order of the requests, so a reply must
 * be one that the earlier requests allow. A subscription is the number of messages of its channel at which it starts;
 * each broadcast must be the next one.
 */
final class SessionModelTest {
    private static final int STEPS = 1_000_000;
    private static final int CONNECTIONS = 8;
    private static final int CHANNELS = 9;
    private static final int MAX_SUBSCRIPTIONS = 6;
    private static final byte[] SMALL = "1".getBytes(UTF_8);
    private static final byte[] LARGE = "1".repeat(200_000).getBytes(UTF_8);
    private static final String PADDING = ",\"pad\":\"" + "x".repeat(30_000) + "\"";
    private static final Pattern REPLY =
            Pattern.compile("\\{\"requestId\":(\\d+),\"(result|error)\":.*", Pattern.DOTALL);
    private static final Pattern ERROR = Pattern.compile("\"code\":\"(\\w+)\"");
    private static final Pattern RECOVERED = Pattern.compile("\"recoveredMessages\":(\\d+)");
    private static final Pattern POSITION = Pattern.compile("\"lastMessageId\":\"E-(\\d+)\"");
    private static final Pattern MESSAGE = Pattern.compile("\"id\":\"(.+?)-(\\d+)\"");
    private static final Field PIPELINE = field(Session.class, "pipeline");
    private static final Field REQUESTS = field(Pipeline.class, "requests");
    private static final Field BYTES = field(Pipeline.class, "bytes");
    private static final Field HELD_BYTES = field(Pipeline.class, "heldBytes");

    private final long seed = Long.getLong("session.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final FakeShardThread thread = new FakeShardThread();
    private final ModelRelay relay = new ModelRelay();
    private final Hub hub = new Hub(
            relay,
            List.of(thread),
            new MemoryBudget(1L << 40, metrics).account(Purpose.FANOUT),
            new MemoryBudget(1L << 40, metrics).account(Purpose.SUBSCRIPTIONS),
            time,
            metrics);
    private final Dispatcher dispatcher = new Dispatcher(
            new RpcConfig(MAX_SUBSCRIPTIONS, 65536, Duration.ofSeconds(25)),
            new TokenVerifier(new AuthConfig(List.of("s".repeat(32)), false, List.of()), time),
            new PublishLimits(new PublishConfig(0, 0), HistoryConfig.NONE, time, 1, metrics),
            relay,
            new MessageIds(time, 1),
            time,
            new Timestamps(),
            metrics);
    private final List<Connection> connections = new ArrayList<>();
    private final Map<Integer, Connection> bySerial = new HashMap<>(); // all that ever existed
    private final Map<String, Connection> publishers = new HashMap<>(); // by message, until the reply is sent
    private long replies;
    private long broadcasts;
    private long replayed;
    private int mostRequests;
    private long mostHeld;
    private long closes;
    private long behinds;

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void session_hasTheOutcomeOfOneRequestAfterTheOther() throws Exception {
        System.out.println("session.seed=" + seed);
        for (int i = 0; i < CONNECTIONS; i++) {
            connections.add(new Connection());
        }
        for (int step = 1; step <= STEPS; step++) {
            int number = random.nextInt(CONNECTIONS);
            Connection connection = connections.get(number);
            int what = random.nextInt(1000);
            if (what < 330) {
                connection.request();
            } else if (what < 332) {
                for (int burst = random.nextInt(1500); burst > 0; burst--) {
                    connection.request();
                }
            } else if (what < 334) {
                connection.close();
                connections.set(number, new Connection());
            } else if (what < 370) {
                connection.read();
            } else if (what < 700) {
                relay.step();
            } else {
                thread.runOne();
            }
            if (what < 370) {
                connection.checkBounds();
            }
            if (step % 20_000 == 0) {
                settle();
            }
        }
        settle();
        connections.forEach(Connection::close);
        settle();
        checkNothingIsLeft();
        System.out.printf(
                "%d replies, %d broadcasts, %d of them replayed, %d closes, at most %d requests and"
                        + " %d bytes of messages held%n",
                replies, broadcasts, replayed, closes, mostRequests, mostHeld);
        assertThat(replies).isGreaterThan(STEPS / 10);
        assertThat(broadcasts).isGreaterThan(STEPS / 10);
        assertThat(replayed).isGreaterThan(STEPS / 200);
        assertThat(behinds).as("replays that were not read at once").isGreaterThan(STEPS / 1000);
        assertThat(mostHeld).as("bytes held").isGreaterThan(Pipeline.MAX_HELD_BYTES / 2);
        assertThat(mostRequests).as("the bound is reached").isEqualTo(Pipeline.MAX_REQUESTS);
    }

    /** Runs all waiting steps: then everything is answered and delivered. */
    private void settle() {
        while (relay.step() || thread.runOne() || connections.stream().anyMatch(Connection::read)) {
            // continues
        }
        for (Connection connection : connections) {
            check(connection.asked.isEmpty(), () -> "requests without a reply: " + connection.asked.size());
            check(!connection.session.owesReplies(), "a reply is owed");
            check(!connection.session.isFull(), "full with nothing to do");
            connection.subscribed.forEach((channel, next) -> check(
                    next[0] == relay.log(channel).size(),
                    () -> "messages are missing: " + next[0] + " of "
                            + relay.log(channel).size()));
        }
        check(publishers.isEmpty(), "publishes without a reply");
    }

    private void checkNothingIsLeft() throws Exception {
        check(relay.wanted.isEmpty(), () -> "the relay is wanted for " + relay.wanted);
        assertThat((Map<?, ?>) field(Hub.class, "routes").get(hub)).isEmpty();
        assertThat(metrics.scrape()).contains("\nbroadcaster_subscriptions 0.0\n", "\nbroadcaster_channels 0.0\n");
    }

    private static Field field(Class<?> type, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException e) {
            throw new AssertionError(e);
        }
    }

    private void check(boolean right, String problem) {
        check(right, () -> problem);
    }

    private void check(boolean right, Supplier<String> problem) {
        if (!right) {
            throw new AssertionError(problem.get() + " (session.seed=" + seed + ")");
        }
    }

    private static int find(Pattern pattern, String text, int otherwise) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : otherwise;
    }

    /** A request without a reply, and its parameters. */
    private record Asked(int id, String method, String channel, int lastSeen, int last) {}

    private final class Connection implements Peer {
        final Session session = new Session(hub.shards().get(0), this);
        final Queue<Asked> asked = new ArrayDeque<>();
        final Set<String> ended = new HashSet<>(); // which need not be written any more
        final Map<String, int[]> subscribed = new HashMap<>(); // the index of the next message in its channel's log
        private final Map<String, Integer> seqs = new HashMap<>();
        private final int serial = bySerial.size();
        private int lastId;
        private boolean touched;
        private boolean closed;
        private boolean behind; // the client has not read the replay
        private long held;

        Connection() {
            bySerial.put(serial, this);
            session.identity(
                    new Identity("u", ChannelGrants.of(List.of("*")), ChannelGrants.of(List.of("*")), Long.MAX_VALUE));
        }

        /** Sends a request, if the node reads. */
        void request() {
            if (session.isFull()) {
                return;
            }
            String channel = "c" + random.nextInt(CHANNELS);
            int what = random.nextInt(100);
            int id = ++lastId;
            if (what < 45) {
                ask(new Asked(id, "subscribe", channel, random.nextInt(3) == 0 ? lastSeen(channel) : -1, 0), "");
            } else if (what < 55) {
                ask(new Asked(id, "subscribe", channel, -1, 1 + random.nextInt(30)), "");
            } else if (what < 75) {
                ask(new Asked(id, "unsubscribe", channel, -1, 0), "");
            } else if (what < 95) {
                // Often the same channel, so that publishes follow each other.
                String to = random.nextInt(3) > 0 ? "c0" : channel;
                String more = ",\"event\":\"e\",\"payload\":" + serial + (random.nextInt(40) == 0 ? PADDING : "");
                ask(new Asked(id, "publish", to, -1, 0), more);
            } else {
                ask(new Asked(id, random.nextBoolean() ? "heartbeat" : "nonsense", channel, -1, 0), "");
            }
        }

        /** The client reads the waiting messages; false if there are none. */
        boolean read() {
            boolean wasBehind = behind;
            behind = false;
            if (wasBehind) {
                session.onRoom();
            }
            return wasBehind;
        }

        private int lastSeen(String channel) {
            int size = relay.log(channel).size();
            return size - random.nextInt(Math.min(size, 50) + 1);
        }

        private void ask(Asked request, String more) {
            asked.add(request);
            StringBuilder json = new StringBuilder("{\"id\":" + request.id + ",\"method\":\"" + request.method
                    + "\",\"params\":{\"channel\":\"" + request.channel + "\"");
            if (request.lastSeen >= 0) {
                json.append(",\"position\":true,\"lastSeenMessageId\":\"E-" + request.lastSeen + "\"");
            }
            if (request.last > 0) {
                json.append(",\"position\":true,\"last\":" + request.last);
            }
            dispatcher.dispatch(session, scan(json + more + "}}"));
        }

        private static Request scan(String json) {
            try {
                byte[] bytes = json.getBytes(UTF_8);
                return RequestScanner.scan(bytes, 0, bytes.length);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }

        void checkBounds() throws ReflectiveOperationException {
            mostRequests = Math.max(mostRequests, asked.size());
            check(closed || asked.size() <= Pipeline.MAX_REQUESTS, () -> "too many requests: " + asked.size());
            Object pipeline = PIPELINE.get(session);
            check(pipeline == null || !closed, "something is left after the close");
            if (pipeline != null) {
                check(REQUESTS.getInt(pipeline) == asked.size(), "requests are forgotten");
                check(BYTES.getInt(pipeline) < Pipeline.MAX_BYTES + 2 * PADDING.length(), "too many bytes");
                check(held == HELD_BYTES.getLong(pipeline), () -> "not told of what is held: " + held);
                mostHeld = Math.max(mostHeld, held);
                check(held >= 0 && held <= Pipeline.MAX_HELD_BYTES, () -> "bytes of messages: " + held);
            } else {
                check(held == 0, () -> "held without a subscription: " + held);
            }
        }

        void close() {
            closed = true;
            closes++;
            session.close();
            asked.clear();
            publishers.values().removeIf(publisher -> publisher == this);
            check(!session.owesReplies() && session.subscriptions().isEmpty(), "something is left after the close");
            check(held == 0, () -> "held after the close: " + held);
        }

        // ---- Output of the session

        @Override
        public void send(byte[] json) {
            String text = new String(json, UTF_8);
            check(!closed, () -> "sent after the close: " + text);
            Matcher reply = REPLY.matcher(text);
            check(reply.matches(), () -> "no reply: " + text);
            Asked request = asked.remove();
            check(Integer.parseInt(reply.group(1)) == request.id, () -> "out of order: " + text + ", not " + request);
            replies++;
            Matcher error = ERROR.matcher(text);
            String code = reply.group(2).equals("error") && error.find() ? error.group(1) : "";
            switch (request.method) {
                case "subscribe" -> onSubscribed(request, text, code);
                case "unsubscribe" -> {
                    boolean was = subscribed.remove(request.channel) != null;
                    check(was == ended.remove(request.channel), "not told that it has ended");
                    check(code.equals(was ? "" : "NotFound"), () -> "unsubscribed: " + was + ", " + text);
                }
                case "publish" -> {
                    Matcher message = MESSAGE.matcher(text);
                    check(code.isEmpty() && message.find(), () -> "not published: " + text);
                    check(
                            publishers.remove(request.channel + '-' + message.group(2)) == this,
                            () -> "the reply of another publish: " + text);
                }
                default -> check(code.equals(request.method.equals("nonsense") ? "NotFound" : ""), () -> text);
            }
        }

        private void onSubscribed(Asked request, String text, String code) {
            boolean already = subscribed.containsKey(request.channel);
            boolean full = subscribed.size() >= MAX_SUBSCRIPTIONS;
            if (already || full) {
                check(
                        code.equals(already ? "AlreadyExists" : "FailedPrecondition"),
                        () -> "already or too many: " + text);
                return;
            }
            check(code.isEmpty() || code.equals("Internal"), () -> "refused: " + text);
            if (!code.isEmpty()) {
                return;
            }
            int size = relay.log(request.channel).size();
            int next = relay.given.getOrDefault(request.channel, 0); // without a replay it is live from now on
            if (request.lastSeen >= 0 || request.last > 0) {
                int position = find(POSITION, text, -1);
                check(position >= 0 && position <= size, () -> "no position, or one that is to come: " + text);
                next = position - find(RECOVERED, text, 0);
                check(!behind, "a replay for a client that has not read the one before");
                if (text.contains("\"historyRecovered\":true")) {
                    check(next == request.lastSeen, () -> "recovered after another message: " + text + ", " + request);
                }
                replayed += position - next;
            }
            subscribed.put(request.channel, new int[] {next});
            seqs.put(request.channel, 0);
        }

        @Override
        public boolean onBroadcasts(Batch batch, long base) {
            check(!closed, "delivered after the close");
            for (int i = 0; i < batch.size(); i++) {
                long seq = batch.position(i) - base;
                if (seq > 0) {
                    onBroadcast(new String(batch.message(i).prefix(), UTF_8), seq);
                }
            }
            boolean first = !touched;
            touched = true;
            return first;
        }

        private void onBroadcast(String json, long seq) {
            Matcher message = MESSAGE.matcher(json);
            check(message.find(), () -> json);
            String channel = message.group(1);
            int[] next = subscribed.get(channel);
            check(next != null, () -> "a message before the reply, or of a channel that is not subscribed: " + json);
            check(
                    seq == seqs.merge(channel, 1, Integer::sum),
                    () -> "seq " + seq + " (expected: " + seqs.get(channel) + ")");
            check(Integer.parseInt(message.group(2)) == ++next[0], () -> "another message than the next: " + json);
            check(publishers.get(channel + '-' + next[0]) != this, "the publisher's own copy before its reply");
            broadcasts++;
        }

        @Override
        public void onRecovered(Batch batch, long base) {
            boolean before = touched;
            onBroadcasts(batch, base);
            touched = before;
            behind |= random.nextInt(3) == 0;
            behinds += behind ? 1 : 0;
        }

        @Override
        public void onUnsubscribed(String channel) {
            ended.add(channel);
        }

        @Override
        public void onHeld(long difference) {
            held += difference;
        }

        @Override
        public boolean isBehind() {
            return behind;
        }

        @Override
        public void onTurnEnd() {
            touched = false;
        }

        @Override
        public void close(CloseCode code, String reason) {
            throw new AssertionError(reason);
        }

        @Override
        public void onBug(RuntimeException e) {
            throw e;
        }

        @Override
        public void onIdentity() {}

        @Override
        public void keepAlive() {}

        @Override
        public boolean mayHandle() {
            return true;
        }

        /** Like a connection: the requests that it had read after the one that made the session full. */
        @Override
        public boolean hold(long held, long bytes) {
            return true;
        }

        @Override
        public void release(long bytes) {}

        @Override
        public long share() {
            return Long.MAX_VALUE;
        }

        @Override
        public void onReady() {
            for (int i = random.nextInt(3); i > 0; i--) {
                request();
            }
        }
    }

    /**
     * Answers when it is told to, in any order except that publishes to one channel stay in order. It loses nothing.
     */
    private final class ModelRelay implements Relay {
        private record Publish(String channel, Connection publisher, PublishCallback callback) {}

        private record Subscribe(String channel, SubscribeCallback callback) {}

        private record Ask(String channel, Replay replay, ReplayCallback callback) {}

        final Map<String, Integer> wanted = new HashMap<>();
        final Map<String, Integer> given =
                new HashMap<>(); // the number of messages of a channel that the hub has received
        private final Map<String, List<Message>> logs = new HashMap<>();
        private final Map<String, Queue<Publish>> publishes = new HashMap<>();
        private final List<Subscribe> subscribes = new ArrayList<>();
        private final List<Ask> asks = new ArrayList<>();

        List<Message> log(String channel) {
            return logs.computeIfAbsent(channel, name -> new ArrayList<>());
        }

        /** Does a waiting step; false if there was none. */
        boolean step() {
            Runnable answer = next();
            if (answer == null) {
                return false;
            }
            if (random.nextBoolean()) {
                thread.outside(answer);
            } else {
                answer.run();
            }
            return true;
        }

        private @Nullable Runnable next() {
            int first = random.nextInt(3);
            for (int i = first; i < first + 3; i++) {
                if (i % 3 == 0 && !subscribes.isEmpty()) {
                    Subscribe subscribe = subscribes.remove(random.nextInt(subscribes.size()));
                    return random.nextInt(12) == 0
                            ? () -> subscribe.callback.onFailed("not subscribed: no luck")
                            : subscribe.callback::onSubscribed;
                }
                if (i % 3 == 1 && !asks.isEmpty()) {
                    Ask ask = asks.remove(random.nextInt(asks.size()));
                    return () -> answer(ask);
                }
                if (i % 3 == 2 && !publishes.isEmpty()) {
                    List<String> channels = List.copyOf(publishes.keySet());
                    String channel = channels.get(random.nextInt(channels.size()));
                    return () -> accept(channel);
                }
            }
            return null;
        }

        private void accept(String channel) {
            Queue<Publish> line = publishes.get(channel);
            Publish publish = line.remove();
            if (line.isEmpty()) {
                publishes.remove(channel);
            }
            List<Message> log = log(channel);
            String id = channel + '-' + (log.size() + 1);
            byte[] payload = random.nextInt(100) == 0 ? LARGE : SMALL;
            Message message = new Message(id, "t", channel, "\"e\"".getBytes(UTF_8), payload);
            log.add(message);
            if (!publish.publisher.closed) {
                publishers.put(id, publish.publisher);
            }
            publish.callback.onOutcome(new PublishOutcome.Accepted(id, "t"));
            given.put(channel, log.size());
            hub.onMessage(message);
        }

        private void answer(Ask ask) {
            List<Message> log = log(ask.channel);
            int size = log.size();
            String position = "E-" + size;
            String lastSeen = ask.replay.lastSeenId();
            int what = random.nextInt(20);
            if (what == 0) {
                ask.callback.onFailed("not subscribed: no luck");
            } else if (lastSeen != null && what > 2) {
                int after = Integer.parseInt(lastSeen.substring(2));
                ask.callback.onReplayed(new Replayed(true, List.copyOf(log.subList(after, size)), position));
            } else {
                int from = Math.max(0, size - ask.replay.last());
                ask.callback.onReplayed(new Replayed(false, List.copyOf(log.subList(from, size)), position));
            }
        }

        @Override
        public void start(RelayListener listener) {}

        @Override
        public void publish(Publication publication, PublishCallback callback) {
            int serial = Integer.parseInt(new String(publication.payload(), UTF_8));
            Publish publish = new Publish(publication.channel(), bySerial.get(serial), callback);
            publishes
                    .computeIfAbsent(publication.channel(), name -> new ArrayDeque<>())
                    .add(publish);
        }

        @Override
        public void subscribe(String channel, SubscribeCallback callback) {
            wanted.merge(channel, 1, Integer::sum);
            if (random.nextInt(4) == 0) {
                callback.onSubscribed();
            } else {
                subscribes.add(new Subscribe(channel, callback));
            }
        }

        @Override
        public void unsubscribe(String channel) {
            check(wanted.containsKey(channel), () -> channel + " is unsubscribed more often than subscribed");
            wanted.computeIfPresent(channel, (name, count) -> count == 1 ? null : count - 1);
        }

        @Override
        public void replay(String channel, Replay replay, ReplayCallback callback) {
            asks.add(new Ask(channel, replay, callback));
        }

        @Override
        public void history(String channel, String afterId, int limit, HistoryCallback callback) {
            throw new AssertionError("not used here");
        }

        @Override
        public String trouble() {
            return null;
        }

        @Override
        public void close() {}
    }
}
