package dev.broadcaster.rpc;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.hub.Subscription;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Responses;
import dev.broadcaster.time.Time;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** {@code refresh}: accepts a new token for the same subject and ends subscriptions that it does not cover. */
final class RefreshMethod implements Method {
    static final String NAME = "refresh";

    private final TokenVerifier verifier;
    private final Time time;
    private final Timestamps timestamps;

    RefreshMethod(TokenVerifier verifier, Time time, Timestamps timestamps) {
        this.verifier = verifier;
        this.time = time;
        this.timestamps = timestamps;
    }

    @Override
    public void call(Call call) {
        String token = call.tokenOrFail();
        Identity current = token == null ? null : call.identityOrFail();
        if (token != null && current != null) {
            call.verifyOrFail(verifier, token, fresh -> refresh(call, current, fresh));
        }
    }

    private void refresh(Call call, Identity current, Identity fresh) {
        if (!fresh.subject().equals(current.subject())) {
            call.fail(ErrorCode.PERMISSION_DENIED, "sub: not the subject of the first token");
            return;
        }
        call.session().identity(fresh);
        // Usually the channels stay the same, and the subscriptions may be thousands.
        List<byte[]> ended =
                fresh.subscribable().equals(current.subscribable()) ? List.of() : endUncovered(call.session(), fresh);
        call.succeed(
                Responses.refreshed(timestamps.format(fresh.expMillis()), fresh.expiresInMillis(time.epochMillis())));
        ended.forEach(call.session().peer()::send);
    }

    private static List<byte[]> endUncovered(Session session, Identity identity) {
        List<byte[]> notifications = new ArrayList<>();
        Iterator<Subscription> all = session.subscriptions().values().iterator();
        while (all.hasNext()) {
            Subscription subscription = all.next();
            if (!identity.maySubscribe(subscription.channel())) {
                all.remove();
                session.end(subscription);
                notifications.add(
                        Responses.unsubscribed(subscription.channel(), "the new token does not cover this channel"));
            }
        }
        return notifications;
    }
}
