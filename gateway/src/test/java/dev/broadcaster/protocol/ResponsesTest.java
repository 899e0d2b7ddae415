package dev.broadcaster.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The texts of PROTOCOL sections 2, 3, 6 and 8, to the character. */
final class ResponsesTest {
    private static String text(byte[] json) {
        return new String(json, UTF_8);
    }

    private static byte[] json(String text) {
        return text.getBytes(UTF_8);
    }

    @Test
    void aResultEchoesTheId() {
        assertThat(text(Responses.result(json("123"), Responses.success())))
                .isEqualTo("{\"requestId\":123,\"result\":{\"success\":true}}");
        assertThat(text(Responses.result(json("\"é\\u0061\""), json("{}"))))
                .isEqualTo("{\"requestId\":\"é\\u0061\",\"result\":{}}");
    }

    @Test
    void anErrorHasCodeAndMessage_andTheIdIfThereIsOne() {
        assertThat(text(Responses.error(json("7"), ErrorCode.NOT_FOUND, "no such method")))
                .isEqualTo("{\"requestId\":7,\"error\":{\"code\":\"NotFound\",\"message\":\"no such method\"}}");
        assertThat(text(Responses.error(null, ErrorCode.INVALID_ARGUMENT, "a \"b\"\\\n\u0000é")))
                .isEqualTo("{\"error\":{\"code\":\"InvalidArgument\",\"message\":\"a \\\"b\\\"\\\\\\n\\u0000é\"}}");
        assertThat(text(Responses.errorBody(ErrorCode.INTERNAL, "not published")))
                .isEqualTo("{\"error\":{\"code\":\"Internal\",\"message\":\"not published\"}}");
    }

    @Test
    void theCodesAreThoseOfTheProtocol() {
        assertThat(ErrorCode.values())
                .extracting(ErrorCode::wireName)
                .containsExactlyInAnyOrder(
                        "InvalidArgument",
                        "Unauthenticated",
                        "PermissionDenied",
                        "NotFound",
                        "AlreadyExists",
                        "FailedPrecondition",
                        "Internal");
        assertThat(CloseCode.values())
                .extracting(CloseCode::number)
                .containsExactlyInAnyOrder(
                        1000, 1001, 1002, 1007, 1009, 1011, 1013, 4400, 4401, 4403, 4408, 4409, 4429);
    }

    @Test
    void theResultsOfTheMethods() {
        assertThat(text(Responses.success())).isEqualTo("{\"success\":true}");
        assertThat(text(Responses.refreshed("2026-01-31T23:59:59.123Z", 3_570_000)))
                .isEqualTo("{\"success\":true,\"expiresAt\":\"2026-01-31T23:59:59.123Z\",\"expiresIn\":3570000}");
        assertThat(text(Responses.timestamp("2026-01-31T23:59:59.123Z")))
                .isEqualTo("{\"timestamp\":\"2026-01-31T23:59:59.123Z\"}");
        assertThat(text(Responses.published("01ABC", "t"))).isEqualTo("{\"id\":\"01ABC\",\"createTime\":\"t\"}");
        assertThat(text(Responses.subscribed("s", "t", null, null, null)))
                .isEqualTo("{\"subscriptionId\":\"s\",\"timestamp\":\"t\"}");
        assertThat(text(Responses.subscribed("s", "t", true, 3, "E-3")))
                .isEqualTo("{\"subscriptionId\":\"s\",\"timestamp\":\"t\",\"historyRecovered\":true,"
                        + "\"recoveredMessages\":3,\"lastMessageId\":\"E-3\"}");
        assertThat(text(Responses.subscribed("s", "t", false, null, null)))
                .isEqualTo("{\"subscriptionId\":\"s\",\"timestamp\":\"t\",\"historyRecovered\":false}");
        assertThat(text(Responses.unsubscribed("a:b", "the \"why\"")))
                .isEqualTo(
                        "{\"method\":\"unsubscribed\",\"params\":{\"channel\":\"a:b\",\"reason\":\"the \\\"why\\\"\"}}");
    }

    @Test
    void aBatchHasOneResultPerMessage() {
        assertThat(text(Responses.batch(List.of()))).isEqualTo("{\"results\":[]}");
        assertThat(text(Responses.batch(
                        List.of(Responses.published("1", "t"), Responses.errorBody(ErrorCode.INTERNAL, "x")))))
                .isEqualTo("{\"results\":[{\"id\":\"1\",\"createTime\":\"t\"},"
                        + "{\"error\":{\"code\":\"Internal\",\"message\":\"x\"}}]}");
    }

    @Test
    void readinessHasAReason_whenItIsNot() {
        assertThat(text(Responses.readiness(null))).isEqualTo("{\"ready\":true}");
        assertThat(text(Responses.readiness("draining"))).isEqualTo("{\"ready\":false,\"reason\":\"draining\"}");
    }

    @Test
    void aLongMessageGrowsTheBuffer() {
        String message = "é\"".repeat(10_000);

        assertThat(text(Responses.errorBody(ErrorCode.INTERNAL, message))).contains("é\\\"".repeat(10_000) + "\"}}");
    }
}
