package dev.broadcaster.http;

import io.undertow.server.HttpServerExchange;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Reads the query parameters of a request. */
final class QueryParameters {
    private static final Deque<String> NONE = new ArrayDeque<>(0);

    private QueryParameters() {}

    /** The value of a parameter; null if it is absent. */
    static @Nullable String value(HttpServerExchange exchange, String name) {
        return values(exchange, name).peekFirst();
    }

    /** True if a parameter is given more than once. */
    static boolean isRepeated(HttpServerExchange exchange, String name) {
        return values(exchange, name).size() > 1;
    }

    /** The parameter {@code limit}, 1 to {@code most} of at most 4 digits; 0 if it is malformed or out of range. */
    static int limit(HttpServerExchange exchange, int usual, int most) {
        String text = value(exchange, "limit");
        if (text == null) {
            return usual;
        }
        int limit = text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
        return limit > most ? 0 : limit;
    }

    private static Deque<String> values(HttpServerExchange exchange, String name) {
        return exchange.getQueryParameters().getOrDefault(name, NONE);
    }
}
