package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Tokens;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Recovery over WebSocket: protocol section 9. The history for servers over REST is in {@link HistoryHttpBlackBoxTest}.
 */
@Tag("black-box")
final class HistoryBlackBoxTest {

    private static final String BATCH = TestGateway.BASE + "/publish/batch";
    private static final String KEY = "Authorization: Bearer " + TestGateway.API_KEY;
    private static final AtomicInteger channels = new AtomicInteger();

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared(
            "HISTORY",
            "kept:=1000/10m,kept:few:=3/10m,kept:brief:=100/2s",
            "MAX_PENDING_BYTES",
            "262144",
            "MAX_REQUEST_RATE",
            "0",
            "PING_INTERVAL",
            "600m",
            "IDLE_TIMEOUT",
            "1200m");

    // ---- recovered

    @Test
    void recovery_isAnsweredFirst_thenReplayed_thenLive_withSeqFromOne() {
        String channel = channel("kept:");
        WsClient there = gateway.subscriber(channel);
        List<Json> seen = new ArrayList<>();
        for (int n = 1; n <= 6; n++) {
            there.publish(channel, "event " + n, "{\"n\" : " + n + ".0, \"n\":1e2}");
            seen.add(there.broadcast());
        }
        WsClient back = gateway.member();

        Json result = resumed(back, channel, seen.get(1).get("id").text());

        assertThat(result.names())
                .containsExactlyInAnyOrder("subscriptionId", "timestamp", "historyRecovered", "recoveredMessages");
        assertThat(result.get("recoveredMessages").number()).isEqualTo(4);
        assertThat(result.get("historyRecovered").kind()).isEqualTo(Json.Kind.TRUE);
        for (int i = 2; i < 6; i++) {
            assertThat(withoutSeq(back.broadcast(), i - 1)).isEqualTo(withoutSeq(seen.get(i), i + 1));
        }
        back.expectQuiet();
        there.publish(channel, "live", "7");
        assertThat(withoutSeq(back.broadcast(), 5)).isEqualTo(withoutSeq(there.broadcast(), 7));
    }

    @Test
    void recovery_replaysNothing_whenNothingWasMissed() {
        String channel = channel("kept:");
        String last = publish(channel, 3).get(2);
        WsClient back = gateway.member();

        Json result = resumed(back, channel, last);

        assertThat(result.get("historyRecovered").kind()).isEqualTo(Json.Kind.TRUE);
        back.expectQuiet();
        expectLiveFromOne(back, channel);
    }

