package dev.broadcaster.redis;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.time.Time;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The publishes on their way to one Redis. Each is answered once: when Redis replies, when the message itself comes back
 * first, or after a second, when nobody can know. Nothing is ever sent twice. Owned by the event loop.
 */
final class Publishes {
    /** Told what Redis has against publishes. */
    interface Listener {
        /** It has refused one, which is answered. */
        void onRefused(String error);

        /** It has published one, and could not keep it in the history, or not remember its idempotency key. */
        void onIncomplete(String problem);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Publishes.class);

    static final long TIMEOUT_NANOS = 1_000_000_000L;
    private static final int MAX_IN_FLIGHT = 65_536;
    /** Of all messages on their way together, so that none is longer either. */
    static final int MAX_BYTES = 64 << 20;

    private final Time time;
    private final RelayMetrics metrics;
    private final Listener listener;
    private final Map<String, PublishCommand> unanswered = new HashMap<>(); // by the message's id
    /** Sent on the present connection and not replied to, in the order of the replies. */
    private Queue<PublishCommand> inFlight = new ArrayDeque<>();
    /** Sent on a connection that is gone. The messages may still come back. */
    private Queue<PublishCommand> orphans = new ArrayDeque<>();

    private long inFlightBytes;

    Publishes(Time time, RelayMetrics metrics, Listener listener) {
        this.time = time;
        this.metrics = metrics;
        this.listener = listener;
    }

    /** Writes it, unless too much waits already. */
    void send(StatefulRedisConnection<String, Value> connection, PublishCommand command) {
        if (inFlight.size() >= MAX_IN_FLIGHT || inFlightBytes + command.bytes > MAX_BYTES) {
            refuse(command, Reasons.BUSY);
            return;
        }
        command.sentNanos = time.nanos();
        command.replyHandler = this::onReply;
        inFlight.add(command);
        inFlightBytes += command.bytes;
        unanswered.put(command.id, command);
        connection.dispatch(command);
    }

    /** Answers a publish that was not sent; {@code reason} is one of {@link Reasons}. */
    void refuse(PublishCommand command, String reason) {
        answer(
                command,
                new PublishOutcome.NotPublished("not published: " + reason),
                RelayMetrics.Outcome.NOT_PUBLISHED);
    }

    /** The message has come back: Redis has it, whatever became of the reply. */
    void onReturned(Envelope envelope) {
        if (unanswered.isEmpty()) {
            return;
        }
        PublishCommand command = unanswered.get(envelope.id());
        if (command != null) {
            accept(command, envelope.publicId());
        }
    }

    /** Whether something has waited for its reply for so long that more should not be sent. */
    boolean isStalled(long now) {
        PublishCommand oldest = inFlight.peek();
        return oldest != null && now - oldest.sentNanos > TIMEOUT_NANOS;
    }

    /** Gives up on what has waited long enough. */
    void onTick(long now) {
        expire(orphans, now);
        orphans.removeIf(command -> command.answered);
        expire(inFlight, now);
    }

    /** The process was away for so long. */
    void onPause(long nanos) {
        inFlight.forEach(command -> command.sentNanos += nanos);
        orphans.forEach(command -> command.sentNanos += nanos);
    }

    /** The connection is gone: no reply will come, but some of the messages may. */
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

    /** No message will come any more either. */
    void close() {
        onConnectionLost();
        orphans.forEach(this::giveUp);
        orphans.clear();
    }

    private void onReply(PublishCommand command) {
        if (inFlight.peek() == command) {
            inFlight.remove();
        } else {
            inFlight.remove(command); // cannot be, as replies come in order
        }
        inFlightBytes -= command.bytes;
        String error = command.error();
        String problem = command.problem();
        if (error != null) {
            if (!command.answered) {
                refuse(command, Reasons.REFUSED);
            }
            listener.onRefused(error);
        } else if (command.probeHandler == null && problem != null) {
            metrics.countIncomplete();
            listener.onIncomplete(problem);
        }
        if (command.probeHandler != null) {
            command.probeHandler.onReply(command);
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
                return; // they stand in the order in which they were sent
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
        command.answered = true;
        unanswered.remove(command.id);
        if (command.probeHandler == null) {
            metrics.countPublish(counted);
        }
        try {
            command.callback().onOutcome(outcome);
        } catch (RuntimeException e) {
            LOG.error("the answer to a publish failed", e);
        }
    }
}
