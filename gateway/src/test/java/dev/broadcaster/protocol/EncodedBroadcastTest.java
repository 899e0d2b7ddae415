package dev.broadcaster.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.broadcaster.message.Message;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class EncodedBroadcastTest {
    @Test
    void aBroadcastIsTheTextOfTheProtocol() {
        String payload = "{ \"b\":1.50,\"a\":[\"\\u00e9é😀\"], \"b\":2 }";
        EncodedBroadcast broadcast = EncodedBroadcast.of(new Message(
                "01ABC", "2026-01-31T23:59:59.123Z", "a:b", "\"é\\n\"".getBytes(UTF_8), payload.getBytes(UTF_8)));

        String text = new String(broadcast.prefix(), UTF_8) + 17 + new String(broadcast.suffix(), UTF_8);

        assertThat(text)
                .isEqualTo("{\"method\":\"broadcast\",\"params\":{\"id\":\"01ABC\",\"seq\":17,"
                        + "\"createTime\":\"2026-01-31T23:59:59.123Z\",\"channel\":\"a:b\",\"event\":\"é\\n\",\"payload\":"
                        + payload + "}}");
        assertThat(broadcast.length()).isEqualTo(text.getBytes(UTF_8).length - 2);
    }

    @Test
    void aLongIdAndALongPayloadGrowTheBuffers() {
        byte[] payload = ('"' + "x".repeat(200_000) + '"').getBytes(UTF_8);
        EncodedBroadcast broadcast = EncodedBroadcast.of(
                new Message("i".repeat(300), "t", "c".repeat(200), "\"e\"".getBytes(UTF_8), payload));

        assertThat(new String(broadcast.prefix(), UTF_8))
                .isEqualTo("{\"method\":\"broadcast\",\"params\":{\"id\":\"" + "i".repeat(300) + "\",\"seq\":");
        assertThat(new String(broadcast.suffix(), UTF_8))
                .endsWith("\"payload\":" + new String(payload, UTF_8) + "}}")
                .startsWith(",\"createTime\":\"t\",\"channel\":\"" + "c".repeat(200) + "\",\"event\":\"e\"");
    }

    @ParameterizedTest
    @MethodSource("dev.broadcaster.relay.ChannelNames#all")
    void aChannelOfAnyName_isTheSameAfterParsing(String channel) throws Exception {
        Message message = new Message("id", "t", channel, "\"e\"".getBytes(UTF_8), "1".getBytes(UTF_8));
        EncodedBroadcast broadcast = EncodedBroadcast.of(message);

        String text = new String(broadcast.prefix(), UTF_8) + 1 + new String(broadcast.suffix(), UTF_8);
        String unsubscribed = new String(Responses.unsubscribed(channel, "why"), UTF_8);
        String history = new String(Responses.history(true, List.of(message), false), UTF_8);

        ObjectMapper json = new ObjectMapper();
        assertThat(json.readTree(text).at("/params/channel").textValue()).isEqualTo(channel);
        assertThat(json.readTree(text).at("/params/payload").intValue()).isEqualTo(1);
        assertThat(json.readTree(unsubscribed).at("/params/channel").textValue())
                .isEqualTo(channel);
        assertThat(json.readTree(history).at("/messages/0/channel").textValue()).isEqualTo(channel);
    }

    private static EncodedBroadcast broadcast() {
        return EncodedBroadcast.of(
                new Message("id", "t", "a", "\"e\"".getBytes(UTF_8), ('"' + "x".repeat(500) + '"').getBytes(UTF_8)));
    }

    /** The heap bytes of an array, by the size of its header and the alignment of objects. */
    private static int array(int length) {
        return 16 + (length + 7) / 8 * 8;
    }

    @Test
    void deflatedForm_isMadeOnce_andSharesThePrefix() {
        EncodedBroadcast broadcast = broadcast();
        AtomicInteger made = new AtomicInteger();
        Deflation deflation = bytes -> {
            made.incrementAndGet();
            assertThat(bytes).isSameAs(broadcast.suffix());
            return new byte[100];
        };
        assertThat(broadcast.knowsDeflated()).isFalse();
        EncodedBroadcast deflated = broadcast.deflated(deflation);

        assertThat(broadcast.deflated(deflation)).isSameAs(deflated);
        assertThat(made).hasValue(1);
        assertThat(broadcast.knowsDeflated()).isTrue();
        assertThat(broadcast.isDeflated()).isFalse();
        assertThat(deflated.isDeflated()).isTrue();
        assertThat(deflated.prefix()).isSameAs(broadcast.prefix());
        assertThat(deflated.suffix()).hasSize(100);
    }

    @Test
    void deflatedForm_isTheBroadcastItself_whenItWouldNotBeShorter() {
        EncodedBroadcast broadcast = broadcast();
        AtomicInteger made = new AtomicInteger();
        Deflation deflation = bytes -> {
            made.incrementAndGet();
            return null;
        };

        assertThat(broadcast.deflated(deflation)).isSameAs(broadcast);
        assertThat(broadcast.deflated(deflation)).isSameAs(broadcast);
        assertThat(made).hasValue(1);
        int held = broadcast.hold();
        assertThat(held).as("the suffix counts once").isEqualTo(ownBytes(broadcast));
        assertThat(broadcast.release()).isEqualTo(held);
    }

    private static int ownBytes(EncodedBroadcast broadcast) {
        return 32 + array(broadcast.prefix().length) + array(broadcast.suffix().length);
    }

    @Test
    void memory_isCountedForTheFirstHolder_andGivenBackByTheLast() {
        EncodedBroadcast broadcast = broadcast();

        for (int round = 0; round < 2; round++) {
            assertThat(broadcast.hold()).isEqualTo(ownBytes(broadcast));
            assertThat(broadcast.hold()).isZero();
            assertThat(broadcast.hold()).isZero();
            assertThat(broadcast.release()).isZero();
            assertThat(broadcast.release()).isZero();
            assertThat(broadcast.release()).isEqualTo(ownBytes(broadcast));
        }
    }

    @Test
    void memoryOfTheDeflatedForm_isCountedOnce_fromTheNextHolderOn() {
        EncodedBroadcast broadcast = broadcast();
        int deflatedBytes = 32 + array(100);
        assertThat(broadcast.hold()).isEqualTo(ownBytes(broadcast));
        broadcast.deflated(bytes -> new byte[100]);

        assertThat(broadcast.hold()).isEqualTo(deflatedBytes);
        assertThat(broadcast.hold()).isZero();
        assertThat(broadcast.release()).isZero();
        assertThat(broadcast.release()).isZero();
        assertThat(broadcast.release()).isEqualTo(ownBytes(broadcast) + deflatedBytes);
        assertThat(broadcast.hold()).as("both again").isEqualTo(ownBytes(broadcast) + deflatedBytes);
        assertThat(broadcast.release()).isEqualTo(ownBytes(broadcast) + deflatedBytes);
    }

    @Test
    void deflatedFormThatNoHolderCounted_isNotGivenBack() {
        EncodedBroadcast broadcast = broadcast();
        assertThat(broadcast.hold()).isEqualTo(ownBytes(broadcast));
        broadcast.deflated(bytes -> new byte[100]);

        assertThat(broadcast.release()).isEqualTo(ownBytes(broadcast));
    }
}
