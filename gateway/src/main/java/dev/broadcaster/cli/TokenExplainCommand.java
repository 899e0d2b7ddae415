package dev.broadcaster.cli;

import dev.broadcaster.GatewayConfig;
import dev.broadcaster.InvalidConfigException;
import dev.broadcaster.Setting;
import dev.broadcaster.auth.TokenExplainer;
import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code broadcaster token explain}: shows how a node with the settings of the environment judges a token. */
@Command(
        name = "explain",
        description =
                "Says what a node with the settings of the environment makes of a token: which key has signed it, what"
                        + " its claims are, which channels it gets, and why not.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 a node takes the token, 1 it does not, 2 wrong use or settings.",
            "",
            "Examples:",
            "  JWT_ISSUERS=https://id.example.com=https://id.example.com/jwks.json broadcaster token explain eyJhbGci...",
            "  pbpaste | broadcaster token explain -"
        })
final class TokenExplainCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "<token>", description = "The token; - to read it from the standard input.")
    private String token = "";

    @Option(names = "--dev", description = "Explain as a node that was started with 'serve\u00a0--dev'.")
    private boolean dev;

    TokenExplainCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        Logging.off();
        GatewayConfig config;
        try {
            config = GatewayConfig.parse(settings());
        } catch (InvalidConfigException e) {
            e.problems().forEach(problem -> terminal.err().println("broadcaster token explain: " + problem));
            return ExitCode.USAGE;
        }
        String text = token.equals("-") ? new String(terminal.in().readAllBytes(), StandardCharsets.UTF_8) : token;
        TokenExplainer.Explanation explanation = explain(config, text.strip());
        explanation.lines().forEach(line -> terminal.out().println(line.about() + ": " + line.text()));
        return explanation.accepted() ? ExitCode.OK : ExitCode.FAILED;
    }

    private static TokenExplainer.Explanation explain(GatewayConfig config, String token) {
        try (Metrics metrics = new Metrics();
                TimingWheel wheel = new TimingWheel(Time.SYSTEM); // never turns: a set is fetched once
                TokenVerifier verifier = TokenVerifier.withKeySets(config.auth(), wheel, Time.SYSTEM, metrics)) {
            verifier.start();
            return TokenExplainer.explain(verifier, token);
        }
    }

    /** The settings of the environment; a key is not needed for this. */
    private Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>(terminal.settings());
        if (dev) {
            return DevMode.complete(settings);
        }
        boolean hasKey = !terminal.setting(Setting.API_KEYS).isEmpty()
                || !terminal.setting(Setting.API_KEYS_FILE).isEmpty();
        if (!hasKey) {
            settings.put(Setting.API_KEYS.name(), "none");
        }
        return settings;
    }
}
