package dev.broadcaster.redis;

import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.relay.Fingerprint;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.time.Time;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Makes the calls of the script. Safe from any thread: what can be done before the event loop is done there. */
final class PublishCommands {
    /** How long a channel that nobody publishes to keeps its counter, at least. */
    static final long COUNTER_SECONDS = 3600;

    private static final String ANSWER_MILLIS = "300000";
    private static final String PROBE_ANSWER_MILLIS = "1000";
    /** What a request takes beside the topic, the counter and the message. */
    private static final int REQUEST_BYTES = 192;

    /** So many characters from the end of an id are random enough to name the life of a counter. */
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

    PublishCommands(
            Script script, KeyNames names, HistoryConfig history, MessageIds ids, Timestamps timestamps, Time time) {
        this.script = script;
        this.history = history;
        this.names = names;
        this.ids = ids;
        this.timestamps = timestamps;
        this.time = time;
    }

    /** A name that no life of a counter has had. */
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
    PublishCommand publish(Publication publication, PublishCallback callback) {
        return command(
                HashTags.of(publication.channel()),
                publication,
                history.of(publication.channel()),
                ANSWER_MILLIS,
                callback);
    }

    /**
     * The call that publishes a probe to {@code channel}, as if it belonged to a part. It takes every way that the script
     * has, so that nothing is found to be forbidden by somebody's publish.
     *
     * @param kept whether there are channels with a history
     */
    PublishCommand probe(int tag, String channel, boolean kept, PublishCallback callback) {
        String key = ids.next();
        Publication probe = new Publication(channel, PROBE, NULL, key);
        PublishCommand command = command(tag, probe, kept ? PROBE_RULE : null, PROBE_ANSWER_MILLIS, callback);
        if (kept) {
            command.servers(
                    key.getBytes(StandardCharsets.US_ASCII)); // a server that nobody knows: a new epoch each time
        }
        return command;
    }

    private PublishCommand command(
            int tag,
            Publication publication,
            HistoryConfig.@Nullable Rule rule,
            String answerMillis,
            PublishCallback callback) {
        String channel = KeyNames.bytes(publication.channel());
        String key = publication.idempotencyKey();
        String id = ids.next();
        String createTime = timestamps.format(time.epochMillis());
        byte[] tail = Envelope.tail(id, createTime, rule != null, publication.event(), publication.payload());
        String counter = names.counter(tag, channel);
        String topic = names.topic(tag, channel);
        int keys = 1 + (rule == null ? 0 : 1) + (key == null ? 0 : 1);
        CommandBytes request = new CommandBytes(REQUEST_BYTES + 2 * topic.length() + tail.length)
                .add("EVALSHA")
                .add(script.digest())
                .add(Integer.toString(keys))
                .add(counter);
        if (rule != null) {
            request.add(names.history(tag, channel));
        }
        String fingerprint = "";
        if (key != null) {
            fingerprint = Fingerprint.of(publication).toString();
            request.add(names.answer(tag, channel, KeyNames.bytes(key)));
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
        return new PublishCommand(tag, id, createTime, rule != null, fingerprint, tail.length, request, callback);
    }

    private static long counterSeconds(HistoryConfig.@Nullable Rule rule) {
        return rule == null ? COUNTER_SECONDS : rule.counterLifetime().toSeconds();
    }
}
