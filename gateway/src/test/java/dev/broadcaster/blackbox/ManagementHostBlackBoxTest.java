package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The management port refuses requests for a foreign name, because a page could read it by DNS rebinding. */
@Tag("black-box")
class ManagementHostBlackBoxTest {
    private static TestGateway node;

    @BeforeAll
    static void start() {
        node = TestGateway.start(
                "MANAGEMENT_ALLOWED_HOSTS", "gateway, Prometheus.Example", "MANAGEMENT_HOST", "0.0.0.0");
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.0.0.1:8001",
                "localhost:1",
                "LocalHost",
                "[::1]:8001",
                "gateway",
                "GATEWAY:8001",
                "prometheus.example"
            })
    void ownName_isAnswered(String host) {
        assertThat(get("/metrics", host).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8001",
                "gateway.evil.example",
                "127.0.0.1.evil.example",
                "10.1.2.3",
                "[fe80::1]",
                "xgateway",
                "2130706433"
            })
    void otherName_isRefusedWith421(String host) {
        double before = refusals();
        for (String path : new String[] {"/metrics", "/ready", "/health", "/nothing"}) {
            HttpRaw.Response answer = get(path, host);
            assertThat(answer.status()).isEqualTo(421);
            assertThat(answer.text()).doesNotContain("broadcaster_");
        }
        assertThat(refusals() - before).isEqualTo(4);
    }

    @Test
    void requestWithoutHost_isAnswered_whenItIsHttp10() {
        HttpRaw.Response answer = HttpRaw.exchange(managementPort(), "GET /health HTTP/1.0\r\n\r\n");
        assertThat(answer.status()).isEqualTo(200);
    }

    @Test
    void nameInTheTarget_countsToo() {
        HttpRaw.Response answer = HttpRaw.exchange(
                managementPort(), "GET http://evil.example/127.0.0.1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        assertThat(answer.status()).isEqualTo(421);
    }

    /** The way in which Prometheus scrapes a pod and Kubernetes probes it. */
    @Test
    void addressThatTheConnectionArrivedAt_isAnswered() throws Exception {
        Optional<InetAddress> own = ownAddress();
        Assumptions.assumeTrue(own.isPresent(), "this machine has loopback only");
        String address = own.get().getHostAddress();
        try (Socket socket = new Socket(own.get(), managementPort())) {
            socket.setSoTimeout(20_000);
            String request = "GET /metrics HTTP/1.1\r\nHost: " + address + ":8001\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 200").contains("broadcaster_connections");
        }
        assertThat(get("/metrics", address).status()).as("by loopback").isEqualTo(421);
    }

    @Test
    void anyName_isAnswered_whenAnyIsAllowed() {
        try (TestGateway any = TestGateway.start("MANAGEMENT_ALLOWED_HOSTS", "*")) {
            HttpRaw.Response answer = HttpRaw.exchange(
                    any.gateway().managementPort(), "GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n");
            assertThat(answer.status()).isEqualTo(200);
        }
    }

    @Test
    void publicPort_answersUnderAnyName() {
        HttpRaw.Response answer =
                HttpRaw.exchange(node.port(), "GET /broadcaster/health HTTP/1.1\r\nHost: chat.example\r\n\r\n");
        assertThat(answer.status()).isEqualTo(200);
    }

    private static Optional<InetAddress> ownAddress() throws SocketException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && address.getAddress().length == 4)
                .findFirst();
    }

    private static HttpRaw.Response get(String path, String host) {
        return HttpRaw.exchange(managementPort(), "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    }

    private static int managementPort() {
        return node.gateway().managementPort();
    }

    private static double refusals() {
        String label = "broadcaster_refusals_total{reason=\"host\"} ";
        return get("/metrics", "127.0.0.1")
                .text()
                .lines()
                .filter(line -> line.startsWith(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(label.length())))
                .sum();
    }
}
