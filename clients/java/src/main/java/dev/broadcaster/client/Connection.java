package dev.broadcaster.client;

import java.net.URI;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The connection to the node: one socket at a time, made again until it is closed or stopped. Guarded by the client's
 * lock; calls of the transport arrive through the loop.
 */
final class Connection {
    private static final long OPEN_MILLIS = 10_000;
    /** The time in which a node must answer when the network has changed. */
    private static final long PROBE_MILLIS = 4_000;

    private static final long SLOW_WINDOW_MILLIS = 60_000;
    private static final int SLOW_TIMES = 3;
    private static final int UNREACHED_TIMES = 3;
    /** The longest delay that a refusal can cause, before the jitter. */
    private static final long MOST_RETRY_AFTER_MILLIS = 60_000;
    /** The code of this library: the node violated the protocol, or is silent. */
    private static final int OUR_CLOSE = 4000;

    private final Loop loop;
    private final OneSocket socket;
    private final ConnectionOwner owner;
    private final Backoff backoff;
    private final Authentication authentication;
    private final Calls calls;
    private final Intake intake;

    private volatile State state = State.IDLE;
    private Hello hello = Hello.NONE;
    /** Increases with each attempt and each loss: a callback with an older number does nothing. */
    private long attempt;

    private @Nullable Liveness liveness;
    /** Of the handshake. */
    private Clock.@Nullable Cancel timer;
    /** Runs in {@code WAITING}. */
    private final Delay delay;
    /** Attempts in a row whose socket did not open, and that were not answered either. */
    private int unreached;
    /** Closes because of slow reading. */
    private final OftenWithin slowConsumer = new OftenWithin(SLOW_TIMES, SLOW_WINDOW_MILLIS);

    Connection(Loop loop, Transport transport, URI uri, Tokens tokens, String client, ConnectionOwner owner) {
        this.loop = loop;
        this.socket = new OneSocket(transport, uri);
        this.owner = owner;
        this.backoff = new Backoff(loop);
        this.delay = new Delay(loop, this::begin);
        this.authentication = new Authentication(loop, this, tokens, client);
        this.intake = new Intake(loop, this, owner);
        this.calls = new Calls(
                loop, socket::send, intake::isReading, () -> lose(Backoff.ABNORMAL, "the node does not answer"));
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

    OneSocket socket() {
        return socket;
    }

    void report(Throwable error) {
        owner.report(error);
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
            delay.wake();
        }
    }

    /** Waits for the next attempt. Without a token the delay begins when there is one. */
    private void wait(long millis, boolean tokenVoid) {
        if (tokenVoid) {
            delay.announce(millis);
            authentication.onTokenVoid(() -> {
                // Not again after a wake.
                if (!delay.isRunning()) {
                    delay.start(millis);
                }
            });
        } else {
            delay.start(millis);
        }
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
            socket.open(new SocketEvents(loop, this, attempt));
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
        backoff.onConnected();
        unreached = 0;
        liveness = new Liveness(
                loop,
                hello.pingInterval(),
                intake::isReading,
                () -> calls.send("heartbeat", "{}", reply -> {}),
                reason -> lose(Backoff.ABNORMAL, reason));
        set(StateEvent.of(State.CONNECTED));
        owner.onOpen();
    }

    void onFrame(String text) {
        onFrameRead();
        intake.take(text);
    }

    /** The node has shown that it lives. */
    void onFrameRead() {
        if (liveness != null) {
            liveness.onFrame();
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
        backoff.onLost();
        boolean reached = answered || state != State.CONNECTING || !socket.isThere();
        drop(code);
        OptionalLong next = backoff.next(code);
        if (next.isEmpty()) {
            end(new BroadcasterException.Stopped(code, reason));
            return;
        }
        long retryIn = next.getAsLong();
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
        return socket.released();
    }

    /** Releases the socket and every timer; then the waiting calls end. */
    private void drop(int code) {
        attempt++;
        intake.reset();
        cancelTimer();
        delay.cancel();
        authentication.stop();
        if (liveness != null) {
            liveness.stop();
            liveness = null;
        }
        socket.release(code == Backoff.ABNORMAL || code == Backoff.NORMAL ? code : OUR_CLOSE);
        calls.lose();
        owner.onLost();
    }
}
