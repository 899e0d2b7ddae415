package dev.broadcaster.client;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One consumer of a channel. Any number of them share the subscription. Safe for use by several threads.
 *
 * <p>Its inner state is owned by the callbacks, which run one after the other; fields with another comment are guarded
 * by the client's lock.
 */
public final class Handle implements AutoCloseable {
    final Subscription subscription;
    final SubscribeOptions options;
    private final Loop loop;
    private final Subscriptions subscriptions;
    private final Consumer<Throwable> report;
    /** The reason why the client has stopped; null while it may connect. */
    private final Supplier<@Nullable BroadcasterException> clientEnd;

    private final List<ChannelListener> listeners = new CopyOnWriteArrayList<>();
    private final Readers readers;
    private final @Nullable Syncing syncing;

    /**
     * True if it requested messages that the already started subscription did not give. Guarded by the client's lock
     * until {@code live}.
     */
    volatile boolean joinedLate;

    private final Waiters waiters;
    /** Set once, under the client's lock. */
    private volatile @Nullable State over;
    /** Set before {@link #over}. */
    private volatile @Nullable BroadcasterException overError;
    /** True when nothing more must be delivered. */
    private volatile boolean muted;

    private boolean started;

    /** The state of a handle. */
    public enum State {
        /** The subscription is in progress, or waits for a connection. */
        SUBSCRIBING,
        /** Messages arrive. */
        LIVE,
        /** The subscription was refused. Final. */
        FAILED,
        /** The node has ended the subscription. Final. */
        ENDED,
        /** The handle or its client was closed. Final. */
        CLOSED
    }

    Handle(
            Subscription subscription,
            SubscribeOptions options,
            Loop loop,
            Subscriptions subscriptions,
            Consumer<Throwable> report,
            Supplier<@Nullable BroadcasterException> clientEnd) {
        this.subscription = subscription;
        this.options = options;
        this.loop = loop;
        this.subscriptions = subscriptions;
        this.report = report;
        this.clientEnd = clientEnd;
        this.waiters = new Waiters(loop);
        this.readers = new Readers(options.overflow, full -> loop.enter(() -> subscriptions.pause(this, full)));
        this.syncing = options.resync == null
                ? null
                : new Syncing(loop, options.resync, report, new Syncing.Owner() {
                    @Override
                    public void deliver(Message message) {
                        deliverNow(message);
                    }

                    @Override
                    public void onLost(long count) {
                        fire(listener -> listener.onGap(Gap.consumer(count)));
                    }
                });
    }

    public String channel() {
        return subscription.channel;
    }

    public State state() {
        State end = over;
        if (end == null && clientEnd.get() instanceof BroadcasterException.Closed) {
            return State.CLOSED;
        }
        return end != null ? end : subscription.wire == Subscription.Wire.LIVE ? State.LIVE : State.SUBSCRIBING;
    }

    /** The id of the last message whose delivery began, for {@link SubscribeOptions#since}; null if there is none. */
    public @Nullable String position() {
        return subscription.position;
    }

    /** Adds a listener. It receives the events from now on. */
    public Registration addListener(ChannelListener listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
        return () -> listeners.remove(listener);
    }

    /**
     * Completes when the subscription is live. Fails with the error of a subscription that is refused or has ended, and of a
     * client or a handle that is closed or has stopped.
     */
    public CompletableFuture<@Nullable Void> ready() {
        return waiters.add(new Waiters.Look() {
            @Override
            public @Nullable BroadcasterException error() {
                return over != null ? overError : clientEnd.get();
            }

            @Override
            public boolean isReady() {
                return state() == State.LIVE;
            }
        });
    }

    /**
     * Messages from now on, for code that says how many it wants. A subscriber that does not ask holds 1,000 messages or
     * 4 MiB; then see {@link SubscribeOptions.Overflow}. It is called by the client's executor. It completes when the handle
     * or the client is closed, and fails with the reason when the node ends the subscription or the client stops.
     */
    public Flow.Publisher<Message> publisher() {
        return subscriber -> {
            var reader = new Reader(this, Objects.requireNonNull(subscriber, "subscriber"));
            loop.emit(() -> begin(reader));
        };
    }

    private void begin(Reader reader) {
        readers.begin(reader);
        BroadcasterException error = clientEnd.get();
        if (muted || over != null) {
            finish();
        } else if (error != null) {
            onClientEnd(error);
        }
    }

    /** Ends this handle. The last one of a channel ends the subscription, a second later. */
    @Override
    public void close() {
        muted = true;
        loop.enter(() -> {
            settleOver(State.CLOSED, new BroadcasterException.Closed("closed"));
            subscriptions.leave(this);
            loop.callbacks.add(this::finish);
        });
    }

    // The side of the subscription, under the client's lock.

    void settleReady() {
        waiters.settle(null);
    }

    void settleReady(BroadcasterException error) {
        waiters.settle(error);
    }

    void settleOver(State state, BroadcasterException error) {
        if (over == null) {
            overError = error;
            over = state;
            waiters.settle(error);
        }
    }

    // Callbacks.

    void deliverLive(Live live) {
        if (muted) {
            return;
        }
        boolean late = joinedLate;
        joinedLate = false;
        Live told = late ? new Live(false, live.missed()) : live;
        boolean lost = Boolean.FALSE.equals(told.resumed());
        if (!started && !lost && syncing != null) {
            syncing.start(new Resync.Why(null));
        }
        started = true;
        fire(listener -> listener.onLive(told));
        if (lost) {
            deliverGap(Gap.away());
        }
        if (told.missed() != null && told.missed() == 0) {
            fire(ChannelListener::onCaughtUp);
        }
    }

    void deliverMessage(@Nullable Gap gap, Message message, boolean caughtUp) {
        if (gap != null) {
            deliverGap(gap);
        }
        if (muted) {
            return;
        }
        if (syncing == null || !syncing.hold(message)) {
            deliverNow(message);
        }
        if (caughtUp) {
            fire(ChannelListener::onCaughtUp);
        }
    }

    void deliverGap(Gap gap) {
        if (muted) {
            return;
        }
        if (syncing != null) {
            syncing.start(new Resync.Why(gap));
        }
        fire(listener -> listener.onGap(gap));
    }

    void deliverEnded(String reason) {
        fire(listener -> listener.onEnded(reason));
        finish();
    }

    void deliverFailed(BroadcasterException error) {
        fire(listener -> listener.onFailed(error));
        finish();
    }

    /** The client was closed or has stopped. The handle stays for the next connection; calls that wait for it end. */
    void onClientEnd(BroadcasterException error) {
        if (syncing != null && syncing.stop()) {
            started = false;
        }
        readers.end(error instanceof BroadcasterException.Closed ? null : error);
    }

    private void finish() {
        muted = true;
        if (syncing != null) {
            syncing.stop();
        }
        readers.end(over == State.CLOSED ? null : overError);
    }

    private void deliverNow(Message message) {
        fire(listener -> listener.onMessage(message));
        readers.deliver(message);
    }

    private void fire(Consumer<ChannelListener> event) {
        for (ChannelListener listener : listeners) {
            if (muted) {
                return;
            }
            try {
                event.accept(listener);
            } catch (Throwable e) {
                report.accept(e);
            }
        }
    }

    // The side of readers; callbacks.

    void onRead() {
        readers.onRead();
    }

    void remove(Reader reader) {
        readers.remove(reader);
    }

    void emit(Runnable callback) {
        loop.emit(callback);
    }

    void report(Throwable error) {
        report.accept(error);
    }
}
