package dev.broadcaster.client;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends tokens on the connection: {@code auth} on a new socket, {@code refresh} on a live one. A rejection allows one
 * new token. Guarded by the client's lock.
 */
final class Authentication {
    private static final long AUTH_MILLIS = 5_000;
    private static final double RETRY_MILLIS = 5_000;
    private static final int RETRIES = 3;

    private final Loop loop;
    private final Connection connection;
    final Tokens tokens;
    private final String client;
    /** The reason why the next token is needed, if there is none. */
    private TokenReason.Kind reason = TokenReason.Kind.START;
    /** Tokens that the node has not accepted, since it accepted one. */
    private int rejections;

    private Clock.@Nullable Cancel replyTimer;
    private Clock.@Nullable Cancel refreshTimer;

    Authentication(Loop loop, Connection connection, Tokens tokens, String client) {
        this.loop = loop;
        this.connection = connection;
        this.tokens = tokens;
        this.client = client;
    }

    /** The application starts again. */
    void reset() {
        rejections = 0;
        reason = TokenReason.Kind.START;
    }

    /** The connection was closed because of its token: gets another one, for the next connection. */
    void onTokenVoid(Runnable then) {
        tokens.drop();
        reason = TokenReason.Kind.CLOSED;
        renew(TokenReason.of(reason), token -> then.run(), this::onNoToken);
    }

    /** Stops all timers. */
    void stop() {
        cancel(replyTimer);
        cancel(refreshTimer);
        replyTimer = null;
        refreshTimer = null;
    }

    private static void cancel(Clock.@Nullable Cancel timer) {
        if (timer != null) {
            timer.cancel();
        }
    }

    /** Ensures that there is a token before a socket is opened. */
    void prepare(Runnable then) {
        if (tokens.isUsable()) {
            then.run();
        } else {
            renew(
                    TokenReason.of(tokens.current() != null ? TokenReason.Kind.EXPIRING : reason),
                    token -> then.run(),
                    this::onNoToken);
        }
    }

    private void onNoToken(Throwable error) {
        connection.report(error);
        connection.lose(Backoff.ABNORMAL, "no token");
    }

    /** Gets a token for the current attempt; a token that arrives later is used by the next {@code auth}. */
    private void renew(TokenReason why, Consumer<String> use, Consumer<Throwable> failed) {
        long mine = connection.attempt();
        tokens.ask(why, (token, error) -> {
            if (mine != connection.attempt()) {
                return;
            }
            if (error instanceof BroadcasterException.Unauthorized unauthorized) {
                connection.end(unauthorized);
            } else if (token != null) {
                use.accept(token);
            } else {
                failed.accept(error != null ? error : new BroadcasterException.Unavailable("no token", 0, null));
            }
        });
    }

    /** Sends {@code auth} on a socket that is open. */
    void begin() {
        String token = tokens.current();
        if (token == null) {
            connection.lose(Backoff.ABNORMAL, "no token");
            return;
        }
        replyTimer = loop.deadline(AUTH_MILLIS, () -> connection.lose(Backoff.ABNORMAL, "no reply to auth"));
        String params = "{\"token\":" + Json.quote(token) + ",\"hello\":{\"client\":" + Json.quote(client)
                + ",\"want\":[\"keepalive\"]}}";
        connection.calls().send("auth", params, reply -> onAuthReply(token, reply));
    }

    private void onAuthReply(String token, Reply reply) {
        if (reply instanceof Reply.Result result) {
            Hello hello = Hello.read(result.result().object("hello"));
            cancel(replyTimer);
            reason = TokenReason.Kind.EXPIRING;
            accept(hello.expiresIn());
            connection.onAuthenticated(hello);
        } else if (reply instanceof Reply.Refused refused) {
            cancel(replyTimer);
            if (refused.code().equals("Unauthenticated")) {
                onRejected(token, refused, fresh -> begin());
            } else {
                connection.report(
                        refused.because(new BroadcasterException.Unavailable("auth: " + refused.message(), 0, null)));
                connection.lose(Backoff.ABNORMAL, "auth was refused");
            }
        }
    }

