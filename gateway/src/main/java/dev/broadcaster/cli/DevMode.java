package dev.broadcaster.cli;

import dev.broadcaster.Gateway;
import dev.broadcaster.GatewayConfig;
import dev.broadcaster.InvalidConfigException;
import dev.broadcaster.Setting;
import dev.broadcaster.auth.ApiKey;
import dev.broadcaster.auth.KeyScope;
import dev.broadcaster.auth.TokenMinter;
import dev.broadcaster.http.Documents;
import dev.broadcaster.http.Loopback;
import dev.broadcaster.redis.link.RedisUrl;
import dev.broadcaster.time.Time;
import java.io.File;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;

/**
 * {@code serve --dev}: a node that needs no setting. Its secrets are in this file, so it listens on loopback only,
 * answers web pages of this machine only, and uses no Redis of another machine. Explicit settings override the values
 * of this class.
 */
final class DevMode {
    static final String SECRET = "insecure-development-secret";
    static final String API_KEY = "insecure-development-key";
    /** Enough to show on any channel what a client gets that was away. */
    static final String HISTORY = "*=100/10m";

    /** Every page that the developer opens knows the public secrets. */
    static final String ALLOWED_ORIGINS = "loopback";

    private static final Duration TOKEN_LIFETIME = Duration.ofHours(24);

    private DevMode() {}

    /** The settings, with missing ones added. */
    static Map<String, String> complete(Map<String, String> settings) {
        Map<String, String> complete = new HashMap<>(settings);
        setUnlessSet(complete, Setting.HOST, "127.0.0.1");
        if (!isSet(settings, Setting.JWT_SECRET_FILE)) {
            setUnlessSet(complete, Setting.JWT_SECRET, SECRET);
        }
        setUnlessSet(complete, Setting.ALLOW_WEAK_JWT_SECRET, "true");
        if (!isSet(settings, Setting.API_KEYS_FILE)) {
            setUnlessSet(complete, Setting.API_KEYS, API_KEY + "=publish+read+control");
        }
        setUnlessSet(complete, Setting.HISTORY, HISTORY);
        setUnlessSet(complete, Setting.ALLOWED_ORIGINS, ALLOWED_ORIGINS);
        return complete;
    }

    /**
     * The problems that only a development node can have: an address that others can reach, a Redis that others use.
     */
    static List<String> problems(Map<String, String> settings) {
        List<String> problems = new ArrayList<>();
        List.of(Setting.HOST, Setting.MANAGEMENT_HOST).stream()
                .filter(setting -> {
                    String host = settings.getOrDefault(setting.name(), "").strip();
                    return !host.isEmpty() && !Loopback.isHost(host);
                })
                .map(setting -> setting + ": " + settings.get(setting.name())
                        + " (expected: 127.0.0.1 with --dev, whose secrets are public)")
                .forEach(problems::add);
        RedisUrl redis = RedisUrl.parse(
                settings.getOrDefault(Setting.REDIS_URL.name(), "").strip());
        if (redis != null && !redis.hostNames().stream().allMatch(Loopback::isHost) && !allowsRemoteRedis(settings)) {
            problems.add(
                    "REDIS_URL: " + redis + " (expected: a Redis on this machine with --dev, whose secrets are public,"
                            + " or " + Setting.ALLOW_REMOTE_REDIS.flag() + "=true)");
        }
        return problems;
    }

    private static boolean allowsRemoteRedis(Map<String, String> settings) {
        return settings.getOrDefault(Setting.ALLOW_REMOTE_REDIS.name(), "")
                .strip()
                .equalsIgnoreCase("true");
    }

    /** The problems of a node that is not for development and has settings that only a development node may have. */
    static List<String> problemsOfOthers(Map<String, String> settings) {
        List<String> problems = new ArrayList<>();
        if (Terminal.secrets(settings, Setting.JWT_SECRET, Setting.JWT_SECRET_FILE)
                .contains(SECRET)) {
            problems.add("JWT_SECRET: the secret of 'serve --dev' (expected: one that is not public)");
        }
        if (Terminal.secrets(settings, Setting.API_KEYS, Setting.API_KEYS_FILE).stream()
                .map(entry -> ApiKey.parse(entry).key())
                .anyMatch(API_KEY::equals)) {
            problems.add("API_KEYS: the key of 'serve --dev' (expected: one that is not public)");
        }
        return problems;
    }

