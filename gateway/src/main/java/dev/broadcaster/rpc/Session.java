package dev.broadcaster.rpc;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.hub.Shard;
import dev.broadcaster.hub.Subscription;
import dev.broadcaster.protocol.Request;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The authenticated state of one connection, its subscriptions, and the replies that it still owes, in the order of the
 * requests. Owned by the connection's thread.
 */
public final class Session {
    /** A connection with so many publishes unanswered is not read until all are answered. */
    private static final int MAX_OPEN_REPLIES = 1024;

    private final Shard shard;
    private final Peer peer;
    private final Map<String, Subscription> subscriptions = new HashMap<>(2);
    private @Nullable Identity identity;
    private @Nullable ArrayDeque<Reply> openReplies;
    private @Nullable String openChannel; // of the publishes that the open replies are for; null = of another request
    private boolean waited;
    private boolean closed;

    public Session(Shard shard, Peer peer) {
        this.shard = shard;
        this.peer = peer;
    }

    /** Who it is, or null before {@code auth}. */
    public @Nullable Identity identity() {
        return identity;
    }

    void identity(Identity identity) {
        this.identity = identity;
        peer.onIdentity();
    }

    Peer peer() {
        return peer;
    }

    Shard shard() {
        return shard;
    }

    Map<String, Subscription> subscriptions() {
        return subscriptions;
    }

    /**
     * Whether {@code request} may not be handled yet: publishes overtake nothing and nothing overtakes them, so only a
     * publish to the same channel may follow publishes that are not answered yet. Between channels there is no order: one
     * to another channel could be accepted first, and the publisher's own copy come while its reply is held back behind
     * the earlier one. {@link Peer#onReady} tells when to ask again.
     */
    public boolean mustWait(Request request) {
        ArrayDeque<Reply> open = openReplies;
        if (open == null || open.isEmpty()) {
            return false;
        }
        waited = openChannel == null
                || !openChannel.equals(channelToPublish(request))
                || open.size() >= MAX_OPEN_REPLIES;
        return waited;
    }

    /** Whether a request has not been answered yet. {@link Peer#onReady} tells when all have been. */
    public boolean owesReplies() {
        ArrayDeque<Reply> open = openReplies;
        waited = open != null && !open.isEmpty();
        return waited;
    }

    private static @Nullable String channelToPublish(Request request) {
        return request.method().equals(PublishMethod.NAME) ? request.params().channel() : null;
    }

    /** Takes a place in the order of replies. */
    Reply openReply(Request request) {
        ArrayDeque<Reply> open = openReplies;
        if (open == null) {
            open = new ArrayDeque<>(4);
            openReplies = open;
        }
        openChannel = channelToPublish(request);
        Reply reply = new Reply();
        open.add(reply);
        return reply;
    }

    /** Ends the subscriptions. Called once, when the connection ends. */
    public void close() {
        closed = true;
        subscriptions.values().forEach(shard::unsubscribe);
        subscriptions.clear();
    }

    /** A reply that is owed: it is sent when it is complete and all before it have been. */
    final class Reply {
        private boolean complete;
        private byte @Nullable [] json;

        /** Completes the reply; null = nothing is to be sent. On the session's thread. */
        void complete(byte @Nullable [] text) {
            json = text;
            complete = true;
            sendComplete();
        }
    }

    private void sendComplete() {
        ArrayDeque<Reply> open = openReplies;
        if (open == null || closed) {
            return;
        }
        for (Reply head = open.peek(); head != null && head.complete; head = open.peek()) {
            open.remove();
            byte[] json = head.json;
            if (json != null) {
                peer.send(json);
            }
        }
        if (open.isEmpty() && waited) {
            waited = false;
            peer.onReady();
        }
    }
}
