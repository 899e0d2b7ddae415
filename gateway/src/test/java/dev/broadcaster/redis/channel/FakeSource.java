package dev.broadcaster.redis.channel;

import dev.broadcaster.redis.link.HistoryReading;
import dev.broadcaster.redis.link.Source;
import dev.broadcaster.redis.link.SubscribedChannel;
import java.util.ArrayList;
import java.util.List;

/** A source that only records its calls. */
final class FakeSource implements Source {
    final List<String> commands = new ArrayList<>();
    final List<HistoryReading> readings = new ArrayList<>();
    final List<SubscribedChannel> asked = new ArrayList<>(); // by the last subscribe
    boolean late;

    @Override
    public void subscribe(List<? extends SubscribedChannel> channels) {
        commands.add("subscribe " + names(channels));
        asked.clear();
        asked.addAll(channels);
    }

    @Override
    public void readCounter(SubscribedChannel channel) {
        commands.add("count " + channel.key().name());
    }

    @Override
    public void readHistory(SubscribedChannel channel, HistoryReading reading, long first) {
        commands.add("read " + channel.key().name() + " from " + first);
        readings.add(reading);
    }

    @Override
    public void unsubscribe(List<? extends SubscribedChannel> channels) {
        commands.add("unsubscribe " + names(channels));
    }

    @Override
    public boolean isLate(long now) {
        return late;
    }

    private static String names(List<? extends SubscribedChannel> channels) {
        return String.join(
                " ", channels.stream().map(channel -> channel.key().name()).toList());
    }

    /** The reading that started last. */
    HistoryReading reading() {
        return readings.get(readings.size() - 1);
    }
}
