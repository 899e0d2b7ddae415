package dev.broadcaster.redis.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.broadcaster.message.MessageIds;
import dev.broadcaster.redis.link.HistoryReading;
import dev.broadcaster.redis.link.Source;
import dev.broadcaster.redis.link.Sources;
import dev.broadcaster.redis.link.SubscribedChannel;
import dev.broadcaster.redis.wire.ChannelKey;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.time.Time;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * The servers of a fleet in a test: counters, histories and subscriptions, by the rules of the two scripts. A command
 * reaches its server, and an answer or a push reaches the node, when the test tells it to; both are in order. Each
 * server can be silent, lose its connection, hand over partitions, or be replaced by one that lacks the last messages.
 */
final class ModelRedis implements Sources {
    private static final int PAGE = 4;
    private static final byte[] EVENT = "\"e\"".getBytes(US_ASCII);

    private record Counter(String epoch, long offset, String server) {}

    private final List<Server> servers = new ArrayList<>();
    private final Server[] owners = new Server[KeyNames.PARTITIONS]; // the truth
    private final Server[] routes = new Server[KeyNames.PARTITIONS]; // the node's view
    private final SplittableRandom random;
    private final Time time;
    private final MessageIds ids;
    private Source.Listener listener;
    private int names;
    boolean refuses = true; // now and then, without a reason

    ModelRedis(int servers, SplittableRandom random, Time time) {
        this.random = random;
        this.time = time;
        this.ids = new MessageIds(time, random.nextLong());
        for (int i = 0; i < servers; i++) {
            this.servers.add(new Server());
        }
        for (int i = 0; i < KeyNames.PARTITIONS; i++) {
            owners[i] = this.servers.get(i % servers);
            routes[i] = owners[i];
        }
    }

    void start(Source.Listener to) {
        listener = to;
    }

    List<Server> servers() {
        return servers;
    }

    Server random() {
        return servers.get(random.nextInt(servers.size()));
    }

    @Override
    public Source serving(int partition) {
        return routes[partition].up ? routes[partition] : null;
    }

    @Override
    public boolean isServing(String server) {
        return servers.stream().anyMatch(s -> s.process.equals(server));
    }

    @Override
    public String trouble(long now) {
        return servers.stream().allMatch(server -> server.up) ? null : "a server is away";
    }

    private String newName() {
        return "n" + names++;
    }

    /**
     * Accepts a message, like publish.lua.
     *
     * @param pushed false if no subscriber gets it
     * @return its position
     */
    Position publish(ChannelKey key, int number, boolean pushed) {
        Server server = owners[key.partition()];
        Counter counter = server.counters.get(key.name());
        boolean kept = key.rule() != null;
        String epoch = newName();
        long offset = 1;
        if (counter != null && (!kept || isServing(counter.server))) {
            epoch = counter.epoch;
            offset = counter.offset + 1;
        }
        server.counters.put(key.name(), new Counter(epoch, offset, server.process));
        Envelope envelope = envelope(epoch, offset, kept, number);
        if (kept) {
            List<Envelope> history = server.histories.computeIfAbsent(key.name(), name -> new ArrayList<>());
            if (offset == 1) {
                history.clear();
            }
            history.add(envelope);
            if (history.size() > key.rule().size()) {
                history.remove(0);
            }
        }
        if (pushed && server.push(key, envelope)) {
            Position first = server.pushed.get(key);
            server.pushed.put(key, first == null || !first.isSameEpoch(epoch) ? envelope.position() : first);
        } else {
            server.pushed.remove(key);
        }
        return envelope.position();
    }

    /** Pushes a message that an old master has accepted, with an offset that is in use; false if none is. */
    boolean publishLate(ChannelKey key, int number) {
        Server server = owners[key.partition()];
        Counter counter = server.counters.get(key.name());
        if (counter == null || counter.offset == 0) {
            return false;
        }
        long offset = Math.max(1, counter.offset - random.nextInt(3));
        Position first = server.pushed.getOrDefault(key, Position.NONE);
        if (!first.isSameEpoch(counter.epoch) || first.offset() > offset) {
            return false; // the node would take it for the message that was not pushed to it
        }
        server.push(key, envelope(counter.epoch, offset, key.rule() != null, number));
        return true;
    }

