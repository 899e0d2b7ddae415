package dev.broadcaster.client;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** A client with time, a network and an executor of the test. */
final class Scene {
    static final String TOKEN = "a.b.c";

    final ManualClock clock = new ManualClock(1);
    final FakeTransport transport = new FakeTransport();
    final List<StateEvent> states = new ArrayList<>();
    final List<Throwable> errors = new ArrayList<>();
    final List<TokenReason> asked = new ArrayList<>();
    final BroadcasterClient client;

    /** Callbacks run at once, in the thread of the test. */
    Scene() {
        this(Runnable::run, null);
    }

    Scene(Function<TokenReason, CompletionStage<String>> provider) {
        this(Runnable::run, provider);
    }

    Scene(Executor executor, Function<TokenReason, CompletionStage<String>> provider) {
        client = BroadcasterClient.builder(URI.create("ws://gateway/websocket"))
                .tokenAsync(reason -> {
                    asked.add(reason);
                    return provider == null
                            ? CompletableFuture.completedStage(TOKEN + asked.size())
                            : provider.apply(reason);
                })
                .executor(executor)
                .clock(clock)
                .transport(transport)
                .listener(new ClientListener() {
                    @Override
                    public void onState(StateEvent event) {
                        states.add(event);
                    }

                    @Override
                    public void onError(Throwable error) {
                        errors.add(error);
                    }
                })
                .build();
    }

    FakeTransport.FakeSocket socket() {
        return transport.socket();
    }

    /** Connects; returns the socket. */
    FakeTransport.FakeSocket connected() {
        client.connect();
        socket().accept();
        return socket();
    }

    /** Loses the connection and makes a new one. */
    FakeTransport.FakeSocket reconnected() {
        socket().listener.onClose(1006, "lost");
        clock.advance(500);
        socket().accept();
        return socket();
    }

    StateEvent state() {
        return states.get(states.size() - 1);
    }
}
