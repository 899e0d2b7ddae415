package dev.broadcaster.redis.link;

import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.relay.Fingerprint;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.time.Time;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Makes and encodes the calls of the script, on the thread of the publisher. Safe from any thread. */
public final class PublishCommands {
    private static final String ANSWER_MILLIS = "300000";
    private static final String PROBE_ANSWER_MILLIS = "1000";
    /** The bytes of a request without the topic, the counter and the message. */
    private static final int REQUEST_BYTES = 192;

    /** The number of characters from the end of an id that are random enough to name an epoch. */
    private static final int EPOCH_LENGTH = 10;

    private static final HistoryConfig.Rule PROBE_RULE = new HistoryConfig.Rule("", 1, Duration.ofMinutes(1));

    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PROBE = "\"probe\"".getBytes(StandardCharsets.US_ASCII);

    private final Script script;
    private final KeyNames names;
    private final MessageIds ids;
    private final Timestamps timestamps;
    private final Time time;
    private final HistoryConfig history;

    /** @param sharded true if topics belong to slots */
    public PublishCommands(
            boolean sharded, KeyNames names, HistoryConfig history, MessageIds ids, Timestamps timestamps, Time time) {
        this.script = Script.publish(sharded ? "SPUBLISH" : "PUBLISH");
        this.history = history;
        this.names = names;
        this.ids = ids;
        this.timestamps = timestamps;
        this.time = time;
    }

    /** A name that no earlier epoch had. */
    String newEpoch() {
        return epoch(ids.next());
    }

    private static String epoch(String id) {
        return id.substring(id.length() - EPOCH_LENGTH);
    }

    Script script() {
        return script;
    }

    /** The call that publishes {@code publication}. */
    public PublishCommand publish(Publication publication, PublishCallback callback) {
        return command(
                KeyNames.partition(publication.channel()),
                publication,
                history.of(publication.channel()),
                ANSWER_MILLIS,
                callback);
    }

    /**
     * The call that publishes a probe to {@code channel}, as if the channel belonged to the partition. The script runs
     * each of its commands, so that a probe detects a missing right before a publish does.
     *
     * @param kept true if there are channels with a history
     */
    PublishCommand probe(int partition, String channel, boolean kept, PublishCallback callback) {
        String key = ids.next();
        Publication probe = new Publication(channel, PROBE, NULL, key);
        PublishCommand command = command(partition, probe, kept ? PROBE_RULE : null, PROBE_ANSWER_MILLIS, callback);
        if (kept) {
            command.servers(key.getBytes(StandardCharsets.US_ASCII)); // an unknown server: a new epoch each time
        }
        return command;
    }

    private PublishCommand command(
            int partition,
            Publication publication,
            HistoryConfig.@Nullable Rule rule,
            String answerMillis,
            PublishCallback callback) {
        String channel = KeyNames.bytes(publication.channel());
        String key = publication.idempotencyKey();
        String id = ids.next();
        String createTime = timestamps.format(time.epochMillis());
        byte[] tail = Envelope.tail(id, createTime, rule != null, publication.event(), publication.payload());
        String counter = names.counter(partition, channel);
        String topic = names.topic(partition, channel);
        int keys = 1 + (rule == null ? 0 : 1) + (key == null ? 0 : 1);
        CommandBytes request = new CommandBytes(REQUEST_BYTES + 2 * topic.length() + tail.length)
                .add("EVALSHA")
                .add(script.digest())
                .add(Integer.toString(keys))
                .add(counter);
        if (rule != null) {
            request.add(names.history(partition, channel));
        }
        String fingerprint = "";
        if (key != null) {
            fingerprint = Fingerprint.of(publication).toString();
            request.add(names.answer(partition, channel, KeyNames.bytes(key)));
        }
        request.add(topic)
                .add(epoch(id))
                .add(tail)
                .add(Long.toString(counterSeconds(rule)))
                .add(rule == null ? "0" : Integer.toString(rule.size()))
                .add(rule == null ? "0" : Long.toString(rule.ttl().toMillis()));
        if (key != null) {
            request.add(fingerprint)
                    .add(rule == null ? id + ' ' + createTime : createTime)
                    .add(answerMillis);
        }
        return new PublishCommand(partition, id, createTime, rule != null, fingerprint, tail.length, request, callback);
    }

    private static long counterSeconds(HistoryConfig.@Nullable Rule rule) {
        return rule == null ? Position.COUNTER_SECONDS : rule.counterLifetime().toSeconds();
    }
}
