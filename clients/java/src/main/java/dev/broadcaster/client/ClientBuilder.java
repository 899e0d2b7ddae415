package dev.broadcaster.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes a client. Needs a token; all else has a default. */
public final class ClientBuilder {
    final URI uri;
    private Tokens.@Nullable Source source;
    Executor executor = SharedThreads.EXECUTOR;
    private @Nullable Transport transport;
    Clock clock = SharedThreads.CLOCK;
    boolean lazy;
    String name = Version.CLIENT;
    final List<ClientListener> listeners = new ArrayList<>();

    ClientBuilder(URI uri) {
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        if (!(scheme.equals("ws") || scheme.equals("wss")) || uri.getHost() == null) {
            throw new IllegalArgumentException("uri: " + uri + " (expected: ws:// or wss:// and a host)");
        }
        this.uri = uri;
    }

    /** A token that never changes. When it ends, the client stops. */
    public ClientBuilder token(String token) {
        source = new Tokens.Fixed(token);
        return this;
    }

    /** Gets tokens. The provider may block. */
    public ClientBuilder token(TokenProvider provider) {
        Objects.requireNonNull(provider, "provider");
        source = reason -> CompletableFuture.completedStage(provider.token(reason));
        return this;
    }

    /** Gets tokens. The function may not block; its stage has 15 s. */
    public ClientBuilder tokenAsync(Function<TokenReason, CompletionStage<String>> provider) {
        source = Objects.requireNonNull(provider, "provider")::apply;
        return this;
    }

    /**
     * Calls the listeners, the token provider and resyncs. Default: threads that all clients of the process share, as
     * many as are busy at a time, which end when they are idle. Listeners are called one after the other with any
     * executor. With an executor of a single thread a listener that blocks delays token providers and resyncs.
     */
    public ClientBuilder executor(Executor value) {
        executor = Objects.requireNonNull(value, "executor");
        return this;
    }

    /** Opens the sockets. Default: {@link HttpTransport#shared}. */
    public ClientBuilder transport(Transport value) {
        transport = Objects.requireNonNull(value, "transport");
        return this;
    }

    /** Opens the sockets by an HTTP client, with its proxy and its TLS. */
    public ClientBuilder httpClient(HttpClient http) {
        return transport(new HttpTransport(Objects.requireNonNull(http, "http")));
    }

    /** Connects with the first subscribe or publish. */
    public ClientBuilder lazy() {
        lazy = true;
        return this;
    }

    /**
     * The name and version of the program, {@code shop/1.0}, which the node shows to operators. Default: those of this
     * library.
     */
    public ClientBuilder name(String value) {
        name = Objects.requireNonNull(value, "name");
        return this;
    }

    /** Adds a listener before the first event. */
    public ClientBuilder listener(ClientListener listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
        return this;
    }

    ClientBuilder clock(Clock value) {
        clock = value;
        return this;
    }

    Transport transport() {
        return transport == null ? HttpTransport.shared() : transport;
    }

    Tokens.Source source() {
        if (source == null) {
            throw new IllegalStateException("no token");
        }
        return source;
    }

    /**
     * The client. It does nothing before {@link BroadcasterClient#connect}.
     *
     * @throws IllegalStateException if no token was given
     */
    public BroadcasterClient build() {
        return new BroadcasterClient(this);
    }
}
