package dev.broadcaster.fleet;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.testing.Ledger.Seen;
import dev.broadcaster.testing.Ledger.Unbroken;
import dev.broadcaster.testing.Swarm;
import dev.broadcaster.testing.SwarmClient;
import dev.broadcaster.testing.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A client with a subscription to a channel with a history. When its connection ends, it waits for a random part of the
 * longest delay, connects to a node in service and requests everything after the last message that it received, or
 * after its position if it has received none (P13). It checks the ids and numbers of its messages. Its fields are owned
 * by the swarm's thread or are safe.
 */
final class ReturningClient {
    private static final Pattern BROADCAST = Pattern.compile(
            "\"id\":\"([^\"]*)\",\"seq\":(\\d+)," + ".*?\"channel\":\"([^\"]*)\".*\"p\":\"([^\"]*)\",\"n\":(\\d+)");

    private static final Pattern POSITION = Pattern.compile("\"lastMessageId\":\"([^\"]*)\"");

    private static final String AUTH =
            "{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + Tokens.valid() + "\"}}";

    /**
     * A reply to a subscribe with a last seen message.
     *
     * @param lastSeen the message, or the position if none was seen
     * @param asked the time of the request, {@code System.nanoTime()}
     * @param complete the result of the node: everything after that message follows
     */
    record Return(HistoryId lastSeen, boolean complete, long asked, long answered) {}

    private final Swarm swarm;
    private final TrafficTarget target;
    private final String name;
    private final String channel;
    private final long mostDelayMillis;
    private final Random random;
    private final Queue<Return> returns = new ConcurrentLinkedQueue<>();
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final List<Seen> seen = new ArrayList<>(); // guarded by itself; since the start or the last refusal
    private volatile @Nullable SwarmClient connection;
    private volatile @Nullable HistoryId begin; // the position of the subscription that started these messages
    private volatile long askedSince;
    private volatile long liveSince; // 0 while not live; of the subscription that started these messages
    private volatile boolean live;
    private volatile boolean away;
    private @Nullable HistoryId last;
    private long seq;

    /**
     * @param mostDelayMillis the longest delay before it reconnects
     */
    ReturningClient(Swarm swarm, TrafficTarget target, String name, String channel, long mostDelayMillis, long seed) {
        this.swarm = swarm;
        this.target = target;
        this.name = name;
        this.channel = channel;
        this.mostDelayMillis = mostDelayMillis;
        this.random = new Random(seed);
    }

    void start() {
        swarm.execute(this::connect);
    }

    /** Leaves without a close frame, and stays away until {@link #comeBack}. */
    void leave() {
        swarm.execute(() -> {
            away = true;
            live = false;
            Objects.requireNonNull(connection).vanish(true);
        });
    }

    void comeBack() {
        swarm.execute(() -> {
            away = false;
            connect();
        });
    }

    boolean isLive() {
        return live;
    }

    /** The position before its {@link #unbroken} messages. */
    HistoryId begin() {
        return Objects.requireNonNull(begin);
    }

    String channel() {
        return channel;
    }

    List<Return> returns() {
        return List.copyOf(returns);
    }

    /** Faults that a client must not see: holes, duplicates, another order, failed requests. */
    List<String> problems() {
        return List.copyOf(problems);
    }

    /** All messages since the first subscription, or since the last one that was not complete. */
    Unbroken unbroken() {
        synchronized (seen) {
            return new Unbroken(toString(), channel, begin(), askedSince, liveSince, List.copyOf(seen));
        }
    }

    /** True if this is the last message that it has received. */
    boolean hasSeen(HistoryId id) {
        synchronized (seen) {
            return !seen.isEmpty() && seen.get(seen.size() - 1).id().equals(id);
        }
    }

    int count() {
        synchronized (seen) {
            return seen.size();
        }
    }

    private void connect() {
        SwarmClient made = swarm.open(target.portInService(random.nextInt(target.size())), this::onBroadcast);
        connection = made;
        HistoryId lastSeen = last;
        String after = lastSeen == null ? "" : ",\"lastSeenMessageId\":\"" + lastSeen + '"';
        long[] asked = new long[1];
        made.opened()
                .thenCompose(x -> made.request(AUTH))
                .thenCompose(x -> {
                    asked[0] = System.nanoTime();
                    return made.request("{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channel
                            + "\",\"position\":true" + after + "}}");
                })
                .thenAccept(reply -> onReply(reply, lastSeen, asked[0]));
        made.ended().thenAccept(ending -> swarm.execute(() -> onEnded(made)));
    }

    private void onReply(String reply, @Nullable HistoryId lastSeen, long asked) {
        if (!reply.contains("subscriptionId")) {
            if (reply.contains("\"not subscribed: ")) {
                Objects.requireNonNull(connection).vanish(false); // Redis is away: it reconnects once more
            } else {
                problem("was refused: " + reply);
            }
            return;
        }
        boolean complete = reply.contains("\"historyRecovered\":true");
        if (reply.contains("historyRecovered") == (lastSeen == null)) {
            problem("asked with " + lastSeen + " and got " + reply);
        }
        Matcher position = POSITION.matcher(reply);
        HistoryId given = position.find() ? HistoryId.parse(position.group(1)) : null;
        if (given == null) {
            problem("was given no position: " + reply);
            return;
        }
        if (complete) {
            long replayed = given.offset() - Objects.requireNonNull(lastSeen).offset();
            boolean counted = reply.matches(".*\"recoveredMessages\":" + replayed + "[,}].*");
            if (!given.epoch().equals(lastSeen.epoch()) || !counted) {
                problem("asked with " + lastSeen + " and got " + reply);
            }
        }
        long now = System.nanoTime();
        seq = 0;
        if (lastSeen != null) {
            returns.add(new Return(lastSeen, complete, asked, now));
        }
        if (!complete) {
            last = given;
            begin = given;
            askedSince = asked;
            liveSince = now;
            synchronized (seen) {
                seen.clear();
            }
        }
        live = true;
    }

    private void onEnded(SwarmClient made) {
        if (connection != made || away) {
            return;
        }
        live = false;
        made.vanish(false);
        Executor later = CompletableFuture.delayedExecutor(
                (long) (random.nextDouble() * mostDelayMillis), TimeUnit.MILLISECONDS, swarm::execute);
        later.execute(() -> {
            if (!away && connection == made) {
                connect();
            }
        });
    }

    private void onBroadcast(String text) {
        Matcher broadcast = BROADCAST.matcher(text);
        HistoryId id = broadcast.find() ? HistoryId.parse(broadcast.group(1)) : null;
        if (id == null || !live) {
            problem("got " + text);
            return;
        }
        if (Long.parseLong(broadcast.group(2)) != ++seq) {
            problem("expected seq " + seq + " and got " + text);
            seq = Long.parseLong(broadcast.group(2));
        }
        if (!broadcast.group(3).equals(channel)) {
            problem("is subscribed to " + channel + " and got " + text);
        }
        HistoryId before = last;
        boolean follows = before == null
                || (before.epoch().equals(id.epoch())
                        ? id.offset() == before.offset() + 1
                        : count() == 0 && id.offset() == 1); // the counter of the position has expired
        if (!follows) {
            problem("got after " + before + ": " + text);
        }
        last = id;
        synchronized (seen) {
            seen.add(new Seen(id, broadcast.group(4), Long.parseLong(broadcast.group(5))));
        }
    }

    private void problem(String what) {
        if (problems.size() < 10) {
            problems.add(name + ' ' + what);
        }
    }

    @Override
    public String toString() {
        return name + " on " + channel;
    }
}