    /** The address of a node with these settings on this machine; empty if there is none. */
    static Optional<NodeUrl> url(Map<String, String> settings) {
        String scheme = isSet(settings, Setting.TLS_CERT) ? "https" : "http";
        String host = value(settings, Setting.HOST);
        try {
            return Optional.of(new NodeUrl.Converter()
                    .convert(scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":"
                            + value(settings, Setting.PORT) + value(settings, Setting.BASE_PATH)));
        } catch (CommandLine.TypeConversionException e) {
            return Optional.empty();
        }
    }

    private static String value(Map<String, String> settings, Setting setting) {
        String value = settings.getOrDefault(setting.name(), "").strip();
        return value.isEmpty() ? setting.defaultValue() : value;
    }

    /** A token for all channels, as {@code serve --dev} prints it, signed with the first secret of the settings. */
    static Optional<String> token(Map<String, String> settings) {
        String audience =
                value(settings, Setting.JWT_AUDIENCE).split("[|,]", -1)[0].strip();
        return Terminal.secrets(settings, Setting.JWT_SECRET, Setting.JWT_SECRET_FILE).stream()
                .findFirst()
                .map(secret -> token(secret, audience));
    }

    private static String token(String secret, String audience) {
        return new TokenMinter(secret, audience, Time.SYSTEM)
                .mint("developer", List.of("*"), List.of("subscribe", "publish"), TOKEN_LIFETIME);
    }

    static GatewayConfig parse(Map<String, String> settings) throws InvalidConfigException {
        return GatewayConfig.parse(settings).withConsole();
    }

    /** Prints the address of the page, and the lines to paste. */
    static void print(PrintWriter out, GatewayConfig config, Gateway gateway) {
        String token = token(
                config.auth().jwtSecrets().get(0),
                config.auth().tokens().audiences().get(0));
        String key = config.auth().apiKeys().stream()
                .map(ApiKey::parse)
                .filter(known -> !known.isHashed() && known.scopes().contains(KeyScope.PUBLISH))
                .map(ApiKey::key)
                .findFirst()
                .orElse("<your-api-key>");
        String base = baseUrl(config, gateway.port());
        out.println();
        out.println(
                "  DEVELOPMENT NODE: its secrets are public. It listens on this machine only. Never use --dev for more.");
        out.println();
        out.println("  Console    "
                + (Documents.hasConsole()
                        ? base + "/console/#token=" + token + "&key=" + key + "&channel=demo"
                        : "not in this jar, which was built with -Dconsole.skip"));
        out.println("  Token      " + token);
        out.println("  Publish    curl -sS -H 'Authorization: Bearer " + key + "' -H 'Content-Type: application/json'"
                + " -d '{\"channel\":\"demo\",\"event\":\"greeting\",\"payload\":{\"text\":\"hello\"}}' " + base
                + "/publish");
        out.println("  Subscribe  " + program() + " subscribe --url " + base + " --token " + token + " demo");
        out.println();
        out.flush();
    }

    /** What starts this program in any directory. */
    private static String program() {
        String started = System.getProperty("java.class.path", "");
        return started.endsWith(".jar") && !started.contains(File.pathSeparator)
                ? "java -jar "
                        + quoted(Path.of(started).toAbsolutePath().normalize().toString())
                : "broadcaster";
    }

    /** One word of a shell. */
    static String quoted(String text) {
        return text.matches("[A-Za-z0-9/_.,:+@=-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    private static String baseUrl(GatewayConfig config, int port) {
        String scheme = config.http().tlsCert() == null ? "http" : "https";
        String host = config.http().host();
        String path = config.http().basePath().equals("/") ? "" : config.http().basePath();
        return scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port + path;
    }

    private static boolean isSet(Map<String, String> settings, Setting setting) {
        return !settings.getOrDefault(setting.name(), "").isBlank();
    }

    private static void setUnlessSet(Map<String, String> settings, Setting setting, String value) {
        settings.merge(setting.name(), value, (old, fallback) -> old.isBlank() ? fallback : old);
    }
}
