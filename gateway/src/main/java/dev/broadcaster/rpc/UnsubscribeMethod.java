package dev.broadcaster.rpc;

import dev.broadcaster.hub.Subscription;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Responses;

/** {@code unsubscribe}: after the reply no message of the channel follows. */
final class UnsubscribeMethod implements Method {
    static final String NAME = "unsubscribe";

    @Override
    public void call(Call call) {
        Session session = call.session();
        String channel = call.channelOrFail();
        if (channel == null || call.identityOrFail() == null) {
            return;
        }
        Subscription subscription = session.subscriptions().remove(channel);
        if (subscription == null) {
            call.fail(ErrorCode.NOT_FOUND, "not subscribed to this channel");
            return;
        }
        session.end(subscription);
        call.succeed(Responses.success());
    }
}
