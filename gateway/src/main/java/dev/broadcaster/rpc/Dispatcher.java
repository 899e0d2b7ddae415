package dev.broadcaster.rpc;

import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.ListedConnection;
import dev.broadcaster.protocol.Request;
import dev.broadcaster.relay.PublishLimits;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.time.Time;
import java.util.List;
import java.util.Map;

/** Passes a request to its method. One per node; called on the session's thread. */
public final class Dispatcher {
    private static final Method UNKNOWN = new Method() {
        @Override
        public void call(Call call) {
            call.fail(ErrorCode.NOT_FOUND, "no such method");
        }

        @Override
        public boolean mayFollowAny() {
            return true;
        }
    };

    private final Metrics metrics;
    private final MessageIds ids;
    private final ClientNames clients = new ClientNames();
    private final Map<String, Method> methods;

    public Dispatcher(
            RpcConfig config,
            TokenVerifier verifier,
            PublishLimits limits,
            Relay relay,
            MessageIds ids,
            Time time,
            Timestamps timestamps,
            Metrics metrics) {
        this.metrics = metrics;
        this.ids = ids;
        for (ErrorCode code : ErrorCode.values()) {
            metrics.expectError(code.wireName());
        }
        this.methods = Map.of(
                AuthMethod.NAME, new AuthMethod(config, verifier, ids, clients, time, metrics),
                RefreshMethod.NAME, new RefreshMethod(verifier, time, timestamps),
                SubscribeMethod.NAME, new SubscribeMethod(config, limits, ids, time, timestamps),
                UnsubscribeMethod.NAME, new UnsubscribeMethod(),
                PublishMethod.NAME, new PublishMethod(limits, relay, time, metrics),
                HeartbeatMethod.NAME, new HeartbeatMethod(time, timestamps));
    }

    /**
     * Describes the connection of an authenticated session. It gets an id if it has none. On the session's thread.
     *
     * @param since the time at which it was opened, RFC 3339
     * @param transport the kind of the connection
     * @param withChannels true to list its channels
     */
    public ListedConnection describe(Session session, String since, String transport, boolean withChannels) {
        String id = session.connectionId();
        if (id == null) {
            id = ids.next();
            session.connectionId(id);
        }
        List<String> channels = !withChannels
                ? List.of()
                : session.subscriptions().keySet().stream()
                        .sorted()
                        .limit(ListedConnection.MAX_CHANNELS)
                        .toList();
        return new ListedConnection(
                id,
                since,
                clients.name(session.client()),
                transport,
                channels,
                session.subscriptions().size());
    }

    /** Takes the next request of {@code session} and handles it now or in its turn. */
    public void dispatch(Session session, Request request) {
        Method method = methods.getOrDefault(request.method(), UNKNOWN);
        session.take(new Call(session, method, request, metrics));
    }
}
