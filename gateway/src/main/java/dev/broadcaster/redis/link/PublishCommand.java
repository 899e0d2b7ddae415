package dev.broadcaster.redis.link;

import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.time.Fatal;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One call of the script: a publish, or a probe. Made on any thread; owned by the event loop when it is sent. */
public final class PublishCommand extends Command<CharSequence, Object, String> {
    /** The digest of a script and what follows it. */
    private static final Pattern PLACE = Pattern.compile(" script: [0-9a-f]{40}");

    final int partition;
    final String id;
    final String createTime;
    /** True if the channel has a history: then the message gets its id in Redis. */
    final boolean kept;
    /** Fingerprint stored with the idempotency key; empty if there is no key. */
    final String fingerprint;

    final int bytes;
    private final CommandBytes request; // the encoded command
    private final PublishCallback callback;

    /** Called when Redis has answered; null if the reply is not needed. */
    @Nullable
    Consumer<PublishCommand> replyHandler;

    /** Called when Redis has answered a probe; null for a publish. */
    @Nullable
    Consumer<PublishCommand> probeHandler;

    long sentNanos;
    boolean answered; // the callback has been called, for a reply, for the returned message, or after a time-out

    PublishCommand(
            int partition,
            String id,
            String createTime,
            boolean kept,
            String fingerprint,
            int bytes,
            CommandBytes request,
            PublishCallback callback) {
        super(CommandType.EVALSHA, new Reply(), null);
        this.partition = partition;
        this.id = id;
        this.createTime = createTime;
        this.kept = kept;
        this.fingerprint = fingerprint;
        this.bytes = bytes;
        this.request = request;
        this.callback = callback;
    }

    /** True if a refusal only means that another Redis serves the partition, or will soon. */
    static boolean isElsewhere(String reason) {
        return reason.contains(": MOVED ") || reason.contains(": ASK ") || reason.contains(": TRYAGAIN ");
    }

    /**
     * An error without the digest and the line of a script, which Redis 7.0 adds. What later versions and Valkey say of a
     * right, as {@code ERR ACL failure in script: No permissions to access a key}, stays whole.
     */
    static String withoutScript(String error) {
        Matcher place = PLACE.matcher(error);
        return place.find() ? error.substring(0, place.start()) : error;
    }

    PublishCallback callback() {
        return callback;
    }

    /** The error with which Redis has refused it, or null. */
    @Nullable
    String error() {
        String error = output.getError();
        return error == null ? null : withoutScript(Answers.error(error));
    }

    /** The error after which the message was published nevertheless; null if there was none. */
    @Nullable
    String problem() {
        String reply = output.get();
        int end = reply == null ? -1 : reply.indexOf('\n');
        return reply == null || end < 0 ? null : reply.substring(end + 1);
    }

    /** The stored answer of the idempotency key; null if the message was published now. */
    @Nullable
    String remembered() {
        String reply = output.get();
        return reply == null || reply.indexOf(' ') < 0 || reply.indexOf('\n') >= 0 ? null : reply;
    }

    /** The id of the message that was published now. */
    String publishedId() {
        String reply = output.get();
        int end = reply == null ? -1 : reply.indexOf('\n');
        String published = reply == null || end < 0 ? reply : reply.substring(0, end);
        return published == null || published.isEmpty() ? id : published;
    }

    /**
     * Adds the names of the servers, which the script needs for a history. Called once, before the command is sent.
     *
     * @param servers the name of the server, then the names of the servers that move channels in order, separated by
     *     spaces
     */
    void servers(byte[] servers) {
        request.add(servers);
    }

    @Override
    public void encode(ByteBuf out) {
        try {
            request.writeTo(out);
        } catch (Error e) {
            throw Fatal.end(e); // it would be neither sent nor answered
        }
    }

    @Override
    public void complete() {
        super.complete();
        Consumer<PublishCommand> handler = replyHandler;
        if (handler != null) {
            replyHandler = null;
            try {
                handler.accept(this);
            } catch (Error e) {
                throw Fatal.end(e);
            }
        }
    }

    /** The reply of the script: the integer 1, or a string. */
    private static final class Reply extends CommandOutput<CharSequence, Object, String> {
        Reply() {
            super(RedisDriver.CODEC, null);
        }

        @Override
        public void set(ByteBuffer bytes) {
            output = bytes == null
                    ? null
                    : StandardCharsets.ISO_8859_1.decode(bytes).toString();
        }

        @Override
        public void set(long integer) {}
    }
}
