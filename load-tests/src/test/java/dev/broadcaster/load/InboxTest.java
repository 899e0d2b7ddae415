package dev.broadcaster.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class InboxTest {
    private final Ledger ledger = new Ledger();
    private final Latencies latencies = new Latencies();
    private final Inbox inbox = new Inbox(ledger, latencies);

    /** On a new connection a client signs in before it repeats its pending request. */
    @Test
    void reply_isHandedOut_inAnyOrder_once() {
        inbox.request("heartbeat", "{}");
        inbox.request("auth", "{}");

        assertThat(inbox.onFrame("{\"requestId\":2,\"result\":{}}", 0)).isEqualTo("{\"requestId\":2,\"result\":{}}");
        assertThat(inbox.hasResult(1)).isFalse();
        assertThat(inbox.onFrame("{\"requestId\":1,\"result\":{}}", 0)).isEqualTo("{\"requestId\":1,\"result\":{}}");
        assertThat(inbox.hasResult(1)).isTrue();
        assertThat(inbox.problems()).isEmpty();

        assertThat(inbox.onFrame("{\"requestId\":1,\"result\":{}}", 0)).isNull();
        assertThat(inbox.problems()).containsExactly("unexpected: {\"requestId\":1,\"result\":{}}");
    }

    @Test
    void error_isNoResult() {
        long id = inbox.nextRequestId();
        inbox.request("auth", "{}");
        inbox.onFrame("{\"requestId\":1,\"error\":{}}", 0);

        assertThat(inbox.hasResult(id)).isFalse();
    }

    @Test
    void broadcast_isCheckedAndTimed() {
        subscribe("c", "");
        broadcast(1, 1, 100, 130);
        broadcast(3, 2, 200, 250);

        assertThat(inbox.problems()).containsExactly("1 messages in holes of seq of c");
        assertThat(inbox.takeSlowestMillis()).isEqualTo(50);
        assertThat(inbox.takeSlowestMillis()).isNegative();
        assertThat(inbox.received()).isEqualTo(2);
        assertThat(latencies.count()).isEqualTo(2);
    }

    @Test
    void broadcastOfAForeignChannel_isAProblem() {
        subscribe("d", "");
        broadcast(1, 1, 0, 0);

        assertThat(inbox.problems()).hasSize(1).first().asString().startsWith("not ours");
    }

    @Test
    void secondConnection_asksForWhatItMissed_andOwesItWhenRecovered() {
        subscribe("c", "");
        accept(2);
        broadcast(1, 1, 0, 0);

        assertThat(inbox.subscribe("c")).contains("\"lastSeenMessageId\":\"id-1\"");
        inbox.onFrame("{\"requestId\":2,\"result\":{\"historyRecovered\":true}}", 0);
        inbox.close();

        assertThat(inbox.missing()).isEqualTo(1);
        broadcast(1, 2, 0, 0);
        assertThat(inbox.missing()).isZero();
        assertThat(inbox.problems()).isEmpty();
        assertThat(inbox.recovered()).isEqualTo(1);
        assertThat(inbox.notRecovered()).isZero();
    }

    @Test
    void secondConnection_beginsAnew_whenNotRecovered() {
        subscribe("c", "");
        accept(2);
        broadcast(1, 1, 0, 0);

        inbox.subscribe("c");
        inbox.onFrame("{\"requestId\":2,\"result\":{\"historyRecovered\":false}}", 0);
        inbox.close();

        assertThat(inbox.missing()).isZero();
        assertThat(inbox.recovered()).isZero();
        assertThat(inbox.notRecovered()).isEqualTo(1);
        broadcast(2, 3, 0, 0);
        assertThat(inbox.problems()).containsExactly("1 messages in holes of seq of c");
    }

    @Test
    void secondConnection_owesNothingFromBefore_whenThereWasNoMessageToRecoverFrom() {
        subscribe("c", "");
        accept(2); // while the connection is lost
        inbox.close();
        assertThat(inbox.missing()).isEqualTo(2);

        inbox.subscribe("c");
        inbox.onFrame("{\"requestId\":2,\"result\":{}}", 0);

        assertThat(inbox.missing()).isZero();
        assertThat(inbox.problems()).isEmpty();
        assertThat(inbox.notRecovered()).isZero();
    }

    private void subscribe(String channel, String result) {
        inbox.subscribe(channel);
        inbox.onFrame("{\"requestId\":1,\"result\":{" + result + "}}", 0);
    }

    private void accept(int count) {
        for (int i = 0; i < count; i++) {
            ledger.accepted("c", ledger.issue("c"));
        }
    }

    private void broadcast(long seq, int number, long at, long receivedAt) {
        inbox.onFrame(
                "{\"method\":\"broadcast\",\"params\":{\"id\":\"id-" + number + "\",\"seq\":" + seq
                        + ",\"channel\":\"c\",\"payload\":{\"n\":" + number + ",\"at\":" + at + "}}}",
                receivedAt);
    }
}
