package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.testing.Tokens;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every parameter of every method: absent, of each wrong type, out of its range. The message states which. */
@Tag("black-box")
final class ParametersBlackBoxTest {

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared("MAX_REQUEST_RATE", "0", "HISTORY", "kept:=10/1h");

    /**
     * A parameter.
     *
     * @param wrongType the message for a value of another type
     * @param types JSON values of a right type
     * @param wrong wrong values of the right type, and their messages
     */
    private record Parameter(
            String method, String name, boolean required, String wrongType, List<String> types, String... wrong) {}

    private static final List<String> VALUES =
            List.of("null", "true", "false", "1", "1.5", "1e2", "\"text\"", "{}", "[]", "[\"text\"]");
    private static final List<String> STRING = List.of("\"text\"");

    private static final List<Parameter> PARAMETERS = List.of(
            new Parameter("auth", "token", true, "not a string", STRING),
            new Parameter("auth", "hello", false, "not an object", List.of("{}")),
            new Parameter("refresh", "token", true, "not a string", STRING),
            new Parameter(
                    "subscribe", "channel", true, "not a string", STRING, "\"\"", "malformed", "\"a::b\"", "malformed"),
            new Parameter("subscribe", "lastSeenMessageId", false, "not a string", List.of("\"text\"", "\"\"", "null")),
            new Parameter("subscribe", "position", false, "not a boolean", List.of("true", "false")),
            new Parameter(
                    "subscribe",
                    "last",
                    false,
                    "not an integer",
                    List.of("1"),
                    "0",
                    "out of range",
                    "1001",
                    "out of range",
                    "-1",
                    "out of range",
                    "1".repeat(400),
                    "out of range"),
            new Parameter("unsubscribe", "channel", true, "not a string", STRING, "\"\"", "malformed"),
            new Parameter("publish", "channel", true, "not a string", STRING, "\"\"", "malformed"),
            new Parameter("publish", "event", true, "not a string", STRING, "\"\"", "malformed"),
            new Parameter("publish", "payload", true, "", VALUES),
            new Parameter(
                    "publish",
                    "idempotencyKey",
                    false,
                    "not a string",
                    STRING,
                    "\"\"",
                    "malformed",
                    "\"" + "k".repeat(129) + "\"",
                    "malformed",
                    "\"\\u00e9\"",
                    "malformed"));

    static Stream<Arguments> wrong() {
        List<Arguments> all = new ArrayList<>();
        for (Parameter parameter : PARAMETERS) {
            for (String value : VALUES) {
                if (!parameter.types.contains(value)) {
                    all.add(arguments(parameter.method, parameter.name, value, parameter.wrongType));
                }
            }
            for (int i = 0; i < parameter.wrong.length; i += 2) {
                all.add(arguments(parameter.method, parameter.name, parameter.wrong[i], parameter.wrong[i + 1]));
            }
            if (parameter.required) {
                all.add(arguments(parameter.method, parameter.name, "", "missing"));
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("wrong")
    void parameter_isRefused(String method, String name, String value, String problem) {
        WsClient client = method.equals("auth") ? gateway.connect() : gateway.member();

        String message = client.error("InvalidArgument", method, params(method, name, value));

        assertThat(message).startsWith(name + ": " + problem);
        assertThat(message.length()).isLessThan(200);
    }

    static Stream<Arguments> right() {
        List<Arguments> all = new ArrayList<>();
        for (Parameter parameter : PARAMETERS) {
            if (!parameter.name.equals("token")) {
                parameter.types.forEach(value -> all.add(arguments(parameter.method, parameter.name, value)));
            }
            if (!parameter.required) {
                all.add(arguments(parameter.method, parameter.name, ""));
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("right")
    void parameter_isTaken(String method, String name, String value) {
        WsClient client = method.equals("auth") ? gateway.connect() : gateway.member();
        if (method.equals("unsubscribe")) {
            client.subscribe("text");
        }

        client.ok(method, params(method, name, value));
    }

    @Test
    void parametersOfOtherMethods_areIgnored() {
        String unknown = "\"token\":1,\"hello\":2,\"position\":3,\"last\":4,\"lastSeenMessageId\":5";
        WsClient client = gateway.member();

        client.ok("heartbeat", "{" + unknown + ",\"channel\":6,\"event\":7,\"idempotencyKey\":8}");
        client.ok("publish", "{" + unknown + ",\"channel\":\"a\",\"event\":\"e\",\"payload\":1}");
    }

    @Test
    void repeatedName_countsAsItsLastValue() {
        WsClient client = gateway.member();

        client.ok("subscribe", "{\"channel\":1,\"channel\":\"a\",\"last\":\"x\",\"last\":1}");
        assertThat(client.error("InvalidArgument", "subscribe", "{\"channel\":\"b\",\"channel\":1}"))
                .isEqualTo("channel: not a string");
        assertThat(client.error("InvalidArgument", "publish", "[]")).isEqualTo("channel: missing");
    }

    /** Valid parameters, except that one has this value; empty = absent. */
    private static String params(String method, String name, String value) {
        Map<String, String> params = new LinkedHashMap<>();
        switch (method) {
            case "auth", "refresh" -> params.put("token", Json.quote(Tokens.valid()));
            case "publish" -> {
                params.put("channel", "\"kept:a\"");
                params.put("event", "\"e\"");
                params.put("payload", "1");
            }
            default -> params.put("channel", "\"text\"");
        }
        params.remove(name);
        if (!value.isEmpty()) {
            params.put(name, value);
        }
        StringBuilder json = new StringBuilder("{");
        params.forEach((n, v) -> json.append(json.length() == 1 ? "\"" : ",\"")
                .append(n)
                .append("\":")
                .append(v));
        return json.append('}').toString();
    }
}
