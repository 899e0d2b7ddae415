package dev.broadcaster.http;

import dev.broadcaster.auth.ApiKeys;
import dev.broadcaster.auth.KeyScope;
import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.control.Fleet;
import dev.broadcaster.metrics.ControlMetrics;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.PublishLimits;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import dev.broadcaster.tls.ServerTls;
import dev.broadcaster.websocket.Connections;
import dev.broadcaster.websocket.IoThreads;
import io.undertow.UndertowOptions;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.HttpHandler;
import io.undertow.server.handlers.HttpContinueReadHandler;
import io.undertow.util.Methods;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.XnioWorker;

/** The two listeners of a node, and the handlers of their paths. */
public final class HttpServer implements AutoCloseable {
    private static final int MAX_HEADER_BYTES = 32 * 1024;
    private static final int BACKLOG = 4096;
    /** The number of connections that may be accepted before the I/O threads take them. */
    private static final int ACCEPTED_AHEAD = 16;

    private static final List<String> CONSOLE_FILES = List.of(
            "console.css",
            "app.js",
            "broadcaster.js",
            "chart.js",
            "closecodes.js",
            "closecodes.json",
            "control.js",
            "credentials.js",
            "latency.js",
            "rest.js",
            "tape.js",
            "text.js",
            "view.js",
            "wait.js");

    private final Listener clients;
    private final Listener management;
    private final InFlight inFlight;
    private final @Nullable ServerTls tls;
    private final @Nullable TlsHandshakes tlsHandshakes;

