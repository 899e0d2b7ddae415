package dev.broadcaster.fleet;

import dev.broadcaster.testing.Ledger;
import dev.broadcaster.testing.Ledger.Outcome;
import dev.broadcaster.testing.Ledger.Published;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Publisher;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Publishes over REST at a steady rate, one publish at a time, and records the outcome of each. It never repeats a
 * publish; when its node ends, it continues at another. Runs on its own thread.
 */
final class LoadPublisher {
    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]*)\"");
    private static final int CONNECT_MILLIS = 2_000;
    private static final int ANSWER_MILLIS = 5_000;
    private static final long RETRY_NANOS = 20_000_000;

    private final TrafficTarget target;
    private final Ledger ledger;
    private final String name;
    private final List<String> channels;
    private final long intervalNanos;
    private final Random random;
    private final Thread thread;
    private int home;
    private long number;
    private volatile String refusal = "";
    private volatile boolean stopped;

    LoadPublisher(
            TrafficTarget target,
            Ledger ledger,
            String name,
            int home,
            List<String> channels,
            long intervalNanos,
            long seed) {
        this.target = target;
        this.ledger = ledger;
        this.name = name;
        this.home = home;
        this.channels = channels;
        this.intervalNanos = intervalNanos;
        this.random = new Random(seed);
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }

    void awaitEnd() {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The last response that was not 200, for a failed test. */
    String refusal() {
        return refusal;
    }

    private void run() {
        try {
            while (!stopped) {
                try (Publisher publisher = connect(target.portInService(home))) {
                    while (!stopped && publish(publisher, channels.get(random.nextInt(channels.size())))) {
                        LockSupport.parkNanos(intervalNanos);
                    }
                } catch (IOException e) {
                    LockSupport.parkNanos(RETRY_NANOS); // nothing was sent
                }
                home += 1 + random.nextInt(Math.max(1, target.size() - 1)); // distributed over the nodes
            }
        } catch (RuntimeException | Error e) {
            ledger.odd(name + " died: " + e);
            throw e;
        }
    }

    /**
     * Publishes to each channel {@code count} times, node by node; returns the number of accepted publishes. For a
     * publisher that is not started.
     */
    int publishEverywhere(int count) throws IOException {
        int accepted = 0;
        for (int node = 0; node < target.size(); node++) {
            try (Publisher publisher = connect(target.port(node))) {
                int share = count * (node + 1) / target.size() - count * node / target.size();
                for (int i = 0; i < share; i++) {
                    for (String channel : channels) {
                        accepted += exchange(publisher, channel).outcome() == Outcome.ACCEPTED ? 1 : 0;
                    }
                }
            }
        }
        return accepted;
    }

    /**
     * Publishes to each channel once at each node in service; true if all were accepted. For a publisher that is not
     * started.
     */
    boolean isAcceptedEverywhere() {
        for (int node = 0; node < target.size(); node++) {
            int port = target.port(node);
            if (port == target.portInService(node) && !isAcceptedAt(port)) {
                return false;
            }
        }
        return true;
    }

    private boolean isAcceptedAt(int port) {
        try (Publisher publisher = connect(port)) {
            return channels.stream()
                    .allMatch(channel -> exchange(publisher, channel).outcome() == Outcome.ACCEPTED);
        } catch (IOException e) {
            return false;
        }
    }

    private Publisher connect(int port) throws IOException {
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress("127.0.0.1", port), CONNECT_MILLIS);
            Publisher publisher = new Publisher(target.over(socket));
            socket.setSoTimeout(ANSWER_MILLIS);
            return publisher;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** True if the connection may be used again. */
    private boolean publish(Publisher publisher, String channel) {
        Step step = exchange(publisher, channel);
        return step.answered && !step.draining;
    }

    private record Step(Outcome outcome, boolean answered, boolean draining) {}

    private Step exchange(Publisher publisher, String channel) {
        long n = ++number;
        long sent = System.nanoTime();
        NodeProcess.Answer answer;
        try {
            publisher.send(Publisher.request(channel, "{\"p\":\"" + name + "\",\"n\":" + n + ",\"t\":" + sent + "}"));
            answer = publisher.answer();
        } catch (IOException e) {
            answer = new NodeProcess.Answer(-1, "");
        }
        Outcome outcome = outcome(answer);
        if (outcome != Outcome.ACCEPTED) {
            refusal = "on " + channel + ": " + answer;
        }
        Matcher id = ID.matcher(answer.body());
        ledger.published(new Published(
                name,
                n,
                channel,
                outcome,
                outcome == Outcome.ACCEPTED && id.find() ? id.group(1) : "",
                sent,
                System.nanoTime()));
        return new Step(outcome, answer.status() > 0, answer.body().contains("drain"));
    }

    private Outcome outcome(NodeProcess.Answer answer) {
        if (answer.status() == 200) {
            return Outcome.ACCEPTED;
        }
        if (answer.status() == 503 && answer.body().contains("\"not published")) {
            return Outcome.NOT_PUBLISHED;
        }
        if (answer.status() > 0 && !(answer.status() == 503 && answer.body().contains("\"outcome unknown"))) {
            ledger.odd(name + " was answered " + answer);
        }
        return Outcome.UNKNOWN;
    }
}
