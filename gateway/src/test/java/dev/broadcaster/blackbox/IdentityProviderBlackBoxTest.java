package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.auth.keys.SigningKey;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.KeySetSite;
import dev.broadcaster.testing.Tokens;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A node whose tokens are signed by an identity provider (PROTOCOL section 12), also while the provider is away. */
@Tag("black-box")
final class IdentityProviderBlackBoxTest {
    private static final SigningKey FIRST = SigningKey.ec("secp256r1", "first");
    private static final SigningKey SECOND = SigningKey.ec("secp256r1", "second");
    private static final int ROTATIONS = 5;
    private static final int HELD = 20;

    private static Tokens claims() {
        return Tokens.claims().with("iss", "\"" + KeySetSite.ISSUER + "\"");
    }

    private static String token(SigningKey key) {
        return key.token("ES256", claims().json());
    }

    private static TestGateway node(KeySetSite site, String... settings) {
        List<String> all = new ArrayList<>(List.of("JWT_ISSUERS", site.issuers()));
        all.addAll(List.of(settings));
        return TestGateway.start(all.toArray(String[]::new));
    }

    private static void awaitKeys(TestGateway gateway, int keys) {
        await().until(() -> gateway.metrics().getOrDefault("broadcaster_key_set_keys", 0.0) == keys);
        gateway.log().take(); // the line about them
    }

    @Test
    void token_isTaken_besideThoseOfTheSecret() {
        try (KeySetSite site = new KeySetSite(FIRST);
                TestGateway gateway = node(site)) {
            awaitKeys(gateway, 1);

            gateway.connect().auth(token(FIRST)).subscribe("chat:1");
            gateway.connect().auth(Tokens.valid()).subscribe("chat:1");
            assertThat(gateway.connect()
                            .error(
                                    "Unauthenticated",
                                    "auth",
                                    tokenParams(FIRST.named("first")
                                            .token(
                                                    "ES256",
                                                    claims().with("aud", "\"x\"")
                                                            .json()))))
                    .isEqualTo("aud: does not contain broadcaster");
            gateway.expectUnharmed();
        }
    }

    private static String tokenParams(String token) {
        return "{\"token\":\"" + token + "\"}";
    }

    @Test
    void requestsBehindATokenWhoseKeyIsFetched_waitInOrder_andOthersDoNot() {
        try (KeySetSite site = new KeySetSite(FIRST);
                TestGateway gateway = node(site, "IO_THREADS", "1")) {
            awaitKeys(gateway, 1);
            site.publish(FIRST, SECOND);
            site.hold();
            WsClient waiting = gateway.connect();
            waiting.send(WsClient.request(1, "auth", tokenParams(token(SECOND))));
            waiting.send(WsClient.request(2, "subscribe", WsClient.channelParams("chat:1")));
            waiting.send(WsClient.request(3, "publish", WsClient.publishParams("chat:1", "e", "5")));
            waiting.send(WsClient.request(4, "heartbeat", "{}"));
            await().until(() -> site.requests() == 2);

            WsClient other = gateway.connect().auth(token(FIRST)); // on the same I/O thread
            other.subscribe("chat:1");
            waiting.send(Frame.ping("there?"));
            waiting.expectPong("there?");

            site.release();
            for (int id = 1; id <= 3; id++) {
                Json response = waiting.response();
                assertThat(response.get("requestId").number()).isEqualTo(id);
                assertThat(response.has("result")).as("%s", response).isTrue();
            }
            assertThat(waiting.response().get("requestId").number()).isEqualTo(4);
            assertThat(other.broadcast().get("payload").number()).isEqualTo(5);
            gateway.expectUnharmed();
        }
    }

    @Test
    void refresh_waitsForItsKey_andSubscriptionsGoOn() {
        try (KeySetSite site = new KeySetSite(FIRST);
                TestGateway gateway = node(site)) {
            awaitKeys(gateway, 1);
            site.publish(SECOND);
            WsClient client = gateway.connect().auth(token(FIRST));
            client.subscribe("chat:1");

            Json refreshed = client.call("refresh", tokenParams(token(SECOND)));

            assertThat(refreshed.get("result").has("expiresAt")).isTrue();
            gateway.publish("chat:1", "e", "7");
            assertThat(client.broadcast().get("payload").number()).isEqualTo(7);
            gateway.expectUnharmed();
        }
    }

    @Test
    void clientThatLeaves_whileItsKeyIsFetched_affectsNoOther() {
        try (KeySetSite site = new KeySetSite(FIRST);
                TestGateway gateway = node(site)) {
            awaitKeys(gateway, 1);
            site.hold();
            for (int i = 0; i < 20; i++) {
                WsClient client = gateway.connect();
                client.send(WsClient.request(1, "auth", tokenParams(token(SECOND))));
                if (i == 0) {
                    await().until(() -> site.requests() == 2);
                }
                client.close();
            }
            site.release();
            gateway.expectUnharmed();
        }
    }

