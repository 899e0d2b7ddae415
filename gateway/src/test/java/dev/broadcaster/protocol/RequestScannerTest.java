package dev.broadcaster.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.Charset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestScannerTest {
    private static Request scan(String json) throws MalformedJsonException {
        byte[] bytes = json.getBytes(UTF_8);
        return RequestScanner.scan(bytes, 0, bytes.length);
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, UTF_8);
    }

    private static String payload(String json) throws MalformedJsonException {
        return text(scan("{\"params\":{\"payload\":" + json + "}}").params().payload());
    }

    @Test
    void aRequestHasIdMethodAndParams() throws Exception {
        Request request = scan(
                "{\"id\":123,\"method\":\"publish\",\"params\":{\"channel\":\"a\",\"event\":\"e\\u00e9\","
                        + "\"payload\":{\"b\":1},\"token\":\"t\",\"lastSeenMessageId\":\"m\",\"other\":[{}]},\"more\":{\"id\":7}}");

        assertThat(text(request.id())).isEqualTo("123");
        assertThat(request.method()).isEqualTo("publish");
        assertThat(request.params().channel()).isEqualTo("a");
        assertThat(text(request.params().event())).isEqualTo("\"e\\u00e9\"");
        assertThat(text(request.params().payload())).isEqualTo("{\"b\":1}");
        assertThat(request.params().token()).isEqualTo("t");
        assertThat(request.params().lastSeenMessageId()).isEqualTo("m");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "-1",
                "9223372036854775807",
                "-9223372036854775808",
                "\"a\"",
                "\"0\"",
                "\"null\"",
                "\"\\u0061\\\"\\/\"",
                "\"\\ud800\"",
                "\"é😀\"",
                "\" \"",
            })
    void anIdIsEchoedExactly(String id) throws Exception {
        assertThat(text(scan("{\"id\": " + id + " }").id())).isEqualTo(id);
        assertThat(text(scan("{\"method\":\"x\",\"id\":" + id + ",\"params\":{}}")
                        .id()))
                .isEqualTo(id);
    }

    @Test
    void aStringIdHasAtMost64Characters() throws Exception {
        assertThat(scan("{\"id\":\"" + "é".repeat(64) + "\"}").id()).isNotNull();
        assertThat(scan("{\"id\":\"" + "😀".repeat(64) + "\"}").id()).isNotNull();
        assertThat(scan("{\"id\":\"" + "\\u0061".repeat(64) + "\"}").id()).isNotNull();
        assertMalformed("{\"id\":\"" + "a".repeat(65) + "\"}");
        assertMalformed("{\"id\":\"" + "a".repeat(10_000) + "\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"id\":null}", "{\"id\":0}", "{\"id\":-0}", "{\"id\":5,\"id\":0}"})
    void withoutAnIdItIsANotification(String json) throws Exception {
        assertThat(scan(json).id()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "true",
                "false",
                "1.5",
                "1.0",
                "1e2",
                "0.0",
                "9223372036854775808",
                "-9223372036854775809",
                "\"\"",
                "[]",
                "{}",
                "01",
                "+1",
                "--1",
            })
    void anIdOfAnotherType_isMalformed(String id) {
        assertMalformed("{\"id\":" + id + ",\"method\":\"x\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "null", "true", "[]", "{}", "[\"publish\"]"})
    void aMethodThatIsNotAString_isMalformed(String method) {
        assertMalformed("{\"method\":" + method + "}");
    }

    @Test
    void aMissingMethodIsEmpty_anyStringIsOne() throws Exception {
        assertThat(scan("{\"id\":1}").method()).isEmpty();
        assertThat(scan("{\"method\":\"\"}").method()).isEmpty();
        assertThat(scan("{\"method\":\"a\\u0000b\"}").method()).isEqualTo("a\u0000b");
        assertThat(scan("{\"method\":\"" + "x".repeat(1_000_000) + "\"}").method())
                .hasSize(1_000_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "\"x\"", "1", "null", "true", "[{\"channel\":\"a\",\"payload\":1}]"})
    void paramsThatAreNotAnObject_areMissing(String params) throws Exception {
        assertThat(scan("{\"params\":" + params + ",\"id\":1}").params()).isEqualTo(Params.NONE);
    }

    @Test
    void paramsOfAnotherType_areWrong_notMissing() throws Exception {
        Params params =
                scan("{\"params\":{\"token\":1,\"channel\":[\"a\"],\"event\":{\"x\":\"e\"},\"lastSeenMessageId\":5}}")
                        .params();

        assertThat(params.token()).isNull();
        assertThat(params.channel()).isNull();
        assertThat(params.event()).isNull();
        assertThat(params.payload()).isNull();
        assertThat(params.lastSeenMessageId()).isNull();
        for (String name : List.of("token", "channel", "event", "lastSeenMessageId")) {
            assertThat(params.problem(name)).isEqualTo(name + ": not a string");
        }
        assertThat(params.problem("payload")).isNull();
        assertThat(params.whyAbsent("payload")).isEqualTo("payload: missing");
        assertThat(scan("{\"params\":{\"lastSeenMessageId\":null}}").params().lastSeenMessageId())
                .isNull();
    }

    @Test
    void anEventHas1To256Characters() throws Exception {
        assertThat(event("\"\"")).isNull();
        assertThat(event("\"" + "😀".repeat(256) + "\"")).isEqualTo("\"" + "😀".repeat(256) + "\"");
        assertThat(event("\"" + "a".repeat(257) + "\"")).isNull();
    }

    private static String event(String json) throws MalformedJsonException {
        return text(scan("{\"params\":{\"event\":" + json + "}}").params().event());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "0",
                "-0",
                "-0.0",
                "1.50e+3",
                "1E400",
                "0.1000000000000000055511151231257827",
                "12345678901234567890123456789",
                "\"\"",
                "\"\\ud800\"",
                "\"\\udc00\\ud800 \\/ / \\u0041\"",
                "\"é€😀\\u0000\"",
                "[]",
                "[ ]",
                "{}",
                "{\t}",
                "{\"b\":1,\"a\":2,\"b\":3}",
                "[1 , 2,\r\n{ \"x\" : [ ] } ]",
                "\"}\"",
                "{\"payload\":{\"payload\":1}}",
            })
    void aPayloadIsCopiedUnchanged(String payload) throws Exception {
        assertThat(payload(payload)).isEqualTo(payload);
        assertThat(payload(" \t\r\n" + payload + "\n ")).isEqualTo(payload);
        assertThat(text(scan("{\"params\":{\"payload\":" + payload + ",\"channel\":\"a\"},\"id\":1}")
                        .params()
                        .payload()))
                .isEqualTo(payload);
    }

    @Test
    void aPayloadIsCopiedUnchanged_inTheMiddleOfABuffer_atAnyLength() throws Exception {
        String payload = "[\"" + "é\\n😀".repeat(100_000) + "\",1.0]";
        String before = "}".repeat(20_001);
        byte[] bytes = (before + "{\"params\":{\"payload\":" + payload + "}}" + before).getBytes(UTF_8);

        Request request = RequestScanner.scan(bytes, 20_001, bytes.length - 20_001);

        assertThat(text(request.params().payload())).isEqualTo(payload);
    }

    @Test
    void aRepeatedName_countsAsItsLastValue() throws Exception {
        Request request = scan("{\"id\":1,\"params\":{\"payload\":1,\"channel\":\"x\"},\"method\":\"a\",\"id\":2,"
                + "\"params\":{\"payload\":2,\"p\\u0061yload\":3},\"method\":\"b\"}");

        assertThat(text(request.id())).isEqualTo("2");
        assertThat(request.method()).isEqualTo("b");
        assertThat(text(request.params().payload())).isEqualTo("3");
        assertThat(request.params().channel()).isNull();
    }

    @Test
    void thereAreAtMost64Levels() throws Exception {
        assertThat(payload("[".repeat(62) + "]".repeat(62))).hasSize(124);
        assertMalformed("{\"params\":{\"payload\":" + "[".repeat(63) + "]".repeat(63) + "}}");
        assertThat(scan("{\"x\":" + "{\"x\":".repeat(62) + "{}" + "}".repeat(62) + "}"))
                .isNotNull();
        assertMalformed("{\"x\":" + "{\"x\":".repeat(63) + "{}" + "}".repeat(63) + "}");
        assertMalformed("{\"x\":" + "[".repeat(100_000));
    }

    @ParameterizedTest
    @CsvSource({"'',''", "-,''", "'',e5", "-,E+55", "0.,''", "-1.,e-1"})
    void aNumberHasAtMost1000Characters(String start, String end) throws Exception {
        String number = start + "1".repeat(1_000 - start.length() - end.length()) + end;

        assertThat(payload(number)).isEqualTo(number);
        assertThat(payload("[" + number + "]")).isEqualTo("[" + number + "]");
        String longer = start + "1".repeat(1_001 - start.length() - end.length()) + end;
        assertMalformed("{\"params\":{\"payload\":" + longer + "}}");
        assertMalformed("{\"params\":{\"payload\":[" + longer + "]}}");
        assertMalformed("{\"x\":" + longer + "}");
        assertMalformed("{\"x\":{\"y\":[0," + longer + "]}}");
    }

    @Test
    void manyNames_areAccepted() throws Exception {
        StringBuilder json = new StringBuilder("{");
        for (int i = 0; i < 10_000; i++) {
            json.append("\"name").append(i).append("\":").append(i).append(',');
        }

        assertThat(scan(json.append("\"method\":\"x\"}").toString()).method()).isEqualTo("x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "x",
                "{",
                "}",
                "{]",
                "[]",
                "[{}]",
                "\"x\"",
                "1",
                "null",
                "true",
                "{}{}",
                "{} {}",
                "{},",
                "{}x",
                "{}\u0000",
                "\u0000{}",
                "\ufeff{}",
                "{\u00a0}",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{\"a\":1 \"b\":2}",
                "{a:1}",
                "{'a':1}",
                "{\"a\":'x'}",
                "{\"a\":NaN}",
                "{\"a\":Infinity}",
                "{\"a\":-Infinity}",
                "{\"a\":-}",
                "{\"a\":1.}",
                "{\"a\":.5}",
                "{\"a\":1e}",
                "{\"a\":0x10}",
                "{\"a\":007}",
                "{\"a\":tru}",
                "{\"a\":True}",
                "{\"a\":truex}",
                "{\"a\":[1,]}",
                "{\"a\":[,1]}",
                "{\"a\":\"\n\"}",
                "{\"a\":\"\\x41\"}",
                "{\"a\":\"\\u12\"}",
                "{\"a\":\"\\u12g4\"}",
                "{\"a\":\"",
                "{\"a\":[1}",
                "{\"a\":1] ",
                "{/* */}",
                "{}// x",
                "# x\n{}",
                "{\"params\":{\"payload\":1",
                "{\"params\":{\"payload\":[",
                "{\"params\":{\"payload\":\"x",
                "{\"params\":{\"payload\":1}",
                "GET / HTTP/1.1",
            })
    void textThatIsNotAJsonObject_isMalformed(String json) {
        assertMalformed(json);
    }

    @Test
    void otherEncodings_areMalformed() {
        for (String charset : new String[] {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"}) {
            byte[] bytes = "{\"method\":\"x\"}".getBytes(Charset.forName(charset));
            assertThatThrownBy(() -> RequestScanner.scan(bytes, 0, bytes.length))
                    .as(charset)
                    .isInstanceOf(MalformedJsonException.class);
        }
    }

    @Test
    void everyTruncation_isMalformed() {
        byte[] bytes = "{\"id\":12,\"method\":\"publish\",\"params\":{\"payload\":[1,{\"a\":true}],\"event\":\"e\"}}"
                .getBytes(ISO_8859_1);
        for (int to = 0; to < bytes.length; to++) {
            int end = to;
            assertThatThrownBy(() -> RequestScanner.scan(bytes, 0, end))
                    .as("%d bytes", end)
                    .isInstanceOf(MalformedJsonException.class);
        }
    }

    private static void assertMalformed(String json) {
        assertThatThrownBy(() -> scan(json))
                .as(json.length() > 200 ? json.substring(0, 200) : json)
                .isInstanceOf(MalformedJsonException.class)
                .message()
                .hasSizeLessThan(100)
                .isASCII();
    }
}
