package dev.broadcaster;

import dev.broadcaster.auth.AuthConfig;
import dev.broadcaster.auth.Grants;
import dev.broadcaster.auth.Revocations;
import dev.broadcaster.auth.SecretFiles;
import dev.broadcaster.auth.TokenConfig;
import dev.broadcaster.auth.keys.Issuer;
import dev.broadcaster.http.AuditLevel;
import dev.broadcaster.http.HttpConfig;
import dev.broadcaster.hub.Hub;
import dev.broadcaster.redis.RedisConfig;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishConfig;
import dev.broadcaster.rpc.RpcConfig;
import dev.broadcaster.websocket.WebSocketConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * The configuration of a node, one record per package. A value of this type has been checked.
 *
 * @param redis the Redis of the fleet; null for a node that serves alone
 * @param memoryBudgetPercent the share of the heap that clients and publishers can make the node hold
 */
public record GatewayConfig(
        AuthConfig auth,
        SecretFiles secretFiles,
        RpcConfig rpc,
        WebSocketConfig websocket,
        HttpConfig http,
        @Nullable RedisConfig redis,
        HistoryConfig history,
        PublishConfig publish,
        int memoryBudgetPercent,
        Duration drainTimeout,
        LogConfig log) {

    private static final int MAX_RATE = 1_000_000;
    private static final int MAX_COUNT = 1_000_000_000;
    private static final int MIN_UNAUTHENTICATED = 16;
    private static final long MAX_PENDING = 1L << 40;
    private static final Duration MIN_TIME = Duration.ofMillis(1);
    private static final Duration MAX_TIME = Duration.ofHours(24);

    /**
     * Reads the settings, whose keys are the names of {@link Setting}; other keys are ignored, because an environment
     * has many of them.
     *
     * @throws InvalidConfigException with all problems
     */
    public static GatewayConfig parse(Map<String, String> settings) throws InvalidConfigException {
        SettingsReader reader = new SettingsReader(settings);
        SecretFiles secretFiles = new SecretFiles(
                reader.readableFile(Setting.JWT_SECRET_FILE),
                reader.readableFile(Setting.API_KEYS_FILE),
                reader.readableFile(Setting.JWT_PUBLIC_KEY_FILE));
        AuthConfig auth = auth(reader, secretFiles);
        WebSocketConfig websocket = websocket(reader);
        RpcConfig rpc = new RpcConfig(
                reader.number(Setting.MAX_SUBSCRIPTIONS, 0, MAX_COUNT),
                websocket.maxMessageBytes(),
                websocket.pingInterval());
        HttpConfig http = http(reader);
        Duration drainTimeout = reader.duration(Setting.DRAIN_TIMEOUT, Duration.ZERO, Duration.ofHours(1));
        LogConfig log = log(reader);
        RedisConfig redis = RedisSettings.read(reader);
        HistoryConfig history = reader.history(Setting.HISTORY);
        PublishConfig publish = new PublishConfig(
                reader.number(Setting.MAX_PUBLISH_RATE, 0, MAX_RATE),
                reader.number(Setting.MAX_NEW_CHANNEL_RATE, 0, MAX_RATE));
        int budget = reader.number(Setting.MEMORY_BUDGET, 1, 90);
        reader.throwIfInvalid();
        return new GatewayConfig(
                auth, secretFiles, rpc, websocket, http, redis, history, publish, budget, drainTimeout, log);
    }

    /** A copy that serves the console page, for a development node. */
    public GatewayConfig withConsole() {
        return new GatewayConfig(
                auth,
                secretFiles,
                rpc,
                websocket,
                http.withConsole(),
                redis,
                history,
                publish,
                memoryBudgetPercent,
                drainTimeout,
                log);
    }

    private static AuthConfig auth(SettingsReader reader, SecretFiles files) {
        AuthConfig auth = new AuthConfig(
                reader.secrets(Setting.JWT_SECRET, Setting.JWT_SECRET_FILE, files.jwtSecret()),
                reader.yesOrNo(Setting.ALLOW_WEAK_JWT_SECRET),
                reader.secrets(Setting.API_KEYS, Setting.API_KEYS_FILE, files.apiKeys()),
                tokens(reader, files));
        boolean othersSign = (reader.isSet("JWT_ISSUERS") || reader.isSet("JWT_PUBLIC_KEY_FILE"))
                && !reader.isSet("JWT_SECRET")
                && !reader.isSet("JWT_SECRET_FILE");
        if (reader.isRight(Setting.JWT_SECRET_FILE) && !othersSign) {
            reader.problems(auth.secretProblems());
        }
        if (reader.isRight(Setting.API_KEYS_FILE)) {
            reader.problems(auth.keyProblems());
        }
        if (files.publicKeys() != null && reader.isRight(Setting.JWT_PUBLIC_KEY_FILE)) {
            reader.problems(auth.tokens().publicKeyProblems());
        }
        return auth;
    }

    /** The accepted keys and claims of tokens, besides the secrets. */
    private static TokenConfig tokens(SettingsReader reader, SecretFiles files) {
        List<String> problems = new ArrayList<>();
        Grants grants = Grants.parse(reader.text(Setting.GRANTS), problems);
        List<Issuer> issuers = Issuer.parse(reader.list(Setting.JWT_ISSUERS), problems);
        List<String> audiences = reader.list(Setting.JWT_AUDIENCE);
        if (audiences.isEmpty()) {
            problems.add("JWT_AUDIENCE: no name in it");
        }
        reader.problems(problems);
        Duration maxLife = reader.isSet("MAX_TOKEN_LIFE")
                ? reader.duration(Setting.MAX_TOKEN_LIFE, MIN_TIME, Revocations.MAX_LIFE)
                : Duration.ZERO;
        return new TokenConfig(issuers, reader.publicKeys(files.publicKeys()), audiences, grants, maxLife);
    }

    private static WebSocketConfig websocket(SettingsReader reader) {
        boolean tls = reader.isSet("TLS_CERT");
        int maxConnections = reader.numberOrAuto(
                Setting.MAX_CONNECTIONS, MAX_COUNT, Capacity.ofThisProcess().connections(tls));
        int maxUnauthenticated = reader.numberOrAuto(
                Setting.MAX_UNAUTHENTICATED,
                MAX_COUNT,
                maxConnections == 0 ? 0 : Math.max(MIN_UNAUTHENTICATED, maxConnections / 2));
        Duration idleTimeout = reader.duration(Setting.IDLE_TIMEOUT, MIN_TIME, MAX_TIME);
        WebSocketConfig websocket = new WebSocketConfig(
                reader.number(Setting.MAX_MESSAGE_BYTES, 0, MAX_COUNT),
                reader.number(Setting.MAX_PENDING_BYTES, 0, MAX_PENDING),
                reader.number(Setting.MAX_REQUEST_RATE, 0, MAX_RATE),
                maxConnections,
                maxUnauthenticated,
                reader.duration(Setting.AUTH_TIMEOUT, MIN_TIME, MAX_TIME),
                pingInterval(reader, idleTimeout),
                idleTimeout,
                reader.yesOrNo(Setting.COMPRESSION));
        if (reader.isSet("PING_INTERVAL")
                && reader.areRight(Setting.PING_INTERVAL, Setting.IDLE_TIMEOUT)
                && websocket.pingInterval().compareTo(websocket.idleTimeout()) >= 0) {
            reader.problem(
                    "PING_INTERVAL: " + reader.text(Setting.PING_INTERVAL) + " (expected: less than IDLE_TIMEOUT, "
                            + reader.text(Setting.IDLE_TIMEOUT) + ", else idle clients are closed)");
        }
        return websocket;
    }

    /**
     * Half of the idle timeout at most, unless it is set: to close idle clients earlier, only IDLE_TIMEOUT is needed, and
     * a client that answers pings is never idle.
     */
    private static Duration pingInterval(SettingsReader reader, Duration idleTimeout) {
        Duration interval = reader.duration(Setting.PING_INTERVAL, MIN_TIME, MAX_TIME);
        Duration half = idleTimeout.dividedBy(2);
        return reader.isSet("PING_INTERVAL") || interval.compareTo(half) <= 0 ? interval : half;
    }

    private static HttpConfig http(SettingsReader reader) {
        Path tlsCert = reader.readableFile(Setting.TLS_CERT);
        Path tlsKey = reader.readableFile(Setting.TLS_KEY);
        if (reader.isSet("TLS_CERT") != reader.isSet("TLS_KEY")) {
            String missing = reader.isSet("TLS_CERT") ? "TLS_KEY" : "TLS_CERT";
            reader.problem(missing + ": not set (expected: TLS_CERT and TLS_KEY, or neither)");
        }
        int port = reader.number(Setting.PORT, 0, 65535);
        int managementPort = reader.number(Setting.MANAGEMENT_PORT, 0, 65535);
        if (port != 0 && port == managementPort) {
            reader.problem("MANAGEMENT_PORT: " + managementPort + " (expected: a port other than PORT)");
        }
        return new HttpConfig(
                reader.host(Setting.HOST),
                port,
                reader.host(Setting.MANAGEMENT_HOST),
                managementPort,
                reader.hosts(Setting.MANAGEMENT_ALLOWED_HOSTS),
                reader.basePath(Setting.BASE_PATH),
                reader.origins(Setting.ALLOWED_ORIGINS),
                reader.number(Setting.MAX_BODY_BYTES, 0L, MAX_COUNT),
                reader.number(Setting.MAX_HANDSHAKE_RATE, 0, MAX_RATE),
                reader.duration(Setting.HTTP_IDLE_TIMEOUT, Duration.ofSeconds(1), MAX_TIME),
                reader.ranges(Setting.TRUSTED_PROXIES),
                proxyProtocol(reader),
                reader.choice(
                        Setting.AUDIT_LOG,
                        Map.of("off", AuditLevel.OFF, "refused", AuditLevel.REFUSED, "all", AuditLevel.ALL),
                        "off, refused or all"),
                reader.number(Setting.IO_THREADS, 0, Hub.MAX_SHARDS),
                tlsCert,
                tlsKey,
                false);
    }

    private static boolean proxyProtocol(SettingsReader reader) {
        boolean expected = reader.yesOrNo(Setting.PROXY_PROTOCOL);
        if (expected && !reader.isSet("TRUSTED_PROXIES")) {
            reader.problem(
                    "TRUSTED_PROXIES: not set (expected: the addresses of the proxies that PROXY_PROTOCOL is for)");
        }
        return expected;
    }

    private static LogConfig log(SettingsReader reader) {
        Map<String, Level> levels = new LinkedHashMap<>();
        for (Level level : Level.values()) {
            levels.put(level.name().toLowerCase(Locale.ROOT), level);
        }
        return new LogConfig(
                reader.choice(
                        Setting.LOG_ENCODING,
                        Map.of("console", LogConfig.Encoding.CONSOLE, "json", LogConfig.Encoding.JSON),
                        "console or json"),
                reader.choice(Setting.LOG_LEVEL, levels, "error, warn, info, debug or trace"));
    }
}
