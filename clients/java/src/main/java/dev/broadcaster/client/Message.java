package dev.broadcaster.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A message for a subscriber. Safe for use by several threads. */
public final class Message {
    private final String id;
    private final long seq;
    private final String channel;
    private final String event;
    private final String createTime;
    private final String raw;
    private final JsonObject.Place payload;
    private final boolean replayed;
    /** A copy of the payload, made by the first call of {@link #json}; calls at the same time make equal ones. */
    private @Nullable String json;

    /** @param payload the place of the payload in {@code raw} */
    Message(
            String id,
            long seq,
            String channel,
            String event,
            String createTime,
            String raw,
            JsonObject.Place payload,
            boolean replayed) {
        this.id = id;
        this.seq = seq;
        this.channel = channel;
        this.event = event;
        this.createTime = createTime;
        this.raw = raw;
        this.payload = payload;
        this.replayed = replayed;
    }

    /** The id: a position in the channel, for {@link SubscribeOptions#since}. */
    public String id() {
        return id;
    }

    /** 1 for the first message of a subscription, +1 for each later one. A reconnect starts a new subscription. */
    public long seq() {
        return seq;
    }

    public String channel() {
        return channel;
    }

    /** The name of the event. */
    public String event() {
        return event;
    }

    /** The time when the gateway accepted the message. */
    public Instant createTime() {
        return Instant.parse(createTime);
    }

    /** The payload, exactly as published: with large numbers and duplicate keys. */
    public String json() {
        String copy = json;
        if (copy == null) {
            copy = raw.substring(payload.from(), payload.to());
            json = copy;
        }
        return copy;
    }

    /**
     * The JSON text in which the node sent the message, with fields that this version does not know: the notification
     * of a subscription, or an element of a history.
     */
    public String raw() {
        return raw;
    }

    /**
     * The payload as a value.
     *
     * @throws BroadcasterException.Invalid if the mapper cannot read it
     */
    public <T> T payload(Class<T> type, JsonMapper mapper) {
        try {
            return mapper.read(json(), type);
        } catch (Exception e) {
            throw new BroadcasterException.Invalid("payload of " + id + ": " + e.getMessage(), e);
        }
    }

    /** True for a message of the history, from before the subscription. */
    public boolean replayed() {
        return replayed;
    }

    /** Its size in a bounded buffer, in characters. */
    int size() {
        return payload.to() - payload.from() + 128;
    }

    @Override
    public String toString() {
        return channel + " " + id + " " + event;
    }
}
