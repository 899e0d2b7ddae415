package dev.broadcaster.cli;

import dev.broadcaster.Capacity;
import dev.broadcaster.Gateway;
import dev.broadcaster.GatewayConfig;
import dev.broadcaster.InvalidConfigException;
import dev.broadcaster.LogConfig;
import dev.broadcaster.Setting;
import dev.broadcaster.http.HttpConfig;
import dev.broadcaster.http.ListenException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code broadcaster serve}: runs a node until SIGTERM or SIGINT. Its flags are made from {@link Setting}. */
@Command(
        name = "serve",
        description = {
            "Runs a node until SIGTERM or SIGINT: the first one drains it, a second one stops it at once.",
            "",
            "Every setting is a flag and an environment variable; the flag wins."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        abbreviateSynopsis = true,
        footer = {
            "",
            "Exit codes: 0 stopped by a signal, 1 could not start, 2 wrong flags or settings.",
            "",
            "Examples:",
            "  broadcaster serve --dev",
            "  JWT_SECRET=$(openssl rand -base64 32) API_KEYS=$(openssl rand -hex 20) broadcaster serve",
            "  broadcaster serve --port 443 --base-path / --tls-cert chain.pem --tls-key key.pem"
        })
final class ServeCommand implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(ServeCommand.class);

    private final Terminal terminal;

    @Mixin
    private final SettingFlags flags = new SettingFlags();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    private ServeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    static CommandLine commandLine(Terminal terminal) {
        return SettingFlags.commandLine(new ServeCommand(terminal));
    }

    @Override
    public Integer call() {
        NameCache.limit();
        GatewayConfig config;
        try {
            config = flags.read(spec, terminal);
        } catch (InvalidConfigException e) {
            terminal.err().println("broadcaster serve: cannot start with these settings:");
            e.problems().forEach(problem -> terminal.err().println("  " + problem));
            return ExitCode.USAGE;
        }
        return serve(config);
    }

    private int serve(GatewayConfig config) {
        Logging.start(config.log());
        List<String> links = ServiceLinks.likeSettings(terminal.environment());
        if (!links.isEmpty()) {
            log.info("Service links of Kubernetes are not settings, and are ignored: {}", String.join(", ", links));
        }
        Gateway gateway;
        try {
            gateway = Gateway.start(config);
        } catch (RuntimeException e) {
            logFailedStart(config.http(), e);
            return ExitCode.FAILED;
        }
        CountDownLatch stopped = new CountDownLatch(1);
        AtomicBoolean draining = new AtomicBoolean();
        Signals.onTermination(() -> {
            stop(gateway, draining);
            stopped.countDown();
        });
        Signals.onHangup(() -> log.info("SIGHUP: nothing to do, files are read again every second"));
        logStart(config, gateway);
        if (flags.isDev()) {
            boolean json = config.log().encoding() == LogConfig.Encoding.JSON;
            DevMode.print(json ? terminal.err() : terminal.out(), config, gateway);
        }
        await(stopped);
        return ExitCode.OK;
    }

    private static void logFailedStart(HttpConfig http, RuntimeException failure) {
        if (failure instanceof ListenException refused) {
            // The message suffices, and a stack trace would hide it.
            log.error(cannotListen(http, refused.isManagement(), Main.reason(refused)));
        } else if (failure.getCause() instanceof IOException) { // for example an invalid certificate
            log.error("The node cannot start: {}", Main.reason(failure));
        } else {
            log.error("The node cannot start: " + Main.reason(failure), failure);
        }
    }

    static String cannotListen(HttpConfig http, boolean isManagement, String reason) {
        Setting host = isManagement ? Setting.MANAGEMENT_HOST : Setting.HOST;
        Setting port = isManagement ? Setting.MANAGEMENT_PORT : Setting.PORT;
        String address =
                isManagement ? http.managementHost() + ":" + http.managementPort() : http.host() + ":" + http.port();
        return "The node cannot listen on " + address + ": " + reason + " (another port: " + port.flag() + " or " + port
                + ", another address: " + host.flag() + " or " + host + ")";
    }

    private static void stop(Gateway gateway, AtomicBoolean draining) {
        if (draining.compareAndSet(false, true)) {
            log.info("Draining; a second signal stops at once");
            gateway.drain();
            log.info("Stopped");
        } else {
            log.info("Stopping at once");
            gateway.stop();
        }
    }

    private static void logStart(GatewayConfig config, Gateway gateway) {
        Capacity capacity = Capacity.ofThisProcess();
        log.info(
                "Broadcaster {} listens on {}:{}{}, management on {}:{}, {} I/O threads, {}",
                Main.Version.current(),
                config.http().host(),
                gateway.port(),
                config.http().basePath(),
                config.http().managementHost(),
                gateway.managementPort(),
                gateway.ioThreads(),
                capacity.describe(config.websocket()));
        if (capacity.isExceededBy(config.websocket())) {
            log.warn("MAX_CONNECTIONS exceeds the available file descriptors");
        }
    }

    private static void await(CountDownLatch stopped) {
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
