package dev.broadcaster.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Compares the wanted channels of the handles with those of the connection. Guarded by the client's lock. */
final class Subscriptions {
    private static final long LINGER_MILLIS = 1000;
    /** Requests in flight: a publish or a heartbeat waits for no more than these. */
    private static final int WINDOW = 32;

    /** The same for a node that works on them together: as many as it takes at a time. */
    private static final int PARALLEL_WINDOW = 1000;
    /** Those that a new connection sends before the publishes that wait for it. */
    private static final int FIRST_WINDOW = 256;
    /** With more channels, those without handles are removed, with their positions. */
    private static final int MOST_KEPT = 2000;

    private final Loop loop;
    private final Connection connection;
    /** In the order of their first handle. */
    private final Map<String, Subscription> all = new LinkedHashMap<>();

    private int inFlight;
    /** True from the writing of {@code auth} to its rejection or the loss of the connection. */
    private boolean open;

    private final Uncovered uncovered;

    Subscriptions(Loop loop, Connection connection) {
        this.loop = loop;
        this.connection = connection;
        this.uncovered = new Uncovered(loop, connection, this);
    }

    /** A new handle. If it has seen other messages than the running subscription, a gap is reported to it. */
    void join(Handle handle) {
        Subscription subscription = handle.subscription;
        subscription.cancelLinger();
        handle.joinedLate = !subscription.begin(handle);
        subscription.handles.add(handle);
        if (subscription.over) {
            subscription.over = false;
            subscription.coverage = Subscription.Coverage.NORMAL;
        }
        if (subscription.wire == Subscription.Wire.LIVE && !subscription.isToBeginAnew()) {
            handle.settleReady();
            loop.callbacks.add(() -> handle.deliverLive(new Live(null, null)));
        }
        sync();
    }

    /** The subscription of a channel, for a handle to join. */
    Subscription of(String channel) {
        return all.computeIfAbsent(channel, Subscription::new);
    }

    void leave(Handle handle) {
        Subscription subscription = handle.subscription;
        subscription.forgetWish(handle);
        if (subscription.handles.remove(handle) && subscription.handles.isEmpty()) {
            if (subscription.wire != Subscription.Wire.OFF) {
                subscription.lingering = true;
                subscription.lingerTimer = loop.after(LINGER_MILLIS, late -> {
                    subscription.lingering = false;
                    sync();
                });
            }
            subscription.cancelRetry();
            forget(subscription);
        }
        pause(handle, false);
    }

    /** A subscriber of a handle is full, or has room again. */
    void pause(Handle handle, boolean full) {
        if (full ? handle.subscription.full.add(handle) : handle.subscription.full.remove(handle)) {
            sync();
        }
    }

    /** {@code auth} is written, or accepted: the first wanted requests follow it. */
    void onOpen() {
        open = true;
        sync(Math.min(FIRST_WINDOW, window()));
    }

    void onLost() {
        open = false;
        inFlight = 0;
        uncovered.onLost();
        for (Subscription each : all.values()) {
            each.wire = Subscription.Wire.OFF;
            each.beginAnew();
            each.coverage = Subscription.Coverage.NORMAL;
        }
    }

    /** The client is closed or stopped: no timers. */
    void onEnd(BroadcasterException error) {
        for (Subscription each : all.values()) {
            each.cancelRetry();
            each.cancelLinger();
            each.handles.forEach(handle -> handle.settleReady(error));
            each.tell(loop, handle -> handle.onClientEnd(error));
        }
    }

    void onBroadcast(JsonObject params) {
        Subscription subscription = all.get(params.requiredString("channel"));
        // Broadcasts before the reply to subscribe or after unsubscribe belong to an ended subscription.
        if (subscription != null
                && subscription.wire == Subscription.Wire.LIVE
                && !subscription.isToBeginAnew()
                && !subscription.onMessage(loop, params)) {
            connection.violate("seq went back to " + params.integer("seq"));
        }
    }

    /** The node has ended a subscription. */
    void onEnded(JsonObject params) {
        Subscription subscription = all.get(params.requiredString("channel"));
        String said = params.string("reason");
        if (subscription != null && subscription.wire == Subscription.Wire.LIVE) {
            String reason = said == null ? "" : said;
            subscription.wire = Subscription.Wire.OFF;
            end(
                    subscription,
                    Handle.State.ENDED,
                    new BroadcasterException.Closed("ended: " + reason),
                    handle -> handle.deliverEnded(reason));
        }
    }

    /**
     * Sends the requests for the difference between wanted and existing subscriptions: in the order of the first
     * handle, priority first.
     */
    void sync() {
        sync(connection.isAuthenticated() ? window() : Math.min(FIRST_WINDOW, window()));
    }

