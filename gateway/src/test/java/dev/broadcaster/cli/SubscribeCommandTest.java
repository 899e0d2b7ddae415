package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Frame;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a node that sends faults on demand: holes, closes, fragments. */
@Timeout(30)
@Tag("black-box")
final class SubscribeCommandTest {
    private static final String COULD_NOT =
            "\"error\":{\"code\":\"Internal\",\"message\":\"not subscribed: the relay is away\"}";

    @Test
    void subscribe_sendsItsTokenAndItsChannels() throws Exception {
        try (FakeNode node = new FakeNode(3, fake -> fake.closeFrame(1000, "normal"))) {
            Run run = subscribe(node, "b", "c", "b");

            assertThat(run.exitCode()).isZero();
            assertThat(node.requests)
                    .containsExactly(
                            "{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"h.p.s\","
                                    + "\"hello\":{\"client\":\"cli/development\",\"want\":[\"keepalive\"]}}}",
                            "{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"b\",\"position\":true}}",
                            "{\"id\":3,\"method\":\"subscribe\",\"params\":{\"channel\":\"c\",\"position\":true}}");
        }
    }

    @Test
    void message_isOneLineWithTabs() throws Exception {
        try (FakeNode node = new FakeNode(2, fake -> {
            fake.subscribed();
            fake.broadcast("a", 1);
            fake.closeFrame(1000, "normal");
        })) {
            Run run = subscribe(node, "a");

            assertThat(run.out()).isEqualTo("2026-01-02T03:04:05.000Z\ta\t1\te\t{\"n\":1}\n");
            assertThat(run.err()).isEqualTo("subscribed: a\nclosed by the node: 1000 normal: nothing to do\n");
        }
    }

    /** As of {@code subscribe | head -n 1}. */
    @ParameterizedTest
    @ValueSource(strings = {"a", "--reconnect a"})
    void subscribe_ends_whenItsOutputCannotBeWritten(String arguments) throws Exception {
        try (FakeNode node = new FakeNode(2, fake -> {
            fake.subscribed();
            fake.broadcast("a", 1);
        })) {
            Run run = Run.withoutOutput(
                    Map.of(), ("subscribe --url " + node.url() + " --token h.p.s " + arguments).split(" "));

            assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(run.err()).isEqualTo("subscribed: a\ncannot write the output\n");
        }
    }

    @Test
    void hole_isReportedWithItsSize() throws Exception {
        try (FakeNode node = new FakeNode(3, fake -> {
            fake.subscribed();
            fake.broadcast("x", 1);
            fake.broadcast("y", 2);
            fake.broadcast("x", 2);
            fake.broadcast("x", 6);
            fake.broadcast("y", 3);
            fake.broadcast("x", 7);
            fake.closeFrame(1000, "");
        })) {
            Run run = subscribe(node, "x", "y");

            assertThat(run.err().lines())
                    .containsExactly(
                            "subscribed: x",
                            "subscribed: y",
                            "hole: 1 message of channel y lost (seq 1)",
                            "hole: 3 messages of channel x lost (seq 3-5)",
                            "closed by the node: 1000: nothing to do");
            assertThat(run.out().lines()).hasSize(6);
        }
    }

    @Test
    void json_printsTheFrameOfTheNode_inOneLine_alsoFromFragments() throws Exception {
        String message = "{\"method\":\"broadcast\",\"params\":{\"id\":\"i\",\"seq\":1,\"createTime\":\"t\","
                + "\"channel\":\"a\",\"event\":\"e\",\"payload\":\"é€😀\"}, \"new\" : 1 }";
        byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
        // In the middle of a character.
        int cut = bytes.length - 20;
        try (FakeNode node = new FakeNode(2, fake -> {
            fake.subscribed();
            fake.frame(Frame.text(Arrays.copyOf(bytes, cut)).fin(false));
            fake.frame(Frame.ping(""));
            fake.frame(Frame.continuation(Arrays.copyOfRange(bytes, cut, bytes.length)));
            fake.closeFrame(1000, "");
        })) {
            assertThat(subscribe(node, "a", "--json").out()).isEqualTo(message + "\n");
        }
    }

