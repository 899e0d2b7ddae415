package dev.broadcaster.rpc;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.message.Publication;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.Digests;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Publications;
import dev.broadcaster.protocol.Responses;
import dev.broadcaster.relay.PublishLimits;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.time.Time;
import java.nio.ByteBuffer;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** {@code publish}: answered when the relay has answered, before the publisher's own copy. */
final class PublishMethod implements Method {
    static final String NAME = "publish";

    private final PublishLimits limits;
    private final Relay relay;
    private final Time time;
    private final Metrics metrics;

    PublishMethod(PublishLimits limits, Relay relay, Time time, Metrics metrics) {
        this.limits = limits;
        this.relay = relay;
        this.time = time;
        this.metrics = metrics;
    }

    @Override
    public void call(Call call) {
        String problem = Publications.problem(call.params());
        String channel = call.params().channel();
        if (problem == null) {
            problem = call.params().problem("idempotencyKey");
        }
        if (channel == null || problem != null) {
            call.fail(ErrorCode.INVALID_ARGUMENT, problem == null ? "channel: missing" : problem);
            return;
        }
        Identity identity = call.identityOrFail();
        if (identity == null) {
            return;
        }
        if (!identity.mayPublish(channel)) {
            call.fail(ErrorCode.PERMISSION_DENIED, "the token does not allow to publish to this channel");
            return;
        }
        long publisher = limits.user(identity.subject());
        if (!limits.takeMessages(publisher, 1)) {
            call.fail(ErrorCode.INTERNAL, "not published: too many messages of this user");
            return;
        }
        Publication publication = Publications.from(
                call.params(), relayKey(identity, call.params().idempotencyKey()));
        if (!limits.takeNames(publisher, publication)) {
            call.fail(ErrorCode.INTERNAL, "not published: too many new channels of this user");
            return;
        }
        long started = time.nanos();
        relay.publish(publication, outcome -> call.session().shard().execute(() -> answer(call, outcome, started)));
    }

    @Override
    public boolean mayFollow(Call call, Call earlier) {
        String channel = call.params().channel();
        return channel != null && channel.equals(earlier.params().channel());
    }

    private void answer(Call call, PublishOutcome outcome, long started) {
        if (outcome instanceof PublishOutcome.Accepted accepted) {
            metrics.recordWebSocketPublish(time.nanos() - started);
            call.succeed(Responses.published(accepted.id(), accepted.createTime()));
        } else if (outcome instanceof PublishOutcome.NotPublished refused) {
            call.fail(ErrorCode.INTERNAL, refused.reason());
        } else if (outcome instanceof PublishOutcome.Unknown unknown) {
            call.fail(ErrorCode.INTERNAL, unknown.reason());
        } else {
            call.fail(ErrorCode.ALREADY_EXISTS, "idempotencyKey: used before for another message on this channel");
        }
    }

    /**
     * The idempotency key for the relay, which belongs to the subject of the token. The leading control character
     * separates it from the keys of servers, which are printable; the hash limits its length to 173 characters.
     */
    private static @Nullable String relayKey(Identity identity, @Nullable String key) {
        if (key == null) {
            return null;
        }
        ByteBuffer subject = ByteBuffer.allocate(2 * identity.subject().length());
        subject.asCharBuffer().put(identity.subject()); // an encoding would map lone surrogates to one character
        String hash = Base64.getUrlEncoder().withoutPadding().encodeToString(Digests.sha256(subject.array()));
        return '\u0001' + hash + ' ' + key;
    }
}
