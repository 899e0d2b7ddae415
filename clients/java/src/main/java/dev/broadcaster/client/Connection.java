package dev.broadcaster.client;

import java.net.URI;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The connection to the node: one socket at a time, made again until it is closed or stopped. Guarded by the client's
 * lock; calls of the transport arrive through the loop.
 */
final class Connection {
    private static final long OPEN_MILLIS = 10_000;
    /** A connection of this age was good: the next backoff starts from the beginning. */
    private static final long STABLE_MILLIS = 10_000;
    /** The time in which a node must answer when the network has changed. */
    private static final long PROBE_MILLIS = 4_000;

    private static final long WAKE_EVERY_MILLIS = 1_000;
    private static final long SLOW_WINDOW_MILLIS = 60_000;
    private static final int SLOW_TIMES = 3;
    private static final int UNREACHED_TIMES = 3;
    /** The longest delay that a refusal can cause, before the jitter. */
    private static final long MOST_RETRY_AFTER_MILLIS = 60_000;
    /** The code of this library: the node violated the protocol, or is silent. */
    private static final int OUR_CLOSE = 4000;

    private final Loop loop;
    private final Transport transport;
    private final URI uri;
    private final ConnectionOwner owner;
    private final Backoff backoff;
    private final Authentication authentication;
    private final Calls calls;

    private volatile State state = State.IDLE;
    private Hello hello = Hello.NONE;
    /** Increases with each attempt and each loss: a callback with an older number does nothing. */
    private long attempt;

    private Transport.@Nullable Socket socket;
    private @Nullable Liveness liveness;
    /** Null while there is no connection. */
    private @Nullable Long connectedAt;
    /** True while callbacks are so far behind that the socket is not read. */
    private boolean paused;
    /** Of the last socket. */
    private CompletionStage<?> released = CompletableFuture.completedStage(null);
    /** The timer of the state: the handshake's or the backoff's. */
    private Clock.@Nullable Cancel timer;
    /** Of the next attempt. */
    private long nextAt;
    /** Of the last attempt that ended a wait; null before the first. */
    private @Nullable Long lastWake;
    /** Attempts in a row whose socket did not open, and that were not answered either. */
    private int unreached;
    /** Closes because of slow reading. */
    private final OftenWithin slowConsumer = new OftenWithin(SLOW_TIMES, SLOW_WINDOW_MILLIS);

    Connection(Loop loop, Transport transport, URI uri, Tokens tokens, String client, ConnectionOwner owner) {
        this.loop = loop;
        this.transport = transport;
        this.uri = uri;
        this.owner = owner;
        this.backoff = new Backoff(loop);
        this.authentication = new Authentication(loop, this, tokens, client);
        this.calls =
                new Calls(loop, this::write, () -> !paused, () -> lose(Backoff.ABNORMAL, "the node does not answer"));
        loop.callbacks.onRoom(() -> loop.enter(this::resume));
    }

    /** Safe for use by any thread. */
    State state() {
        return state;
    }

    long attempt() {
        return attempt;
    }

    Calls calls() {
        return calls;
    }

    Authentication authentication() {
        return authentication;
    }

    Hello hello() {
        return hello;
    }

    boolean has(String feature) {
        return hello.features().contains(feature);
    }

    /** True if requests may be sent. False as soon as a loss is noticed, before the state says so. */
    boolean isAuthenticated() {
        return liveness != null;
    }

    /** Characters that wait to be written. */
    long waiting() {
        return socket == null ? 0 : socket.waiting();
    }

    void report(Throwable error) {
        owner.report(error);
    }

    private void write(String text) {
        if (socket != null) {
            socket.send(text);
        }
    }

    void connect() {
        if (state == State.WAITING) {
            wake();
        } else if (state == State.IDLE || state == State.STOPPED) {
            backoff.reset();
            authentication.reset();
            unreached = 0;
            begin();
        }
    }

    /** Ends a delay, at most once per second; a connected node must answer a probe. */
    void wake() {
        if (liveness != null) {
            liveness.probe(PROBE_MILLIS);
        }
        if (state == State.WAITING) {
            long now = loop.now();
            long soonest = lastWake == null ? 0 : Math.max(0, lastWake + WAKE_EVERY_MILLIS - now);
            schedule(Math.min(Math.max(0, nextAt - now), soonest));
        }
    }

    /** Waits for the next attempt. Without a token the delay begins when there is one. */
    private void wait(long millis, boolean tokenVoid) {
        if (tokenVoid) {
            nextAt = loop.now() + millis;
            authentication.onTokenVoid(() -> {
                // Not again after a wake.
                if (timer == null) {
                    schedule(millis);
                }
            });
        } else {
            schedule(millis);
        }
    }