    @Test
    void unknownKey_isRejected_andAskedForOnceAMinute() {
        try (KeySetSite site = new KeySetSite(FIRST);
                TestGateway gateway = node(site)) {
            awaitKeys(gateway, 1);
            for (int i = 0; i < 50; i++) {
                SigningKey unknown = SECOND.named("unknown-" + i);
                assertThat(gateway.connect().error("Unauthenticated", "auth", tokenParams(token(unknown))))
                        .isEqualTo("kid: not a key of the issuer");
            }
            assertThat(site.requests()).isEqualTo(2);
            gateway.expectUnharmed();
        }
    }

    @Test
    void node_isNotReady_untilItHasAKey_andSaysWhy() {
        try (KeySetSite site = new KeySetSite();
                TestGateway gateway = node(site, "JWT_SECRET", "")) {
            await().until(() -> gateway.metrics().get("broadcaster_key_set_requests_total") == 1);
            HttpRaw.Response open = gateway.get("/broadcaster/ready");
            assertThat(open.status()).isEqualTo(503);
            assertThat(open.text()).contains("not ready: keys").doesNotContain("jwks");
            HttpRaw.Response inside =
                    HttpRaw.exchange(gateway.gateway().managementPort(), HttpRaw.request("GET", "/ready", ""));
            assertThat(inside.status()).isEqualTo(503);
            assertThat(inside.text()).contains("no key to verify tokens with", "/jwks.json", "status 500");

            site.publish(FIRST);
            gateway.time().advance(Duration.ofSeconds(61));
            await().until(() -> gateway.get("/broadcaster/ready").status() == 200);
            gateway.connect().auth(token(FIRST)).subscribe("chat:1");
        }
    }

    /** The server of the set is gone for good after its first answer: known keys stay valid. */
    @Test
    void knownKeys_goOn_whileTheServerIsDead() {
        try (KeySetSite site = new KeySetSite(FIRST);
                TestGateway gateway = node(site, "JWT_SECRET", "", "IDLE_TIMEOUT", "24h", "PING_INTERVAL", "23h")) {
            awaitKeys(gateway, 1);
            site.close();
            String longToken =
                    FIRST.token("ES256", claims().expiresIn(48 * 3600).json());
            WsClient held = gateway.connect().auth(longToken);
            held.subscribe("chat:1");
            for (int hour = 1; hour <= 22; hour++) {
                gateway.time().advance(Duration.ofHours(1));
                gateway.connect().auth(longToken).subscribe("chat:1");
                gateway.connect()
                        .auth(FIRST.token(
                                "ES256", claims().expiresIn(47 * 3600 + hour).json()));
            }
            assertThat(gateway.get("/broadcaster/ready").status()).isEqualTo(200);
            gateway.publish("chat:1", "e", "1");
            assertThat(held.broadcast().get("seq").number()).isEqualTo(1);
        }
    }

    /** Keys change under load: each new one signs as soon as it is in the set, and the old one is removed later. */
    @Test
    void rotationOfKeys_closesNoConnection_andRejectsNoValidToken() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (KeySetSite site = new KeySetSite(FIRST);
                TestGateway gateway = node(
                        site,
                        "JWT_SECRET",
                        "",
                        "MAX_HANDSHAKE_RATE",
                        "0",
                        "AUTH_TIMEOUT",
                        "24h",
                        "IDLE_TIMEOUT",
                        "24h",
                        "PING_INTERVAL",
                        "23h")) {
            awaitKeys(gateway, 1);
            List<WsClient> held = new ArrayList<>();
            for (int i = 0; i < HELD; i++) {
                WsClient client = gateway.connect().auth(token(FIRST));
                client.subscribe("chat:1");
                held.add(client);
            }
            AtomicReference<SigningKey> current = new AtomicReference<>(FIRST);
            AtomicInteger accepted = new AtomicInteger();
            Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
            AtomicReference<Boolean> stop = new AtomicReference<>(false);
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(threads.submit(() -> {
                    while (!stop.get()) {
                        try (WsClient client = WsClient.open(gateway.port())) {
                            client.auth(token(current.get()));
                            accepted.incrementAndGet();
                        } catch (RuntimeException | Error e) {
                            failures.add(e);
                        }
                    }
                }));
            }
            SigningKey previous = FIRST;
            for (int rotation = 0; rotation < ROTATIONS; rotation++) {
                SigningKey next = SigningKey.ec("secp256r1", "key-" + rotation);
                gateway.time().advance(Duration.ofSeconds(61)); // otherwise the last key is too young
                site.publish(previous, next);
                current.set(next);
                int before = accepted.get();
                await().until(() -> accepted.get() >= before + 50 || !failures.isEmpty());
                gateway.publish("chat:1", "e", String.valueOf(rotation));
                previous = next;
            }
            stop.set(true);
            for (Future<?> client : clients) {
                client.get();
            }

            assertThat(failures).as("valid tokens that were rejected").isEmpty();
            for (WsClient client : held) {
                for (int rotation = 0; rotation < ROTATIONS; rotation++) {
                    assertThat(client.broadcast().get("payload").number()).isEqualTo(rotation);
                }
                client.ok("heartbeat", "{}");
            }
            assertThat(site.requests()).isLessThanOrEqualTo(2 + 2 * ROTATIONS);
        } finally {
            threads.shutdownNow();
        }
    }
}
