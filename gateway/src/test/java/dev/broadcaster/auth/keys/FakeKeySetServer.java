package dev.broadcaster.auth.keys;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Servers of key sets, which answer at once, or when the test tells them to. One thread. */
public final class FakeKeySetServer implements KeySetServer {
    private final Deque<CompletableFuture<byte[]>> waiting = new ArrayDeque<>();
    private @Nullable String answer; // for each request at once; null: the test answers
    private int requests;
    private @Nullable URI lastAddress;

    @Override
    public CompletableFuture<byte[]> fetch(URI address) {
        requests++;
        lastAddress = address;
        CompletableFuture<byte[]> result = new CompletableFuture<>();
        waiting.add(result);
        String now = answer;
        if (now != null) {
            answer(now);
        }
        return result;
    }

    /** Sets the answer to later requests. */
    public void answerAlways(String json) {
        answer = json;
    }

    /** Makes later requests wait. */
    public void hold() {
        answer = null;
    }

    /** Answers the oldest waiting request. */
    public void answer(String json) {
        waiting.remove().complete(json.getBytes(UTF_8));
    }

    public void fail(String why) {
        waiting.remove().completeExceptionally(new IOException(why));
    }

    /** True if a request waits. */
    public boolean isAsked() {
        return !waiting.isEmpty();
    }

    public int requests() {
        return requests;
    }

    public @Nullable URI lastAddress() {
        return lastAddress;
    }

    /** The sets of these issuers, fetched from here when they are started. */
    public KeySets sets(List<Issuer> issuers, TimingWheel wheel, Time time, Metrics metrics) {
        return KeySets.from(this, issuers, wheel, time, metrics);
    }

    /** The set of one issuer, which has answered. */
    public static KeySets loaded(String issuer, String json, Time time) {
        FakeKeySetServer server = new FakeKeySetServer();
        server.answerAlways(json);
        Issuer one = new Issuer(issuer, URI.create("https://id.example.com/jwks.json"));
        KeySets sets = server.sets(List.of(one), new TimingWheel(time), time, new Metrics());
        sets.start();
        return sets;
    }
}