    private void accept(@Nullable Long expiresIn) {
        rejections = 0;
        tokens.onAccepted(expiresIn);
        cancel(refreshTimer);
        refreshTimer = expiresIn == null || !tokens.isDynamic()
                ? null
                : loop.after(
                        tokens.refreshAfter(expiresIn), late -> refresh(TokenReason.of(TokenReason.Kind.EXPIRING)));
    }

    /**
     * One new token follows a rejection, on the same socket; a second rejection is final, and so is that of a fixed
     * token.
     */
    private void onRejected(String token, Reply.Refused refused, Consumer<String> again) {
        if (++rejections > 1 || !tokens.isDynamic()) {
            connection.end(
                    refused.because(new BroadcasterException.Unauthorized("token rejected: " + refused.message())));
            return;
        }
        tokens.drop();
        reason = TokenReason.Kind.REJECTED;
        renew(
                TokenReason.of(reason),
                fresh -> {
                    if (fresh.equals(token)) {
                        connection.end(refused.because(new BroadcasterException.Unauthorized(
                                "the rejected token again: " + refused.message())));
                    } else {
                        again.accept(fresh);
                    }
                },
                this::onNoToken);
    }

    /**
     * Gets a token and sends it in the session. A failure is retried three times; then the current token is used to its
     * end.
     */
    void refresh(TokenReason why) {
        refresh(why, RETRIES);
    }

    private void refresh(TokenReason why, int retries) {
        refresh(why, new Refresh() {
            @Override
            public void onTaken() {}

            @Override
            public void onFailed(boolean refused) {
                if (retries > 0) {
                    cancel(refreshTimer);
                    refreshTimer = loop.after(loop.upTo(RETRY_MILLIS), late -> refresh(why, retries - 1));
                }
            }
        });
    }

    /** Receives the outcome of a refresh. */
    interface Refresh {
        /** The node has accepted the new token. */
        void onTaken();

        /** {@code refused}: the node rejects this token; otherwise there was none, or no answer. */
        void onFailed(boolean refused);
    }

    /** Gets a token and sends it in the session, once. Nothing is reported when the connection is lost meanwhile. */
    void refresh(TokenReason why, Refresh then) {
        String before = tokens.current();
        renew(why, token -> onFresh(why, before, token, then), error -> {
            connection.report(error);
            then.onFailed(false);
        });
    }

    /** A token that ends is of no use a second time. */
    private void onFresh(TokenReason why, @Nullable String before, String token, Refresh then) {
        if (why.kind() != TokenReason.Kind.EXPIRING || !token.equals(before)) {
            sendRefresh(token, then);
        } else if (tokens.isOver()) {
            connection.end(
                    new BroadcasterException.Unauthorized("the token has ended, and the provider gives it again"));
        } else {
            connection.report(new BroadcasterException.Invalid("the provider gives the token that ends again"));
            then.onFailed(false);
        }
    }

    private void sendRefresh(String token, Refresh then) {
        connection.calls().send("refresh", "{\"token\":" + Json.quote(token) + "}", reply -> {
            if (reply instanceof Reply.Result result) {
                accept(result.result().integer("expiresIn"));
                then.onTaken();
            } else if (reply instanceof Reply.Refused refused) {
                onRefreshRefused(token, refused, then);
            }
        });
    }

    private void onRefreshRefused(String token, Reply.Refused refused, Refresh then) {
        switch (refused.code()) {
            case "Unauthenticated" -> onRejected(token, refused, fresh -> sendRefresh(fresh, then));
            case "Internal" -> {
                connection.report(refused.because(
                        new BroadcasterException.Unavailable("refresh: " + refused.message(), 0, null)));
                then.onFailed(false);
            }
            default -> {
                connection.report(
                        refused.because(new BroadcasterException.Unauthorized("refresh: " + refused.message())));
                then.onFailed(true);
            }
        }
    }
}
