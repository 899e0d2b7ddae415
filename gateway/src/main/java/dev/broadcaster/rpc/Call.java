package dev.broadcaster.rpc;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.auth.KeyAwaitedException;
import dev.broadcaster.auth.TokenRejectedException;
import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Params;
import dev.broadcaster.protocol.Publications;
import dev.broadcaster.protocol.Request;
import dev.broadcaster.protocol.Responses;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One request until its reply. Answered exactly once, on the session's thread. */
final class Call {
    private final Session session;
    private final Method method;
    private final Request request;
    private final Metrics metrics;
    private boolean answered;
    private byte @Nullable [] reply;
    private @Nullable Runnable action; // when it is the first

    /** The next request, in a {@link Pipeline}. */
    @Nullable
    Call next;

    Call(Session session, Method method, Request request, Metrics metrics) {
        this.session = session;
        this.method = method;
        this.request = request;
        this.metrics = metrics;
    }

    Session session() {
        return session;
    }

    Params params() {
        return request.params();
    }

    /** The size of the request in bytes. */
    int bytes() {
        return request.bytes();
    }

    // ---- Order

    void begin() {
        method.call(this);
    }

    /** True if it may begin although {@code earlier} is not answered, see {@link Method#mayFollow}. */
    boolean mayFollow(Call earlier) {
        return method.mayFollowAny() || (method == earlier.method && method.mayFollow(this, earlier));
    }

    /** True if it has to wait until the client has read more of the earlier output. */
    boolean needsRoom() {
        return session.peer().isBehind() && method.replays(this);
    }

    /** True if all earlier requests are answered. */
    boolean isFirst() {
        return session.isFirst(this);
    }

    boolean isAnswered() {
        return answered;
    }

    /** The reply; null for none. */
    byte @Nullable [] reply() {
        return reply;
    }

    /** Runs {@code toDo} later, when all earlier requests are answered and this one does not {@link #needsRoom}. */
    void whenFirst(Runnable toDo) {
        action = toDo;
    }

    @Nullable
    Runnable takeAction() {
        Runnable taken = action;
        action = null;
        return taken;
    }

    // ---- Access for methods

    /** The channel of the request. Null if there is none; then the request has been answered. */
    @Nullable
    String channelOrFail() {
        String problem = Publications.channelProblem(request.params());
        if (problem == null) {
            return request.params().channel();
        }
        fail(ErrorCode.INVALID_ARGUMENT, problem);
        return null;
    }

    /** The identity of the connection. Null if it has not authenticated; then the request has been answered. */
    @Nullable
    Identity identityOrFail() {
        Identity identity = session.identity();
        if (identity == null) {
            fail(ErrorCode.UNAUTHENTICATED, "not authenticated; call auth first");
        }
        return identity;
    }

    /**
     * Passes the identity in {@code token} to {@code then}, now or when the token's key has been fetched. If the token is
     * rejected, the request is answered. Meanwhile the requests behind this one wait.
     */
    void verifyOrFail(TokenVerifier verifier, String token, Consumer<Identity> then) {
        Identity identity;
        try {
            identity = verifier.verify(token);
        } catch (TokenRejectedException e) {
            fail(ErrorCode.UNAUTHENTICATED, String.valueOf(e.getMessage()));
            return;
        } catch (KeyAwaitedException e) {
            e.whenAnswered(() -> session.shard().execute(() -> verifyAgain(verifier, token, then)));
            return;
        }
        then.accept(identity);
    }

    private void verifyAgain(TokenVerifier verifier, String token, Consumer<Identity> then) {
        if (!session.isClosed()) {
            verifyOrFail(verifier, token, then); // for the key itself; asks again at most once a minute
        }
    }

    /** The token among the parameters. Null if there is none; then the request has been answered. */
    @Nullable
    String tokenOrFail() {
        String token = request.params().token();
        if (token == null) {
            fail(ErrorCode.INVALID_ARGUMENT, request.params().whyAbsent("token"));
        }
        return token;
    }

    /** Answers with a result, a JSON object; a notification gets no reply. */
    void succeed(byte[] result) {
        byte[] id = request.id();
        answer(id == null ? null : Responses.result(id, result));
    }

    /** Answers with an error; a notification gets one without {@code requestId}. */
    void fail(ErrorCode code, String message) {
        metrics.countError(code.wireName());
        answer(Responses.error(request.id(), code, message));
    }

    private void answer(byte @Nullable [] json) {
        reply = json;
        answered = true;
        session.onReady(this);
    }
}