    private Envelope envelope(String epoch, long offset, boolean kept, int number) {
        return new Envelope(
                epoch,
                offset,
                ids.next(),
                "t",
                kept,
                EVENT,
                Integer.toString(number).getBytes(US_ASCII));
    }

    /** Removes the oldest messages of a history. */
    void trim(ChannelKey key, int size) {
        List<Envelope> history = owners[key.partition()].histories.getOrDefault(key.name(), new ArrayList<>());
        history.subList(0, Math.max(0, history.size() - size)).clear();
    }

    /** The server that serves a channel. */
    Server owner(ChannelKey key) {
        return owners[key.partition()];
    }

    /**
     * Hands over a partition to another server in an orderly move; the node learns of it from the old server, or by
     * reading the slots.
     */
    void move(ChannelKey key, Server to) {
        Server from = owners[key.partition()];
        owners[key.partition()] = to;
        for (String name : List.copyOf(from.counters.keySet())) {
            if (KeyNames.partition(name) == key.partition()) {
                to.counters.put(name, from.counters.remove(name));
                List<Envelope> history = from.histories.remove(name);
                if (history == null) {
                    to.histories.remove(name);
                } else {
                    to.histories.put(name, history);
                }
            }
        }
        for (ChannelKey topic : List.copyOf(from.subscribed)) {
            if (topic.partition() == key.partition()) {
                from.subscribed.remove(topic);
                from.answers.add(() -> listener.onUnsubscribed(from, topic.topic()));
            }
        }
    }

    /** The node reads the slots. */
    void look() {
        if (!java.util.Arrays.equals(owners, routes)) {
            System.arraycopy(owners, 0, routes, 0, owners.length);
            listener.onServing();
        }
    }

    /** Ends all faults. */
    void heal() {
        for (Server server : servers) {
            server.silent = false;
            server.late = false;
            server.connect();
        }
        look();
        refuses = false;
    }

    /** Lets every command and every answer arrive. */
    void settle() {
        boolean any = true;
        while (any) {
            any = false;
            for (Server server : servers) {
                any |= server.runCommand() | server.runAnswer();
            }
        }
    }

    /** A server, and the connection to it. */
    final class Server implements Source {
        private String process = newName();
        private final Map<String, Counter> counters = new HashMap<>();
        private final Map<String, List<Envelope>> histories = new HashMap<>();
        private final Set<ChannelKey> subscribed = new HashSet<>();
        private final Map<ChannelKey, Position> pushed = new HashMap<>(); // all later ones were pushed
        private final Queue<Runnable> commands = new ArrayDeque<>();
        private final Queue<Runnable> answers = new ArrayDeque<>();
        private final Map<HistoryReading, SubscribedChannel> readings = new HashMap<>(); // unanswered
        private boolean up = true;
        boolean silent;
        boolean late;

        /** Runs the next command; false if there is none, or the server is silent. */
        boolean runCommand() {
            Runnable command = silent ? null : commands.poll();
            if (command != null) {
                command.run();
            }
            return command != null;
        }

        /** Delivers the next answer or push to the node; false if there is none. */
        boolean runAnswer() {
            Runnable answer = answers.poll();
            if (answer != null) {
                answer.run();
            }
            return answer != null;
        }

        void connect() {
            if (!up) {
                up = true;
                listener.onServing();
            }
        }

        /** Ends the connection; futures fail before the node is notified, or afterwards. */
        void disconnect() {
            if (!up) {
                return;
            }
            up = false;
            commands.clear();
            answers.clear();
            subscribed.clear();
            pushed.clear();
            Map<HistoryReading, SubscribedChannel> failed = new HashMap<>(readings);
            readings.clear();
            boolean before = random.nextBoolean();
            if (before) {
                failed.forEach((reading, channel) -> interrupt(channel, reading));
            }
            listener.onLost(this);
            if (!before) {
                failed.forEach((reading, channel) -> interrupt(channel, reading));
            }
        }

        private void interrupt(SubscribedChannel channel, HistoryReading reading) {
            if (channel.wants(reading)) {
                channel.onFailed(reading, null);
            }
        }

