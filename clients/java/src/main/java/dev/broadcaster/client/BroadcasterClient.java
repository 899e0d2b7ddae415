package dev.broadcaster.client;

import java.net.URI;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client of one gateway: one connection, made again when it is lost, with any number of subscriptions and publishes
 * on it. Safe for use by several threads. No method blocks.
 *
 * <p>Listeners are called by one executor, one call after the other, and never by a network thread: see
 * {@link ClientBuilder#executor}. Futures complete there too, in the same order: a publish before the own copy of its
 * message. A listener may wait for such a future.
 */
public final class BroadcasterClient implements AutoCloseable {
    private final Loop loop;
    private final boolean lazy;
    private final Tokens tokens;
    private final Connection connection;
    private final Subscriptions subscriptions;
    private final Publishing publishing;
    private final ClientListeners listeners;
    private final Waiters waiters;
    /** The reason why the connection ended. Written under the client's lock. */
    private volatile @Nullable BroadcasterException ended;

    BroadcasterClient(ClientBuilder builder) {
        Executor executor = builder.executor;
        lazy = builder.lazy;
        listeners = new ClientListeners(builder.listeners);
        loop = new Loop(builder.clock, new Callbacks(executor, this::report));
        waiters = new Waiters(loop);
        tokens = new Tokens(loop, builder.source());
        connection = new Connection(loop, builder.transport(), builder.uri, tokens, builder.name, new Owner());
        subscriptions = new Subscriptions(loop, connection);
        publishing = new Publishing(loop, connection);
    }

    /**
     * Starts to build a client.
     *
     * @param uri {@code wss://host/broadcaster/websocket}
     * @throws IllegalArgumentException if it is not an address of {@code ws} or {@code wss}
     */
    public static ClientBuilder builder(URI uri) {
        return new ClientBuilder(uri);
    }

    /** Connects, and reconnects until {@link #disconnect}, {@link #close} or {@code STOPPED}. In {@code WAITING}: tries now. */
    public void connect() {
        loop.enter(() -> {
            if (connection.state() == State.CLOSED) {
                throw new IllegalStateException("closed");
            }
            connection.connect();
        });
    }

    /** Ends the connection and every call. Handles stay: {@link #connect} subscribes them again. */
    public void disconnect() {
        loop.enter(() -> connection.disconnect(new BroadcasterException.Closed("disconnected")));
    }

    /** Ends the connection, every call and every handle, for good. */
    @Override
    public void close() {
        var unused = closeAsync();
    }

    /**
     * Like {@link #close}; for a program that ends. Completes when the socket is released: when the node has answered
     * the close frame, or a second later.
     */
    public CompletableFuture<@Nullable Void> closeAsync() {
        var promise = new Promise<@Nullable Void>(loop.callbacks);
        loop.enter(() -> {
            var unused = connection
                    .close(new BroadcasterException.Closed("closed"))
                    .whenComplete((ok, error) -> loop.enter(() -> promise.settle(null, null)));
        });
        return promise;
    }

    /**
     * Ends a delay: to be called when the application learns that the network is back. At most one attempt per second.
     */
    public void wake() {
        loop.enter(connection::wake);
    }

    public State state() {
        return connection.state();
    }

    /** Completes when the client is connected; fails when it is closed or has stopped. */
    public CompletableFuture<@Nullable Void> ready() {
        return waiters.add(new Waiters.Look() {
            @Override
            public @Nullable BroadcasterException error() {
                return endOfClient();
            }

            @Override
            public boolean isReady() {
                return connection.state() == State.CONNECTED;
            }
        });
    }

    /**
     * The reason why the client does not connect by itself: the error of a client that has stopped or is closed, else
     * null.
     */
    private @Nullable BroadcasterException endOfClient() {
        State state = connection.state();
        return state == State.STOPPED || state == State.CLOSED ? ended : null;
    }

    /** Sets another fixed token. A connected client sends it in its session. */
    public void setToken(String token) {
        setSource(new Tokens.Fixed(token));
    }

    /** Sets another provider of tokens. A connected client sends a token of it in its session. */
    public void setToken(TokenProvider provider) {
        Objects.requireNonNull(provider, "provider");
        setSource(reason -> CompletableFuture.completedStage(provider.token(reason)));
    }

    /** Like {@link #setToken(TokenProvider)}; the function may not block. */
    public void setTokenAsync(Function<TokenReason, CompletionStage<String>> provider) {
        setSource(Objects.requireNonNull(provider, "provider")::apply);
    }

    private void setSource(Tokens.Source source) {
        loop.enter(() -> {
            tokens.set(source);
            if (connection.isAuthenticated()) {
                var kind = source.isDynamic() ? TokenReason.Kind.EXPIRING : TokenReason.Kind.START;
                connection.authentication().refresh(TokenReason.of(kind));
            }
        });
    }

    /** Adds a listener. It receives the events from now on. */
    public Registration addListener(ClientListener listener) {
        return listeners.add(listener);
    }

    /** Subscribes to the messages from now on. */
    public Handle subscribe(String channel, ChannelListener listener) {
        return subscribe(channel, listener, SubscribeOptions.defaults());
    }

    /**
     * Subscribes. Any number of handles of a channel share one subscription. A name that is malformed makes the handle fail.
     *
     * @throws IllegalStateException if the client is closed
     */
    public Handle subscribe(String channel, ChannelListener listener, SubscribeOptions options) {
        Objects.requireNonNull(listener, "listener");
        Objects.requireNonNull(options, "options");
        String problem = Names.channelProblem(channel);
        return loop.enter(() -> {
            if (connection.state() == State.CLOSED) {
                throw new IllegalStateException("closed");
            }
            Subscription subscription = problem == null ? subscriptions.of(channel) : new Subscription(channel);
            var handle = new Handle(subscription, options, loop, subscriptions, this::report, this::endOfClient);
            handle.addListener(listener);
            if (problem == null) {
                subscriptions.join(handle);
                begin();
            } else {
                var error = new BroadcasterException.Invalid(problem);
                handle.settleOver(Handle.State.FAILED, error);
                loop.callbacks.add(() -> handle.deliverFailed(error));
            }
            return handle;
        });
    }

    /** A lazy client connects when it is first used. */
    private void begin() {
        if (lazy && connection.state() == State.IDLE) {
            connection.connect();
        }
    }

    /** Publishes in 10 s, with retries. */
    public CompletableFuture<PublishResult> publish(String channel, String event, Json payload) {
        return publish(channel, event, payload, PublishOptions.defaults());
    }

    /**
     * Publishes. Completes when the gateway has accepted the message, and fails within the time of the options: with
     * {@link BroadcasterException.NotPublished} if it certainly was not accepted,
     * {@link BroadcasterException.OutcomeUnknown} if the outcome is unknown, {@link BroadcasterException.Denied},
     * {@link BroadcasterException.Invalid}, or {@link BroadcasterException.LimitReached} for a message that is too
     * large or when 256 publishes or 1 Mi characters wait. Cancelling the future withdraws a publish that was not sent,
     * and ignores the answer to one that was.
     */
    public CompletableFuture<PublishResult> publish(
            String channel, String event, Json payload, PublishOptions options) {
        loop.enter(this::begin);
        return publishing.publish(channel, event, payload, options, endOfClient());
    }

    /** Reports an error that is returned to no caller. Called by any thread. */
    private void report(Throwable error) {
        listeners.report(loop, error);
    }

    /** The events of the connection, under the client's lock. */
    private final class Owner implements ConnectionOwner {
        @Override
        public void onOpen() {
            subscriptions.onOpen();
            publishing.flush();
            if (connection.isAuthenticated()) {
                subscriptions.sync();
                waiters.settle(null);
            }
        }

        @Override
        public void onLost() {
            subscriptions.onLost();
        }

        @Override
        public void onEnd(BroadcasterException error) {
            ended = error;
            publishing.onEnd(error);
            subscriptions.onEnd(error);
            waiters.settle(error);
        }

        @Override
        public void onNotification(String method, JsonObject frame) {
            // Other methods belong to a later version, or are a keepalive.
            if (method.equals("broadcast") || method.equals("unsubscribed")) {
                JsonObject params = frame.object("params");
                if (params == null) {
                    throw new Malformed(method + " without params");
                }
                if (method.equals("broadcast")) {
                    subscriptions.onBroadcast(params);
                } else {
                    subscriptions.onEnded(params);
                }
            }
        }

        @Override
        public void onState(StateEvent event) {
            listeners.fire(loop, listener -> listener.onState(event));
        }

        @Override
        public void onSlowConsumer() {
            listeners.fire(loop, ClientListener::onSlowConsumer);
        }

        @Override
        public void report(Throwable error) {
            BroadcasterClient.this.report(error);
        }
    }
}
