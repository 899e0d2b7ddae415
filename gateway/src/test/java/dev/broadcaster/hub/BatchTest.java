package dev.broadcaster.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.Message;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BatchTest {
    private static List<EncodedBroadcast> messages(int count) {
        List<EncodedBroadcast> messages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            messages.add(EncodedBroadcast.of(new Message("m" + i, "t", "a", "1".getBytes(UTF_8), "2".getBytes(UTF_8))));
        }
        return messages;
    }

    @Test
    void batch_hasItsMessages_withTheirPositionsAndTheirTime() {
        List<EncodedBroadcast> messages = messages(100);
        Batch batch = Batch.of("a", messages, 7, 1_234);

        assertThat(batch.channel()).isEqualTo("a");
        assertThat(batch.epochMillis()).isEqualTo(1_234);
        assertThat(batch.size()).isEqualTo(100);
        for (int i = 0; i < 100; i++) {
            assertThat(batch.message(i)).isSameAs(messages.get(i));
            assertThat(batch.position(i)).isEqualTo(7 + i);
        }
    }

    @Test
    void messagesAfterAPosition_areCounted_andCopiedWithTheirTime() {
        List<EncodedBroadcast> messages = messages(4);
        Batch batch = Batch.of("a", messages, 7, 1_234);

        assertThat(batch.countAfter(6)).isEqualTo(4);
        assertThat(batch.countAfter(7)).isEqualTo(3);
        assertThat(batch.countAfter(10)).isZero();
        Batch rest = batch.after(8);
        batch.clear();
        assertThat(rest.channel()).isEqualTo("a");
        assertThat(rest.epochMillis()).isEqualTo(1_234);
        assertThat(rest.size()).isEqualTo(2);
        assertThat(rest.position(0)).isEqualTo(9);
        assertThat(rest.message(0)).isSameAs(messages.get(2));
        assertThat(rest.message(1)).isSameAs(messages.get(3));
    }

    @Test
    void clear_releasesTheMessages_andChangesTheTurn() {
        Batch batch = Batch.of("a", messages(64), 1, 0);
        long turn = batch.turn();
        batch.clear();

        assertThat(batch.size()).isZero();
        assertThat(batch.turn()).isNotEqualTo(turn);
        for (int i = 0; i < 64; i++) {
            assertThat(batch.message(i)).isNull();
        }
        batch.begin(5);
        batch.add(messages(1).get(0), 65);
        assertThat(batch.size()).isEqualTo(1);
        assertThat(batch.position(0)).isEqualTo(65);
        assertThat(batch.epochMillis()).isEqualTo(5);
    }
}
