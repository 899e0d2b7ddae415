package dev.broadcaster.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one connection that wait for their replies. Replies come in order, so one deadline is enough: when
 * the oldest request has waited for 30 s, and no other was answered meanwhile, the connection is given up. Guarded by
 * the client's lock.
 */
final class Calls {
    private static final long REPLY_MILLIS = 30_000;

    private final Loop loop;
    private final Consumer<String> write;
    private final BooleanSupplier reading;
    private final Runnable silent;
    private final Map<Long, Call> waiting = new LinkedHashMap<>();
    private long lastId;
    private long lastReply;
    private Clock.@Nullable Cancel timer;

    private record Call(long sentAt, Consumer<Reply> done) {}

    /** @param silent called when no reply came in time */
    Calls(Loop loop, Consumer<String> write, BooleanSupplier reading, Runnable silent) {
        this.loop = loop;
        this.write = write;
        this.reading = reading;
        this.silent = silent;
    }

    /** The frame that {@link #send} would write next. */
    String frame(String method, String params) {
        return "{\"id\":" + (lastId + 1) + ",\"method\":\"" + method + "\",\"params\":" + params + "}";
    }

    /** Sends a request. {@code params} is JSON, so that a payload is sent unchanged. */
    void send(String method, String params, Consumer<Reply> done) {
        String frame = frame(method, params);
        waiting.put(++lastId, new Call(loop.now(), done));
        if (timer == null) {
            timer = loop.deadline(REPLY_MILLIS, this::onTime);
        }
        write.accept(frame);
    }

    private void onTime() {
        timer = null;
        if (waiting.isEmpty()) {
            return;
        }
        long since = Math.max(lastReply, waiting.values().iterator().next().sentAt);
        long left = since + REPLY_MILLIS - loop.now();
        if (!reading.getAsBoolean()) {
            timer = loop.deadline(REPLY_MILLIS, this::onTime);
        } else if (left > 0) {
            timer = loop.deadline(left, this::onTime);
        } else {
            silent.run();
        }
    }

    /**
     * Takes a reply. Returns false if it answers no request.
     *
     * @throws Malformed if it violates the protocol; its request then counts as lost
     */
    boolean settle(JsonObject frame) {
        Long id = frame.integer("requestId");
        Call call = id == null ? null : waiting.remove(id);
        if (call == null) {
            Reply.check(frame);
            return false;
        }
        lastReply = loop.now();
        try {
            call.done.accept(Reply.read(frame));
        } catch (Malformed e) {
            call.done.accept(Reply.LOST);
            throw e;
        }
        return true;
    }

    /** The connection is lost: every call ends, in the order of sending. */
    void lose() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        var lost = new ArrayList<>(waiting.values());
        waiting.clear();
        lost.forEach(call -> call.done.accept(Reply.LOST));
    }
}