    @Test
    void count_endsAfterThisNumberOfMessages() throws Exception {
        try (FakeNode node = new FakeNode(2, fake -> {
            fake.subscribed();
            for (int seq = 1; seq <= 5; seq++) {
                fake.broadcast("a", seq);
            }
        })) {
            Run run = subscribe(node, "a", "--count", "2");

            assertThat(run.exitCode()).isZero();
            assertThat(run.out().lines()).hasSize(2);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1001, reconnect now",
        "1002, do not reconnect",
        "1003, do not reconnect",
        "1007, do not reconnect",
        "1009, do not reconnect",
        "1011, wait longer each time",
        "1013, wait longer each time",
        "4400, do not reconnect",
        "4401, get a new token",
        "4403, do not reconnect",
        "4408, reconnect",
        "4409, too slowly",
        "4429, too many requests",
        "1012, 'reconnect, and wait longer each time'",
        "3000, 'reconnect, and wait longer each time'",
        "4999, 'reconnect, and wait longer each time'",
    })
    void close_isPrintedWithItsReasonAndAdvice(int code, String advice) throws Exception {
        try (FakeNode node = new FakeNode(2, fake -> fake.closeFrame(code, "a reason"))) {
            Run run = subscribe(node, "a");

            assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(run.err())
                    .startsWith("closed by the node: " + code + " a reason: ")
                    .contains(advice);
        }
    }

    @Test
    void refusal_isPrintedWithItsChannel() throws Exception {
        try (FakeNode node = new FakeNode(3, fake -> {
            fake.authenticated();
            fake.answer(2, "\"result\":{\"subscriptionId\":\"s\",\"timestamp\":\"t\"}");
            fake.answer(3, "\"error\":{\"code\":\"PermissionDenied\",\"message\":\"no\"}");
        })) {
            Run run = subscribe(node, "a", "b");

            assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(run.err()).contains("refused: channel b: PermissionDenied: no");
        }
    }

    @Test
    void lostConnection_isAFailure() throws Exception {
        try (FakeNode node = new FakeNode(2, FakeNode::cut)) {
            Run run = subscribe(node, "a");

            assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(run.err()).isNotEmpty();
        }
    }

    @Test
    void after_requestsTheMessagesAfterThatMessage() throws Exception {
        try (FakeNode node = new FakeNode(2, fake -> {
            fake.authenticated();
            fake.answer(2, "\"result\":{\"subscriptionId\":\"s\",\"historyRecovered\":true}");
            fake.broadcast("a", 1);
            fake.closeFrame(1000, "");
        })) {
            Run run = subscribe(node, "a", "--after", "e-7\"");

            assertThat(node.requests.get(1))
                    .isEqualTo("{\"id\":2,\"method\":\"subscribe\",\"params\":"
                            + "{\"channel\":\"a\",\"position\":true,\"lastSeenMessageId\":\"e-7\\\"\"}}");
            assertThat(run.err()).startsWith("recovered: a, the missed messages follow\n");
            assertThat(run.out().lines()).hasSize(1);
        }
    }

    @Test
    void after_isForOneChannel() {
        Run run = Run.broadcaster("subscribe", "--token", "t", "--after", "e-7", "a", "b");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("--after");
    }

    @Test
    void reconnect_subscribesAgain_whenTheNodeCouldNotSubscribe() throws Exception {
        try (FakeNode node = new FakeNode(2, fake -> {
            fake.authenticated();
            fake.answer(2, COULD_NOT);
            fake.read();
            fake.answer(3, "\"result\":{\"subscriptionId\":\"s\",\"timestamp\":\"t\"}");
            fake.broadcast("a", 1);
        })) {
            Run run = subscribe(node, "a", "--reconnect", "--count", "1");

            assertThat(run.exitCode()).isZero();
            assertThat(run.out().lines()).hasSize(1);
            assertThat(run.err())
                    .isEqualTo("refused: channel a: Internal: not subscribed: the relay is away\nsubscribed: a\n");
        }
    }

