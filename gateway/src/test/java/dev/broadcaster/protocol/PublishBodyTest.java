package dev.broadcaster.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.message.Publication;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PublishBodyTest {
    private static Params single(String json) throws MalformedJsonException {
        byte[] bytes = ("}}" + json + "]").getBytes(UTF_8);
        return PublishBody.single(bytes, 2, bytes.length - 1);
    }

    private static List<Params> batch(String json) throws MalformedJsonException {
        byte[] bytes = ("}}" + json + "]").getBytes(UTF_8);
        return PublishBody.batch(bytes, 2, bytes.length - 1);
    }

    @Test
    void aBodyBecomesAPublication() throws Exception {
        Params params = single("{\"channel\":\"a:b\", \"event\": \"é\\n\" ,\"payload\": [1.0, 2] ,\"more\":{}}");

        assertThat(Publications.problem(params)).isNull();
        Publication publication = Publications.from(params, "key");
        assertThat(publication.channel()).isEqualTo("a:b");
        assertThat(new String(publication.event(), UTF_8)).isEqualTo("\"é\\n\"");
        assertThat(new String(publication.payload(), UTF_8)).isEqualTo("[1.0, 2]");
        assertThat(publication.idempotencyKey()).isEqualTo("key");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | channel",
                "{\"channel\":5,\"event\":\"e\",\"payload\":1} | channel",
                "{\"channel\":\":a\",\"event\":\"e\",\"payload\":1} | channel",
                "{\"channel\":\"\",\"event\":\"e\",\"payload\":1} | channel",
                "{\"channel\":\"a\",\"payload\":1} | event",
                "{\"channel\":\"a\",\"event\":\"\",\"payload\":1} | event",
                "{\"channel\":\"a\",\"event\":null,\"payload\":1} | event",
                "{\"channel\":\"a\",\"event\":\"e\"} | payload",
            })
    void aProblem_namesTheField(String json, String field) throws Exception {
        Params params = single(json);

        assertThat(Publications.problem(params)).startsWith(field + ": ");
        if (params.channel() == null || params.event() == null || params.payload() == null) {
            assertThatThrownBy(() -> Publications.from(params, null)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aPayloadOfNullIsAPayload() throws Exception {
        assertThat(Publications.problem(single("{\"channel\":\"a\",\"event\":\"e\",\"payload\":null}")))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "[]", "1", "null", "\"x\"", "{", "{}{}", "\ufeff{}", "{\"a\":NaN}", "channel=a"})
    void textThatIsNotAJsonObject_isRefused(String json) {
        assertThatThrownBy(() -> single(json)).isInstanceOf(MalformedJsonException.class);
        assertThatThrownBy(() -> batch(json)).isInstanceOf(MalformedJsonException.class);
    }

    @Test
    void invalidUtf8_isRefused() {
        byte[] bytes = {'{', '"', 'a', '"', ':', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"', '}'};

        assertThatThrownBy(() -> PublishBody.single(bytes, 0, bytes.length)).isInstanceOf(MalformedJsonException.class);
        assertThatThrownBy(() -> PublishBody.batch(bytes, 0, bytes.length)).isInstanceOf(MalformedJsonException.class);
    }

    @Test
    void aBatchHasItsMessagesInOrder_anElementThatIsNotAnObjectHasNoParams() throws Exception {
        List<Params> messages =
                batch("{\"x\":[[]],\"messages\":[{\"channel\":\"a\",\"payload\":{}}, 1, [{\"channel\":\"b\"}],"
                        + " null, {\"channel\":\"c\"}],\"more\":1}");

        assertThat(messages).hasSize(5);
        assertThat(messages).extracting(Params::channel).containsExactly("a", null, null, null, "c");
        assertThat(new String(messages.get(0).payload(), UTF_8)).isEqualTo("{}");
    }

    @Test
    void aBatchMayBeEmpty_andHasAtMost1000Messages() throws Exception {
        assertThat(batch("{\"messages\":[]}")).isEmpty();
        assertThat(batch("{\"messages\":[" + "1,".repeat(999) + "1]}")).hasSize(1_000);
        assertThatThrownBy(() -> batch("{\"messages\":[" + "1,".repeat(1_000) + "1]}"))
                .isInstanceOf(MalformedJsonException.class)
                .hasMessageContaining("1000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"messages\":1}", "{\"messages\":{}}", "{\"messages\":null}", "{\"Messages\":[]}"})
    void aBatchWithoutMessages_isRefused(String json) {
        assertThatThrownBy(() -> batch(json))
                .isInstanceOf(MalformedJsonException.class)
                .hasMessageStartingWith("messages: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"messages\":[", "{\"messages\":[{}", "{\"messages\":[1,", "{\"messages\":[{\"channel\":"})
    void aBatchThatBreaksOff_isRefused(String json) {
        byte[] bytes = json.getBytes(UTF_8);
        assertThatThrownBy(() -> PublishBody.batch(bytes, 0, bytes.length)).isInstanceOf(MalformedJsonException.class);
    }
}