    private void schedule(long millis) {
        cancelTimer();
        nextAt = loop.now() + millis;
        timer = loop.after(millis, late -> {
            lastWake = loop.now();
            begin();
        });
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void set(StateEvent event) {
        state = event.state();
        owner.onState(event);
    }

    private void begin() {
        attempt++;
        set(StateEvent.of(State.CONNECTING));
        authentication.prepare(this::open);
    }

    private void open() {
        timer = loop.deadline(OPEN_MILLIS, () -> lose(Backoff.ABNORMAL, "no handshake"));
        try {
            socket = transport.open(uri, new SocketEvents(loop, this, attempt));
        } catch (RuntimeException e) {
            end(new BroadcasterException.Stopped(Backoff.ABNORMAL, String.valueOf(e.getMessage())));
        }
    }

    void onRefused(int status, long retryAfterMillis) {
        report(new BroadcasterException.Unavailable("HTTP " + status, status, null));
        lose(Backoff.ABNORMAL, "HTTP " + status, true, Math.min(retryAfterMillis, MOST_RETRY_AFTER_MILLIS));
    }

    void onOpen() {
        cancelTimer();
        set(StateEvent.of(State.AUTHENTICATING));
        authentication.begin();
        owner.onOpen();
    }

    void onAuthenticated(Hello said) {
        hello = said;
        connectedAt = loop.now();
        unreached = 0;
        liveness = new Liveness(
                loop,
                hello.pingInterval(),
                () -> !paused,
                () -> calls.send("heartbeat", "{}", reply -> {}),
                reason -> lose(Backoff.ABNORMAL, reason));
        set(StateEvent.of(State.CONNECTED));
        owner.onOpen();
    }

    void onFrame(String text) {
        if (liveness != null) {
            liveness.onFrame();
        }
        try {
            JsonObject frame = JsonObject.parse(text);
            if (frame.json("method") != null) {
                owner.onNotification(frame.requiredString("method"), frame);
            } else if (!calls.settle(frame)) {
                report(new BroadcasterException.ProtocolViolation("unasked: " + shortened(text)));
            }
        } catch (Malformed e) {
            violate(e.getMessage() + ": " + shortened(text));
        }
        if (socket != null && !paused && loop.callbacks.isFull()) {
            paused = true;
            socket.read(false);
        }
    }

    private static String shortened(String text) {
        return text.length() > 200 ? text.substring(0, 200) + "…" : text;
    }

    private void resume() {
        if (paused && !loop.callbacks.isFull()) {
            paused = false;
            if (liveness != null) {
                liveness.onFrame();
            }
            if (socket != null) {
                socket.read(true);
            }
        }
    }

    /** The node violated the protocol: reconnects with recovery. */
    void violate(@Nullable String message) {
        report(new BroadcasterException.ProtocolViolation(String.valueOf(message)));
        lose(OUR_CLOSE, "protocol violation");
    }

    void lose(int code, String reason) {
        lose(code, reason, false, 0);
    }

    /** The connection, or the attempt, has ended. The code determines the next step. */
    private void lose(int code, String reason, boolean answered, long retryAfterMillis) {
        if (connectedAt != null && loop.now() - connectedAt >= STABLE_MILLIS) {
            backoff.reset();
        }
        boolean reached = answered || state != State.CONNECTING || socket == null;
        drop(code);
        OptionalLong delay = backoff.next(code);
        if (delay.isEmpty()) {
            end(new BroadcasterException.Stopped(code, reason));
            return;
        }
        long retryIn = delay.getAsLong();
        if (retryAfterMillis > 0) {
            retryIn = Math.max(retryIn, retryAfterMillis + loop.upTo((double) retryAfterMillis));
        }
        BroadcasterException error = null;
        if (!reached) {
            error = new BroadcasterException.Unavailable(reason, 0, null);
            // The first attempts may fail for a moment; an error each time would say no more.
            if (++unreached == UNREACHED_TIMES) {
                report(error);
            }
        }
        wait(retryIn, code == Backoff.TOKEN_VOID);
        set(new StateEvent(State.WAITING, Duration.ofMillis(retryIn), code, reason, error));
        if (code == Backoff.SLOW_CONSUMER && slowConsumer.happened(loop.now())) {
            owner.onSlowConsumer();
        }
    }

    /** Ends the connection until {@link #connect}. */
    void end(BroadcasterException error) {
        drop(Backoff.NORMAL);
        authentication.tokens.stop();
        owner.onEnd(error);
        if (error instanceof BroadcasterException.Closed) {
            set(StateEvent.of(State.IDLE));
        } else if (error instanceof BroadcasterException.Stopped stopped) {
            set(new StateEvent(State.STOPPED, null, stopped.closeCode(), stopped.reason(), error));
        } else {
            set(new StateEvent(State.STOPPED, null, null, null, error));
        }
    }

    /** Ends the connection and all waiting calls. Also without a connection, because publishes may wait for one. */
    void disconnect(BroadcasterException.Closed error) {
        if (state == State.IDLE || state == State.CLOSED) {
            owner.onEnd(error);
        } else {
            end(error);
        }
    }

    /** Ends the connection for good. The stage completes when its socket is released. */
    CompletionStage<?> close(BroadcasterException.Closed error) {
        if (state != State.CLOSED) {
            drop(Backoff.NORMAL);
            authentication.tokens.stop();
            owner.onEnd(error);
            set(StateEvent.of(State.CLOSED));
        }
        return released;
    }

    /** Releases the socket and every timer; then the waiting calls end. */
    private void drop(int code) {
        attempt++;
        Transport.Socket gone = socket;
        socket = null;
        released = gone == null ? released : gone.released();
        connectedAt = null;
        paused = false;
        cancelTimer();
        authentication.stop();
        if (liveness != null) {
            liveness.stop();
            liveness = null;
        }
        if (gone != null) {
            if (code == Backoff.ABNORMAL) {
                // No peer is left to answer a close.
                gone.abort();
            } else {
                gone.close(code == Backoff.NORMAL ? Backoff.NORMAL : OUR_CLOSE, "");
            }
        }
        calls.lose();
        owner.onLost();
    }
}
