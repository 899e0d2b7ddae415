package dev.broadcaster.websocket;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.auth.Revocation;
import dev.broadcaster.auth.Revocations;
import dev.broadcaster.control.Answer;
import dev.broadcaster.control.ControlExecutor;
import dev.broadcaster.control.Node;
import dev.broadcaster.control.Question;
import dev.broadcaster.control.Rounds;
import dev.broadcaster.hub.ChannelPages;
import dev.broadcaster.hub.Hub;
import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.ListedConnection;
import dev.broadcaster.time.Time;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Answers questions about the connections and channels of this node. There is no index of users: a question visits every
 * authenticated connection, so that an idle connection costs nothing. Safe from any thread; never blocks.
 */
public final class NodeClients implements Node {
    /** The largest number of connections in an answer. */
    static final int MAX_LISTED = 5_000;
    /** The size of an answer beyond which connections are listed without their channels. */
    private static final long MAX_CHANNEL_CHARS = 512 * 1024;

    /** The time between two walks for readings, as a multiple of the first one. */
    private static final int REST = 9;

    private final Connections connections;
    private final Hub hub;
    private final Revocations revocations;
    private final ChannelPages pages;
    private final Rounds<Reading> readings;
    private final SharedWalks<Connection> actions;

    /** The clients of {@code connections} and {@code hub}; {@code executor} does what takes long. */
    public NodeClients(Connections connections, Hub hub, Revocations revocations, ControlExecutor executor, Time time) {
        this.connections = connections;
        this.hub = hub;
        this.revocations = revocations;
        this.pages = new ChannelPages(hub, executor, time);
        this.readings = new Rounds<>(executor, time, REST, this::list);
        this.actions = new SharedWalks<>(this::visitAll);
    }

    @Override
    public void answer(Question question, Consumer<Answer> callback) {
        if (question instanceof Question.Disconnect call) {
            actions.act(call.user(), it -> disconnect(it, call), sum -> callback.accept(Answer.ofCount(sum)));
        } else if (question instanceof Question.Unsubscribe call) {
            actions.act(
                    call.user(),
                    it -> it.session.unsubscribe(call.channel(), call.reason()) ? 1 : 0,
                    sum -> callback.accept(Answer.ofCount(sum)));
        } else if (question instanceof Question.User call) {
            readings.offer(new Reading(call.user(), callback));
        } else if (question instanceof Question.Subscribers call) {
            hub.count(List.of(call.channel()), counts -> callback.accept(Answer.ofCount(counts[0])));
        } else if (question instanceof Question.Channels call) {
            pages.read(call, callback);
        } else {
            callback.accept(Answer.ofCount(0));
        }
    }

    @Override
    public void closeRevoked() {
        connections.walk(
                connection -> {
                    Identity identity = connection.session.identity();
                    Revocation revocation = identity == null ? null : revocations.covering(identity);
                    if (revocation != null) {
                        connection.close(CloseCode.REVOKED, revocation.reason());
                    }
                },
                () -> {});
    }

    /** A token that was issued after the revocation may come back. */
    private int disconnect(Connection connection, Question.Disconnect call) {
        if (!connection.isOpen()) {
            return 0; // another call of the same walk has closed it
        }
        Identity identity = connection.session.identity();
        boolean revoked = call.revoke() && identity != null && revocations.covering(identity) != null;
        connection.close(revoked ? CloseCode.REVOKED : CloseCode.UNAUTHENTICATED, call.reason());
        return 1;
    }

    private void visitAll(BiConsumer<Connection, String> visitor, Runnable end) {
        AtomicInteger missing = new AtomicInteger(connections.threadCount());
        connections.walk(
                connection -> {
                    Identity identity = connection.session.identity();
                    if (identity != null) {
                        visitor.accept(connection, identity.subject());
                    }
                },
                () -> {
                    if (missing.decrementAndGet() == 0) {
                        end.run();
                    }
                });
    }

    private void list(List<Reading> asked, Runnable end) {
        Map<String, Listing> listings = new HashMap<>();
        asked.forEach(reading -> listings.computeIfAbsent(reading.user, user -> new Listing()));
        visitAll(
                (connection, user) -> {
                    Listing listing = listings.get(user);
                    if (listing != null) {
                        listing.add(connection);
                    }
                },
                () -> {
                    end.run();
                    for (Reading reading : asked) {
                        Listing listing = listings.get(reading.user);
                        if (listing != null) {
                            reading.callback.accept(listing.answer());
                        }
                    }
                });
    }

    /** A wish to know the connections of a user. */
    private record Reading(String user, Consumer<Answer> callback) {}

    /** The connections of a user. Safe from any thread. */
    private static final class Listing {
        private final Queue<ListedConnection> listed = new ConcurrentLinkedQueue<>();
        private final AtomicInteger count = new AtomicInteger();
        private final AtomicLong chars = new AtomicLong();

        void add(Connection connection) {
            if (count.incrementAndGet() <= MAX_LISTED) {
                ListedConnection described = connection.describe(chars.get() < MAX_CHANNEL_CHARS);
                chars.addAndGet(
                        described.channels().stream().mapToInt(String::length).sum());
                listed.add(described);
            }
        }

        Answer answer() {
            return Answer.ofConnections(List.copyOf(listed), count.get() > MAX_LISTED);
        }
    }
}