    /**
     * A server that listens when {@link #start} has been called, on threads that it does not own.
     *
     * @throws IOException if the certificate or its key is unusable
     */
    public HttpServer(
            HttpConfig config,
            ApiKeys keys,
            PublishLimits limits,
            Relay relay,
            Fleet fleet,
            Connections connections,
            Readiness readiness,
            ControlMetrics calls,
            IoThreads threads,
            MemoryBudget budget,
            TimingWheel wheel,
            Time time,
            Metrics metrics)
            throws IOException {
        this.inFlight = new InFlight(wheel, time);
        Account unread = budget.account(Purpose.ANSWERS);
        UnreadAnswers answers = new UnreadAnswers(unread, threads.worker(), time, metrics);
        Origins origins = new Origins(config.allowedOrigins());
        BodyReader bodies = new BodyReader(
                config.maxBodyBytes(),
                budget.account(Purpose.BODIES),
                wheel,
                metrics,
                "not published: too many unfinished bodies");
        ClientAddresses addresses = new ClientAddresses(config.trustedProxies());
        Audit audit = new Audit(config.audit(), addresses, time);
        RestEndpoint.Keyed publish = new PublishHandler(bodies, limits, relay, time, metrics);
        RestEndpoint.Keyed batch = new BatchHandler(bodies, limits, relay, time, metrics);

        Function<RestEndpoint.Keyed, HttpHandler> publishing = endpoint -> continued(new RestEndpoint(
                List.of(new RestEndpoint.Operation(Methods.POST, KeyScope.PUBLISH, endpoint)),
                "not published: node is draining",
                keys,
                origins,
                readiness,
                audit,
                metrics,
                inFlight));

        String base = config.basePath().equals("/") ? "" : config.basePath();
        Map<String, HttpHandler> routes = new HashMap<>();
        HandshakeRate handshakes = new HandshakeRate(config.maxHandshakeRate(), time, new SecureRandom().nextLong());
        routes.put(
                base + WebSocketHandler.PATH,
                new WebSocketHandler(connections, origins, addresses, handshakes, readiness, audit, metrics));
        String publishPath = base + "/publish";
        routes.put(publishPath, publishing.apply(publish));
        routes.put(publishPath + "/batch", publishing.apply(batch));
        routes.put(base + "/health", HealthHandlers.health());
        routes.put(base + "/ready", HealthHandlers.ready(readiness::publicTrouble));
        routes.put(base + "/openapi.json", Documents.apiDocument("openapi.json", config.basePath()));
        routes.put(base + "/asyncapi.json", Documents.apiDocument("asyncapi.json", config.basePath()));
        HttpHandler about =
                config.console() ? Documents.redirect(302, base + "/console/") : Documents.about(config.basePath());
        for (String path : List.of("/", base, base + "/")) {
            routes.put(path, about); // "" is no path of a request
        }
        if (config.console()) {
            addConsole(routes, base + "/console");
        }

        ControlApi control = new ControlApi(
                base,
                new UserHandlers(base, bodies.answering("too many unfinished bodies"), fleet, answers, audit, calls),
                new ChannelHandlers(base, fleet, relay, answers, audit, calls),
                new HistoryHandler(base + ChannelHandlers.PATH, relay, answers),
                HttpServer::continued,
                keys,
                origins,
                readiness,
                audit,
                metrics,
                inFlight);
        Function<String, @Nullable HttpHandler> router = path -> {
            HttpHandler handler = routes.get(path);
            return handler != null ? handler : control.handler(path);
        };

        HttpHandler root = new Router(router);
        if (config.console()) {
            HttpHandler pages = new OriginHandler(origins, root, metrics);
            root = new HostHandler(Origins.hosts(config.allowedOrigins()), pages, metrics);
        }

        Map<String, HttpHandler> managementRoutes = Map.of(
                "/health", HealthHandlers.health(),
                "/ready", HealthHandlers.ready(readiness::trouble),
                "/metrics", HealthHandlers.metrics(metrics));

        Path certificate = config.tlsCert();
        Path key = config.tlsKey();
        this.tls = certificate == null || key == null
                ? null
                : new ServerTls(certificate, key, time, metrics.secrets("tls"));
        if (tls != null) {
            metrics.gauge(
                    "certificate.expiry",
                    "seconds",
                    "Expiry of the certificates of TLS_CERT, the first of them, in seconds since 1970",
                    tls,
                    ServerTls::expirySeconds);
        }
        this.tlsHandshakes = tls == null
                ? null
                : new TlsHandshakes(
                        tls.context(),
                        new HandshakeRate(config.maxHandshakeRate(), time, new SecureRandom().nextLong()),
                        addresses,
                        TlsHandshakes.threadCount(Runtime.getRuntime().availableProcessors()),
                        metrics);
        OptionMap httpOptions = OptionMap.builder()
                // Without timeouts: those of RequestSource and HttpSockets read the received bytes before they close.
                .set(UndertowOptions.MAX_HEADER_SIZE, MAX_HEADER_BYTES)
                // BodyReader has the limit of the settings, and a better response; Undertow would add a limit of 2 MiB.
                .set(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                .set(UndertowOptions.ALWAYS_SET_DATE, false)
                .getMap();
        OptionMap socketOptions = OptionMap.builder()
                .set(Options.BACKLOG, BACKLOG)
                .set(Options.SEND_BUFFER, IoThreads.SEND_BUFFER_BYTES)
                .getMap();
        ByteBufferPool buffers = Listener.buffers();
        Account input = budget.account(Purpose.INPUT);
        HttpSockets clientSockets = new HttpSockets(
                connections.maxSockets(),
                connections::count,
                input,
                threads.worker(),
                config.idleTimeout(),
                time,
                metrics);
        metrics.gauge(
                "http.connections",
                "",
                "Open connections of the public port that are not WebSockets",
                clientSockets,
                HttpSockets::count);
        int mostSockets = connections.maxSockets();
        this.clients = new Listener(
                threads.worker(),
                mostSockets == 0 ? socketOptions : withHighWater(socketOptions, mostSockets + ACCEPTED_AHEAD),
                httpOptions,
                buffers,
                config.host(),
                config.port(),
                tlsHandshakes,
                config.proxyProtocol() ? new ProxyHeaders(addresses, clientSockets, audit, metrics) : null,
                new StrictHttpHandler(root, metrics),
                clientSockets,
                answers);
        XnioWorker own = threads.managementWorker();
        this.management = new Listener(
                own,
                socketOptions,
                httpOptions,
                buffers,
                config.managementHost(),
                config.managementPort(),
                null,
                null,
                new StrictHttpHandler(
                        new HostHandler(managementNames(config), new Router(managementRoutes::get), metrics), metrics),
                new HttpSockets(0, () -> 0, input, own, config.idleTimeout(), time, metrics),
                new UnreadAnswers(unread, own, time, metrics));
    }

    /**
     * Leaves connections to the kernel while this number is open, until the I/O threads have selected some to close.
     */
    private static OptionMap withHighWater(OptionMap options, int connections) {
        return OptionMap.builder()
                .addAll(options)
                .set(Options.CONNECTION_HIGH_WATER, connections)
                .getMap();
    }

    /** Answers {@code Expect: 100-continue} with 100 when the body is wanted; a client such as curl waits for it. */
    private static HttpHandler continued(HttpHandler handler) {
        return new HttpContinueReadHandler(handler);
    }

    private static Set<String> managementNames(HttpConfig config) {
        Set<String> names = new HashSet<>(config.managementAllowedHosts());
        names.add(config.managementHost().toLowerCase(Locale.ROOT));
        return names;
    }

    private static void addConsole(Map<String, HttpHandler> routes, String path) {
        routes.put(path, Documents.redirect(308, path + "/"));
        if (!Documents.hasConsole()) {
            routes.put(path + "/", Documents.noConsole());
            return;
        }
        routes.put(path + "/", Documents.consoleFile("index.html"));
        for (String file : CONSOLE_FILES) {
            routes.put(path + "/" + file, Documents.consoleFile(file));
        }
    }

    /**
     * Starts to listen.
     *
     * @throws ListenException if a port is already used
     */
    public void start() {
        start(clients, false);
        start(management, true);
        if (tls != null) {
            tls.start();
        }
    }

    private static void start(Listener listener, boolean isManagement) {
        try {
            listener.start();
        } catch (IOException e) {
            throw new ListenException(isManagement, e);
        }
    }

    /** The port of the public listener, the real one if a free one was requested. */
    public int port() {
        return clients.port();
    }

    /** The port of the management listener. */
    public int managementPort() {
        return management.port();
    }

    /**
     * Complete when every publish that was received before the drain has been answered, and no more have arrived for a
     * second; or after {@code atMost}, when none is left.
     */
    public CompletableFuture<Void> drain(Duration atMost) {
        return inFlight.drain(atMost);
    }

    /** Stops listening; open connections continue. */
    @Override
    public void close() {
        clients.close();
        management.close();
        if (tls != null) {
            tls.close();
        }
    }
}
