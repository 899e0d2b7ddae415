package dev.broadcaster.cli;

import dev.broadcaster.Capacity;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code broadcaster check}: tries what {@code broadcaster serve} with the same options needs, before it is started. */
@Command(
        name = "check",
        description = {
            "Reads the settings as 'serve' does, from the environment and the same options, and tries what a node"
                    + " needs: its ports, its certificate, its Redis with the rights of the user, the keys of its"
                    + " issuers. It prints one line for each, with what to do.",
            "",
            "It may run beside the node."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        abbreviateSynopsis = true,
        footer = {
            "",
            "Exit codes: 0 a node can serve (there may be warnings), 1 it cannot, 2 wrong use or settings.",
            "",
            "Examples:",
            "  broadcaster check",
            "  broadcaster check --dev --port 9000 --redis-url redis://localhost:6379",
            "  docker compose run --rm gateway check"
        })
final class CheckCommand implements Callable<Integer> {
    private static final Duration EXPIRES_SOON = Duration.ofDays(14);
    private static final long KEY_SET_SECONDS = 10;

    private final Terminal terminal;

    @Mixin
    private final SettingFlags flags = new SettingFlags();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    private boolean failed;

    private CheckCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    static CommandLine commandLine(Terminal terminal) {
        return SettingFlags.commandLine(new CheckCommand(terminal));
    }

    @Override
    public Integer call() throws InterruptedException {
        Logging.off();
        GatewayConfig config;
        try {
            config = flags.read(spec, terminal);
        } catch (InvalidConfigException e) {
            e.problems().forEach(problem -> say(new Finding(Level.FAIL, "settings", problem)));
            return ExitCode.USAGE;
        }
        say(new Finding(Level.OK, "settings", "understood, and the files of secrets can be read"));
        capacity(config);
        new PortCheck(config.http(), this::say).run();
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

    private void capacity(GatewayConfig config) {
        Capacity capacity = Capacity.ofThisProcess();
        if (capacity.isExceededBy(config.websocket())) {
            say(new Finding(
                    Level.WARN,
                    "MAX_CONNECTIONS",
                    config.websocket().maxConnections() + " do not fit into the " + capacity.descriptors()
                            + " file descriptors that are free: raise ulimit -n, or lower it"));
        }
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
            if (identity.unused() > 0) {
                say(new Finding(
                        Level.WARN,
                        "TLS_CERT",
                        identity.unused() + " certificates do not belong to the chain and are not sent: remove them, or"
                                + " add the issuer that is missing between"));
            }
        } catch (IOException e) {
            say(new Finding(Level.FAIL, "certificate", String.valueOf(e.getMessage())));
        }
    }

    private void keySets(GatewayConfig config) throws InterruptedException {
        try (Metrics metrics = new Metrics();
                TimingWheel wheel = new TimingWheel(Time.SYSTEM); // never turns: a set is fetched once
                KeySets sets = KeySets.overHttp(config.auth().tokens().issuers(), wheel, Time.SYSTEM, metrics)) {
            List<CompletableFuture<Void>> asked = new ArrayList<>(); // all at once: each may take seconds
            for (KeySet set : sets.all()) {
                CompletableFuture<Void> question = set.askForUnknown();
                if (question != null) {
                    asked.add(question);
                }
            }
            await(CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)));
            for (KeySet set : sets.all()) {
                String about = "JWT_ISSUERS " + set.issuer();
                if (set.size() > 0 && set.issuer().isOpenToOthers()) {
                    say(new Finding(
                            Level.WARN,
                            about,
                            set.size() + " keys, but an attacker in the network who changes them can sign tokens: use"
                                    + " https"));
                } else if (set.size() > 0) {
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
