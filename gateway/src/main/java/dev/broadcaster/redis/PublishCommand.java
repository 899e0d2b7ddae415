package dev.broadcaster.redis;

import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.time.Fatal;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One call of the script: a publish, or a probe. Made on any thread; from the moment it is written it belongs to the event
 * loop.
 */
final class PublishCommand extends Command<String, Value, String> {
    /** Told when Redis has answered; on the event loop. */
    interface ReplyHandler {
        void onReply(PublishCommand command);
    }

    final int tag;
    final String id;
    final String createTime;
    /** Whether the channel keeps a history: then the message gets its id in Redis. */
    final boolean kept;
    /** What the first publish with this key would have been answered with, without the answer; empty without a key. */
    final String fingerprint;

    final int bytes;
    private final CommandBytes request; // as the script's arguments stand there already, nothing is left to encode
    private final PublishCallback callback;

    @Nullable
    ReplyHandler replyHandler;

    /** Told when Redis has answered a probe, which nobody published; null for what somebody did. */
    @Nullable
    ReplyHandler probeHandler;

    long sentNanos;
    boolean answered; // the callback has been called: by a reply, by the message's own return, or by a time-out

    PublishCommand(
            int tag,
            String id,
            String createTime,
            boolean kept,
            String fingerprint,
            int bytes,
            CommandBytes request,
            PublishCallback callback) {
        super(CommandType.EVALSHA, new Reply(), null);
        this.tag = tag;
        this.id = id;
        this.createTime = createTime;
        this.kept = kept;
        this.fingerprint = fingerprint;
        this.bytes = bytes;
        this.request = request;
        this.callback = callback;
    }

    /** Whether a refusal says only that another Redis serves this part, or will in a moment. */
    static boolean isElsewhere(String reason) {
        return reason.contains(": MOVED ") || reason.contains(": ASK ") || reason.contains(": TRYAGAIN ");
    }

    /** An error without the name and the line of a script, which some versions of Redis add. */
    static String withoutScript(String error) {
        int script = error.indexOf(" script: ");
        return script < 0 ? error : error.substring(0, script);
    }

    PublishCallback callback() {
        return callback;
    }

    /** What Redis said against it, or null. */
    @Nullable
    String error() {
        String error = output.getError();
        return error == null ? null : withoutScript(ErrorText.of(error));
    }

    /** What failed after the message was sent, in Redis's words; null if nothing did. */
    @Nullable
    String problem() {
        String reply = output.get();
        int end = reply == null ? -1 : reply.indexOf('\n');
        return reply == null || end < 0 ? null : reply.substring(end + 1);
    }

    /** The answer that is remembered for its idempotency key; null if it was published just now. */
    @Nullable
    String remembered() {
        String reply = output.get();
        return reply == null || reply.indexOf(' ') < 0 || reply.indexOf('\n') >= 0 ? null : reply;
    }

    /** The id of the message that was published just now. */
    String publishedId() {
        String reply = output.get();
        int end = reply == null ? -1 : reply.indexOf('\n');
        String published = reply == null || end < 0 ? reply : reply.substring(0, end);
        return published == null || published.isEmpty() ? id : published;
    }

    /**
     * Names the server that is to run it, which the script wants to know for a history. Called once, before it is written.
     *
     * @param servers its name, then the names of all that give away channels in good order, with spaces between
     */
    void servers(byte[] servers) {
        request.add(servers);
    }

    @Override
    public void encode(ByteBuf out) {
        try {
            request.writeTo(out);
        } catch (Error e) {
            throw Fatal.end(e); // never sent, and nothing would answer it
        }
    }

    @Override
    public void complete() {
        super.complete();
        ReplyHandler handler = replyHandler;
        if (handler != null) {
            replyHandler = null;
            try {
                handler.onReply(this);
            } catch (Error e) {
                throw Fatal.end(e);
            }
        }
    }

    /** What the script returns: the integer 1, which says nothing more, or a string. */
    private static final class Reply extends CommandOutput<String, Value, String> {
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
