package dev.broadcaster.http;

import dev.broadcaster.message.ChannelName;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Responses;
import dev.broadcaster.relay.HistoryOutcome;
import dev.broadcaster.relay.Relay;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /channels/{channel}/history?after=<id>&limit=<n>}: the history of a channel, for servers that recover like
 * clients. Answered on the I/O thread when the relay has answered.
 */
final class HistoryHandler implements RestEndpoint.Keyed {
    static final String SUFFIX = "/history";
    private static final int MAX_LIMIT = 1000;
    private static final int USUAL_LIMIT = 100;
    /** The largest page that relays read, unless a single message is larger. */
    private static final int PAGE_BYTES = 512 * 1024;

    private static final Deque<String> NONE = new ArrayDeque<>(0);

    private final String prefix;
    private final Relay relay;
    private final UnreadAnswers answers;

    /**
     * @param prefix the prefix of every path of this handler, with a slash at its end
     */
    HistoryHandler(String prefix, Relay relay, UnreadAnswers answers) {
        this.prefix = prefix;
        this.relay = relay;
        this.answers = answers;
    }

    @Override
    public void handle(HttpServerExchange exchange, int key) {
        String path = exchange.getRequestPath();
        String channel = path.substring(prefix.length(), path.length() - SUFFIX.length());
        if (!ChannelName.isValid(channel)) {
            refuse(exchange, "channel: malformed");
            return;
        }
        for (String name : List.of("after", "limit")) {
            if (exchange.getQueryParameters().getOrDefault(name, NONE).size() > 1) {
                refuse(exchange, name + ": given twice");
                return;
            }
        }
        String after = parameter(exchange, "after");
        if (after != null && after.isEmpty()) {
            refuse(exchange, "after: empty (expected: the id of a message, or no parameter)");
            return;
        }
        int limit = limit(parameter(exchange, "limit"));
        if (limit < 1) {
            refuse(exchange, "limit: malformed (expected: a whole number from 1 to " + MAX_LIMIT + ")");
            return;
        }
        if (!answers.reserve(exchange.getIoThread(), PAGE_BYTES)) {
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, "1");
            Http.error(exchange, 503, ErrorCode.INTERNAL, "too many answers wait to be read");
            return;
        }
        AnswerOnce answer = new AnswerOnce(exchange);
        relay.history(channel, after, limit, outcome -> answer.with(() -> answer(exchange, outcome)));
        answer.handlerReturns();
    }

    private void answer(HttpServerExchange exchange, HistoryOutcome outcome) {
        answers.release(PAGE_BYTES); // bytes that the socket does not take are counted again
        if (outcome instanceof HistoryOutcome.Page page) {
            Http.json(exchange, 200, Responses.history(true, page.messages(), page.more()));
        } else if (outcome instanceof HistoryOutcome.NotKept) {
            Http.json(exchange, 200, Responses.history(false, List.of(), false));
        } else if (outcome instanceof HistoryOutcome.NoHistory) {
            Http.error(exchange, 404, ErrorCode.NOT_FOUND, "this channel keeps no history");
        } else if (outcome instanceof HistoryOutcome.Failed failed) {
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, "1");
            Http.error(exchange, 503, ErrorCode.INTERNAL, failed.reason());
        }
    }

    private static @Nullable String parameter(HttpServerExchange exchange, String name) {
        return exchange.getQueryParameters().getOrDefault(name, NONE).peekFirst();
    }

    private static int limit(@Nullable String text) {
        if (text == null) {
            return USUAL_LIMIT;
        }
        if (!text.matches("[0-9]{1,4}")) {
            return -1;
        }
        int limit = Integer.parseInt(text);
        return limit > MAX_LIMIT ? -1 : limit;
    }

    private static void refuse(HttpServerExchange exchange, String problem) {
        Http.error(exchange, 400, ErrorCode.INVALID_ARGUMENT, problem);
    }
}
