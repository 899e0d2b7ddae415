package dev.broadcaster.redis.link;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.Reasons;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.time.Time;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The publishes in flight to one Redis. Each is answered once: when Redis replies, when the message returns before the
 * reply, or after a second, with an unknown outcome. No publish is sent twice. Owned by the event loop.
 */
final class Publishes {
    /** Receives the errors of publishes. */
    interface Listener {
        /** Redis has refused a publish, which is answered. */
        void onRefused(String error);

        /** Redis has published a message, but could not keep it in the history or store its idempotency key. */
        void onIncomplete(String problem);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Publishes.class);

    static final long TIMEOUT_NANOS = 1_000_000_000L;
    private static final int MAX_IN_FLIGHT = 65_536;
    /** The largest number of bytes of messages in flight, and therefore of one message. */
    static final int MAX_BYTES = 64 << 20;

    private final Time time;
    private final RelayMetrics metrics;
    private final Listener listener;
    private final Map<String, PublishCommand> unanswered = new HashMap<>(); // by the message's id
    /** Sent on the current connection and not replied to, in the order of the replies. */
    private Queue<PublishCommand> inFlight = new ArrayDeque<>();
    /** Sent on an earlier connection; the messages may still return. */
    private Queue<PublishCommand> orphans = new ArrayDeque<>();

    private final Consumer<PublishCommand> replyHandler = this::onReply;
    private long inFlightBytes;

    Publishes(Time time, RelayMetrics metrics, Listener listener) {
        this.time = time;
        this.metrics = metrics;
        this.listener = listener;
    }

    /** Writes the command, or refuses it if too many are in flight. */
    void send(StatefulRedisConnection<CharSequence, Object> connection, PublishCommand command) {
        if (inFlight.size() >= MAX_IN_FLIGHT || inFlightBytes + command.bytes > MAX_BYTES) {
            refuse(command, Reasons.BUSY, metrics);
            return;
        }
        command.sentNanos = time.nanos();
        command.replyHandler = replyHandler;
        inFlight.add(command);
        inFlightBytes += command.bytes;
        unanswered.put(command.id, command);
        connection.dispatch(command);
    }

    /** Answers a publish that was not sent; {@code reason} is one of {@link Reasons}. */
    static void refuse(PublishCommand command, String reason, RelayMetrics metrics) {
        answer(
                command,
                new PublishOutcome.NotPublished("not published: " + reason),
                RelayMetrics.Outcome.NOT_PUBLISHED,
                metrics);
    }

    /** A message has returned: Redis has accepted its publish. */
    void onReturned(Envelope envelope) {
        if (unanswered.isEmpty()) {
            return;
        }
        PublishCommand command = unanswered.get(envelope.id());
        if (command != null) {
            accept(command, envelope.publicId());
        }
    }

    /** True if a publish has waited for its reply for so long that no other should be sent. */
    boolean isStalled(long now) {
        PublishCommand oldest = inFlight.peek();
        return oldest != null && now - oldest.sentNanos > TIMEOUT_NANOS;
    }

    /** Answers publishes that have waited for too long. */
    void onTick(long now) {
        expire(orphans, now);
        orphans.removeIf(command -> command.answered);
        expire(inFlight, now);
    }

    /** The process was paused for this time. */
    void onPause(long nanos) {
        inFlight.forEach(command -> command.sentNanos += nanos);
        orphans.forEach(command -> command.sentNanos += nanos);
    }

    /** The connection has ended: no reply will arrive, but a message may. */
    void onConnectionLost() {
        Queue<PublishCommand> lost = inFlight;
        lost.forEach(command -> command.replyHandler = null);
        if (orphans.isEmpty()) {
            inFlight = orphans;
            orphans = lost;
        } else {
            orphans.addAll(lost);
            lost.clear();
        }
        inFlightBytes = 0;
    }

    /** Answers all publishes. */
    void close() {
        onConnectionLost();
        orphans.forEach(this::giveUp);
        orphans.clear();
    }

    private void onReply(PublishCommand command) {
        if (inFlight.peek() == command) {
            inFlight.remove();
        } else {
            inFlight.remove(command); // impossible, because replies arrive in order
        }
        inFlightBytes -= command.bytes;
        String error = command.error();
        String problem = command.problem();
        if (error != null) {
            if (!command.answered) {
                unanswered.remove(command.id);
                refuse(command, Reasons.REFUSED, metrics);
            }
            listener.onRefused(error);
        } else if (command.probeHandler == null && problem != null) {
            metrics.countIncomplete();
            listener.onIncomplete(problem);
        }
        if (command.probeHandler != null) {
            command.probeHandler.accept(command);
        }
        if (command.answered) {
            return;
        }
        String remembered = command.remembered();
        if (remembered == null) {
            accept(command, command.publishedId());
        } else {
            answerAsBefore(command, remembered);
        }
    }

    private void accept(PublishCommand command, String id) {
        answer(command, new PublishOutcome.Accepted(id, command.createTime), RelayMetrics.Outcome.ACCEPTED);
    }

    /** {@code remembered} is the fingerprint, id and time of the first publish with this key. */
    private void answerAsBefore(PublishCommand command, String remembered) {
        String[] fields = remembered.split(" ", -1);
        if (fields.length == 3 && fields[0].equals(command.fingerprint)) {
            answer(command, new PublishOutcome.Accepted(fields[1], fields[2]), RelayMetrics.Outcome.ACCEPTED);
        } else {
            answer(command, new PublishOutcome.KeyReused(), RelayMetrics.Outcome.KEY_REUSED);
        }
    }

    private void expire(Queue<PublishCommand> queue, long now) {
        for (PublishCommand command : queue) {
            if (now - command.sentNanos <= TIMEOUT_NANOS) {
                return; // they are in the order of their sending
            }
            giveUp(command);
        }
    }

    private void giveUp(PublishCommand command) {
        if (!command.answered) {
            answer(
                    command,
                    new PublishOutcome.Unknown("outcome unknown: " + Reasons.SILENT),
                    RelayMetrics.Outcome.UNKNOWN);
        }
    }

    private void answer(PublishCommand command, PublishOutcome outcome, RelayMetrics.Outcome counted) {
        unanswered.remove(command.id);
        answer(command, outcome, counted, metrics);
    }

    private static void answer(
            PublishCommand command, PublishOutcome outcome, RelayMetrics.Outcome counted, RelayMetrics metrics) {
        command.answered = true;
        if (command.probeHandler == null) {
            metrics.countPublish(counted);
        }
        try {
            command.callback().onOutcome(outcome);
        } catch (RuntimeException e) {
            LOG.error("exception in the callback of a publish", e);
        }
    }
}
