package dev.broadcaster.hub;

import dev.broadcaster.message.Message;
import dev.broadcaster.message.Publication;
import dev.broadcaster.relay.HistoryCallback;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.relay.SubscribeCallback;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A relay with the longest delays and losses that are allowed: each {@link #step} confirms a channel or fails, and
 * delivers a message or loses it, at random. For one thread.
 */
final class LateRelay implements Relay {
    private record Accepted(Message message, PublishCallback callback) {}

    private record Pending(String channel, SubscribeCallback callback) {}

    private record Recovery(String channel, Replay replay, ReplayCallback callback) {}

    private final SplittableRandom random;
    private final List<Pending> pending = new ArrayList<>();
    private final Queue<Accepted> accepted = new ArrayDeque<>();
    private final Map<String, Integer> wanted = new HashMap<>();
    private final Set<String> received = new HashSet<>();
    private final List<Recovery> recoveries = new ArrayList<>();
    private final Map<String, List<Message>> delivered = new HashMap<>(); // since the last loss
    private RelayListener listener;
    private int published;
    private boolean inBatch;

    LateRelay(SplittableRandom random) {
        this.random = random;
    }

    @Override
    public void start(RelayListener to) {
        listener = to;
    }

    @Override
    public void publish(Publication publication, PublishCallback callback) {
        String id = "m" + published++;
        accepted.add(new Accepted(
                new Message(id, "t", publication.channel(), publication.event(), publication.payload()), callback));
    }

    @Override
    public void subscribe(String channel, SubscribeCallback callback) {
        wanted.merge(channel, 1, Integer::sum);
        Pending subscription = new Pending(channel, callback);
        if (random.nextInt(4) == 0) {
            answer(subscription);
        } else {
            pending.add(subscription);
        }
    }

    @Override
    public void unsubscribe(String channel) {
        if (wanted.merge(channel, -1, Integer::sum) == 0) {
            wanted.remove(channel);
            received.remove(channel);
        }
        if (wanted.getOrDefault(channel, 0) < 0) {
            throw new AssertionError(channel + " was unsubscribed more often than subscribed");
        }
    }

    /** Confirms or delivers something; false if there was nothing to do. */
    boolean step() {
        if (inBatch && random.nextInt(4) == 0) {
            inBatch = false;
            listener.onBatchEnd();
            return true;
        }
        if (!inBatch && !accepted.isEmpty() && random.nextInt(4) == 0) {
            inBatch = true;
            listener.onBatchBegin();
        }
        return answerOrDeliver() || inBatch;
    }

    private boolean answerOrDeliver() {
        if (!pending.isEmpty() && (accepted.isEmpty() || random.nextBoolean())) {
            answer(pending.remove(random.nextInt(pending.size())));
            return true;
        }
        if (!recoveries.isEmpty() && random.nextBoolean()) {
            answer(recoveries.remove(random.nextInt(recoveries.size())));
            return true;
        }
        Accepted next = accepted.poll();
        if (next == null) {
            return !recoveries.isEmpty();
        }
        Message message = next.message;
        next.callback.onOutcome(new PublishOutcome.Accepted(message.id(), "t"));
        // Messages that were not promised to a subscriber may arrive or not.
        if (random.nextInt(10) == 0) {
            delivered.remove(message.channel());
            listener.onLoss(message.channel(), 1 + random.nextInt(3));
        } else if (received.contains(message.channel()) || random.nextBoolean()) {
            delivered
                    .computeIfAbsent(message.channel(), channel -> new ArrayList<>())
                    .add(message);
            listener.onMessage(message);
        }
        return true;
    }

    @Override
    public void replay(String channel, Replay replay, ReplayCallback callback) {
        recoveries.add(new Recovery(channel, replay, callback));
    }

    private void answer(Recovery recovery) {
        List<Message> all = delivered.getOrDefault(recovery.channel, List.of());
        String position = all.isEmpty() ? "nobody-0" : all.get(all.size() - 1).id();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).id().equals(recovery.replay.lastSeenId()) && random.nextInt(8) > 0) {
                List<Message> missed = List.copyOf(all.subList(i + 1, all.size()));
                recovery.callback.onReplayed(new Replayed(true, missed, position));
                return;
            }
        }
        if (random.nextInt(8) == 0) {
            recovery.callback.onFailed("not subscribed: no position");
            return;
        }
        int last = Math.min(recovery.replay.last(), all.size());
        List<Message> newest = List.copyOf(all.subList(all.size() - last, all.size()));
        recovery.callback.onReplayed(new Replayed(false, newest, position));
    }

    @Override
    public void history(String channel, String afterId, int limit, HistoryCallback callback) {
        throw new AssertionError("not used here");
    }

    /** True if a subscribe or subscription exists. */
    boolean isWanted() {
        return !wanted.isEmpty();
    }

    private void answer(Pending subscription) {
        if (random.nextInt(5) == 0) {
            subscription.callback.onFailed("not subscribed: no luck");
            if (random.nextBoolean()) {
                pending.add(subscription); // worse than promised: it may be confirmed after all
            }
        } else {
            confirm(subscription);
        }
    }

    private void confirm(Pending subscription) {
        if (wanted.containsKey(subscription.channel)) {
            received.add(subscription.channel);
        }
        subscription.callback.onSubscribed(); // possibly too late: there may be no subscriber any more
    }

    @Override
    public String trouble() {
        return null;
    }

    @Override
    public void close() {}
}
