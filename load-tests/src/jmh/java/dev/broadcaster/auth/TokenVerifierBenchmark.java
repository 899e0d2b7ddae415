package dev.broadcaster.auth;

import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The check of a client's token, from its text to its identity, and the checks of each request. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TokenVerifierBenchmark {
    private static final String SECRET = "a-secret-of-the-benchmarks-and-of-nothing-else";

    private final TokenVerifier verifier =
            new TokenVerifier(new AuthConfig(List.of(SECRET), false, List.of("key")), Time.SYSTEM);
    private final String token = new TokenMinter(SECRET, Time.SYSTEM)
            .mint("alice", List.of("chat:*", "news"), List.of("subscribe", "publish"), Duration.ofDays(1));
    private final ChannelGrants grants = ChannelGrants.of(List.of("chat:*", "news"));

    @Benchmark
    public Identity verify() throws TokenRejectedException, KeyAwaitedException {
        return verifier.verify(token);
    }

    @Benchmark
    public boolean covers() {
        return grants.covers("chat:lobby");
    }
}
