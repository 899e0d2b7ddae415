package dev.broadcaster.http;

import dev.broadcaster.control.Fleet;
import dev.broadcaster.control.Outcome;
import dev.broadcaster.control.Question;
import dev.broadcaster.message.ChannelName;
import dev.broadcaster.metrics.ControlMetrics;
import dev.broadcaster.protocol.ControlBody;
import dev.broadcaster.protocol.ControlResponses;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.MalformedJsonException;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requests about a user (PROTOCOL section 13). Each is answered on the I/O thread when the fleet has answered. */
final class UserHandlers {
    static final String PATH = "/users/";
    static final String DISCONNECT = "/disconnect";
    static final String UNSUBSCRIBE = "/unsubscribe";

    private static final Logger LOG = LoggerFactory.getLogger(UserHandlers.class);
    private static final int MAX_REASON_BYTES = Question.Disconnect.MAX_REASON_BYTES;
    /** The memory of an answer about a user while it is made; that of hundreds of connections. Few users have more. */
    private static final int ANSWER_BYTES = 64 * 1024;

    private final String prefix;
    private final BodyReader bodies;
    private final Fleet fleet;
    private final UnreadAnswers answers;
    private final Audit audit;
    private final ControlMetrics metrics;

    UserHandlers(
            String base, BodyReader bodies, Fleet fleet, UnreadAnswers answers, Audit audit, ControlMetrics metrics) {
        this.prefix = base + PATH;
        this.bodies = bodies;
        this.fleet = fleet;
        this.answers = answers;
        this.audit = audit;
        this.metrics = metrics;
    }

    /** {@code POST /users/{user}/disconnect}. */
    void disconnect(HttpServerExchange exchange, int key) {
        read(exchange, DISCONNECT, (user, body, ready) -> {
            String reason = body.reason() != null ? body.reason() : body.revoke() ? "access revoked" : "disconnected";
            String client = audit.client(ready);
            Question question = new Question.Disconnect(user, body.revoke(), reason);
            ask(ready, question, ControlMetrics.Call.DISCONNECT, outcome -> {
                int count = outcome.answer().count();
                LOG.info(
                        "control: API key {} from {} {} user {}: {} connections on {} nodes, {}",
                        key,
                        client,
                        body.revoke() ? "revoked the access of" : "disconnected",
                        LogText.of(user),
                        count,
                        outcome.nodes(),
                        LogText.completeness(outcome.complete()));
                return ControlResponses.disconnected(count, outcome.nodes(), outcome.complete());
            });
        });
    }

    /** {@code POST /users/{user}/unsubscribe}. */
    void unsubscribe(HttpServerExchange exchange, int key) {
        read(exchange, UNSUBSCRIBE, (user, body, ready) -> {
            String channel = body.channel();
            if (channel == null || !ChannelName.isValid(channel)) {
                Http.refuse(ready, channel == null ? "channel: missing" : "channel: malformed");
                return;
            }
            String reason = body.reason() != null ? body.reason() : "ended by a server";
            String client = audit.client(ready);
            Question question = new Question.Unsubscribe(user, channel, reason);
            ask(ready, question, ControlMetrics.Call.UNSUBSCRIBE, outcome -> {
                int count = outcome.answer().count();
                LOG.info(
                        "control: API key {} from {} unsubscribed user {} from {}: {} subscriptions on {} nodes, {}",
                        key,
                        client,
                        LogText.of(user),
                        channel,
                        count,
                        outcome.nodes(),
                        LogText.completeness(outcome.complete()));
                return ControlResponses.unsubscribed(count, outcome.nodes(), outcome.complete());
            });
        });
    }

    /** {@code GET /users/{user}}. */
    void show(HttpServerExchange exchange, int key) {
        Http.ignoreBody(exchange);
        String user = user(exchange, "");
        if (user == null) {
            Http.refuse(exchange, "user: malformed (expected: percent-encoded UTF-8)");
            return;
        }
        if (!answers.reserve(exchange, ANSWER_BYTES)) {
            return;
        }
        ask(exchange, new Question.User(user), ControlMetrics.Call.USER, ANSWER_BYTES, outcome -> {
            LOG.debug(
                    "control: API key {} read user {}: {} connections on {} nodes, {}",
                    key,
                    LogText.of(user),
                    outcome.answer().count(),
                    outcome.nodes(),
                    LogText.completeness(outcome.complete()));
            return ControlResponses.user(user, outcome.answer().connections(), outcome.complete());
        });
    }

    private interface WithBody {
        void handle(String user, ControlBody body, HttpServerExchange exchange);
    }

    private void read(HttpServerExchange exchange, String suffix, WithBody next) {
        String user = user(exchange, suffix);
        if (user == null) {
            Http.ignoreBody(exchange);
            Http.refuse(exchange, "user: malformed (expected: percent-encoded UTF-8)");
            return;
        }
        bodies.read(exchange, (ready, bytes, length) -> {
            ControlBody body;
            try {
                body = ControlBody.parse(bytes, length, MAX_REASON_BYTES);
            } catch (MalformedJsonException e) {
                Http.refuse(ready, String.valueOf(e.getMessage()));
                return;
            }
            next.handle(user, body, ready);
        });
    }

    private @Nullable String user(HttpServerExchange exchange, String suffix) {
        String segment = PathSegment.between(prefix, PathSegment.path(exchange), suffix);
        return segment == null ? null : PathSegment.decode(segment);
    }

    private interface Body {
        byte[] of(Outcome outcome);
    }

    private void ask(HttpServerExchange exchange, Question question, ControlMetrics.Call call, Body body) {
        ask(exchange, question, call, 0, body);
    }

    /** Asks the fleet, and answers with {@code body}; {@code reserved} bytes of memory are given back then. */
    private void ask(
            HttpServerExchange exchange, Question question, ControlMetrics.Call call, int reserved, Body body) {
        AnswerOnce answer = new AnswerOnce(exchange);
        fleet.ask(question, outcome -> {
            byte[] json = outcome == null ? null : body.of(outcome); // not on the I/O thread
            answer.with(() -> {
                answers.release(reserved); // bytes that the socket does not take are counted again
                if (outcome == null || json == null) {
                    metrics.countCall(call, ControlMetrics.Outcome.FAILED);
                    exchange.getResponseHeaders().put(Headers.RETRY_AFTER, "60");
                    Http.error(exchange, 503, ErrorCode.INTERNAL, "not revoked: too many revocations");
                    return;
                }
                metrics.countCall(
                        call, outcome.complete() ? ControlMetrics.Outcome.COMPLETE : ControlMetrics.Outcome.INCOMPLETE);
                Http.json(exchange, 200, json);
            });
        });
        answer.handlerReturns();
    }
}