    static Stream<Arguments> absent() {
        return Stream.of(
                arguments("missing", ""),
                arguments("null", ",\"lastSeenMessageId\":null"),
                arguments("empty", ",\"lastSeenMessageId\":\"\""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("absent")
    void historyRecovered_isAbsent_whenNoLastSeenIdWasSent(String name, String more) {
        String channel = channel("kept:");
        publish(channel, 3);
        WsClient client = gateway.member();

        Json result = client.ok("subscribe", "{\"channel\":" + Json.quote(channel) + more + "}");

        assertThat(result.names()).containsExactlyInAnyOrder("subscriptionId", "timestamp");
        client.expectQuiet();
        expectLiveFromOne(client, channel);
    }

    @Test
    void recovery_worksRepeatedly_onOneConnection() {
        String channel = channel("kept:");
        List<String> ids = publish(channel, 5);
        WsClient client = gateway.member();

        for (int round = 0; round < 5; round++) {
            Json result = resumed(client, channel, ids.get(round));
            assertThat(result.get("historyRecovered").kind()).isEqualTo(Json.Kind.TRUE);
            expectReplay(client, ids.subList(round + 1, ids.size()));
            client.expectQuiet();
            client.unsubscribe(channel);
        }
    }

    @Test
    void recovery_leavesOtherSubscribersOfTheChannelAlone() {
        String channel = channel("kept:");
        WsClient there = gateway.subscriber(channel);
        List<String> ids = publish(channel, 3);
        expectReplay(there, ids);

        for (int i = 0; i < 10; i++) {
            resumed(gateway.member(), channel, ids.get(0));
        }

        there.expectQuiet();
        publish(channel, 1);
        assertThat(there.broadcast().get("seq").number()).isEqualTo(4);
    }

    /** Only the last seen id decides: it may be as old as the history is long. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 500, 999, 1000, 1001})
    void recovery_isComplete_forAnyMissedPartOfTheHistory(int missed) {
        String channel = channel("kept:");
        List<String> ids = publishAtOnce(channel, 1, 1000);
        ids.addAll(publishAtOnce(channel, 1001, 2));
        WsClient back = gateway.member();

        Json result = resumed(back, channel, ids.get(1001 - missed));

        // Of 1,002 messages the first two are no longer kept: a client that saw the second has missed no dropped
        // message.
        boolean kept = missed <= 1000;
        assertThat(result.get("historyRecovered").kind()).isEqualTo(kept ? Json.Kind.TRUE : Json.Kind.FALSE);
        expectReplay(back, kept ? ids.subList(1002 - missed, 1002) : List.of());
        back.expectQuiet();
    }

    /** A client that leaves and returns all the time, while others publish as fast as they can, misses nothing. */
    @Test
    void everyMessage_arrivesOnce_atAReconnectingClient_whileOthersPublish() throws Exception {
        String channel = channel("kept:");
        int count = 4000;
        List<String> published = new ArrayList<>(publish(channel, 1));
        AtomicInteger got = new AtomicInteger();
        Thread publisher = new Thread(() -> {
            try (WsClient client = WsClient.open(gateway.port())) {
                client.auth(Tokens.valid());
                for (int n = 0; n < count; n++) {
                    while (n - got.get() > 800) { // the history keeps 1,000
                        LockSupport.parkNanos(100_000);
                    }
                    published.add(client.publish(channel, "e", "1"));
                }
            }
        });
        publisher.start();
        List<String> received = new ArrayList<>(published.subList(0, 1));
        int stays = 0;
        while (received.size() < count + 1) {
            try (WsClient client = WsClient.open(gateway.port())) {
                client.auth(Tokens.valid());
                Json result = resumed(client, channel, received.get(received.size() - 1));
                assertThat(result.get("historyRecovered").kind()).isEqualTo(Json.Kind.TRUE);
                for (int n = 1; n <= 50 && received.size() < count + 1; n++) {
                    Json broadcast = client.broadcast();
                    assertThat(broadcast.get("seq").number()).isEqualTo(n);
                    received.add(broadcast.get("id").text());
                    got.incrementAndGet();
                }
            }
            stays++;
        }
        publisher.join();

        assertThat(received).isEqualTo(published);
        assertThat(stays).isGreaterThanOrEqualTo(count / 50);
    }

    // ---- refused

    static Stream<Arguments> refused() {
        UnaryOperator<String> same = id -> id;
        return Stream.of(
                arguments("trimmed", "kept:few:", first(), same),
                arguments("not published yet", "kept:", last(), offset(offset -> offset + 1)),
                arguments("far ahead", "kept:", last(), offset(offset -> 9_999_999_999L)),
                arguments("offset 0, the first is trimmed", "kept:few:", last(), offset(offset -> 0L)),
                arguments("leading zero", "kept:", last(), (UnaryOperator<String>) id -> id.replace("-", "-0")),
                arguments("a plus", "kept:", last(), (UnaryOperator<String>) id -> id.replace("-", "-+")),
                arguments("negative", "kept:", last(), (UnaryOperator<String>) id -> id.replace("-", "--")),
                arguments("no offset", "kept:", last(), (UnaryOperator<String>) id -> id.replaceAll("-.*", "-")),
                arguments("no epoch", "kept:", last(), (UnaryOperator<String>) id -> id.replaceAll(".*-", "-")),
                arguments("epoch alone", "kept:", last(), (UnaryOperator<String>) id -> id.replaceAll("-.*", "")),
                arguments("space before", "kept:", last(), (UnaryOperator<String>) id -> " " + id),
                arguments("space after", "kept:", last(), (UnaryOperator<String>) id -> id + " "),
                arguments("a digit more than numbers have", "kept:", last(), (UnaryOperator<String>)
                        id -> id + "0".repeat(20)),
                arguments("other case", "kept:", last(), (UnaryOperator<String>) String::toLowerCase),
                arguments(
                        "other digits", "kept:", last(), (UnaryOperator<String>) id -> id.replaceAll("-.*", "-\u0661")),
                arguments("of another channel", "kept:", last(), (UnaryOperator<String>)
                        id -> publish(channel("kept:"), 3).get(1)),
                arguments("of a channel without a history", "kept:", last(), (UnaryOperator<String>)
                        id -> publish(channel("free:"), 1).get(0)),
                arguments("a word", "kept:", last(), (UnaryOperator<String>) id -> "yesterday"),
                arguments("NUL", "kept:", last(), (UnaryOperator<String>) id -> "\u0000"),
                arguments("markup", "kept:", last(), (UnaryOperator<String>) id -> "<" + id + ">\"',\\"),
                arguments("a lone surrogate", "kept:", last(), (UnaryOperator<String>) id -> "\ud800-1"),
                arguments("10 kB", "kept:", last(), (UnaryOperator<String>) id -> "7".repeat(10_000)),
                arguments("channel without a history", "free:", last(), same),
                arguments("channel without a history, id of one with", "free:", last(), (UnaryOperator<String>)
                        id -> publish(channel("kept:"), 1).get(0)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void recovery_isRefused_andReplaysNothing(
            String name, String prefix, Function<List<String>, String> which, UnaryOperator<String> change) {
        String channel = channel(prefix);
        String id = change.apply(which.apply(publish(channel, 5)));
        WsClient back = gateway.member();

        Json result = resumed(back, channel, id);

        assertThat(result.get("historyRecovered").kind()).as("%s", result).isEqualTo(Json.Kind.FALSE);
        back.expectQuiet();
        expectLiveFromOne(back, channel);
    }

    @Test
    void recovery_isRefused_whenAMessageAfterTheLastSeenOneHasExpired() {
        String channel = channel("kept:brief:");
        String old = publish(channel, 1).get(0);
        gateway.time().advance(Duration.ofMillis(1500));
        List<String> young = publish(channel, 2);
        gateway.time().advance(Duration.ofSeconds(1));

        assertThat(recovered(channel, old)).as("expired, but nothing after it").isEqualTo(Json.Kind.TRUE);
        assertThat(recovered(channel, young.get(1))).isEqualTo(Json.Kind.TRUE);
        gateway.time().advance(Duration.ofSeconds(2));
        assertThat(recovered(channel, old)).isEqualTo(Json.Kind.FALSE);
        assertThat(recovered(channel, young.get(0))).isEqualTo(Json.Kind.FALSE);
        assertThat(recovered(channel, young.get(1))).as("nothing came after it").isEqualTo(Json.Kind.TRUE);
    }

    private static Json.Kind recovered(String channel, String lastSeen) {
        return resumed(gateway.member(), channel, lastSeen)
                .get("historyRecovered")
                .kind();
    }

    @Test
    void recovery_isRefused_inAChannelWithoutAPublish() {
        String channel = channel("kept:");
        WsClient back = gateway.member();

        assertThat(resumed(back, channel, "01HZXK4M2Q-1")
                        .get("historyRecovered")
                        .kind())
                .isEqualTo(Json.Kind.FALSE);

        expectLiveFromOne(back, channel);
    }

    @Test
    void recovery_isRefused_whenTheNodeHasRestarted() {
        String channel = channel("kept:");
        String before;
        try (TestGateway one = TestGateway.start("HISTORY", "kept:=10/10m")) {
            before = one.publish(channel, "e", "1").json().get("id").text();
        }
        try (TestGateway other = TestGateway.start("HISTORY", "kept:=10/10m")) {
            other.publish(channel, "e", "2");
            WsClient back = other.member();

            assertThat(resumed(back, channel, before).get("historyRecovered").kind())
                    .isEqualTo(Json.Kind.FALSE);
            back.expectQuiet();
        }
        gateway.log().take(); // of the other nodes
    }

    // ---- errors, in the order of section 3

    @ParameterizedTest
    @ValueSource(strings = {"7", "-1", "1.5", "true", "false", "{}", "[]", "[\"a-1\"]"})
    void subscribe_isInvalid_whenTheLastSeenIdIsNotAnId(String value) {
        String channel = channel("kept:");
        WsClient client = gateway.member();

        client.error("InvalidArgument", "subscribe", resumeParams(channel, value));

        client.error("NotFound", "unsubscribe", WsClient.channelParams(channel));
        client.subscribe(channel);
    }

    @Test
    void permissions_apply_forAnyLastSeenMessage() {
        String channel = channel("kept:");
        String seen = Json.quote(publish(channel, 3).get(0));
        String params = resumeParams(channel, seen);

        gateway.connect().error("Unauthenticated", "subscribe", params);
        gateway.connect().auth(Tokens.claims().scope("publish").token()).error("PermissionDenied", "subscribe", params);
        gateway.connect()
                .auth(Tokens.forChannels(channel + "0", "kept:other:*"))
                .error("PermissionDenied", "subscribe", params);
        gateway.connect().error("InvalidArgument", "subscribe", resumeParams("::", seen));
        gateway.connect().error("InvalidArgument", "subscribe", resumeParams(channel, "7"));
        WsClient client = gateway.subscriber(channel);
        client.error("AlreadyExists", "subscribe", params);
        client.expectQuiet();
    }

    @Test
    void refresh_endsARecoveredSubscription_thatTheNewTokenDoesNotCover() {
        String channel = channel("kept:");
        List<String> ids = publish(channel, 2);
        WsClient client = gateway.member();
        resumed(client, channel, ids.get(0));
        expectReplay(client, ids.subList(1, 2));

        client.ok("refresh", "{\"token\":" + Json.quote(Tokens.forChannels("other")) + "}");

        assertThat(client.notification().get("method").text()).isEqualTo("unsubscribed");
        publish(channel, 1);
        client.expectQuiet();
        client.error("PermissionDenied", "subscribe", resumeParams(channel, Json.quote(ids.get(0))));
    }

    // ---- pipelined

    @Test
    void pipelinedSubscribeAndUnsubscribe_areAnsweredInOrder_andNothingFollows() {
        String channel = channel("kept:");
        List<String> ids = publish(channel, 20);
        WsClient client = gateway.member();
        String subscribe = resumeParams(channel, Json.quote(ids.get(9)));
        String unsubscribe = WsClient.channelParams(channel);

        client.send(
                Frame.text(WsClient.request(101, "subscribe", subscribe)),
                Frame.text(WsClient.request(102, "unsubscribe", unsubscribe)),
                Frame.text(WsClient.request(103, "subscribe", subscribe)),
                Frame.text(WsClient.request(104, "unsubscribe", unsubscribe)));

        List<Long> answers = new ArrayList<>();
        List<String> replayed = new ArrayList<>();
        while (answers.size() < 4) {
            Json json = client.json();
            if (json.has("method")) {
                assertThat(answers.size()).as("replayed while subscribed").isIn(1, 3);
                Json params = json.get("params");
                replayed.add(params.get("id").text());
                assertThat(params.get("seq").number()).isEqualTo(replayed.size());
            } else {
                json.get("result");
                answers.add(json.get("requestId").number());
                replayed.clear();
            }
            // The received part of the replay is the start of the history.
            assertThat(replayed).isEqualTo(ids.subList(10, 10 + replayed.size()));
        }
        assertThat(answers).containsExactly(101L, 102L, 103L, 104L);
        client.expectQuiet();
        publish(channel, 1);
        client.expectQuiet();
    }

    @Test
    void pipelinedSubscribeAndPublish_goOnWhereTheReplayEnds() {
        String channel = channel("kept:");
        List<String> ids = publish(channel, 5);
        WsClient client = gateway.member();

        client.send(
                Frame.text(WsClient.request(101, "subscribe", resumeParams(channel, Json.quote(ids.get(1))))),
                Frame.text(WsClient.request(102, "publish", WsClient.publishParams(channel, "own", "1"))),
                Frame.text(WsClient.request(103, "publish", WsClient.publishParams(channel, "own", "2"))));

        Json subscribed = client.response();
        assertThat(subscribed.get("result").get("historyRecovered").kind()).isEqualTo(Json.Kind.TRUE);
        List<String> all = new ArrayList<>(ids.subList(2, 5));
        all.add(client.response().get("result").get("id").text());
        all.add(client.response().get("result").get("id").text());
        expectReplay(client, all);
        client.expectQuiet();
    }

    // ---- replays above the limit

    /** Sixteen times MAX_PENDING_BYTES are replayed to a client that reads a few kilobytes at a time. */
    @Test
    void largeReplay_isReadToItsEnd_byASlowClient() {
        String channel = channel("kept:");
        List<String> ids = publishLarge(channel, 1000, 4096);
        WsClient slow = gateway.owned(WsClient.upgrade(RawSocket.connect(gateway.port(), 8192)));
        slow.auth(Tokens.valid());

        assertThat(resumed(slow, channel, ids.get(0)).get("historyRecovered").kind())
                .isEqualTo(Json.Kind.TRUE);

        for (int i = 1; i < ids.size(); i++) {
            Json broadcast = slow.broadcast();
            assertThat(broadcast.get("id").text()).isEqualTo(ids.get(i));
            assertThat(broadcast.get("seq").number()).isEqualTo(i);
            if (i % 10 == 0) {
                LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
                ids.addAll(i % 100 == 0 ? publishAtOnce(channel, 0, 1) : List.of());
            }
        }
        slow.expectQuiet();
    }

    /** The allowance is for the recovered messages, not for later ones. */
    @Test
    void clientThatStopsReadingItsReplay_isClosedAsSlow_onceLiveMessagesExceedTheLimit() {
        String channel = channel("kept:");
        List<String> ids = publishLarge(channel, 1000, 4096);
        WsClient stuck = gateway.owned(WsClient.upgrade(RawSocket.connect(gateway.port(), 8192)));
        stuck.auth(Tokens.valid());
        resumed(stuck, channel, ids.get(0));
        Awaitility.await().until(() -> gateway.metrics().get(Meters.QUEUE_BYTES) > 1_000_000);

        publishLarge(channel, 200, 4096);

        stuck.expectClose(4409);
    }

    // ---- ids

    @Test
    void publishIds_countUpWithinTheirChannel_overRestAndWebSocket() {
        String channel = channel("kept:");
        WsClient client = gateway.member();
        List<String> ids = new ArrayList<>();
        ids.add(client.publish(channel, "e", "1"));
        ids.add(gateway.publish(channel, "e", "2").json().get("id").text());
        HttpRaw.Response keyed = gateway.publish(channel, "e", "3", "Idempotency-Key: " + channel);
        ids.add(keyed.json().get("id").text());
        assertThat(gateway.publish(channel, "e", "3", "Idempotency-Key: " + channel)
                        .text())
                .isEqualTo(keyed.text());
        assertThat(gateway.publish(channel, "e", "4", "Idempotency-Key: " + channel)
                        .status())
                .isEqualTo(409);
        ids.addAll(publishAtOnce(channel, 4, 3));

        String epoch = ids.get(0).replaceAll("-1$", "");
        assertThat(epoch).matches("[0-9A-Za-z]{1,32}");
        assertThat(ids)
                .isEqualTo(IntStream.rangeClosed(1, 6)
                        .mapToObj(n -> epoch + "-" + n)
                        .toList());
        assertThat(publish(channel("kept:"), 1)).noneMatch(id -> id.startsWith(epoch));
        WsClient back = gateway.member();
        resumed(back, channel, ids.get(0));
        expectReplay(back, ids.subList(1, 6));
        back.expectQuiet();
    }

    @Test
    void batchOverSeveralChannels_isKeptInEach_andItsRepetitionIsNot() {
        String kept = channel("kept:");
        String other = channel("kept:");
        String free = channel("free:");
        List<String> firsts = List.of(publish(kept, 1).get(0), publish(other, 1).get(0));
        String body = "{\"messages\":[" + WsClient.publishParams(kept, "e", "1") + ","
                + WsClient.publishParams(free, "e", "2") + "," + WsClient.publishParams(other, "e", "3") + ","
                + WsClient.publishParams("::", "e", "4") + "," + WsClient.publishParams(kept, "e", "5") + "]}";

        List<Json> results = gateway.post(BATCH, body, KEY, "Idempotency-Key: batch-of-" + kept)
                .json()
                .get("results")
                .elements();
        String again = gateway.post(BATCH, body, KEY, "Idempotency-Key: batch-of-" + kept)
                .text();

        for (int i : new int[] {0, 1, 2, 4}) {
            assertThat(again).contains(results.get(i).raw());
        }
        WsClient back = gateway.member();
        resumed(back, kept, firsts.get(0));
        expectReplay(
                back,
                List.of(
                        results.get(0).get("id").text(),
                        results.get(4).get("id").text()));
        back.expectQuiet();
        resumed(back, other, firsts.get(1));
        expectReplay(back, List.of(results.get(2).get("id").text()));
        back.expectQuiet();
    }

    @Test
    void replyToAPublish_comesBeforeThePublishersOwnCopy_inAChannelWithAHistory() {
        String channel = channel("kept:");
        WsClient client = gateway.subscriber(channel);

        for (int n = 1; n <= 200; n++) {
            client.send(WsClient.request(1000 + n, "publish", WsClient.publishParams(channel, "e", "1")));
            Json reply = client.json();
            assertThat(reply.get("requestId").number()).isEqualTo(1000 + n);
            assertThat(client.broadcast().get("id").text())
                    .isEqualTo(reply.get("result").get("id").text());
        }
    }

    // ---- helpers

    private static String channel(String prefix) {
        return prefix + channels.incrementAndGet();
    }

    static Json resumed(WsClient client, String channel, String lastSeenId) {
        return client.ok("subscribe", resumeParams(channel, quote(lastSeenId)));
    }

    private static String quote(String text) {
        return text.chars().anyMatch(c -> Character.isSurrogate((char) c)) ? "\"\\ud800-1\"" : Json.quote(text);
    }

    static String resumeParams(String channel, String lastSeenJson) {
        return "{\"channel\":" + Json.quote(channel) + ",\"lastSeenMessageId\":" + lastSeenJson + "}";
    }

    /** The ids of this many messages, published one after the other. */
    private static List<String> publish(String channel, int count) {
        List<String> ids = new ArrayList<>();
        for (int n = 1; n <= count; n++) {
            ids.add(gateway.publish(channel, "e", String.valueOf(n))
                    .json()
                    .get("id")
                    .text());
        }
        return ids;
    }

    /** Like {@link #publish}, in one batch; the payloads are numbers. */
    private static List<String> publishAtOnce(String channel, int first, int count) {
        return publishBatch(
                IntStream.range(first, first + count).mapToObj(n -> WsClient.publishParams(channel, "e", "" + n)));
    }

    private static List<String> publishLarge(String channel, int count, int bytes) {
        List<String> ids = new ArrayList<>();
        String payload = "\"" + "x".repeat(bytes - 2) + "\"";
        for (int left = count; left > 0; left -= 100) {
            ids.addAll(publishBatch(IntStream.range(0, Math.min(100, left))
                    .mapToObj(n -> WsClient.publishParams(channel, "large", payload))));
        }
        return ids;
    }

    private static List<String> publishBatch(Stream<String> messages) {
        String body = "{\"messages\":[" + String.join(",", messages.toList()) + "]}";
        HttpRaw.Response response = gateway.post(BATCH, body, KEY);
        assertThat(response.status()).isEqualTo(200);
        List<String> ids = new ArrayList<>();
        response.json()
                .get("results")
                .elements()
                .forEach(result -> ids.add(result.get("id").text()));
        return ids;
    }

    private static void expectReplay(WsClient client, List<String> ids) {
        for (int i = 0; i < ids.size(); i++) {
            Json broadcast = client.broadcast();
            assertThat(broadcast.get("id").text()).isEqualTo(ids.get(i));
            assertThat(broadcast.get("seq").number()).isEqualTo(i + 1);
        }
    }

    private static void expectLiveFromOne(WsClient client, String channel) {
        String id = publish(channel, 1).get(0);
        expectReplay(client, List.of(id));
    }

    private static String withoutSeq(Json broadcast, long seq) {
        assertThat(broadcast.get("seq").number()).isEqualTo(seq);
        return broadcast.raw().replaceFirst("\"seq\":\\d+,", "");
    }

    private static Function<List<String>, String> first() {
        return nth(0);
    }

    private static Function<List<String>, String> nth(int n) {
        return ids -> ids.get(n);
    }

    private static Function<List<String>, String> last() {
        return ids -> ids.get(ids.size() - 1);
    }

    private static UnaryOperator<String> offset(UnaryOperator<Long> change) {
        return id -> {
            int dash = id.lastIndexOf('-');
            return id.substring(0, dash + 1) + change.apply(Long.valueOf(id.substring(dash + 1)));
        };
    }
}
