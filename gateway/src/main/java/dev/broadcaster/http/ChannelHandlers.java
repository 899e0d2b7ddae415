package dev.broadcaster.http;

import dev.broadcaster.control.Fleet;
import dev.broadcaster.control.Outcome;
import dev.broadcaster.control.Question;
import dev.broadcaster.message.ChannelName;
import dev.broadcaster.metrics.ControlMetrics;
import dev.broadcaster.protocol.ControlResponses;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.relay.HistoryOutcome;
import dev.broadcaster.relay.Relay;
import io.undertow.server.HttpServerExchange;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requests about channels (PROTOCOL section 13). Each is answered on the I/O thread when all parts are known. */
final class ChannelHandlers {
    static final String PATH = "/channels/";

    private static final Logger LOG = LoggerFactory.getLogger(ChannelHandlers.class);
    private static final int USUAL_LIMIT = 100;
    /** The memory of a channel in a page, with the longest name. */
    private static final int CHANNEL_BYTES = 256;

    private final String prefix;
    private final Fleet fleet;
    private final Relay relay;
    private final UnreadAnswers answers;
    private final Audit audit;
    private final ControlMetrics metrics;

    ChannelHandlers(String base, Fleet fleet, Relay relay, UnreadAnswers answers, Audit audit, ControlMetrics metrics) {
        this.prefix = base + PATH;
        this.fleet = fleet;
        this.relay = relay;
        this.answers = answers;
        this.audit = audit;
        this.metrics = metrics;
    }

    /** {@code GET /channels}. */
    void list(HttpServerExchange exchange, int key) {
        Http.ignoreBody(exchange);
        for (String name : List.of("prefix", "limit", "cursor")) {
            if (QueryParameters.isRepeated(exchange, name)) {
                Http.refuse(exchange, name + ": given twice");
                return;
            }
            String value = QueryParameters.value(exchange, name);
            if (value != null && value.length() > ChannelName.MAX_LENGTH) {
                Http.refuse(exchange, name + ": too long (expected: <= " + ChannelName.MAX_LENGTH + " characters)");
                return;
            }
        }
        int limit = QueryParameters.limit(exchange, USUAL_LIMIT, Question.MAX_CHANNELS);
        if (limit < 1) {
            Http.refuse(
                    exchange, "limit: malformed (expected: a whole number from 1 to " + Question.MAX_CHANNELS + ")");
            return;
        }
        String cursor = QueryParameters.value(exchange, "cursor");
        if (cursor != null && !cursor.isEmpty() && !ChannelName.isValid(cursor)) {
            Http.refuse(exchange, "cursor: malformed (expected: the last channel of a page)");
            return;
        }
        int reserved = limit * CHANNEL_BYTES;
        if (!answers.reserve(exchange, reserved)) {
            return;
        }
        String namePrefix = QueryParameters.value(exchange, "prefix");
        Question question =
                new Question.Channels(namePrefix == null ? "" : namePrefix, cursor == null ? "" : cursor, limit);
        AnswerOnce answer = new AnswerOnce(exchange);
        fleet.ask(question, outcome -> {
            byte[] json = outcome == null ? null : page(key, outcome); // not on the I/O thread
            answer.with(() -> {
                answers.release(reserved); // bytes that the socket does not take are counted again
                if (outcome == null || json == null) {
                    fail(exchange, ControlMetrics.Call.CHANNELS, "no answer");
                    return;
                }
                count(ControlMetrics.Call.CHANNELS, outcome);
                Http.json(exchange, 200, json);
            });
        });
        answer.handlerReturns();
    }

    private static byte[] page(int key, Outcome outcome) {
        LOG.debug(
                "control: API key {} read {} channels of {} nodes, {}",
                key,
                outcome.answer().count(),
                outcome.nodes(),
                LogText.completeness(outcome.complete()));
        return ControlResponses.channels(
                outcome.answer().channels(), outcome.answer().more(), outcome.complete());
    }

