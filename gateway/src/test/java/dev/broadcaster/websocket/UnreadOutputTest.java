package dev.broadcaster.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.hub.Batch;
import dev.broadcaster.hub.Batches;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The connections that are closed when clients do not read, and the waiting bytes of the others. The account has
 * 100,000 bytes.
 */
final class UnreadOutputTest {
    private static final byte[] REPLY = "x".repeat(1_000).getBytes(UTF_8);
    private static final long LIMIT = 100_000;
    private static final int ONE = 1_004 + 24 + 16 + 4; // frame, object, header of the array, alignment

    private OneThread thread;

    @BeforeEach
    void start() throws Exception {
        thread = new OneThread(60_000, 5 * LIMIT);
    }

    @AfterEach
    void close() {
        thread.close();
    }

    private interface Part {
        void run() throws Exception;
    }

    private void onThread(Part part) throws Exception {
        thread.run(() -> {
            try {
                part.run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void send(SlowSocket socket, int replies) {
        for (int i = 0; i < replies; i++) {
            socket.connection.send(REPLY);
        }
    }

    private static Batch replay(String channel, int messages) {
        return Batches.of(channel, Collections.nCopies(messages, FramesTest.broadcast(1_000)), 1);
    }

    // ---- One connection

    @Test
    void stranger_isClosed_whenMoreThan16KilobytesWait() throws Exception {
        onThread(() -> {
            SlowSocket stranger = new SlowSocket(thread, 0, false, false);
            send(stranger, 15);
            assertThat(stranger.connection.isOpen()).isTrue();
            send(stranger, 1);
            assertThat(stranger.connection.isOpen()).isFalse();
        });
    }

    @Test
    void authenticatedClient_mayHaveMaxPendingBytesWaiting_countedAsMemory() throws Exception {
        onThread(() -> {
            SlowSocket client = new SlowSocket(thread, 0, false);
            send(client, 60_000 / ONE + 1); // the largest message does not count
            assertThat(client.connection.isOpen()).isTrue();
            send(client, 1);
            assertThat(client.connection.isOpen()).isFalse();
        });
    }

    /** MAX_BODY_BYTES and MAX_MESSAGE_BYTES may be larger than MAX_PENDING_BYTES. */
    @Test
    void messageLargerThanMaxPendingBytes_waitsForAClientThatReads() throws Exception {
        byte[] large = "x".repeat(200_000).getBytes(UTF_8);
        thread.close();
        thread = new OneThread(60_000, 100_000_000);
        onThread(() -> {
            SlowSocket client = new SlowSocket(thread, 1_500, false);
            for (int i = 0; i < 3; i++) {
                send(client, 2);
                client.connection.send(large);
                send(client, 2);
                assertThat(client.connection.isOpen()).isTrue();
                client.read(300_000);
                assertThat(client.connection.outbound.pendingBytes()).isZero();
            }
            client.read(-client.room());
            client.connection.send(large);
            assertThat(client.connection.isOpen()).isTrue();
            client.connection.send(large);
            assertThat(client.connection.isOpen()).isFalse();
        });
    }

    @Test
    void pingsWhileTheSocketTakesNothing_leaveOnePong() throws Exception {
        onThread(() -> {
            SlowSocket client = new SlowSocket(thread, 0, false);
            send(client, 1);
            long before = client.connection.outbound.pendingBytes();
            for (int i = 0; i < 100_000; i++) {
                client.connection.outbound.addPong(Frames.of(Opcode.PONG, new byte[] {1}, 0, 1));
            }
            assertThat(client.connection.outbound.pendingBytes() - before).isEqualTo(48);
        });
    }

    @Test
    void endOfASubscription_dropsItsReplay() throws Exception {
        onThread(() -> {
            SlowSocket client = new SlowSocket(thread, 0, false);
            for (int i = 0; i < 1_000; i++) {
                client.connection.onRecovered(replay("c", 200), 0);
                client.connection.onUnsubscribed("c");
            }
            assertThat(client.connection.outbound.pendingBytes()).isZero();
            assertThat(client.connection.isOpen()).isTrue();
            client.connection.onRecovered(replay("c", 200), 0);
            assertThat(client.connection.outbound.recoveredBytes())
                    .as("of this replay alone")
                    .isEqualTo(client.connection.outbound.pendingBytes());
        });
    }

    @Test
    void unreadReplay_isClosedAfter10Seconds_andAReadOneIsNot() throws Exception {
        SlowSocket[] sockets = new SlowSocket[2];
        thread.close();
        thread = new OneThread(60_000, 100_000_000);
        onThread(() -> {
            for (int i = 0; i < 2; i++) {
                sockets[i] = new SlowSocket(thread, 0, false);
                sockets[i].connection.start();
                sockets[i].connection.onIdentity();
                sockets[i].connection.onRecovered(replay("c", 300), 0);
            }
        });
        for (int seconds = 0; seconds < 40; seconds++) {
            onThread(() -> {
                sockets[0].read(1_000);
                for (SlowSocket socket : sockets) {
                    socket.connection.deadlines.onReceived(thread.time.nanos()); // it answers pings
                }
            });
            thread.pass(Duration.ofSeconds(1));
        }
        assertThat(sockets[0].connection.isOpen()).isTrue();
        assertThat(sockets[1].connection.isOpen()).isFalse();
    }

    // ---- All connections

    @Test
    void clientThatHasReadSlowlyForLongest_isClosedFirst_whenTheAccountIsNearlyFull() throws Exception {
        onThread(() -> {
            List<SlowSocket> old = List.of(
                    new SlowSocket(thread, 0, false),
                    new SlowSocket(thread, 0, false),
                    new SlowSocket(thread, 0, false));
            old.forEach(socket -> send(socket, 20));
            thread.time.advance(Duration.ofMillis(1_100));
            SlowSocket young = new SlowSocket(thread, 0, false);
            send(young, 30);

            assertThat(old).extracting(socket -> socket.connection.isOpen()).containsExactly(false, true, true);
            assertThat(young.connection.isOpen()).isTrue();
            assertThat(thread.output.used()).isBetween(70 * (long) ONE, LIMIT / 4 * 3);
            assertThat(thread.metrics.scrape()).contains("broadcaster_budget_refusals_total{account=\"output\"} 1.0");
        });
    }

    @Test
    void clientThatReadsSteadily_stays_whenTheAccountIsNearlyFull() throws Exception {
        onThread(() -> {
            SlowSocket steady = new SlowSocket(thread, 0, false);
            SlowSocket deaf = new SlowSocket(thread, 0, false);
            send(steady, 50);
            send(deaf, 20);
            for (int i = 0; i < 5; i++) {
                thread.time.advance(Duration.ofMillis(500));
                steady.read(40_000);
                send(steady, 39);
            }
            assertThat(deaf.connection.isOpen()).isTrue();
            send(deaf, 10);

            assertThat(deaf.connection.isOpen()).isFalse();
            assertThat(steady.connection.isOpen()).isTrue();
        });
    }

    @Test
    void clientThatHoldsLittle_stays_forAnyTimeWithoutReading() throws Exception {
        onThread(() -> {
            SlowSocket small = new SlowSocket(thread, 0, false);
            send(small, 1);
            thread.time.advance(Duration.ofMinutes(1));
            SlowSocket first = new SlowSocket(thread, 0, false);
            SlowSocket second = new SlowSocket(thread, 0, false);
            send(first, 40);
            thread.time.advance(Duration.ofSeconds(2));
            send(second, 40);

            assertThat(small.connection.isOpen()).isTrue();
            assertThat(first.connection.isOpen()).isFalse();
            assertThat(second.connection.isOpen()).isTrue();
        });
    }

    @Test
    void accountIsNeverFarOverItsLimit_howeverFastItFills() throws Exception {
        onThread(() -> {
            for (int i = 0; i < 50; i++) {
                send(new SlowSocket(thread, 0, false), 40);
                thread.time.advance(Duration.ofMillis(2));
                assertThat(thread.output.used()).isLessThan(LIMIT / 8 * 9 + 40 * ONE + 1_000);
            }
        });
    }
}
