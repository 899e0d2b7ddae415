package dev.broadcaster.websocket;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.auth.Revocation;
import dev.broadcaster.auth.Revocations;
import dev.broadcaster.control.Answer;
import dev.broadcaster.control.Node;
import dev.broadcaster.control.Question;
import dev.broadcaster.hub.Hub;
import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.ListedChannel;
import dev.broadcaster.protocol.ListedConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.ToIntFunction;

/**
 * Answers questions about the connections and channels of this node. There is no index of users: a question visits every
 * authenticated connection, so that an idle connection costs nothing. Safe from any thread; never blocks.
 */
public final class NodeClients implements Node {
    /** The largest number of connections in an answer. */
    static final int MAX_LISTED = 5_000;
    /** The size of an answer beyond which connections are listed without their channels. */
    private static final long MAX_CHANNEL_CHARS = 512 * 1024;

    private final Connections connections;
    private final Hub hub;
    private final Revocations revocations;
    private final Executor worker;

    /**
     * The clients of {@code connections} and {@code hub}.
     *
     * @param worker runs what takes milliseconds
     */
    public NodeClients(Connections connections, Hub hub, Revocations revocations, Executor worker) {
        this.connections = connections;
        this.hub = hub;
        this.revocations = revocations;
        this.worker = worker;
    }

    @Override
    public void answer(Question question, Consumer<Answer> callback) {
        if (question instanceof Question.Disconnect call) {
            visit(call.user(), it -> disconnect(it, call), sum -> callback.accept(Answer.ofCount(sum)));
        } else if (question instanceof Question.Unsubscribe call) {
            visit(
                    call.user(),
                    it -> it.session.unsubscribe(call.channel(), call.reason()) ? 1 : 0,
                    sum -> callback.accept(Answer.ofCount(sum)));
        } else if (question instanceof Question.User call) {
            list(call.user(), callback);
        } else if (question instanceof Question.Subscribers call) {
            hub.count(List.of(call.channel()), counts -> callback.accept(Answer.ofCount(counts[0])));
        } else if (question instanceof Question.Channels call) {
            worker.execute(() -> new Page(call, callback).read(call.after()));
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
        Identity identity = connection.session.identity();
        boolean revoked = call.revoke() && identity != null && revocations.covering(identity) != null;
        connection.close(revoked ? CloseCode.REVOKED : CloseCode.UNAUTHENTICATED, call.reason());
        return 1;
    }

    /** Passes the sum of {@code action} over the connections of a user to {@code callback}. */
    private void visit(String user, ToIntFunction<Connection> action, IntConsumer callback) {
        AtomicInteger sum = new AtomicInteger();
        AtomicInteger missing = new AtomicInteger(connections.threadCount());
        connections.walk(
                connection -> {
                    Identity identity = connection.session.identity();
                    if (identity != null && identity.subject().equals(user)) {
                        sum.addAndGet(action.applyAsInt(connection));
                    }
                },
                () -> {
                    if (missing.decrementAndGet() == 0) {
                        callback.accept(sum.get());
                    }
                });
    }

    private void list(String user, Consumer<Answer> callback) {
        ConcurrentLinkedQueue<ListedConnection> listed = new ConcurrentLinkedQueue<>();
        AtomicInteger count = new AtomicInteger();
        AtomicLong chars = new AtomicLong();
        visit(
                user,
                connection -> {
                    if (count.incrementAndGet() <= MAX_LISTED) {
                        ListedConnection described = connection.describe(chars.get() < MAX_CHANNEL_CHARS);
                        chars.addAndGet(described.channels().stream()
                                .mapToInt(String::length)
                                .sum());
                        listed.add(described);
                    }
                    return 1;
                },
                sum -> callback.accept(Answer.ofConnections(List.copyOf(listed), sum > MAX_LISTED)));
    }

    /** A page of channels. A channel may have lost its last subscriber since its name was read. */
    private final class Page {
        private final Question.Channels call;
        private final Consumer<Answer> callback;
        private final List<ListedChannel> channels = new ArrayList<>(); // owned by the running step

        Page(Question.Channels call, Consumer<Answer> callback) {
            this.call = call;
            this.callback = callback;
        }

        void read(String after) {
            int wanted = call.limit() + 1 - channels.size();
            List<String> names = hub.channels(call.prefix(), after, wanted);
            if (names.isEmpty()) {
                finish(false);
                return;
            }
            hub.count(names, counts -> {
                for (int i = 0; i < counts.length; i++) {
                    if (counts[i] > 0) {
                        channels.add(new ListedChannel(names.get(i), counts[i]));
                    }
                }
                if (channels.size() > call.limit()) {
                    channels.remove(call.limit());
                    finish(true);
                } else if (names.size() < wanted) {
                    finish(false);
                } else {
                    worker.execute(() -> read(names.get(names.size() - 1)));
                }
            });
        }

        private void finish(boolean more) {
            callback.accept(Answer.ofChannels(channels, more));
        }
    }
}
