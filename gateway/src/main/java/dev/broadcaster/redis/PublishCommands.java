package dev.broadcaster.redis;

import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.relay.Fingerprint;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.time.Time;
import io.lettuce.core.protocol.CommandArgs;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Makes the calls of the script. Safe from any thread: what can be done before the event loop is done there. */
final class PublishCommands {
    /** How long a channel that nobody publishes to keeps its counter, at least. */
    static final long COUNTER_SECONDS = 3600;

    private static final long ANSWER_MILLIS = 300_000;
    /** So many characters from the end of an id are random enough to name the life of a counter. */
    private static final int EPOCH_LENGTH = 10;

    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PROBE = "\"probe\"".getBytes(StandardCharsets.US_ASCII);

    private final Script script;
    private final byte[] digest;
    private final KeyNames names;
    private final MessageIds ids;
    private final Timestamps timestamps;
    private final Time time;
    private final HistoryConfig history;

    PublishCommands(
            Script script, KeyNames names, HistoryConfig history, MessageIds ids, Timestamps timestamps, Time time) {
        this.script = script;
        this.history = history;
        this.digest = script.digest().getBytes(StandardCharsets.US_ASCII);
        this.names = names;
        this.ids = ids;
        this.timestamps = timestamps;
        this.time = time;
    }

    Script script() {
        return script;
    }

    /** The call that publishes {@code publication}. */
    PublishCommand publish(Publication publication, PublishCallback callback) {
        return command(HashTags.of(publication.channel()), publication, history.of(publication.channel()), callback);
    }

    /** The call that publishes a probe to {@code channel}, as if it belonged to a part. */
    PublishCommand probe(int tag, String channel, PublishCallback callback) {
        PublishCommand command = command(tag, new Publication(channel, PROBE, NULL, null), null, callback);
        command.probe = true;
        return command;
    }

    private PublishCommand command(
            int tag, Publication publication, HistoryConfig.@Nullable Rule rule, PublishCallback callback) {
        String channel = publication.channel();
        String key = publication.idempotencyKey();
        String id = ids.next();
        String createTime = timestamps.format(time.epochMillis());
        byte[] tail = Envelope.tail(id, createTime, rule != null, publication.event(), publication.payload());
        CommandArgs<String, byte[]> args = new CommandArgs<>(RedisDriver.CODEC)
                .add(digest)
                .add(1 + (rule == null ? 0 : 1) + (key == null ? 0 : 1))
                .addKey(names.counter(tag, channel));
        if (rule != null) {
            args.addKey(names.history(tag, channel));
        }
        String fingerprint = "";
        if (key != null) {
            fingerprint = Fingerprint.of(publication).toString();
            args.addKey(names.answer(tag, channel, key));
        }
        args.add(latin1(names.topic(tag, channel)))
                .add(latin1(id.substring(id.length() - EPOCH_LENGTH)))
                .add(tail)
                .add(counterSeconds(rule))
                .add(rule == null ? 0 : rule.size())
                .add(rule == null ? 0 : rule.ttl().toMillis());
        if (key != null) {
            args.add(latin1(fingerprint))
                    .add(latin1(rule == null ? id + ' ' + createTime : createTime))
                    .add(ANSWER_MILLIS);
        }
        return new PublishCommand(tag, id, createTime, rule != null, fingerprint, tail.length, args, callback);
    }

    /** A counter outlives every message that its history keeps. */
    private static long counterSeconds(HistoryConfig.@Nullable Rule rule) {
        return rule == null
                ? COUNTER_SECONDS
                : Math.max(COUNTER_SECONDS, rule.ttl().toSeconds() + COUNTER_SECONDS / 2);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