    @Test
    void subscribe_isAFailure_whenTheNodeCouldNotSubscribe() throws Exception {
        try (FakeNode node = new FakeNode(2, fake -> {
            fake.authenticated();
            fake.answer(2, COULD_NOT);
        })) {
            Run run = subscribe(node, "a");

            assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(run.err()).isEqualTo("refused: channel a: Internal: not subscribed: the relay is away\n");
        }
    }

    @Test
    void payloadWithLineBreaks_isPrintedInOneLine() throws Exception {
        String message = "{\"method\":\"broadcast\",\"params\":{\"id\":\"i\",\"seq\":1,"
                + "\"createTime\":\"2026-01-02T03:04:05.000Z\","
                + "\"channel\":\"a\",\"event\":\"e\",\"payload\":{\n\t\"n\":\r\n1}}}";
        for (String option : new String[] {"--count=1", "--json"}) {
            try (FakeNode node = new FakeNode(2, fake -> {
                fake.subscribed();
                fake.text(message);
                fake.closeFrame(1000, "");
            })) {
                assertThat(subscribe(node, "a", option).out().lines())
                        .hasSize(1)
                        .allMatch(line -> line.contains("\"n\":  1}"));
            }
        }
    }

    @Test
    void reconnect_continuesAfterTheLastMessageOfEachChannel() throws Exception {
        try (FakeNode node = new FakeNode(
                3,
                fake -> {
                    fake.subscribed();
                    fake.broadcast("a", 1);
                    fake.broadcast("a", 2);
                    fake.closeFrame(4409, "slow consumer");
                },
                FakeNode::cut,
                fake -> {
                    fake.authenticated();
                    fake.answer(2, "\"result\":{\"subscriptionId\":\"s\",\"historyRecovered\":false}");
                    fake.answer(3, "\"result\":{\"subscriptionId\":\"s\"}");
                    fake.broadcast("a", 1);
                    fake.broadcast("a", 2);
                })) {
            Run run = subscribe(node, "a", "b", "--reconnect", "--count", "3");

            assertThat(run.exitCode()).isZero();
            assertThat(run.out().lines()).hasSize(3);
            assertThat(node.requests).hasSize(9);
            for (int connection = 1; connection <= 2; connection++) {
                assertThat(node.requests.get(3 * connection + 1))
                        .endsWith(",\"position\":true,\"lastSeenMessageId\":\"i2\"}}");
                assertThat(node.requests.get(3 * connection + 2)).endsWith("{\"channel\":\"b\",\"position\":true}}");
            }
            assertThat(run.err().lines().map(line -> line.replaceAll("[0-9.]+ s$", "some time")))
                    .filteredOn(line -> !line.startsWith("connection lost: "))
                    .containsExactly(
                            "subscribed: a",
                            "subscribed: b",
                            "closed by the node: 4409 slow consumer: reconnect; this client read too slowly",
                            "reconnecting in some time",
                            "reconnecting in some time",
                            "history lost: a, messages of the meantime are no longer kept",
                            "history lost: b, messages of the meantime are no longer kept");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1002, 1003, 1007, 1009, 4400, 4401, 4403})
    void reconnect_ends_afterACodeThatMeansStop(int code) throws Exception {
        try (FakeNode node = new FakeNode(2, fake -> fake.closeFrame(code, "a reason"))) {
            Run run = subscribe(node, "a", "--reconnect");

            assertThat(run.err().lines()).hasSize(1);
            assertThat(run.exitCode()).isEqualTo(code == 1000 ? ExitCode.OK : ExitCode.FAILED);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1001, 1011, 1012, 1013, 3000, 4408, 4409, 4429, 4404, 4999})
    void reconnect_reconnects_afterEveryOtherCode(int code) throws Exception {
        try (FakeNode node =
                new FakeNode(2, fake -> fake.closeFrame(code, "a reason"), fake -> fake.closeFrame(1000, "normal"))) {
            Run run = subscribe(node, "a", "--reconnect");

            assertThat(run.exitCode()).isZero();
            assertThat(run.err().lines()).hasSize(3);
            assertThat(node.requests).hasSize(4);
        }
    }

