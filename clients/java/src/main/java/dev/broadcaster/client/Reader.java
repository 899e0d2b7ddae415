package dev.broadcaster.client;

import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber of a handle, and the messages that it has not requested yet. {@link #request} and {@link #cancel} are
 * for any thread; everything else is owned by the callbacks.
 */
final class Reader implements Flow.Subscription {
    private final Handle handle;
    private final Flow.Subscriber<? super Message> subscriber;
    private final Bounded queue = new Bounded();
    private final AtomicLong demand = new AtomicLong();
    private volatile boolean cancelled;
    /** True when no more is added. */
    private boolean ended;
    /** The reason; null when the handle was closed. */
    private @Nullable BroadcasterException reason;

    Reader(Handle handle, Flow.Subscriber<? super Message> subscriber) {
        this.handle = handle;
        this.subscriber = subscriber;
    }

    void begin() {
        call(() -> subscriber.onSubscribe(this));
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            handle.emit(() -> {
                if (!cancelled) {
                    stop();
                    call(() -> subscriber.onError(new IllegalArgumentException("request: " + n + " (expected: > 0)")));
                }
            });
            return;
        }
        demand.accumulateAndGet(n, (had, more) -> had + more < 0 ? Long.MAX_VALUE : had + more);
        handle.emit(this::drain);
    }

    @Override
    public void cancel() {
        cancelled = true;
        handle.emit(this::stop);
    }

    private void stop() {
        cancelled = true;
        handle.remove(this);
    }

    boolean hasRoom() {
        return queue.isHalfEmpty();
    }

    /** Adds a message. Returns true if there is no room for another one. */
    boolean add(Message message, boolean drop) {
        queue.add(message, drop);
        drain();
        return queue.isFull();
    }

    /** No more messages arrive; the waiting ones can still be read. */
    void end(@Nullable BroadcasterException error) {
        ended = true;
        reason = error;
        drain();
    }

    private void drain() {
        boolean read = false;
        while (!cancelled && demand.get() > 0 && !queue.isEmpty()) {
            long lost = queue.takeLost();
            if (lost > 0) {
                handle.deliverGap(Gap.consumer(lost));
            }
            Message message = queue.poll();
            if (message != null) {
                demand.decrementAndGet();
                call(() -> subscriber.onNext(message));
                read = true;
            }
        }
        if (read && !ended) {
            handle.onRead();
        }
        if (ended && !cancelled && queue.isEmpty()) {
            cancelled = true;
            BroadcasterException error = reason;
            call(() -> {
                if (error == null) {
                    subscriber.onComplete();
                } else {
                    subscriber.onError(error);
                }
            });
        }
    }

    /** An exception of a subscriber cancels it. */
    private void call(Runnable signal) {
        try {
            signal.run();
        } catch (Throwable e) {
            handle.report(e);
            stop();
        }
    }
}
