package dev.broadcaster.client.jackson;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.broadcaster.client.BroadcasterException;
import dev.broadcaster.client.Json;
import org.junit.jupiter.api.Test;

class JacksonMapperTest {
    private final JacksonMapper mapper = new JacksonMapper(new ObjectMapper());

    record Said(String text, double number) {}

    @Test
    void value_isWritten_andReadBack() throws Exception {
        Json json = Json.of(new Said("é\"", 1.5), mapper);
        assertThat(json.text()).isEqualTo("{\"text\":\"é\\\"\",\"number\":1.5}");
        assertThat(mapper.read(json.text(), Said.class)).isEqualTo(new Said("é\"", 1.5));
    }

    @Test
    void value_isRefused_whenJacksonCannotWriteIt() {
        assertThatThrownBy(() -> Json.of(new Object(), mapper)).isInstanceOf(BroadcasterException.Invalid.class);
    }
}
