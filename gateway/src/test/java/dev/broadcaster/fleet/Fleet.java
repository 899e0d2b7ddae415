package dev.broadcaster.fleet;

import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.NodeProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Nodes of the built jar, each a child process, joined by the Redis of their settings. For one thread. */
final class Fleet implements TrafficTarget, AutoCloseable {
    static final Duration READY_LIMIT = Duration.ofSeconds(30);

    private static final Duration POLL = Duration.ofMillis(10);
    private static final Path LOGS = Path.of("target", "fleets");

    private final List<GatewayNode> nodes = new ArrayList<>();

    private Fleet() {}

    /** Starts this many nodes with one {@code REDIS_URL}, all ready. */
    static Fleet start(int count, String redisUrl) {
        List<String> urls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            urls.add(redisUrl);
        }
        return start(urls);
    }

    /** Starts this many nodes with one {@code REDIS_URL} and a history of these channels, all ready. */
    static Fleet startWithHistory(int count, String redisUrl, String history) {
        return ready(start(count, number -> {
            Map<String, String> settings = settings(redisUrl);
            settings.put("HISTORY", history);
            return new GatewayNode(number, settings);
        }));
    }

    /** Starts one node per {@code REDIS_URL}, all ready. */
    static Fleet start(List<String> redisUrls) {
        return ready(startUnready(redisUrls));
    }

    private static Fleet ready(Fleet fleet) {
        try {
            fleet.awaitReady();
            return fleet;
        } catch (RuntimeException | Error e) {
            fleet.close();
            throw e;
        }
    }

    /** Starts one node per clock, all ready. */
    static Fleet startWithClocks(List<WrongClock> clocks, String redisUrl) {
        return ready(start(clocks.size(), number -> new GatewayNode(number, settings(redisUrl), clocks.get(number))));
    }

    /** Like {@link #start}, without waiting until they are ready. */
    static Fleet startUnready(List<String> redisUrls) {
        return start(redisUrls.size(), number -> new GatewayNode(number, settings(redisUrls.get(number))));
    }

    private static Fleet start(int count, IntFunction<GatewayNode> starter) {
        Fleet fleet = new Fleet();
        ExecutorService starters = Executors.newCachedThreadPool();
        try {
            List<Future<GatewayNode>> started = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                started.add(starters.submit(() -> starter.apply(number)));
            }
            for (Future<GatewayNode> node : started) {
                fleet.nodes.add(node.get());
            }
            return fleet;
        } catch (ExecutionException | InterruptedException e) {
            fleet.close();
            throw new IllegalStateException(e);
        } finally {
            starters.shutdown();
        }
    }

    private static Map<String, String> settings(String redisUrl) {
        Map<String, String> settings = new HashMap<>();
        settings.put("REDIS_URL", redisUrl);
        settings.put("API_KEYS", NodeProcess.API_KEY + "=publish+read+control");
        settings.put("DRAIN_TIMEOUT", "2s");
        settings.put("MAX_REQUEST_RATE", "0");
        settings.put("MAX_PUBLISH_RATE", "0");
        settings.put("MAX_NEW_CHANNEL_RATE", "0");
        return settings;
    }

    GatewayNode node(int number) {
        return nodes.get(number);
    }

    List<GatewayNode> nodes() {
        return nodes;
    }

    @Override
    public int size() {
        return nodes.size();
    }

    @Override
    public int port(int number) {
        return nodes.get(number).port();
    }

    @Override
    public int portInService(int preferred) {
        return inService(preferred).port();
    }

    /** A node in service, {@code preferred} or a later one; does not wait. */
    GatewayNode inService(int preferred) {
        for (int i = 0; i < nodes.size(); i++) {
            GatewayNode node = nodes.get((preferred + i) % nodes.size());
            if (node.isInService()) {
                return node;
            }
        }
        return nodes.get(preferred % nodes.size());
    }

    boolean isReady() {
        return nodes.stream().allMatch(GatewayNode::isReady);
    }

    boolean isUnready() {
        return nodes.stream().allMatch(node -> node.ready().status() == 503);
    }

    void awaitReady() {
        await("ready").atMost(READY_LIMIT).pollInterval(Duration.ofMillis(20)).until(this::isReady);
    }

    /** Waits until every node is ready; returns the seconds that this took. */
    double secondsUntilReady() {
        return secondsUntil("ready", this::isReady);
    }

    /** Waits until every node is not ready; returns the seconds that this took. */
    double secondsUntilUnready() {
        return secondsUntil("not ready", this::isUnready);
    }

    /** Waits for a condition, for ten seconds longer than any promise allows; returns the seconds that this took. */
    static double secondsUntil(String what, Callable<Boolean> condition) {
        long from = System.nanoTime();
        await(what).atMost(Duration.ofSeconds(20)).pollInterval(POLL).until(condition);
        return (System.nanoTime() - from) / 1e9;
    }

    /** Waits while a fault lasts. */
    static void sleep(double seconds) {
        try {
            TimeUnit.NANOSECONDS.sleep((long) (seconds * 1e9));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The sum of a metric over all nodes, and over the series that have this label. */
    double metric(String name, String label) {
        return nodes.stream()
                .mapToDouble(node -> node.process().metric(name, label))
                .sum();
    }

    @Override
    public String log() {
        StringBuilder log = new StringBuilder();
        nodes.forEach(node -> log.append("---- ")
                .append(node)
                .append('\n')
                .append(node.process().log())
                .append('\n'));
        return log.toString();
    }

    /** Ends the nodes, and saves their output in {@code target/fleets}. */
    @Override
    public void close() {
        nodes.forEach(GatewayNode::close);
        try {
            Files.createDirectories(LOGS);
            Files.writeString(LOGS.resolve("fleet-" + System.currentTimeMillis() + ".log"), log());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
