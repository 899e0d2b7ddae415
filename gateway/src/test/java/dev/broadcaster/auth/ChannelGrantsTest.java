package dev.broadcaster.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChannelGrantsTest {

    @ParameterizedTest
    @CsvSource({
        "chat,             chat,        true",
        "chat,             Chat,        false",
        "chat,             chats,       false",
        "chat,             cha,         false",
        "chat,             chat:1,      false",
        "a|b|c,            b,           true",
        "a|b|c,            d,           false",
        "a|a,              a,           true",
        "chat:*,           chat:1,      true",
        "chat:*,           chat:a:b:c,  true",
        "chat:*,           chat,        false",
        "chat:*,           chat:,       false",
        "chat:*,           chats:1,     false",
        "chat:*,           chat-1,      false",
        "a:b:*,            a:b:c,       true",
        "a:b:*,            a:c,         false",
        "a:*|a:b:*,        a:c,         true",
        "a:*|a:b:*,        a:b:c,       true",
        "a:b:*|a:-:*,      a:b:c,       true",
        "a:b:*|a:-:*,      a:-:c,       true",
        "a:b:*|a:-:*,      a:B:c,       false",
        "chat:*|news,      news,        true",
        "chat:*|news,      news:1,      false",
        "*,                anything,    true",
        "*,                a:b:c,       true",
        "x|*,              anything,    true",
        "**,               anything,    false",
        "chat*,            chat1,       false",
        "chat:1*,          chat:12,     false",
        "*:*,              a:b,         false",
        ":*,               a,           false",
        "chat:*:x,         chat:1:x,    false",
        "'',               a,           false",
    })
    void covers(String entries, String channel, boolean covered) {
        assertThat(ChannelGrants.of(Arrays.asList(entries.split("\\|"))).covers(channel))
                .isEqualTo(covered);
    }

    @Test
    void grantsAreEqual_whenTheirEntriesAre() {
        ChannelGrants grants = ChannelGrants.of(List.of("a", "b", "c:*"));

        assertThat(grants)
                .isEqualTo(ChannelGrants.of(List.of("c:*", "c:d:*", "b", "a")))
                .hasSameHashCodeAs(ChannelGrants.of(List.of("c:*", "b", "a")))
                .isNotEqualTo(ChannelGrants.of(List.of("a", "b")))
                .isNotEqualTo(ChannelGrants.of(List.of("a", "c:*")))
                .isNotEqualTo(ChannelGrants.of(List.of("a", "b", "c", "c:*")))
                .isNotEqualTo(ChannelGrants.of(List.of("*")));
        assertThat(ChannelGrants.of(List.of("*"))).isEqualTo(ChannelGrants.of(List.of("a", "*")));
        assertThat(ChannelGrants.NOTHING).isNotEqualTo(ChannelGrants.of(List.of("*")));
    }

    @Test
    void covers_agreesWithTheObviousLoop_forRandomEntries() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            List<String> entries = IntStream.range(0, random.nextInt(12))
                    .mapToObj(i -> name(random) + (random.nextBoolean() ? ":*" : ""))
                    .toList();
            ChannelGrants grants = ChannelGrants.of(entries);
            for (int i = 0; i < 20; i++) {
                String channel = name(random);
                boolean covered = entries.contains(channel)
                        || entries.stream()
                                .anyMatch(
                                        it -> it.endsWith("*") && channel.startsWith(it.substring(0, it.length() - 1)));
                assertThat(grants.covers(channel))
                        .as("%s covers %s, seed %d", entries, channel, seed)
                        .isEqualTo(covered);
            }
        }
    }

    @Test
    void covers_findsEach_of10000Entries() {
        List<String> entries = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            entries.add("room-" + i);
            entries.add("user:" + i + ":*");
        }
        ChannelGrants grants = ChannelGrants.of(entries);

        for (int i = 0; i < 5_000; i++) {
            assertThat(grants.covers("room-" + i)).isTrue();
            assertThat(grants.covers("user:" + i + ":x")).isTrue();
            assertThat(grants.covers("user:" + i)).isFalse();
        }
        assertThat(grants.covers("room-5000")).isFalse();
        assertThat(grants.covers("user:5000:x")).isFalse();
    }

    /**
     * A name of few letters and of characters around the colon in ASCII order, so that prefixes nest and almost match.
     */
    private static String name(Random random) {
        StringBuilder name = new StringBuilder();
        int parts = 1 + random.nextInt(3);
        for (int i = 0; i < parts; i++) {
            name.append(i == 0 ? "" : ":");
            int letters = 1 + random.nextInt(2);
            for (int j = 0; j < letters; j++) {
                name.append("a-9Z".charAt(random.nextInt(4)));
            }
        }
        return name.toString();
    }
}
