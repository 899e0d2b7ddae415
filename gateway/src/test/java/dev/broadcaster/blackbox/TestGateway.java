package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.Gateway;
import dev.broadcaster.GatewayConfig;
import dev.broadcaster.testing.Tokens;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A node in this process, on free ports of the loopback. As a static {@code @RegisterExtension} it serves all tests of
 * a class. After each test it closes the clients that the test opened through it and checks promise P11: the node still
 * serves a new client, every gauge is zero again, at most one line was logged. Without JUnit, {@link #start} and
 * {@link #close} begin and end its life, and {@link #expectUnharmed} is the check.
 */
final class TestGateway implements BeforeAllCallback, AfterEachCallback, AfterAllCallback, AutoCloseable {

    static final String BASE = "/broadcaster";
    static final String OLDER_SECRET = "black-box-secret-before-the-rotation-of-secrets";
    static final String API_KEY = "black-box-key-one";
    static final String OTHER_API_KEY = "black-box-key-two";
    private static final String PROBE_CHANNEL = "black-box:alive";

    private final Map<String, String> settings;
    private final MovableTime time = new MovableTime();
    private final ConcurrentLinkedQueue<AutoCloseable> clients = new ConcurrentLinkedQueue<>();
    private @Nullable Gateway gateway;
    private @Nullable LogLines log;

    private TestGateway(String... settings) {
        this.settings = new HashMap<>(Map.of(
                "HOST", "127.0.0.1",
                "PORT", "0",
                "MANAGEMENT_PORT", "0",
                "JWT_SECRET", Tokens.SECRET + "|" + OLDER_SECRET,
                "API_KEYS", API_KEY + "|" + OTHER_API_KEY,
                "LOG_LEVEL", "info",
                "AUDIT_LOG", "off",
                "IO_THREADS", "2"));
        for (int i = 0; i < settings.length; i += 2) {
            this.settings.put(settings[i], settings[i + 1]);
        }
    }

    /** For {@code @RegisterExtension}; {@code settings} are alternating names and values. */
    static TestGateway shared(String... settings) {
        return new TestGateway(settings);
    }

    static TestGateway start(String... settings) {
        TestGateway started = new TestGateway(settings);
        started.begin();
        return started;
    }

    private void begin() {
        try {
            gateway = Gateway.start(GatewayConfig.parse(settings), time);
        } catch (Exception e) {
            throw new AssertionError("the gateway did not start", e);
        }
        log = LogLines.attach();
    }

    Gateway gateway() {
        return java.util.Objects.requireNonNull(gateway);
    }

    int port() {
        return gateway().port();
    }

    MovableTime time() {
        return time;
    }

    LogLines log() {
        return java.util.Objects.requireNonNull(log);
    }

    // ---- clients

    WsClient connect() {
        return owned(WsClient.open(port()));
    }

    /** Authenticated for every channel, with both scopes. */
    WsClient member() {
        return connect().auth(Tokens.valid());
    }

    /** Authenticated and subscribed to these channels. */
    WsClient subscriber(String... channels) {
        WsClient client = member();
        for (String channel : channels) {
            client.subscribe(channel);
        }
        return client;
    }

    RawSocket socket() {
        return owned(RawSocket.connect(port()));
    }

    HttpRaw http() {
        return owned(new HttpRaw(port()));
    }

    /** Registers {@code client}, to be closed after the test. */
    <T extends AutoCloseable> T owned(T client) {
        clients.add(client);
        return client;
    }

    HttpRaw.Response get(String path) {
        return HttpRaw.exchange(port(), HttpRaw.request("GET", path, ""));
    }

    HttpRaw.Response post(String path, String body, String... headers) {
        return HttpRaw.exchange(port(), HttpRaw.request("POST", path, body, headers));
    }

    /** A REST publish with the API key. */
    HttpRaw.Response publish(String channel, String event, String payload, String... moreHeaders) {
        return HttpRaw.exchange(port(), publishRequest(WsClient.publishParams(channel, event, payload), moreHeaders));
    }

    static byte[] publishRequest(String body, String... moreHeaders) {
        String[] headers = java.util.Arrays.copyOf(moreHeaders, moreHeaders.length + 1);
        headers[moreHeaders.length] = "Authorization: Bearer " + API_KEY;
        return HttpRaw.request("POST", BASE + "/publish", body, headers);
    }

    // ---- meters of the node

    /** The sum of all series of each meter, by the meter's name; and each series with labels, by its complete name. */
    Map<String, Double> metrics() {
        HttpRaw.Response response =
                HttpRaw.exchange(gateway().managementPort(), HttpRaw.request("GET", "/metrics", ""));
        assertThat(response.status()).isEqualTo(200);
        Map<String, Double> sums = new HashMap<>();
        for (String line : response.text().split("\n")) {
            if (!line.startsWith("#") && !line.isBlank()) {
                int space = line.lastIndexOf(' ');
                int brace = line.indexOf('{');
                String name = line.substring(0, brace >= 0 ? brace : space);
                Double value = Double.valueOf(line.substring(space + 1));
                sums.merge(name, value, Double::sum);
                if (brace >= 0) {
                    sums.put(line.substring(0, space), value);
                }
            }
        }
        return sums;
    }

    /** Waits until the connections, subscriptions and queued bytes of clients that have left are gone. */
    void awaitBaseline() {
        assertThat(metrics()).containsKeys(Meters.BASELINE.toArray(String[]::new));
        Awaitility.await("gauges at baseline")
                .atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(() -> {
                    Map<String, Double> metrics = metrics();
                    for (String meter : Meters.BASELINE) {
                        assertThat(metrics.get(meter)).as(meter).isZero();
                    }
                });
    }

    /** Fails unless a new client can authenticate, subscribe and receive a message published over REST. */
    void expectAlive() {
        try (WsClient client = WsClient.open(port())) {
            client.auth(Tokens.valid()).subscribe(PROBE_CHANNEL);
            HttpRaw.Response published = publish(PROBE_CHANNEL, "alive", "1");
            assertThat(published.status()).as("%s", published).isEqualTo(200);
            assertThat(client.broadcast().get("seq").number()).isEqualTo(1);
        }
    }

    /** Closes the clients of this test, then checks promise P11. */
    void expectUnharmed() {
        leave();
        awaitBaseline(); // a full node would refuse the new client
        expectAlive();
        awaitBaseline();
        List<String> lines = log().take();
        assertThat(lines).as("log lines that one test caused").hasSizeLessThanOrEqualTo(1);
    }

    private void leave() {
        for (AutoCloseable client = clients.poll(); client != null; client = clients.poll()) {
            try {
                client.close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        begin();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            leave();
            log().take();
            return;
        }
        expectUnharmed();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close();
    }

    @Override
    public void close() {
        leave();
        if (log != null) {
            log.detach();
        }
        if (gateway != null) {
            gateway.close();
        }
    }
}
