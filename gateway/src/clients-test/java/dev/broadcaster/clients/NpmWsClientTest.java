package dev.broadcaster.clients;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The gateway as seen by npm {@code ws}. The script {@code src/clients-test/js/foreign-client.js} runs every scenario
 * once and prints the results; each test checks one. Needs Node and npm on the PATH.
 */
final class NpmWsClientTest {
    private static final Path SOURCES = Path.of("src/clients-test/js");
    private static final Path RUN = Path.of("target/clients-test-js");

    private static final Map<String, JsonObject> seen = new HashMap<>();

    @BeforeAll
    static void runForeignClient() throws Exception {
        Files.createDirectories(RUN);
        for (String file : List.of("package.json", "package-lock.json", "foreign-client.js")) {
            Files.copy(SOURCES.resolve(file), RUN.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        run(List.of("npm", "ci", "--no-audit", "--no-fund"));
        Map<String, String> smallLimits = Map.of(
                "AUTH_TIMEOUT", "500ms", "PING_INTERVAL", "200ms", "IDLE_TIMEOUT", "1s", "MAX_REQUEST_RATE", "100");
        try (GatewayForTest gateway = GatewayForTest.start(Map.of());
                GatewayForTest strict = GatewayForTest.start(smallLimits);
                GatewayForTest compressing = GatewayForTest.start(Map.of("COMPRESSION", "true"))) {
            String token = TokenForTest.of("node", "[\"node:*\"]", "[\"subscribe\",\"publish\"]");
            String output = run(List.of(
                    "node",
                    "foreign-client.js",
                    gateway.websocket(),
                    strict.websocket(),
                    compressing.websocket(),
                    token));
            output.lines().map(JsonParser::parseString).map(JsonElement::getAsJsonObject).forEach(line -> seen.put(
                    line.get("name").getAsString(), line));
        }
    }

    @Test
    void auth_answersEachTry_andKeepsTheFirst() {
        JsonObject saw = saw("authenticate");
        assertThat(code(saw, "early")).isEqualTo("Unauthenticated");
        assertThat(code(saw, "bad")).isEqualTo("Unauthenticated");
        assertThat(saw.get("good")).hasToString("{\"success\":true}");
        assertThat(code(saw, "again")).isEqualTo("FailedPrecondition");
        assertThat(saw.get("binaryFrames").getAsInt()).isZero();
    }

    @Test
    void thousandPublishes_comeBackInOrder_withoutHole_afterTheirReplies() {
        JsonObject saw = saw("publishThousand");
        assertThat(saw.get("replies").getAsInt()).isEqualTo(1000);
        assertThat(saw.get("broadcasts").getAsInt()).isEqualTo(1000);
        assertTrue(saw, "inPublishOrder");
        assertTrue(saw, "seqWithoutHole");
        assertTrue(saw, "sameIdsAsReplies");
        assertTrue(saw, "replyBeforeOwnCopy");
    }

    @Test
    void twoSubscribers_seeOneOrder() {
        assertTrue(saw("twoSubscribers"), "sameOrder");
    }

    @Test
    void unsubscribe_endsTheMessages() {
        JsonObject saw = saw("unsubscribe");
        assertThat(saw.get("reply")).hasToString("{\"success\":true}");
        assertThat(code(saw, "again")).isEqualTo("NotFound");
        assertThat(saw.get("channels")).hasToString("[\"node:kept\"]");
    }

    @Test
    void requestInOneByteFragments_isOneRequest() {
        JsonObject saw = saw("fragmented");
        assertTrue(saw, "published");
        assertThat(saw.get("payload").getAsString()).isEqualTo("Grüße ∑ 𝄞");
    }

    @Test
    void binaryRequest_isAnsweredInText() {
        JsonObject saw = saw("binary");
        assertTrue(saw, "published");
        assertThat(saw.get("binaryFrames").getAsInt()).isZero();
    }

    @Test
    void ping_isAnsweredWithItsData() {
        JsonObject saw = saw("pingPong");
        assertThat(saw.get("pongs")).hasToString("[\"000102feff\",\"\",\"" + "07".repeat(125) + "\"]");
        assertThat(saw.getAsJsonObject("heartbeat").get("timestamp").getAsString()).endsWith("Z");
    }

    @Test
    void clientThatAnswersPings_stays() {
        assertTrue(saw("answersPings"), "stillThere");
    }

    @Test
    void clientThatAnswersNoPings_isClosed4408() {
        assertClosed("answersNoPings", 4408);
    }

    @Test
    void messageOfTheLargestSize_isPublished() {
        JsonObject saw = saw("largest");
        assertThat(saw.get("bytes").getAsInt()).isEqualTo(65_536);
        assertTrue(saw, "published");
    }

    @Test
    void messageOverTheLimit_isClosed1009() {
        assertClosed("tooLarge", 1009);
        assertClosed("tooLargeInFragments", 1009);
    }

    @Test
    void close_isAnsweredWithTheClientsCode() {
        assertThat(saw("normalClose").get("code").getAsInt()).isEqualTo(1000);
        assertThat(saw("ownCode").get("code").getAsInt()).isEqualTo(4999);
    }

    @Test
    void malformedRequest_isClosed4400() {
        assertClosed("notJson", 4400);
    }

    @Test
    void brokenUtf8_isClosed1007() {
        assertClosed("notUtf8", 1007);
    }

    @Test
    void silenceInsteadOfAuth_isClosed4401() {
        assertClosed("neverAuthenticates", 4401);
    }

    @Test
    void floodOfRequests_isClosed4429() {
        assertClosed("tooManyRequests", 4429);
    }

    @Test
    void compression_worksBothWays() {
        JsonObject saw = saw("compressed");
        assertThat(saw.get("extensions").getAsString()).isEqualTo("permessage-deflate");
        assertTrue(saw, "same");
        assertTrue(saw, "seqWithoutHole");
        int plain = saw.get("plainBytes").getAsInt();
        assertThat(saw.get("received").getAsInt()).as("%s", saw).isLessThan(plain / 2);
        assertThat(saw.get("sent").getAsInt()).as("%s", saw).isLessThan(plain / 2);
    }

    @Test
    void compressedRequest_mayComeInFragments() {
        JsonObject saw = saw("compressedInFragments");
        assertTrue(saw, "published");
        assertTrue(saw, "same");
    }

    @Test
    void compressionOffers_areAnsweredOrDeclined() {
        JsonObject saw = saw("compressionOffers");
        assertThat(saw.get("takeover").getAsString()).isEqualTo("permessage-deflate/5000");
        assertThat(saw.get("clientWindow").getAsString()).isEqualTo("permessage-deflate/5000");
        assertThat(saw.get("serverWindow15").getAsString()).isEqualTo("permessage-deflate/5000");
        assertThat(saw.get("serverWindow9").getAsString()).isEqualTo("/5000");
    }

    @Test
    void compressedMessageOverTheLimit_isClosed1009() {
        assertClosed("bomb", 1009);
    }

    @Test
    void offeredSubprotocol_isIgnored() {
        JsonObject saw = saw("subprotocolIsIgnored");
        assertThat(saw.get("status").getAsInt()).isEqualTo(101);
        assertThat(saw.get("chosen").isJsonNull()).isTrue();
    }

    private static JsonObject saw(String scenario) {
        JsonObject found = seen.get(scenario);
        assertThat(found).as("output of scenario %s", scenario).isNotNull();
        assertThat(found.has("failure")).as("%s", found).isFalse();
        return found;
    }

    private static void assertTrue(JsonObject saw, String field) {
        assertThat(saw.get(field).getAsBoolean()).as("%s in %s", field, saw).isTrue();
    }

    private static void assertClosed(String scenario, int code) {
        JsonObject saw = saw(scenario);
        assertThat(saw.get("code").getAsInt()).as("%s", saw).isEqualTo(code);
        assertThat(saw.get("reason").getAsString()).as("reason of %d", code).isNotEmpty();
    }

    private static String code(JsonObject saw, String field) {
        return saw.getAsJsonObject(field).get("code").getAsString();
    }

    /** The command's standard output; its errors go to a file, and into the message when it fails. */
    private static String run(List<String> command) throws IOException, InterruptedException {
        Path errors = RUN.resolve("errors.txt").toAbsolutePath();
        Path output = RUN.resolve("output.txt").toAbsolutePath();
        Process process = new ProcessBuilder(command)
                .directory(RUN.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("still running after 120 s: " + command);
        }
        if (process.exitValue() != 0) {
            throw new AssertionError("exit: " + process.exitValue() + " (expected: 0) of " + command + "\n"
                    + Files.readString(errors, UTF_8));
        }
        return Files.readString(output, UTF_8);
    }
}
