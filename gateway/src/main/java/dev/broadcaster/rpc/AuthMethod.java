package dev.broadcaster.rpc;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Responses;

/** {@code auth}: the first valid token makes the identity, for good. */
final class AuthMethod implements Method {
    static final String NAME = "auth";

    private final TokenVerifier verifier;

    AuthMethod(TokenVerifier verifier) {
        this.verifier = verifier;
    }

    @Override
    public void call(Call call) {
        String token = call.tokenOrFail();
        Identity identity = token == null ? null : call.verifyOrFail(verifier, token);
        if (identity == null) {
            return;
        }
        if (call.session().identity() != null) {
            call.fail(ErrorCode.FAILED_PRECONDITION, "already authenticated; use refresh for a new token");
            return;
        }
        call.session().identity(identity);
        call.succeed(Responses.success());
    }
}
