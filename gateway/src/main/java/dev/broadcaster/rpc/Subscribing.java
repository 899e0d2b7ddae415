package dev.broadcaster.rpc;

import dev.broadcaster.hub.Batch;
import dev.broadcaster.hub.Start;
import dev.broadcaster.hub.Subscriber;
import dev.broadcaster.hub.Subscription;
import dev.broadcaster.hub.SubscriptionCallback;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Params;
import dev.broadcaster.protocol.Responses;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.time.Time;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A subscribe from its call to its reply. No message may reach the client before the reply, and the reply may have to
 * wait for those of earlier subscribes:
 * <ul>
 * <li>Without a replay the subscription goes live when the reply can be sent, not before.
 * <li>With a replay, the replay and the later messages are held until then, and until the client has read the earlier
 * output. If they exceed {@link Pipeline#MAX_HELD_BYTES}, they are dropped, and the replay is read again when the reply
 * can be sent.
 * </ul>
 *
 * <p>Owned by the session's thread.
 */
final class Subscribing implements SubscriptionCallback, Subscriber {
    private final Call call;
    private final Session session;
    private final String channel;
    private final @Nullable Replay replay;
    private final MessageIds ids;
    private final Time time;
    private final Timestamps timestamps;

    private @Nullable Subscription subscription; // null until the shard has returned it
    private @Nullable Start start; // the values for the reply
    private @Nullable List<Batch> held; // null = no messages are held
    private long base; // of the held messages
    private long heldBytes;

    Subscribing(Call call, String channel, MessageIds ids, Time time, Timestamps timestamps) {
        this.call = call;
        this.session = call.session();
        this.channel = channel;
        this.replay = replay(call.params());
        this.ids = ids;
        this.time = time;
        this.timestamps = timestamps;
    }

    void begin() {
        Subscriber to = call.isFirst() ? session.peer() : this;
        Subscription made = session.shard().subscribe(channel, replay, to, this);
        subscription = made;
        if (session.isClosed()) {
            session.shard().unsubscribe(made); // the connection broke when the reply was written
        } else {
            session.subscriptions().put(made.channel(), made); // the name that all its subscriptions share
        }
    }

    @Override
    public boolean mayGoLive() {
        if (call.isFirst()) {
            return true;
        }
        call.whenFirst(this::goLive);
        return false;
    }

    @Override
    public void onLive(@Nullable Start newStart) {
        start = newStart;
        if (call.isFirst() && !call.needsRoom()) {
            if (subscription != null) {
                subscription.deliverTo(session.peer());
            }
            answer();
        } else {
            if (subscription != null) {
                subscription.deliverTo(this);
            }
            held = new ArrayList<>(2);
            call.whenFirst(this::release);
        }
    }

    @Override
    public void onFailed(String reason) {
        session.subscriptions().remove(channel);
        call.fail(ErrorCode.INTERNAL, reason);
    }

    /** The replay that the parameters request; null if they request none. */
    static @Nullable Replay replay(Params params) {
        String lastSeenId = params.lastSeenMessageId();
        boolean asked = lastSeenId != null || params.position() || params.last() > 0;
        return asked ? new Replay(lastSeenId, params.last()) : null;
    }

    private void answer() {
        Params params = call.params();
        Start from = start;
        String timestamp = timestamps.format(time.epochMillis());
        if (from == null) {
            call.succeed(Responses.subscribed(ids.next(), timestamp, null, null, null));
            return;
        }
        boolean replayed = from.complete() || params.last() > 0;
        call.succeed(Responses.subscribed(
                ids.next(),
                timestamp,
                params.lastSeenMessageId() == null ? null : from.complete(),
                replayed ? from.replayed() : null,
                params.position() ? from.position() : null));
    }

    private void goLive() {
        if (subscription != null && !subscription.hasEnded()) {
            session.shard().begin(subscription, this);
        }
    }

    /** Called in its turn: sends the reply, then the held messages; later messages are delivered directly. */
    private void release() {
        List<Batch> messages = held;
        held = null;
        if (messages == null) {
            goLive();
            return;
        }
        if (subscription != null) {
            subscription.deliverTo(session.peer());
        }
        session.release(heldBytes);
        if (subscription != null && subscription.hasEnded()) {
            call.fail(ErrorCode.INTERNAL, "not subscribed: ended by a server");
            return;
        }
        answer();
        for (Batch batch : messages) {
            session.peer().onRecovered(batch, base);
        }
    }

    // ---- Messages, while the reply is held back

    @Override
    public void onRecovered(Batch batch, long newBase) {
        hold(batch, newBase);
    }

    @Override
    public boolean onBroadcasts(Batch batch, long newBase) {
        hold(batch.after(newBase), newBase);
        return false;
    }

    private void hold(Batch batch, long newBase) {
        List<Batch> messages = held;
        if (messages == null) {
            return; // too many messages; the replay is read again
        }
        long bytes = 0;
        for (int i = 0; i < batch.size(); i++) {
            bytes += batch.message(i).length();
        }
        if (session.hold(bytes)) {
            heldBytes += bytes;
            base = newBase;
            messages.add(batch);
        } else {
            session.release(heldBytes);
            heldBytes = 0;
            held = null;
        }
    }

    @Override
    public void onTurnEnd() {}
}
