package dev.broadcaster.rpc;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Hello;
import dev.broadcaster.protocol.Responses;
import dev.broadcaster.time.Time;

/**
 * {@code auth}: the first valid token sets the identity of the connection. The reply to a client that sends
 * {@code hello} describes the connection (PROTOCOL section 10).
 */
final class AuthMethod implements Method {
    static final String NAME = "auth";

    private final RpcConfig config;
    private final TokenVerifier verifier;
    private final MessageIds ids;
    private final Time time;
    private final Metrics metrics;
    private final ClientNames clients;

    AuthMethod(
            RpcConfig config, TokenVerifier verifier, MessageIds ids, ClientNames clients, Time time, Metrics metrics) {
        this.clients = clients;
        this.config = config;
        this.verifier = verifier;
        this.ids = ids;
        this.time = time;
        this.metrics = metrics;
        for (Hello.Family family : Hello.Family.values()) {
            metrics.expectAuthentication(ClientNames.label(family));
        }
    }

    @Override
    public void call(Call call) {
        String token = call.tokenOrFail();
        if (token == null) {
            return;
        }
        String problem = call.params().problem("hello");
        if (problem != null) {
            call.fail(ErrorCode.INVALID_ARGUMENT, problem);
            return;
        }
        call.verifyOrFail(verifier, token, identity -> authenticate(call, identity));
    }

    private void authenticate(Call call, Identity identity) {
        if (call.session().identity() != null) {
            call.fail(ErrorCode.FAILED_PRECONDITION, "already authenticated; use refresh for a new token");
            return;
        }
        succeed(call, identity);
    }

    private void succeed(Call call, Identity identity) {
        Hello hello = call.params().hello();
        metrics.countAuthentication(ClientNames.label(hello == null ? Hello.Family.OTHER : hello.family()));
        call.session().client(clients.number(hello));
        if (hello == null) {
            call.session().identity(identity);
            call.succeed(Responses.success());
            return;
        }
        if (hello.keepalive()) {
            call.session().peer().keepAlive();
        }
        call.session().identity(identity);
        String connectionId = ids.next();
        call.session().connectionId(connectionId);
        call.succeed(Responses.greeted(
                connectionId,
                identity.expiresInMillis(time.epochMillis()),
                config.pingInterval().toMillis(),
                config.maxMessageBytes(),
                config.maxSubscriptions()));
    }
}
