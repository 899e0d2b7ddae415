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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

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

    @Option(
            names = "--dev",
            description = "A development node on this machine: needs no setting, has fixed public secrets,"
                    + " serves the console page, listens on 127.0.0.1 only.")
    private boolean dev;

    @Unmatched
    private List<String> unknown = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs the command.
    private CommandSpec spec;

    private ServeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    static CommandLine commandLine(Terminal terminal) {
        CommandLine commandLine = new CommandLine(new ServeCommand(terminal));
        for (Setting.Group group : Setting.Group.values()) {
            ArgGroupSpec.Builder options =
                    ArgGroupSpec.builder().heading("%n" + group.title() + ":%n").validate(false);
            for (Setting setting : Setting.values()) {
                if (setting.group() == group) {
                    options.addArg(option(setting));
                }
            }
            commandLine.getCommandSpec().addArgGroup(options.build());
        }
        return commandLine;
    }

    private static OptionSpec option(Setting setting) {
        String fallback = setting.defaultValue().isEmpty() ? "" : " = " + setting.defaultValue();
        return OptionSpec.builder(setting.flag())
                .type(String.class)
                .paramLabel("<" + setting.unit() + ">")
                .description(setting.description().replace("%", "%%"), setting + fallback) // picocli formats it
                .build();
    }

    @Override
    public Integer call() {
        NameCache.limit();
        Map<String, String> settings = settings();
        List<String> problems = new ArrayList<>();
        unknown.forEach(argument -> problems.add(unknown(argument)));
        if (dev) {
            problems.addAll(DevMode.problems(settings));
            settings = DevMode.complete(settings);
        } else {
            problems.addAll(DevMode.problemsOfOthers(settings));
        }
        problems.addAll(misspelt(settings));
        try {
            GatewayConfig config = dev ? DevMode.parse(settings) : GatewayConfig.parse(settings);
            if (problems.isEmpty()) {
                return serve(config);
            }
        } catch (InvalidConfigException e) {
            problems.addAll(e.problems());
        }
        terminal.err().println("broadcaster serve: cannot start with these settings:");
        problems.forEach(problem -> terminal.err().println("  " + problem));
        return ExitCode.USAGE;
    }

    private static String unknown(String argument) {
        String hint = Spelling.similarFlag(argument)
                .map(flag -> "did you mean " + flag + "?")
                .orElse("see --help");
        return argument + ": unknown (" + hint + ")";
    }

    /**
     * Environment variables that look like a misspelt setting. Other unknown names are ignored, because an environment
     * has many of them.
     */
    private static List<String> misspelt(Map<String, String> settings) {
        Set<String> known = Stream.of(Setting.values()).map(Setting::name).collect(Collectors.toSet());
        List<String> problems = new ArrayList<>();
        settings.keySet().stream()
                .filter(name -> !known.contains(name))
                .sorted()
                .forEach(name -> Spelling.similarSetting(name)
                        .filter(setting -> isUnset(settings, setting.name()) && isUnset(settings, setting + "_FILE"))
                        .ifPresent(setting -> problems.add(name + ": unknown (did you mean " + setting + "?)")));
        return problems;
    }

    private static boolean isUnset(Map<String, String> settings, String name) {
        return settings.getOrDefault(name, "").isBlank();
    }

    /** The environment without the service links of Kubernetes, overridden by the flags. */
    private Map<String, String> settings() {
        Map<String, String> settings = terminal.settings();
        for (Setting setting : Setting.values()) {
            String flag = spec.findOption(setting.flag()).getValue();
            if (flag != null) {
                settings.put(setting.name(), flag);
            }
        }
        return settings;
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
        if (dev) {
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
