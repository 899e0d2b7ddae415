package dev.broadcaster.cli;

import dev.broadcaster.GatewayConfig;
import dev.broadcaster.InvalidConfigException;
import dev.broadcaster.auth.keys.KeySet;
import dev.broadcaster.auth.keys.KeySets;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.RedisConfig;
import dev.broadcaster.redis.link.Finding;
import dev.broadcaster.redis.link.Finding.Level;
import dev.broadcaster.redis.link.RedisCheck;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import dev.broadcaster.tls.TlsIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;

/** {@code broadcaster check}: tries what a node with the settings of the environment needs, before it is started. */
@Command(
        name = "check",
        description = {
            "Reads the settings of the environment, and tries what a node needs: its certificate, its Redis with the"
                    + " rights of the user, the keys of its issuers. It prints one line for each, with what to do.",
            "",
            "It listens to nothing, so it may run beside a node."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 a node can serve (there may be warnings), 1 it cannot, 2 wrong use or settings.",
            "",
            "Examples:",
            "  broadcaster check",
            "  docker compose run --rm gateway check"
        })
final class CheckCommand implements Callable<Integer> {
    private static final Duration EXPIRES_SOON = Duration.ofDays(14);
    private static final long KEY_SET_SECONDS = 10;

    private final Terminal terminal;
    private boolean failed;

    CheckCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Logging.off();
        GatewayConfig config;
        try {
            config = GatewayConfig.parse(terminal.settings());
        } catch (InvalidConfigException e) {
            e.problems().forEach(problem -> say(new Finding(Level.FAIL, "settings", problem)));
            return ExitCode.USAGE;
        }
        say(new Finding(Level.OK, "settings", "understood, and the files of secrets can be read"));
        certificate(config);
        keySets(config);
        redis(config);
        return failed ? ExitCode.FAILED : ExitCode.OK;
    }

    private void say(Finding finding) {
        failed |= finding.level() == Level.FAIL;
        String level = finding.level().name();
        terminal.out()
                .printf(
                        Locale.ROOT,
                        "%-4s  %s: %s%n",
                        finding.level() == Level.OK ? "ok" : level,
                        finding.about(),
                        finding.text());
    }

    private void certificate(GatewayConfig config) {
        Path certificate = config.http().tlsCert();
        Path key = config.http().tlsKey();
        if (certificate == null || key == null) {
            return;
        }
        try {
            Instant now = Instant.now();
            TlsIdentity identity = TlsIdentity.read("TLS_CERT", certificate, "TLS_KEY", key, now);
            Instant expiry = Instant.ofEpochSecond(identity.expirySeconds());
            boolean isSoon = now.plus(EXPIRES_SOON).isAfter(expiry);
            say(new Finding(
                    isSoon ? Level.WARN : Level.OK,
                    "TLS_CERT",
                    identity.name() + ", expires at " + expiry + (isSoon ? ": renew it" : "")));
        } catch (IOException e) {
            say(new Finding(Level.FAIL, "TLS_CERT", String.valueOf(e.getMessage())));
        }
    }

    private void keySets(GatewayConfig config) throws InterruptedException {
        try (Metrics metrics = new Metrics();
                TimingWheel wheel = new TimingWheel(Time.SYSTEM); // never turns: a set is fetched once
                KeySets sets = KeySets.overHttp(config.auth().tokens().issuers(), wheel, Time.SYSTEM, metrics)) {
            for (KeySet set : sets.all()) {
                CompletableFuture<Void> asked = set.askForUnknown();
                if (asked != null) {
                    await(asked);
                }
                String about = "JWT_ISSUERS " + set.issuer();
                if (set.size() > 0) {
                    say(new Finding(Level.OK, about, set.size() + " keys"));
                } else {
                    String problem = set.problem().isEmpty() ? "no answer" : set.problem();
                    say(new Finding(
                            Level.FAIL,
                            about,
                            set.issuer().keySet() + ": " + problem
                                    + ": correct the address, or let the node reach it"));
                }
            }
        }
    }

    private static void await(CompletableFuture<Void> asked) throws InterruptedException {
        try {
            asked.get(KEY_SET_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // The set has no key, which is reported.
        }
    }

    private void redis(GatewayConfig config) throws InterruptedException {
        RedisConfig redis = config.redis();
        if (redis == null) {
            say(new Finding(Level.OK, "REDIS_URL", "not set: the node serves alone"));
            return;
        }
        boolean histories = !config.history().rules().isEmpty();
        try (RedisCheck check = redis.check(histories, this::say)) {
            check.run();
        }
    }
}
