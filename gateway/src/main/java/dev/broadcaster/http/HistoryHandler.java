package dev.broadcaster.http;

import dev.broadcaster.message.ChannelName;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Responses;
import dev.broadcaster.relay.HistoryOutcome;
import dev.broadcaster.relay.Relay;
import io.undertow.server.HttpServerExchange;
import java.util.List;

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
            Http.refuse(exchange, "channel: malformed");
            return;
        }
        for (String name : List.of("after", "limit")) {
            if (QueryParameters.isRepeated(exchange, name)) {
                Http.refuse(exchange, name + ": given twice");
                return;
            }
        }
        String after = QueryParameters.value(exchange, "after");
        if (after != null && after.isEmpty()) {
            Http.refuse(exchange, "after: empty (expected: the id of a message, or no parameter)");
            return;
        }
        int limit = QueryParameters.limit(exchange, USUAL_LIMIT, MAX_LIMIT);
        if (limit < 1) {
            Http.refuse(exchange, "limit: malformed (expected: a whole number from 1 to " + MAX_LIMIT + ")");
            return;
        }
        if (!answers.reserve(exchange, PAGE_BYTES)) {
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
            Http.retryLater(exchange, failed.reason());
        }
    }
}
