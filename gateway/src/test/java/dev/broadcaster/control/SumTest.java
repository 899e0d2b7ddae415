package dev.broadcaster.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.protocol.ListedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The pages of channels of several nodes. */
class SumTest {
    private static Answer page(TreeMap<String, Integer> node, String after, int limit) {
        List<ListedChannel> channels = new ArrayList<>();
        for (Map.Entry<String, Integer> channel : node.tailMap(after, false).entrySet()) {
            if (channels.size() == limit) {
                return Answer.ofChannels(channels, true);
            }
            channels.add(new ListedChannel(channel.getKey(), channel.getValue()));
        }
        return Answer.ofChannels(channels, false);
    }

    @Test
    void pagesOfAllNodes_haveEachChannelOnce_byName_withTheSumOfItsSubscribers() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            List<TreeMap<String, Integer>> nodes = new ArrayList<>();
            TreeMap<String, Integer> all = new TreeMap<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                TreeMap<String, Integer> node = new TreeMap<>();
                for (int j = random.nextInt(60); j > 0; j--) {
                    node.put("c" + random.nextInt(80), 1 + random.nextInt(5));
                }
                nodes.add(node);
            }
            nodes.forEach(node -> node.forEach((channel, count) -> all.merge(channel, count, Integer::sum)));
            int limit = 1 + random.nextInt(20);

            TreeMap<String, Integer> listed = new TreeMap<>();
            List<String> order = new ArrayList<>();
            String after = "";
            boolean more = true;
            while (more) {
                String from = after;
                Outcome outcome = Sum.of(
                        new Question.Channels("", from, limit),
                        nodes.stream().map(node -> page(node, from, limit)).toList(),
                        true);
                for (ListedChannel channel : outcome.answer().channels()) {
                    listed.put(channel.channel(), channel.subscribers());
                    order.add(channel.channel());
                }
                more = outcome.answer().more();
                assertThat(outcome.answer().channels().size())
                        .as("seed %s", seed)
                        .isBetween(more ? limit : 0, limit);
                after = order.isEmpty() ? "" : order.get(order.size() - 1);
            }

            assertThat(listed).as("seed %s", seed).isEqualTo(all);
            assertThat(order).as("seed %s", seed).isEqualTo(List.copyOf(all.keySet()));
        }
    }

    @Test
    void sum_isNotComplete_whenANodeListsNotAll() {
        Outcome outcome = Sum.of(
                new Question.User("alice"),
                List.of(Answer.ofConnections(List.of(), false), Answer.ofConnections(List.of(), true)),
                true);

        assertThat(outcome.complete()).isFalse();
        assertThat(outcome.nodes()).isEqualTo(2);
    }
}
