package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rights of an API key (PROTOCOL section 6). */
@Tag("black-box")
final class ApiKeyScopesBlackBoxTest {
    private static final String HASH_OF_SECRET = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

    @RegisterExtension
    static final TestGateway GATEWAY = TestGateway.shared(
            "HISTORY",
            "kept:=10/1h",
            "API_KEYS",
            TestGateway.API_KEY
                    + ",writer=publish|reader=read|both=read+publish|controller=control|base64==,base64s===read"
                    + ",sha256:" + HASH_OF_SECRET + "=read,typo=publish+raed");

    @ParameterizedTest
    @CsvSource({
        "black-box-key-one, 200, 200",
        "writer,            200, 403",
        "reader,            403, 200",
        "both,              200, 200",
        "controller,        403, 403",
        "base64==,          200, 200",
        "base64s==,         403, 200",
        "secret,            403, 200",
        "typo=publish+raed, 200, 200",
        "typo,              401, 401",
        "writer=publish,    401, 401",
        "base64s,           401, 401"
    })
    void key_mayDoWhatItsScopesSay(String key, int publish, int read) {
        String authorization = "Authorization: Bearer " + key;
        String message = WsClient.publishParams("kept:1", "e", "1");

        HttpRaw.Response published = GATEWAY.post("/broadcaster/publish", message, authorization);
        assertThat(published.status()).as("publish: %s", published).isEqualTo(publish);
        assertThat(GATEWAY.post("/broadcaster/publish/batch", "{\"messages\":[" + message + "]}", authorization)
                        .status())
                .as("batch")
                .isEqualTo(publish);
        assertThat(history(authorization).status()).as("history").isEqualTo(read);
    }

    private static HttpRaw.Response history(String authorization) {
        return HttpRaw.exchange(
                GATEWAY.port(), HttpRaw.request("GET", "/broadcaster/channels/kept:1/history", "", authorization));
    }

    @Test
    void refusal_namesTheScope_andIsCounted() {
        double before = GATEWAY.metrics().getOrDefault("broadcaster_refusals_total{reason=\"api_key_scope\"}", 0.0);

        assertThat(history("Authorization: Bearer writer").error("PermissionDenied"))
                .isEqualTo("the API key has no scope read");

        assertThat(GATEWAY.metrics().get("broadcaster_refusals_total{reason=\"api_key_scope\"}"))
                .isEqualTo(before + 1);
    }
}