    /** Before the first message the position of the subscription replaces it. */
    @Test
    void reconnect_continuesAfterThePosition_whenNoMessageHasArrived() throws Exception {
        try (FakeNode node = new FakeNode(
                2,
                fake -> {
                    fake.authenticated();
                    fake.answer(2, "\"result\":{\"subscriptionId\":\"s\",\"lastMessageId\":\"E-7\"}");
                    fake.closeFrame(1011, "");
                },
                fake -> {
                    fake.authenticated();
                    fake.answer(
                            2,
                            "\"result\":{\"historyRecovered\":true,\"recoveredMessages\":2,"
                                    + "\"lastMessageId\":\"E-9\"}");
                    fake.broadcast("a", 1);
                    fake.closeFrame(1011, "");
                },
                fake -> {
                    fake.authenticated();
                    fake.answer(2, "\"result\":{\"historyRecovered\":false,\"lastMessageId\":\"F-3\"}");
                    fake.closeFrame(1011, "");
                },
                fake -> fake.closeFrame(1000, ""))) {
            Run run = subscribe(node, "a", "--reconnect");

            assertThat(node.requests)
                    .filteredOn(request -> request.contains("subscribe"))
                    .extracting(request -> request.replaceAll(".*\"lastSeenMessageId\":\"([^\"]*)\".*", "$1"))
                    .containsExactly(
                            "{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"a\",\"position\":true}}",
                            "E-7",
                            "i1", // not E-9: the replay was cut
                            "F-3");
            assertThat(run.err())
                    .contains("recovered: a, 2 missed messages follow\n")
                    .contains("history lost: a, messages of the meantime are no longer kept\n");
        }
    }

    @Test
    void reconnect_reconnects_whenTheNodeIsSilentForLongerThanItsPings() throws Exception {
        try (FakeNode node = new FakeNode(
                2,
                fake -> fake.answer(
                        1,
                        "\"result\":{\"success\":true,"
                                + "\"hello\":{\"pingInterval\":1000,\"features\":[\"keepalive\"]}}"),
                fake -> fake.closeFrame(1000, ""))) {
            Run run = subscribe(node, "a", "--reconnect");

            assertThat(run.exitCode()).isZero();
            assertThat(run.err()).startsWith("connection lost: no message for 11 s: reconnect");
        }
    }

    @Test
    void reconnect_ends_whenTheTokenOrAChannelIsRefused_orTheFirstConnectFails() throws Exception {
        try (FakeNode node = new FakeNode(2, fake -> {
            fake.authenticated();
            fake.answer(2, "\"error\":{\"code\":\"PermissionDenied\",\"message\":\"no\"}");
        })) {
            assertThat(subscribe(node, "a", "--reconnect").exitCode()).isEqualTo(ExitCode.FAILED);
        }
        FakeNode gone = new FakeNode(1, fake -> {});
        gone.close();
        assertThat(subscribe(gone, "a", "--reconnect").exitCode()).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void unreachableNode_isAFailure() throws Exception {
        FakeNode node = new FakeNode(1, fake -> {});
        node.close();

        Run run = subscribe(node, "a");

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).startsWith("cannot connect to ws://127.0.0.1:");
    }

    @Test
    void subscribe_isWrongUse_withoutTokenOrChannel() {
        assertThat(Run.broadcaster("subscribe", "a").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(Run.broadcaster("subscribe", "--token", "t").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(Run.broadcaster("subscribe", "--token", "t", "--url", "nowhere", "a")
                        .exitCode())
                .isEqualTo(ExitCode.USAGE);
    }

    private static Run subscribe(FakeNode node, String... args) {
        String[] all = Stream.concat(Stream.of("subscribe", "--url", node.url()), Stream.of(args))
                .toArray(String[]::new);
        return Run.broadcaster(Map.of("BROADCASTER_TOKEN", "h.p.s"), "", all);
    }
}
