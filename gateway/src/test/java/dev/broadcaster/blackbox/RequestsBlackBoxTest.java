package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Tokens;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Invalid and unusual requests over WebSocket: protocol sections 2, 3 and 5. */
@Tag("black-box")
final class RequestsBlackBoxTest {

    private static final int MAX_MESSAGE_BYTES = 131_072;

    @RegisterExtension
    static final TestGateway gateway =
            TestGateway.shared("MAX_MESSAGE_BYTES", String.valueOf(MAX_MESSAGE_BYTES), "MAX_REQUEST_RATE", "0");

    // ---- not a request: 4400

    static Stream<Arguments> notRequests() {
        return Stream.of(
                arguments("empty message", ""),
                arguments("white space", " \r\n\t "),
                arguments("not JSON", "subscribe please"),
                arguments("truncated object", "{\"id\":1,\"method\":\"heartbeat\""),
                arguments("truncated string", "{\"id\":1,\"method\":\"heartb"),
                arguments("truncated escape", "{\"id\":1,\"method\":\"\\u12"),
                arguments("truncated after a comma", "{\"id\":1,"),
                arguments("one brace too many", "{\"id\":1,\"method\":\"heartbeat\"}}"),
                arguments("two objects", "{\"id\":1,\"method\":\"heartbeat\"}{\"id\":2,\"method\":\"heartbeat\"}"),
                arguments("two objects, a line each", "{\"id\":1,\"method\":\"heartbeat\"}\n{\"id\":2}"),
                arguments("byte order mark", "\ufeff{\"id\":1,\"method\":\"heartbeat\"}"),
                arguments("NaN", payload("NaN")),
                arguments("Infinity", payload("Infinity")),
                arguments("-Infinity", payload("-Infinity")),
                arguments("leading zero", payload("01")),
                arguments("leading plus", payload("+1")),
                arguments("no digit before the point", payload(".5")),
                arguments("no digit after the point", payload("1.")),
                arguments("no digit in the exponent", payload("1e")),
                arguments("lone minus", payload("-")),
                arguments("hexadecimal", payload("0x10")),
                arguments("wrong word", payload("True")),
                arguments("cut word", payload("nul")),
                arguments("single quotes", payload("'a'")),
                arguments("no quotes around a name", payload("{a:1}")),
                arguments("comma at the end of an object", payload("{\"a\":1,}")),
                arguments("comma at the end of an array", payload("[1,]")),
                arguments("two commas", payload("[1,,2]")),
                arguments("mismatched brackets", payload("[1}")),
                arguments("comment", payload("1/*one*/")),
                arguments("line comment", payload("1//one\n")),
                arguments("unknown escape", payload("\"\\x41\"")),
                arguments("escape with bad digits", payload("\"\\u12G4\"")),
                arguments("raw new line in a string", payload("\"a\nb\"")),
                arguments("raw tab in a string", payload("\"a\tb\"")),
                arguments("raw NUL in a string", payload("\"a\u0000b\"")),
                arguments("raw NUL between tokens", payload("\u00001")),
                arguments("vertical tab as white space", payload("\u000b1")),
                arguments("no-break space as white space", payload("\u00a01")),
                arguments("depth 65", "{\"id\":1,\"method\":\"heartbeat\",\"x\":" + nested(64) + "}"),
                arguments("payload of depth 65", payload(nested(65))),
                arguments("payload of objects of depth 65", payload("{\"a\":".repeat(65) + "1" + "}".repeat(65))),
                arguments("depth 30,000", payload(nested(30_000))),
                arguments("depth 60,000, never closed", "[".repeat(60_000)),
                arguments("number of 1,001 digits", payload("1".repeat(1001))),
                arguments("fraction of 1,001 characters", payload("1." + "3".repeat(999))),
                arguments("exponent of 1,001 characters", payload("1e" + "3".repeat(999))),
                arguments("number of 60,000 digits", payload("9".repeat(60_000))),
                arguments(
                        "long number in an ignored field",
                        "{\"id\":1,\"method\":\"heartbeat\",\"x\":" + "1".repeat(1001) + "}"),
                arguments("array", "[{\"id\":1,\"method\":\"heartbeat\"}]"),
                arguments("string", "\"heartbeat\""),
                arguments("number", "1"),
                arguments("null", "null"),
                arguments("true", "true"),
                arguments("id true", "{\"id\":true,\"method\":\"heartbeat\"}"),
                arguments("id false", "{\"id\":false,\"method\":\"heartbeat\"}"),
                arguments("id 1.5", "{\"id\":1.5,\"method\":\"heartbeat\"}"),
                arguments("id 2^63", "{\"id\":9223372036854775808,\"method\":\"heartbeat\"}"),
                arguments("id -2^63-1", "{\"id\":-9223372036854775809,\"method\":\"heartbeat\"}"),
                arguments("id 2^64+1", "{\"id\":18446744073709551617,\"method\":\"heartbeat\"}"),
                arguments("id of 1,000 digits", "{\"id\":" + "1".repeat(1000) + ",\"method\":\"heartbeat\"}"),
                arguments("id of 10,000 digits", "{\"id\":" + "1".repeat(10_000) + ",\"method\":\"heartbeat\"}"),
                arguments("id array", "{\"id\":[1],\"method\":\"heartbeat\"}"),
                arguments("id object", "{\"id\":{},\"method\":\"heartbeat\"}"),
                arguments("id empty string", "{\"id\":\"\",\"method\":\"heartbeat\"}"),
                arguments("id of 65 characters", "{\"id\":\"" + "x".repeat(65) + "\",\"method\":\"heartbeat\"}"),
                arguments("id of 10 kB", "{\"id\":\"" + "x".repeat(10_000) + "\",\"method\":\"heartbeat\"}"),
                arguments("bad id after the method", "{\"method\":\"heartbeat\",\"id\":true}"),
                arguments("method number", "{\"id\":1,\"method\":5}"),
                arguments("method null", "{\"id\":1,\"method\":null}"),
                arguments("method true", "{\"id\":1,\"method\":true}"),
                arguments("method array", "{\"id\":1,\"method\":[\"heartbeat\"]}"),
                arguments("method object", "{\"id\":1,\"method\":{}}"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notRequests")
    void message_closesWith4400_whenItIsNotARequest(String name, String message) {
        WsClient client = gateway.subscriber("row");

        client.send(message);

        client.expectClose(4400);
    }

    @Test
    void closeReason_namesAByteOrderMark() {
        WsClient client = gateway.member();

        client.send("\ufeff{\"id\":1,\"method\":\"heartbeat\"}");

        client.expectClose(4400);
        assertThat(client.closeReason()).contains("byte order mark");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notRequests")
    void message_closesWith4400_whenItIsNotARequest_beforeAuth(String name, String message) {
        WsClient client = gateway.connect();

        client.send(Frame.binary(message.getBytes(StandardCharsets.UTF_8)));

        client.expectClose(4400);
    }

    @Test
    void message_closesWith1009_whenTheMethodIsOneMegabyte() {
        WsClient client = gateway.member();

        client.socket()
                .trySend(Frame.text("{\"id\":1,\"method\":\"" + "m".repeat(1 << 20) + "\"}")
                        .bytes());

        client.expectClose(1009);
    }

    @Test
    void requestsBeforeABadOne_areAnswered() {
        WsClient client = gateway.member();

        client.send(
                Frame.text("{\"id\":7,\"method\":\"heartbeat\"}"),
                Frame.text("nonsense"),
                Frame.text("{\"id\":8,\"method\":\"heartbeat\"}"));

        assertThat(client.response().get("requestId").number()).isEqualTo(7);
        client.expectClose(4400);
    }

    // ---- requests at the limits: served

    static Stream<Arguments> oddRequests() {
        return Stream.of(
                arguments("white space everywhere", "\r\n\t { \"id\" : 1 , \"method\" : \"heartbeat\" } \n"),
                arguments("method before id", "{\"method\":\"heartbeat\",\"id\":1}"),
                arguments("escaped names and method", "{\"\\u0069d\":1,\"m\\u0065thod\":\"heart\\u0062eat\"}"),
                arguments(
                        "unknown fields",
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"heartbeat\",\"meta\":{\"a\":[1,{}]}}"),
                arguments("params null", "{\"id\":1,\"method\":\"heartbeat\",\"params\":null}"),
                arguments("params array", "{\"id\":1,\"method\":\"heartbeat\",\"params\":[1]}"),
                arguments("params string", "{\"id\":1,\"method\":\"heartbeat\",\"params\":\"x\"}"),
                arguments("depth 64", "{\"id\":1,\"method\":\"heartbeat\",\"x\":" + nested(63) + "}"),
                arguments(
                        "64 levels of objects",
                        "{\"id\":1,\"method\":\"heartbeat\",\"x\":" + "{\"a\":".repeat(63) + "1" + "}".repeat(63)
                                + "}"),
                arguments(
                        "20,000 levels in a row, none inside another",
                        "{\"id\":1,\"method\":\"heartbeat\",\"x\":[" + "[],".repeat(20_000) + "[]]}"),
                arguments(
                        "number of 1,000 digits", "{\"id\":1,\"method\":\"heartbeat\",\"x\":" + "1".repeat(1000) + "}"),
                arguments("10,000 fields", "{\"id\":1,\"method\":\"heartbeat\"," + fields(10_000) + "}"),
                arguments(
                        "field name of 60 kB", "{\"" + "n".repeat(60_000) + "\":1,\"id\":1,\"method\":\"heartbeat\"}"),
                arguments("empty field name", "{\"\":1,\"id\":1,\"method\":\"heartbeat\"}"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("oddRequests")
    void request_isAnswered_inAnyForm(String name, String message) {
        WsClient client = gateway.connect();

        client.send(message);

        Json response = client.response();
        assertThat(response.get("requestId").raw()).isEqualTo("1");
        WsClient.assertRfc3339Utc(response.get("result").get("timestamp").text());
    }

    static Stream<String> ids() {
        return Stream.of(
                "1",
                "-1",
                "2147483648",
                "9007199254740993",
                "-9007199254740993",
                "9223372036854775807",
                "-9223372036854775808",
                "\"a\"",
                "\"0\"",
                "\"" + "x".repeat(64) + "\"",
                "\"" + "é".repeat(64) + "\"",
                "\"a b\\\"c\\\\d/e\\n\\u0001\"",
                "\"null\"");
    }

    @ParameterizedTest
    @MethodSource("ids")
    void id_isEchoedExactly(String id) {
        WsClient client = gateway.connect();

        client.send("{\"id\":" + id + ",\"method\":\"heartbeat\"}");
        Json echoed = client.response().get("requestId");
        client.send("{\"id\":" + id + ",\"method\":\"subscribe\",\"params\":{\"channel\":\"a\"}}");
        Json echoedWithError = client.response().get("requestId");

        Json sent = Json.parse(id);
        for (Json echo : List.of(echoed, echoedWithError)) {
            assertThat(echo.kind()).isEqualTo(sent.kind());
            if (sent.kind() == Json.Kind.STRING) {
                assertThat(echo.text()).isEqualTo(sent.text());
            } else {
                assertThat(echo.raw()).isEqualTo(sent.raw());
            }
        }
    }

    static Stream<Arguments> notifications() {
        return Stream.of(
                arguments("absent", "{\"method\":\"%s\",\"params\":%s}"),
                arguments("null", "{\"id\":null,\"method\":\"%s\",\"params\":%s}"),
                arguments("0", "{\"id\":0,\"method\":\"%s\",\"params\":%s}"));
    }

    @ParameterizedTest(name = "id {0}")
    @MethodSource("notifications")
    void notification_runsWithoutReply_whenItSucceeds(String name, String form) {
        WsClient client = gateway.member();

        client.send(form.formatted("subscribe", "{\"channel\":\"n\"}"));
        client.send(form.formatted("publish", WsClient.publishParams("n", "e", "5")));
        client.send(form.formatted("heartbeat", "{}"));

        assertThat(client.broadcast().get("payload").raw()).isEqualTo("5");
        client.send(form.formatted("unsubscribe", "{\"channel\":\"n\"}"));
        client.expectQuiet();
        client.error("NotFound", "unsubscribe", "{\"channel\":\"n\"}");
    }

    @ParameterizedTest(name = "id {0}")
    @MethodSource("notifications")
    void notification_isAnsweredWithoutRequestId_whenItFails(String name, String form) {
        WsClient client = gateway.member();

        client.send(form.formatted("subscribe", "{\"channel\":\"::\"}"));
        Json malformed = client.response();
        client.send(form.formatted("dance", "{}"));
        Json unknown = client.response();

        WsClient.errorOf(malformed, "InvalidArgument");
        WsClient.errorOf(unknown, "NotFound");
        assertThat(malformed.has("requestId")).isFalse();
        assertThat(unknown.has("requestId")).isFalse();
        client.expectQuiet();
    }

    static Stream<Arguments> unknownMethods() {
        return Stream.of(
                arguments("missing", "{\"id\":1}"),
                arguments("empty", "{\"id\":1,\"method\":\"\"}"),
                arguments("other case", "{\"id\":1,\"method\":\"Subscribe\"}"),
                arguments("space", "{\"id\":1,\"method\":\"subscribe \"}"),
                arguments("NUL", "{\"id\":1,\"method\":\"subscribe\\u0000\"}"),
                arguments("lone surrogate", "{\"id\":1,\"method\":\"\\ud800\"}"),
                arguments("60 kB", "{\"id\":1,\"method\":\"" + "m".repeat(60_000) + "\"}"),
                arguments("server's own", "{\"id\":1,\"method\":\"broadcast\"}"),
                arguments("internal looking", "{\"id\":1,\"method\":\"toString\"}"));
    }

    @ParameterizedTest(name = "method {0}")
    @MethodSource("unknownMethods")
    void method_isNotFound_whenUnknown(String name, String message) {
        for (WsClient client : List.of(gateway.connect(), gateway.member())) {
            client.send(message);

            Json response = client.response();
            WsClient.errorOf(response, "NotFound");
            assertThat(response.get("requestId").raw()).isEqualTo("1");
        }
    }

    @Test
    void emptyObject_isAnUnknownMethodInANotification() {
        WsClient client = gateway.connect();

        client.send("{}");

        Json response = client.response();
        WsClient.errorOf(response, "NotFound");
        assertThat(response.has("requestId")).isFalse();
    }

    // ---- params

    static Stream<Arguments> badParams() {
        List<Arguments> rows = new ArrayList<>();
        for (String method : List.of("auth", "refresh", "subscribe", "unsubscribe", "publish")) {
            for (String params : List.of("null", "[]", "[\"a\"]", "\"a\"", "5", "true", "{}")) {
                rows.add(arguments(method, params));
            }
        }
        for (String method : List.of("auth", "refresh")) {
            for (String token : List.of("null", "5", "true", "{}", "[\"a\"]")) {
                rows.add(arguments(method, "{\"token\":" + token + "}"));
            }
        }
        for (String method : List.of("subscribe", "unsubscribe")) {
            for (String channel : List.of("null", "5", "true", "{}", "[\"a\"]", "\"\"")) {
                rows.add(arguments(method, "{\"channel\":" + channel + "}"));
            }
        }
        for (String publish : List.of(
                "{\"event\":\"e\",\"payload\":1}",
                "{\"channel\":\"a\",\"payload\":1}",
                "{\"channel\":\"a\",\"event\":\"e\"}",
                "{\"channel\":5,\"event\":\"e\",\"payload\":1}",
                "{\"channel\":\"a:\",\"event\":\"e\",\"payload\":1}",
                "{\"channel\":\"a\",\"event\":5,\"payload\":1}",
                "{\"channel\":\"a\",\"event\":null,\"payload\":1}",
                "{\"channel\":\"a\",\"event\":{},\"payload\":1}",
                "{\"channel\":\"a\",\"event\":\"\",\"payload\":1}",
                "{\"channel\":\"a\",\"event\":\"" + "e".repeat(257) + "\",\"payload\":1}",
                "{\"channel\":\"a\",\"event\":\"" + "é".repeat(257) + "\",\"payload\":1}")) {
            rows.add(arguments("publish", publish));
        }
        return rows.stream();
    }

    /** InvalidArgument is first in every list of errors of protocol section 3, so authentication does not matter. */
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("badParams")
    void params_areInvalidArgument_whenMissingOrMalformed(String method, String params) {
        for (WsClient client : List.of(gateway.connect(), gateway.member())) {
            client.error("InvalidArgument", method, params);
            client.expectQuiet();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"auth", "refresh", "subscribe", "unsubscribe", "publish"})
    void params_areInvalidArgument_whenAbsent(String method) {
        WsClient client = gateway.member();

        client.send("{\"id\":5,\"method\":\"" + method + "\"}");

        WsClient.errorOf(client.response(), "InvalidArgument");
    }

    static Stream<Arguments> badChannels() {
        return Stream.of(
                arguments("empty", ""),
                arguments("201 characters", "a".repeat(201)),
                arguments("10 kB", "a:".repeat(5000) + "a"),
                arguments("10 kB, bad at the end", "a:".repeat(5000)),
                arguments("starts with a colon", ":a"),
                arguments("only a colon", ":"),
                arguments("two colons", "a::b"),
                arguments("ends with a colon", "a:"),
                arguments("ends with a hyphen", "a-"),
                arguments("only a hyphen", "-"),
                arguments("space", "a b"),
                arguments("space before", " a"),
                arguments("space after", "a "),
                arguments("point", "a.b"),
                arguments("slash", "a/b"),
                arguments("star", "*"),
                arguments("star below a prefix", "a:*"),
                arguments("star inside", "a*b"),
                arguments("hash tag", "{tag}"),
                arguments("hash tag inside", "a{b}c"),
                arguments("new line at the end", "a\n"),
                arguments("carriage return", "a\rb"),
                arguments("NUL", "a\u0000"),
                arguments("accent", "café"),
                arguments("Cyrillic", "канал"),
                arguments("Kelvin sign", "\u212a"),
                arguments("full-width letter", "\uff41"),
                arguments("Arabic digit", "\u0661"),
                arguments("letter beyond the basic plane", "\ud835\udc1a"),
                arguments("no-break space", "a\u00a0b"),
                arguments("zero-width space", "a\u200bb"),
                arguments("plus", "a+b"),
                arguments("at", "a@b"),
                arguments("percent", "a%41"),
                arguments("backslash", "a\\b"),
                arguments("quote", "a\"b"),
                arguments("delete character", "a\u007f"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badChannels")
    void channel_isRefused_whenMalformed(String name, String channel) {
        WsClient client = gateway.member();

        client.error("InvalidArgument", "subscribe", WsClient.channelParams(channel));
        client.error("InvalidArgument", "unsubscribe", WsClient.channelParams(channel));
        client.error("InvalidArgument", "publish", WsClient.publishParams(channel, "e", "1"));
        HttpRaw.Response rest = gateway.publish(channel, "e", "1");

        assertThat(rest.status()).isEqualTo(400);
        rest.error("InvalidArgument");
    }

    @Test
    void channel_isRefused_whenItHoldsALoneSurrogate() {
        WsClient client = gateway.member();

        for (String channel : List.of("\"\\ud800\"", "\"a\\udc00b\"", "\"\\udc00\\ud800\"")) {
            client.error("InvalidArgument", "subscribe", "{\"channel\":" + channel + "}");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "Z",
                "0",
                "_",
                "-a",
                "--a",
                "a-b",
                "a:b",
                "a:-b",
                "a:_",
                "a_",
                "A-Z:0_9:z",
                "a:b:c:d:e:f",
                "_:_"
            })
    void channel_isServed_whenWellFormed(String channel) {
        WsClient client = gateway.subscriber(channel);

        client.publish(channel, "e", "1");

        assertThat(client.broadcast().get("channel").text()).isEqualTo(channel);
        client.unsubscribe(channel);
    }

    @Test
    void channel_isServed_upTo200Characters() {
        String longest = "a:".repeat(99) + "bc";
        assertThat(longest).hasSize(200);
        WsClient client = gateway.subscriber(longest);

        client.publish(longest, "e", "1");

        assertThat(client.broadcast().get("channel").text()).isEqualTo(longest);
    }

    @Test
    void channel_mayBeWrittenWithEscapes() {
        WsClient client = gateway.subscriber("ab");

        client.ok("publish", "{\"channel\":\"\\u0061b\",\"event\":\"e\",\"payload\":1}");

        assertThat(client.broadcast().get("channel").text()).isEqualTo("ab");
    }

    @ParameterizedTest
    @ValueSource(strings = {"e", " ", "a b", "\u0000\n\"\\/", "été", "\ud83d\ude00", "{}", "null"})
    void event_reachesSubscribersUnchanged(String event) {
        WsClient client = gateway.subscriber("events");

        client.publish("events", event, "1");
        assertThat(client.broadcast().get("event").text()).isEqualTo(event);

        assertThat(gateway.publish("events", event, "1").status()).isEqualTo(200);
        assertThat(client.broadcast().get("event").text()).isEqualTo(event);
    }

    @Test
    void event_isServed_upTo256Characters() {
        WsClient client = gateway.subscriber("events");

        for (String event : List.of("e".repeat(256), "é".repeat(256), "\u0001".repeat(256))) {
            client.publish("events", event, "1");
            assertThat(client.broadcast().get("event").text()).isEqualTo(event);
        }
    }

    /** No text of a client can make the node send a frame that is not UTF-8 or not JSON. */
    @Test
    void loneSurrogates_neverBreakAFrame() {
        WsClient client = gateway.subscriber("surrogates");

        client.ok("publish", "{\"channel\":\"surrogates\",\"event\":\"e\",\"payload\":\"\\ud800 \\udc00\\ud800\"}");
        assertThat(client.broadcast().get("payload").raw()).isEqualTo("\"\\ud800 \\udc00\\ud800\"");

        Json published = client.call("publish", "{\"channel\":\"surrogates\",\"event\":\"\\ud800\",\"payload\":1}");
        if (published.has("result")) {
            client.broadcast().get("event").text();
        } else {
            WsClient.errorOf(published, "InvalidArgument");
        }

        client.send("{\"id\":\"\\ud800\",\"method\":\"heartbeat\"}");
        WsClient other = gateway.connect();
        other.send("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"\\udfff\"}}");
        WsClient.errorOf(other.response(), "Unauthenticated");
    }

    @Test
    void bytesThatAreNotUtf8_closeABinaryMessage() {
        for (byte[] bytes : List.of(
                new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
                new byte[] {(byte) 0xff},
                new byte[] {(byte) 0xc0, (byte) 0x80},
                new byte[] {(byte) 0xc3})) {
            WsClient client = gateway.member();
            byte[] message =
                    "{\"id\":1,\"method\":\"publish\",\"params\":{\"channel\":\"a\",\"event\":\"e\",\"payload\":\"?\"}}"
                            .getBytes(StandardCharsets.UTF_8);
            int mark = new String(message, StandardCharsets.UTF_8).indexOf('?');
            byte[] broken = new byte[message.length - 1 + bytes.length];
            System.arraycopy(message, 0, broken, 0, mark);
            System.arraycopy(bytes, 0, broken, mark, bytes.length);
            System.arraycopy(message, mark + 1, broken, mark + bytes.length, message.length - mark - 1);

            client.send(Frame.binary(broken));

            client.expectClose(4400, 1007);
        }
    }

    // ---- state

    @ParameterizedTest
    @ValueSource(strings = {"subscribe", "unsubscribe"})
    void channelMethods_areUnauthenticated_beforeAuth(String method) {
        WsClient client = gateway.connect();

        client.error("Unauthenticated", method, "{\"channel\":\"never-subscribed\"}");

        client.auth(Tokens.valid()).subscribe("never-subscribed");
    }

    @Test
    void publish_isUnauthenticated_beforeAuth() {
        WsClient client = gateway.connect();

        client.error("Unauthenticated", "publish", WsClient.publishParams("a", "e", "1"));
    }

    @Test
    void refresh_fails_beforeAuth() {
        WsClient client = gateway.connect();

        Json response = client.call("refresh", "{\"token\":" + Json.quote(Tokens.valid()) + "}");

        assertThat(response.get("error").get("code").text()).isIn("Unauthenticated", "FailedPrecondition");
        client.error("Unauthenticated", "subscribe", "{\"channel\":\"a\"}");
    }

    @Test
    void unsubscribe_isNotFound_whenNeverSubscribed() {
        WsClient client = gateway.subscriber("mine");

        client.error("NotFound", "unsubscribe", "{\"channel\":\"other\"}");
        client.unsubscribe("mine");
        client.error("NotFound", "unsubscribe", "{\"channel\":\"mine\"}");
    }

    @Test
    void subscribe_isAlreadyExists_whenSubscribedTwice() {
        WsClient client = gateway.subscriber("twice");

        client.error("AlreadyExists", "subscribe", "{\"channel\":\"twice\"}");
        client.publish("twice", "e", "1");

        assertThat(client.broadcast().get("seq").number()).isEqualTo(1);
        client.expectQuiet();
    }

    /** 500 flips at a time: a client that sends faster than it reads is closed with 4409. */
    @Test
    void subscribeAndUnsubscribe_leaveNothing_whenFlippedTenThousandTimes() {
        WsClient client = gateway.member();

        for (int sent = 0; sent < 20_000; sent += 1000) {
            int first = sent + 1;
            client.send(IntStream.range(first, first + 1000)
                    .mapToObj(id -> Frame.text(
                            WsClient.request(id, id % 2 == 1 ? "subscribe" : "unsubscribe", "{\"channel\":\"flip\"}")))
                    .toArray(Frame[]::new));
            for (int id = first; id < first + 1000; id++) {
                Json response = client.response();
                assertThat(response.get("requestId").number()).isEqualTo(id);
                response.get("result");
            }
        }

        gateway.publish("flip", "e", "1");
        client.expectQuiet();
    }

    // ---- segments

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 100, 1000})
    void request_isServed_inAnyNumberOfSegments(int segments) {
        WsClient client = gateway.subscriber("segments");
        String payload = "\"" + "é".repeat(1000) + "\"";

        client.socket()
                .sendSplit(
                        Frame.text(WsClient.request(9, "publish", WsClient.publishParams("segments", "e", payload)))
                                .bytes(),
                        segments);

        assertThat(client.response().get("requestId").number()).isEqualTo(9);
        assertThat(client.broadcast().get("payload").raw()).isEqualTo(payload);
    }

    @Test
    void hundredRequests_areAnsweredInOrder_whenInOneSegment() {
        WsClient client = gateway.subscriber("one-segment");
        Frame[] frames = IntStream.range(0, 100)
                .mapToObj(i -> Frame.text(WsClient.request(
                        1000 + i,
                        i % 3 == 0 ? "nothing" : "publish",
                        WsClient.publishParams("one-segment", "e", String.valueOf(i)))))
                .toArray(Frame[]::new);

        client.send(frames);

        for (int i = 0; i < 100; i++) {
            assertThat(client.response().get("requestId").number()).isEqualTo(1000 + i);
        }
        for (int i = 0, seq = 1; i < 100; i++) {
            if (i % 3 != 0) {
                Json broadcast = client.broadcast();
                assertThat(broadcast.get("payload").raw()).isEqualTo(String.valueOf(i));
                assertThat(broadcast.get("seq").number()).isEqualTo(seq++);
            }
        }
    }

    private static String payload(String raw) {
        return WsClient.request(1, "publish", WsClient.publishParams("row", "e", raw));
    }

    private static String nested(int depth) {
        return "[".repeat(depth) + "]".repeat(depth);
    }

    private static String fields(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"k" + Integer.toString(i, 36) + "\":0")
                .collect(Collectors.joining(","));
    }
}
