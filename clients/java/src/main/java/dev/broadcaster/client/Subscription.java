package dev.broadcaster.client;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One channel, for any number of handles: its position, its {@code seq}, and its state on the wire. Guarded by the
 * client's lock; callbacks get their data through the queue of callbacks.
 */
final class Subscription {
    final String channel;
    final Set<Handle> handles = new LinkedHashSet<>();
    /** Handles with a full subscriber that pauses. */
    final Set<Handle> full = new LinkedHashSet<>();
    /** Also read by callbacks and by the application. */
    volatile Wire wire = Wire.OFF;
    /** True from a refusal or an end to the next handle. */
    boolean over;
    /** The id of the last message whose delivery started; kept without listeners, for a later recovery. */
    volatile @Nullable String position;
    /** The id of the last received message, or of the last before the subscription, also without listeners. */
    private @Nullable String heard;
    /** The handle whose earlier messages are requested next; null if there is none. */
    private @Nullable Handle wish;
    /** The {@link #position} before that. */
    private @Nullable String positionBefore;
    /** True if the subscription has to end and start again, for the handle with the wish. */
    private boolean anew;
    /** True for a short time after the last handle was closed. */
    boolean lingering;

    Coverage coverage = Coverage.NORMAL;
    int retries;
    Clock.@Nullable Cancel retryTimer;
    Clock.@Nullable Cancel lingerTimer;

    private long seq;
    /** The number of messages of the history at the start of the subscription. */
    private long replay;

    private boolean wasLive;

    /**
     * The state of the channel on the current connection. {@code OFF} and {@code LIVE} are stable; the others are a
     * request whose reply is awaited, and nothing is sent before it: no connection ever has two subscriptions of a
     * channel.
     */
    enum Wire {
        OFF,
        SUBSCRIBING,
        LIVE,
        UNSUBSCRIBING
    }

    /** A refused channel waits for a token that covers it, then is requested once and not again. */
    enum Coverage {
        NORMAL,
        WAITING,
        ASKED
    }

    Subscription(String channel) {
        this.channel = channel;
    }

    boolean isWanted() {
        return !over && !anew && full.isEmpty() && (!handles.isEmpty() || lingering);
    }

    /** True if {@code subscribe} is to be sent. */
    boolean isDue() {
        return isWanted() && wire == Wire.OFF && retryTimer == null && coverage != Coverage.WAITING;
    }

    boolean isUrgent() {
        return handles.stream().anyMatch(handle -> handle.options.priority);
    }

    /**
     * A handle joins. If it is alone, the subscription begins where it asks for; a subscription that other handles have is
     * not begun again. Returns false if it has seen other messages than that subscription.
     */
    boolean begin(Handle handle) {
        String since = handle.options.since;
        boolean alone = handles.isEmpty();
        boolean continues = since == null || since.equals(wire == Wire.LIVE ? heard : position);
        boolean asks = !continues || handle.options.last != null;
        if (!alone || !asks) {
            return continues;
        }
        forgetWish(wish);
        wish = handle;
        positionBefore = position;
        anew = wire != Wire.OFF;
        beginAnew();
        return true;
    }

    /** True if a subscription lives that is not the one that is wanted. */
    boolean isToBeginAnew() {
        return anew;
    }

    /** The connection knows nothing of the channel any longer: the wish is asked for next. */
    void beginAnew() {
        Handle handle = wish;
        if (wire == Wire.OFF && handle != null) {
            anew = false;
            position = handle.options.since;
            wasLive = false;
        }
    }

    /** A handle goes: what it wished for is not asked for any longer. */
    void forgetWish(@Nullable Handle handle) {
        if (handle != null && handle == wish) {
            wish = null;
            anew = false;
            if (wire == Wire.OFF) {
                position = positionBefore;
            }
        }
    }

    /**
     * The parameters of {@code subscribe}. Options are those of the current handles: a wrong one is removed with its
     * handle.
     */
    String params() {
        var params =
                new StringBuilder("{\"channel\":").append(Json.quote(channel)).append(",\"position\":true");
        String after = position;
        if (after != null) {
            params.append(",\"lastSeenMessageId\":").append(Json.quote(after));
        }
        int last = 0;
        for (Handle handle : handles) {
            last = handle.options.last == null ? last : Math.max(last, handle.options.last);
        }
        if (last > 0) {
            params.append(",\"last\":").append(last);
        }
        return params.append('}').toString();
    }

    /** An event for each handle, in the order of the wire. */
    void tell(Loop loop, Consumer<Handle> event) {
        handles.forEach(handle -> loop.callbacks.add(() -> event.accept(handle)));
    }

    /** The subscription is live: the reply separates the missed messages from the live ones. */
    void onLive(Loop loop, JsonObject result) {
        boolean recovered = result.isTrue("historyRecovered");
        @Nullable Long recoveredMessages = result.integer("recoveredMessages");
        String lastMessageId = result.string("lastMessageId");
        Boolean resumed = (position != null || wasLive) ? (Boolean) recovered : null;
        wire = Wire.LIVE;
        if (anew) {
            return;
        }
        wish = null;
        wasLive = true;
        seq = 0;
        retries = 0;
        coverage = Coverage.NORMAL;
        replay = recoveredMessages == null ? 0 : recoveredMessages;
        // With a replay the position moves message by message: a loss in the middle recovers the rest.
        if (lastMessageId != null && replay == 0) {
            position = lastMessageId;
        }
        heard = position;
        var live = new Live(resumed, Boolean.TRUE.equals(resumed) || replay > 0 ? recoveredMessages : null);
        handles.forEach(Handle::settleReady);
        tell(loop, handle -> handle.deliverLive(live));
    }

    /** A broadcast. Returns false if {@code seq} decreased. */
    boolean onMessage(Loop loop, JsonObject params) {
        Long next = params.integer("seq");
        JsonObject.Place payload = params.place("payload");
        if (next == null || payload == null) {
            throw new Malformed("a broadcast without seq or payload");
        }
        long from = seq + 1;
        if (next < from) {
            return false;
        }
        var message = new Message(
                params.requiredString("id"),
                next,
                channel,
                params.requiredString("event"),
                params.requiredString("createTime"),
                params.text(),
                payload,
                next <= replay);
        seq = next;
        heard = message.id();
        // The position moves before callbacks run: one that subscribes again must not get this message again. It does
        // not move without listeners.
        if (!handles.isEmpty()) {
            position = message.id();
        }
        Gap gap = next > from ? new Gap(Gap.Cause.HOLE, next - from, from, next - 1) : null;
        boolean caughtUp = from <= replay && next >= replay;
        int share = message.size() / Math.max(1, handles.size());
        for (Handle handle : handles) {
            loop.callbacks.add(() -> handle.deliverMessage(gap, message, caughtUp), share);
        }
        return true;
    }

    void cancelRetry() {
        if (retryTimer != null) {
            retryTimer.cancel();
            retryTimer = null;
        }
    }

    void cancelLinger() {
        lingering = false;
        if (lingerTimer != null) {
            lingerTimer.cancel();
            lingerTimer = null;
        }
    }
}