    private int window() {
        return connection.has("parallel") ? PARALLEL_WINDOW : WINDOW;
    }

    private void sync(int window) {
        sync(window, true);
        sync(window, false);
    }

    private void sync(int window, boolean urgent) {
        if (!open || inFlight >= window) {
            return;
        }
        for (Subscription each : all.values()) {
            if (each.isDue() && each.isUrgent() == urgent) {
                request(each, Subscription.Wire.SUBSCRIBING, "subscribe", each.params(), this::onSubscribeReply);
            } else if (each.wire == Subscription.Wire.LIVE && !each.isWanted()) {
                unsubscribe(each);
            }
            if (!open || inFlight >= window) {
                return;
            }
        }
    }

    private interface OnReply {
        void on(Subscription subscription, Reply reply);
    }

    private void request(Subscription to, Subscription.Wire wire, String method, String params, OnReply then) {
        to.wire = wire;
        inFlight++;
        connection.calls().send(method, params, reply -> {
            // A lost connection has made it void.
            if (!(reply instanceof Reply.Lost)) {
                inFlight--;
                to.wire = Subscription.Wire.OFF;
                if (wire == Subscription.Wire.UNSUBSCRIBING || reply instanceof Reply.Refused) {
                    to.beginAnew();
                }
                then.on(to, reply);
                sync();
            }
        });
    }

    /** {@code NotFound} is the wanted state too, so errors are ignored. */
    private void unsubscribe(Subscription subscription) {
        String params = "{\"channel\":" + Json.quote(subscription.channel) + "}";
        request(subscription, Subscription.Wire.UNSUBSCRIBING, "unsubscribe", params, (to, reply) -> {});
    }

    private void onSubscribeReply(Subscription subscription, Reply reply) {
        if (reply instanceof Reply.Result result) {
            subscription.onLive(loop, result.result());
        } else if (reply instanceof Reply.Refused refused) {
            onRefused(subscription, refused);
        }
    }

    private void onRefused(Subscription subscription, Reply.Refused refused) {
        String text = subscription.channel + ": " + refused.message();
        switch (refused.code()) {
            case "AlreadyExists" -> {
                // A bug of this library: ends the subscription of the node, then makes it again.
                connection.report(new BroadcasterException.ProtocolViolation(text));
                retryLater(subscription);
                unsubscribe(subscription);
            }
            // Sent after an auth that was rejected: again when a token is accepted.
            case "Unauthenticated" -> open = false;
            case "PermissionDenied" -> onDenied(subscription, refused);
            case "InvalidArgument", "FailedPrecondition", "NotFound" ->
                fail(subscription, refused.error(subscription.channel + ": "));
            // Internal, and codes of a later version.
            default -> {
                connection.report(refused.because(new BroadcasterException.Unavailable(text, 0, null)));
                retryLater(subscription);
            }
        }
    }

    private void retryLater(Subscription subscription) {
        subscription.retryTimer = loop.after(loop.delay(subscription.retries++), late -> {
            subscription.retryTimer = null;
            sync();
        });
    }

    private void onDenied(Subscription subscription, Reply.Refused refused) {
        if (connection.authentication().tokens.isDynamic() && subscription.coverage == Subscription.Coverage.NORMAL) {
            subscription.coverage = Subscription.Coverage.WAITING;
            uncovered.askLater();
        } else {
            fail(subscription, refused.error(subscription.channel + ": "));
        }
    }

    void fail(Subscription subscription, BroadcasterException error) {
        end(subscription, Handle.State.FAILED, error, handle -> handle.deliverFailed(error));
    }

    /** Ends it for the current handles; a later one starts again. */
    private void end(
            Subscription subscription, Handle.State state, BroadcasterException error, Consumer<Handle> event) {
        subscription.over = true;
        subscription.handles.forEach(handle -> handle.settleOver(state, error));
        subscription.tell(loop, event);
        subscription.handles.clear();
        subscription.full.clear();
        forget(subscription);
    }

    /** Channels that were refused and wait for a token that covers them. */
    List<Subscription> uncovered() {
        return all.values().stream()
                .filter(each -> each.coverage == Subscription.Coverage.WAITING)
                .toList();
    }

    /** Keeps the positions of unsubscribed channels, up to a limit. */
    private void forget(Subscription subscription) {
        all.remove(subscription.channel, subscription);
        all.put(subscription.channel, subscription);
        if (all.size() > MOST_KEPT) {
            for (Subscription each : new ArrayList<>(all.values())) {
                if (all.size() > MOST_KEPT && each.handles.isEmpty() && each.wire == Subscription.Wire.OFF) {
                    all.remove(each.channel);
                }
            }
        }
    }
}