        /** Another process takes over, without the last messages of some channels. */
        void fail() {
            disconnect();
            process = newName();
            int lost = random.nextInt(4);
            for (String name : List.copyOf(counters.keySet())) {
                Counter counter = counters.get(name);
                if (random.nextInt(4) == 0) {
                    counters.remove(name);
                    histories.remove(name);
                } else if (random.nextBoolean()) {
                    long offset = Math.max(0, counter.offset - lost);
                    counters.put(name, new Counter(counter.epoch, offset, counter.server));
                    histories.getOrDefault(name, new ArrayList<>()).removeIf(kept -> kept.offset() > offset);
                }
            }
        }

        private boolean push(ChannelKey key, Envelope envelope) {
            if (subscribed.contains(key)) {
                answers.add(() -> listener.onMessage(this, key.topic(), envelope));
                return true;
            }
            return false;
        }

        private boolean refuses(SubscribedChannel channel) {
            return owners[channel.key().partition()] != this || (refuses && random.nextInt(100) == 0);
        }

        @Override
        public void subscribe(List<? extends SubscribedChannel> channels) {
            if (!up) {
                channels.forEach(channel -> channel.onRefused(this));
                return;
            }
            for (SubscribedChannel channel : channels) {
                commands.add(() -> {
                    if (!refuses(channel)) {
                        if (subscribed.add(channel.key())) {
                            pushed.remove(channel.key());
                        }
                        answers.add(
                                () -> listener.onSubscribed(this, channel.key().topic()));
                    }
                });
                readCounter(channel);
            }
        }

        @Override
        public void readCounter(SubscribedChannel channel) {
            if (!up) {
                channel.onRefused(this);
                return;
            }
            commands.add(() -> {
                if (refuses(channel)) {
                    answers.add(() -> channel.onRefused(this));
                    return;
                }
                Counter counter = counters.get(channel.key().name());
                Position position = counter == null ? Position.NONE : new Position(counter.epoch, counter.offset);
                String server = process;
                answers.add(() -> channel.onCounter(this, position, server));
            });
        }

        @Override
        public void readHistory(SubscribedChannel channel, HistoryReading reading, long first) {
            if (!up) {
                interrupt(channel, reading);
                return;
            }
            readings.put(reading, channel);
            commands.add(() -> {
                if (refuses(channel)) {
                    answer(channel, reading, () -> channel.onFailed(reading, "as this test wants it"));
                } else {
                    HistoryPage page = page(channel.key(), reading, first);
                    answer(channel, reading, () -> channel.onPage(reading, page));
                }
            });
        }

        private void answer(SubscribedChannel channel, HistoryReading reading, Runnable answer) {
            answers.add(() -> {
                readings.remove(reading);
                if (channel.wants(reading)) {
                    answer.run();
                }
            });
        }

        /** Like history.lua. */
        private HistoryPage page(ChannelKey key, HistoryReading reading, long first) {
            Counter counter = counters.get(key.name());
            if (counter == null && !reading.repairs()) {
                counter = new Counter(newName(), 0, process);
                counters.put(key.name(), counter);
            }
            if (counter == null) {
                return new HistoryPage(Position.NONE, "", List.of());
            }
            Counter now = Objects.requireNonNull(counter);
            List<HistoryPage.Entry> entries = histories.getOrDefault(key.name(), List.of()).stream()
                    .filter(kept -> kept.epoch().equals(now.epoch) && kept.offset() >= first)
                    .limit(PAGE)
                    .map(kept -> new HistoryPage.Entry(kept, time.nanos() + 3_600_000_000_000L))
                    .toList();
            return new HistoryPage(new Position(now.epoch, now.offset), now.server, entries);
        }

        @Override
        public void unsubscribe(List<? extends SubscribedChannel> channels) {
            if (up) {
                channels.forEach(channel -> commands.add(() -> {
                    subscribed.remove(channel.key());
                    answers.add(
                            () -> listener.onUnsubscribed(this, channel.key().topic()));
                }));
            }
        }

        @Override
        public boolean isLate(long now) {
            return late;
        }
    }
}