    /** {@code GET /channels/{channel}}. */
    void show(HttpServerExchange exchange, int key) {
        Http.ignoreBody(exchange);
        String channel = channelOrRefuse(exchange, "");
        if (channel == null) {
            return;
        }
        AnswerOnce answer = new AnswerOnce(exchange);
        fleet.ask(
                new Question.Subscribers(channel),
                outcome -> relay.extent(
                        channel, extent -> answer.with(() -> show(exchange, key, channel, outcome, extent))));
        answer.handlerReturns();
    }

    private void show(
            HttpServerExchange exchange, int key, String channel, @Nullable Outcome outcome, HistoryOutcome extent) {
        if (outcome == null || extent instanceof HistoryOutcome.Failed) {
            fail(
                    exchange,
                    ControlMetrics.Call.CHANNEL,
                    extent instanceof HistoryOutcome.Failed failed ? failed.reason() : "no answer");
            return;
        }
        count(ControlMetrics.Call.CHANNEL, outcome);
        int subscribers = outcome.answer().count();
        LOG.debug(
                "control: API key {} read channel {}: {} subscriptions on {} nodes, {}",
                key,
                channel,
                subscribers,
                outcome.nodes(),
                LogText.completeness(outcome.complete()));
        Http.json(
                exchange,
                200,
                extent instanceof HistoryOutcome.Extent kept
                        ? ControlResponses.channel(channel, subscribers, kept.size(), kept.lastId(), outcome.complete())
                        : ControlResponses.channel(channel, subscribers, outcome.complete()));
    }

    /** {@code DELETE /channels/{channel}/history}. */
    void deleteHistory(HttpServerExchange exchange, int key) {
        Http.ignoreBody(exchange);
        String channel = channelOrRefuse(exchange, HistoryHandler.SUFFIX);
        if (channel == null) {
            return;
        }
        AnswerOnce answer = new AnswerOnce(exchange);
        relay.deleteHistory(channel, outcome -> {
            if (outcome instanceof HistoryOutcome.Deleted) {
                fleet.ask(new Question.Forget(channel), all -> answer.with(() -> onDeleted(exchange, key, channel)));
            } else {
                answer.with(() -> onNotDeleted(exchange, outcome));
            }
        });
        answer.handlerReturns();
    }

    private void onDeleted(HttpServerExchange exchange, int key, String channel) {
        metrics.countCall(ControlMetrics.Call.DELETE_HISTORY, ControlMetrics.Outcome.COMPLETE);
        LOG.info("control: API key {} from {} deleted the history of {}", key, audit.client(exchange), channel);
        exchange.setStatusCode(204);
        exchange.endExchange();
    }

    private void onNotDeleted(HttpServerExchange exchange, HistoryOutcome outcome) {
        if (outcome instanceof HistoryOutcome.Failed failed) {
            fail(exchange, ControlMetrics.Call.DELETE_HISTORY, failed.reason());
        } else {
            Http.error(exchange, 404, ErrorCode.NOT_FOUND, "this channel keeps no history");
        }
    }

    /** The channel in the path; null if it is malformed, and then the request is answered. */
    private @Nullable String channelOrRefuse(HttpServerExchange exchange, String suffix) {
        String segment = PathSegment.between(prefix, PathSegment.path(exchange), suffix);
        String channel = segment == null ? null : PathSegment.decode(segment);
        if (channel == null || !ChannelName.isValid(channel)) {
            Http.refuse(exchange, "channel: malformed");
            return null;
        }
        return channel;
    }

    private void count(ControlMetrics.Call call, Outcome outcome) {
        metrics.countCall(
                call, outcome.complete() ? ControlMetrics.Outcome.COMPLETE : ControlMetrics.Outcome.INCOMPLETE);
    }

    private void fail(HttpServerExchange exchange, ControlMetrics.Call call, String reason) {
        metrics.countCall(call, ControlMetrics.Outcome.FAILED);
        Http.retryLater(exchange, reason);
    }
}
