package dev.broadcaster.rpc;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.hub.Shard;
import dev.broadcaster.hub.Subscription;
import dev.broadcaster.protocol.Responses;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The authenticated state of one connection, its subscriptions, and its unanswered requests. Owned by the connection's
 * thread.
 */
public final class Session {
    private final Shard shard;
    private final Peer peer;
    private final Map<String, Subscription> subscriptions = new HashMap<>(2);
    private @Nullable Identity identity;
    private @Nullable String connectionId; // null if the client did not request it
    private @Nullable Pipeline pipeline; // null while no reply is owed
    private byte client; // a number of ClientNames
    private boolean closed;

    public Session(Shard shard, Peer peer) {
        this.shard = shard;
        this.peer = peer;
    }

    /** The identity, or null before {@code auth}. */
    public @Nullable Identity identity() {
        return identity;
    }

    void identity(Identity identity) {
        assert shard.isCurrent();
        this.identity = identity;
        peer.onIdentity();
    }

    /** The id of the connection that the client was told, or null. */
    public @Nullable String connectionId() {
        return connectionId;
    }

    void connectionId(String id) {
        connectionId = id;
    }

    byte client() {
        return client;
    }

    void client(byte number) {
        client = number;
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

    boolean isClosed() {
        return closed;
    }

    // ---- Requests

    /** True if no more requests may be read until {@link Peer#onReady}. */
    public boolean isFull() {
        return pipeline != null && pipeline.isFull();
    }

    /** True if a request has not been answered yet; {@link Peer#onReady} is called when all have been. */
    public boolean owesReplies() {
        return pipeline != null;
    }

    /** Takes the next request: begins it, or keeps it until it may begin. */
    void take(Call call) {
        assert shard.isCurrent();
        Pipeline open = pipeline;
        if (open == null && call.needsRoom()) {
            open = new Pipeline(this);
            pipeline = open;
        }
        if (open != null) {
            open.add(call);
            return;
        }
        call.begin();
        if (!call.isAnswered() && !closed) {
            open = new Pipeline(this);
            open.addBegun(call);
            pipeline = closed ? null : open;
        }
    }

    /** True if all requests before {@code call} are answered. */
    boolean isFirst(Call call) {
        return pipeline == null || pipeline.isFirst(call);
    }

    /** {@code call} has its reply, or has to continue when it is the first. */
    void onReady(Call call) {
        assert shard.isCurrent();
        if (closed) {
            return;
        }
        Pipeline open = pipeline;
        if (open != null) {
            open.onReady(call);
        } else if (call.isAnswered()) {
            send(call);
        }
    }

    /** {@link Peer#isBehind} has become false. */
    public void onRoom() {
        assert shard.isCurrent();
        if (pipeline != null) {
            pipeline.progress();
        }
    }

    /** Ends a subscription that {@link #subscriptions} no longer has. */
    void end(Subscription subscription) {
        assert shard.isCurrent();
        shard.unsubscribe(subscription);
        peer.onUnsubscribed(subscription.channel());
    }

    /**
     * Ends a subscription that the client has not ended: it gets an {@code unsubscribed} notification. A subscribe that
     * waits for its reply fails instead.
     *
     * @return false if there is none
     */
    public boolean unsubscribe(String channel, String reason) {
        assert shard.isCurrent();
        Subscription subscription = subscriptions.get(channel);
        if (subscription == null) {
            return false;
        }
        if (!shard.refuse(subscription, "not subscribed: " + reason)) {
            subscriptions.remove(channel);
            end(subscription);
            peer.send(Responses.unsubscribed(channel, reason));
        }
        return true;
    }

    void send(Call call) {
        byte[] json = call.reply();
        if (json != null) {
            peer.send(json);
        }
    }

    /** The pipeline has answered all its requests. */
    void onAnswered() {
        assert shard.isCurrent();
        forgetPipeline();
        peer.onReady();
    }

    /** Reserves bytes for messages of a subscription whose reply is held back; false if there is no room. */
    boolean hold(long bytes) {
        assert shard.isCurrent();
        return pipeline != null && pipeline.hold(bytes);
    }

    void release(long bytes) {
        if (pipeline != null) {
            pipeline.release(bytes);
        }
    }

    /** Ends the subscriptions, and drops the requests. Called once, when the connection ends. */
    public void close() {
        assert shard.isCurrent();
        closed = true;
        forgetPipeline();
        subscriptions.values().forEach(shard::unsubscribe);
        subscriptions.clear();
    }

    private void forgetPipeline() {
        Pipeline ended = pipeline;
        pipeline = null;
        if (ended != null) {
            ended.close();
        }
    }
}
