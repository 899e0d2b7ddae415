package dev.broadcaster.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ServerMessageTest {
    @Test
    void read_takesASuccess() throws Exception {
        assertThat(ServerMessage.read("{\"requestId\":7,\"result\":{\"success\":true}}"))
                .isEqualTo(new ServerMessage.Success(7, "{\"success\":true}"));
    }

    @Test
    void read_takesAFailure_withAndWithoutRequestId() throws Exception {
        assertThat(ServerMessage.read("{\"requestId\":7,\"error\":{\"code\":\"NotFound\",\"message\":\"no \\u00e9\"}}"))
                .isEqualTo(new ServerMessage.Failure(7, "NotFound", "no é"));
        assertThat(ServerMessage.read("{\"error\":{\"code\":\"NotFound\",\"message\":\"x\"}}"))
                .isEqualTo(new ServerMessage.Failure(0, "NotFound", "x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "-1.50e+3",
                "12345678901234567890.10",
                "\"a\\u00e9\\/b\"",
                "\"\"",
                "true",
                "null",
                "{}",
                "[]",
                "{ \"b\" : 1 , \"a\" : [ 1 , {} ] , \"b\":2}",
                "\"é€😀\"",
            })
    void read_leavesThePayloadUnchanged(String payload) throws Exception {
        String start =
                "{\"method\":\"broadcast\",\"params\":{\"id\":\"x\",\"seq\":3,\"createTime\":\"t\",\"channel\":\"é:c\","
                        + "\"event\":\"e\",\"payload\":";

        assertThat(ServerMessage.read(start + payload + "}}"))
                .isEqualTo(new ServerMessage.Broadcast("x", 3, "t", "é:c", "e", payload));
        assertThat(ServerMessage.read(start + " " + payload + " ,\"new\":[1]}, \"more\":0 }"))
                .isEqualTo(new ServerMessage.Broadcast("x", 3, "t", "é:c", "e", payload));
    }

    @Test
    void read_leavesALongPayloadUnchanged() throws Exception {
        // Longer than any buffer of the parser.
        String payload = "[\"" + "é\\n".repeat(200_000) + "\"]";

        assertThat(ServerMessage.read("{\"method\":\"broadcast\",\"params\":{\"payload\":" + payload + ",\"seq\":1}}"))
                .isEqualTo(new ServerMessage.Broadcast("", 1, "", "", "", payload));
    }

    @Test
    void read_takesOtherNotifications() throws Exception {
        assertThat(ServerMessage.read("{\"method\":\"unsubscribed\",\"params\":{\"channel\":\"a\"}}"))
                .isEqualTo(new ServerMessage.Notification("unsubscribed", "{\"channel\":\"a\"}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "[]", "1", "{}", "{\"requestId\":1}", "{\"result\":{}", "{\"result\":}"})
    void read_isRefused_forOtherText(String text) {
        assertThatThrownBy(() -> ServerMessage.read(text)).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", " {\"a\":[1,2]} ", "\"x\"", "null", "[]"})
    void isOneValue_isTrue_forOneValue(String text) {
        assertThat(JsonText.isOneValue(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "1 2", "1,\"channel\":\"b\"", "hello", "\"x", "{}}", "01"})
    void isOneValue_isFalse_forAnythingElse(String text) {
        assertThat(JsonText.isOneValue(text)).isFalse();
    }

    @Test
    void quote_escapes() {
        assertThat(JsonText.quote("a\"\\\n\u0000é")).isEqualTo("\"a\\\"\\\\\\n\\u0000é\"");
    }
}
