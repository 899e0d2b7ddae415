package dev.broadcaster.control;

import dev.broadcaster.protocol.ListedChannel;
import dev.broadcaster.protocol.ListedConnection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Adds the answers of several nodes. */
final class Sum {
    private Sum() {}

    /** The outcome of {@code answers}, one per node; {@code all} is true if no node is missing. */
    static Outcome of(Question question, Collection<Answer> answers, boolean all) {
        if (question instanceof Question.Channels page) {
            return new Outcome(channels(page.limit(), answers), answers.size(), all);
        }
        int count = 0;
        boolean more = false;
        List<ListedConnection> connections = new ArrayList<>();
        for (Answer answer : answers) {
            count += answer.count();
            connections.addAll(answer.connections());
            more |= answer.more();
        }
        return new Outcome(new Answer(count, connections, List.of(), more), answers.size(), all && !more);
    }

    /**
     * A page of channels. A node that has more than it lists says nothing about names behind its last one, so the page
     * ends at the first of these.
     */
    private static Answer channels(int limit, Collection<Answer> answers) {
        TreeMap<String, Integer> sums = new TreeMap<>();
        String horizon = null;
        for (Answer answer : answers) {
            for (ListedChannel channel : answer.channels()) {
                sums.merge(channel.channel(), channel.subscribers(), Integer::sum);
            }
            if (answer.more() && !answer.channels().isEmpty()) {
                String last =
                        answer.channels().get(answer.channels().size() - 1).channel();
                horizon = earlier(horizon, last);
            }
        }
        List<ListedChannel> page = new ArrayList<>();
        boolean more = horizon != null;
        for (Map.Entry<String, Integer> sum : sums.entrySet()) {
            if (page.size() == limit || (horizon != null && sum.getKey().compareTo(horizon) > 0)) {
                more = true;
                break;
            }
            page.add(new ListedChannel(sum.getKey(), sum.getValue()));
        }
        return Answer.ofChannels(page, more);
    }

    private static String earlier(@Nullable String one, String other) {
        return one == null || one.compareTo(other) > 0 ? other : one;
    }
}
