package dev.broadcaster.redis;

import dev.broadcaster.relay.HistoryConfig;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Readings of histories over the connections for subscriptions: an answer stands in one order with what is received there,
 * so when a page comes everything that it knows of has come, too. A few at a time for a connection, the others wait. Owned
 * by the event loop.
 */
final class HistoryReads {
    /** Told of each page, as long as the channel still wants the reading. */
    interface Reader {
        void onPage(ReceivedChannel channel, HistoryReading reading, HistoryPage page);

        /** The connection has ended before the answer, and will be made again. */
        void onInterrupted(ReceivedChannel channel, HistoryReading reading);

        /** Redis has refused, or answered with something else. */
        void onUnreadable(ReceivedChannel channel, HistoryReading reading, String reason);
    }

    private static final int MAX_IN_FLIGHT = 8;

    private record Request(ReceivedChannel channel, HistoryReading reading, long first) {}

    private static final class Line {
        int inFlight;
        final Queue<Request> waiting = new ArrayDeque<>();
    }

    private final HistoryCommands commands;
    private final Function<Link, @Nullable String> serverOf;
    private final Map<Link, Line> lines = new HashMap<>();

    /** @param serverOf the name of the server at the other end of a connection for subscriptions; null if it has none */
    HistoryReads(HistoryCommands commands, Function<Link, @Nullable String> serverOf) {
        this.commands = commands;
        this.serverOf = serverOf;
    }

    /** Asks for the next page of {@code reading}, from offset {@code first} on. The channel is subscribed somewhere. */
    void next(ReceivedChannel channel, HistoryReading reading, long first, Reader reader) {
        Link link = channel.link;
        if (link == null) {
            throw new IllegalStateException(channel.name + " is subscribed nowhere");
        }
        Line line = lines.computeIfAbsent(link, l -> new Line());
        line.waiting.add(new Request(channel, reading, first));
        send(link, line, reader);
    }

    private void send(Link link, Line line, Reader reader) {
        StatefulRedisPubSubConnection<String, Value> connection = link.subscriptions();
        while (line.inFlight < MAX_IN_FLIGHT && !line.waiting.isEmpty()) {
            Request request = line.waiting.remove();
            HistoryConfig.Rule rule = request.channel.rule;
            if (connection == null || rule == null || !isWanted(request)) {
                continue; // its channel has begun anew
            }
            line.inFlight++;
            CompletionStage<HistoryPage> read = commands.read(
                    connection.async(),
                    request.channel.tag,
                    request.channel.name,
                    rule,
                    request.first,
                    Integer.MAX_VALUE,
                    request.reading.repairs() ? null : serverOf.apply(link));
            Answers.take(read, (page, failure) -> {
                line.inFlight--;
                if (page != null) {
                    page.entries().forEach(entry -> link.publishes().onReturned(entry.envelope()));
                }
                answer(request, page, failure, reader);
                send(link, line, reader);
            });
        }
        if (line.inFlight == 0) {
            lines.remove(link);
        }
    }

    private static void answer(
            Request request, @Nullable HistoryPage page, @Nullable Throwable failure, Reader reader) {
        if (!isWanted(request)) {
            return;
        }
        if (page != null) {
            reader.onPage(request.channel, request.reading, page);
        } else if (isRefusal(failure)) {
            reader.onUnreadable(request.channel, request.reading, ErrorText.of(failure));
        } else {
            reader.onInterrupted(request.channel, request.reading);
        }
    }

    /** Whether it is an answer, though not the one that was asked for. */
    private static boolean isRefusal(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof RedisCommandExecutionException;
    }

    private static boolean isWanted(Request request) {
        return request.channel.reading == request.reading;
    }
}
