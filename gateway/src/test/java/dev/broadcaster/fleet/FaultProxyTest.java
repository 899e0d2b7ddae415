package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each fault of the proxy has its documented effect. */
@Tag("fleet")
class FaultProxyTest {
    private static final int PATIENCE_MILLIS = 300;

    private static RedisServer redis;

    private FaultProxy proxy;
    private Resp resp;

    @BeforeAll
    static void startRedis() {
        redis = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void connect() throws IOException {
        proxy = new FaultProxy(redis.port(), 1);
        resp = new Resp(proxy.port(), PATIENCE_MILLIS);
        assertThat(resp.command("SET", "n", "0")).isEqualTo("OK");
    }

    @AfterEach
    void disconnect() throws IOException {
        resp.close();
        proxy.close();
    }

    @Test
    void cut_endsLinks_andTakesNewOnes() throws IOException {
        proxy.cut();
        assertThatThrownBy(() -> resp.command("PING")).isInstanceOf(IOException.class);
        try (Resp next = new Resp(proxy.port(), PATIENCE_MILLIS * 10)) {
            assertThat(next.command("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void reset_endsLinks() {
        proxy.reset();
        assertThatThrownBy(() -> resp.command("PING")).isInstanceOf(IOException.class);
    }

    @Test
    void refuse_takesNoNewLinks_untilHealed() throws IOException {
        proxy.refuse();
        assertThatThrownBy(() -> {
                    try (Resp next = new Resp(proxy.port(), PATIENCE_MILLIS)) {
                        next.command("PING");
                    }
                })
                .isInstanceOf(IOException.class);
        proxy.heal();
        try (Resp next = new Resp(proxy.port(), PATIENCE_MILLIS * 10)) {
            assertThat(next.command("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void blackHoleOfRequests_deliversThemWhenHealed() {
        proxy.blackHoleRequests();
        assertThatThrownBy(() -> resp.command("INCR", "n")).isInstanceOf(SocketTimeoutException.class);
        assertThat(redis.command("GET", "n")).isEqualTo("0");

        proxy.heal();

        awaitN("1");
    }

    @Test
    void blackHoleOfReplies_letsRequestsThrough() {
        proxy.blackHoleReplies();
        assertThatThrownBy(() -> resp.command("INCR", "n")).isInstanceOf(SocketTimeoutException.class);
        awaitN("1");
    }

    @Test
    void droppedReplies_neverArrive() throws IOException {
        proxy.dropReplies();
        assertThatThrownBy(() -> resp.command("INCR", "n")).isInstanceOf(SocketTimeoutException.class);
        awaitN("1");

        proxy.heal();

        assertThat(resp.command("PING")).isEqualTo("PONG"); // not the number
    }

    @Test
    void delayAndDrip_takeTheirTime() throws IOException {
        proxy.delay(50);
        assertThat(timeOfPing()).isGreaterThan(Duration.ofMillis(95));

        proxy.heal();
        proxy.drip(4, 10);

        assertThat(timeOfPing()).isGreaterThan(Duration.ofMillis(35)); // 14 bytes there, 7 back
        proxy.heal();
        proxy.stall(1, 40);
        assertThat(timeOfPing()).isGreaterThan(Duration.ofMillis(75));
    }

    private Duration timeOfPing() throws IOException {
        long start = System.nanoTime();
        assertThat(resp.command("PING")).isEqualTo("PONG");
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static void awaitN(String value) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(redis.command("GET", "n")).isEqualTo(value));
    }
}
