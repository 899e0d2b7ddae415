package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JsonEncoderTest {
    private final LoggerContext context = new LoggerContext();

    @Test
    void encode_writesOneObjectPerLine() throws Exception {
        String line = encode(Level.INFO, "hello", null);

        assertThat(line)
                .isEqualTo("{\"severity\":\"INFO\",\"timestamp\":\"2026-01-02T03:04:05.060Z\",\"message\":\"hello\","
                        + "\"logger\":\"a.B\",\"thread\":\"t-1\"}\n");
    }

    @ParameterizedTest
    @CsvSource({"ERROR, ERROR", "WARN, WARNING", "INFO, INFO", "DEBUG, DEBUG", "TRACE, DEBUG"})
    void severity_isTheNameForCollectors(String level, String severity) throws Exception {
        assertThat(parse(encode(Level.toLevel(level), "x", null))
                        .get("severity")
                        .textValue())
                .isEqualTo(severity);
    }

    @Test
    void encode_keepsEveryCharacterOfAMessage_onOneLine() throws Exception {
        StringBuilder message = new StringBuilder("é€😀\u2028\"\\/");
        for (char c = 0; c < 0x20; c++) {
            message.append(c);
        }

        String line = encode(Level.INFO, message.toString(), null);

        assertThat(line.strip().lines()).hasSize(1);
        assertThat(parse(line).get("message").textValue()).isEqualTo(message.toString());
    }

    @Test
    void encode_staysJson_whenAMessageHoldsHalfACharacter() throws Exception {
        assertThat(parse(encode(Level.INFO, "a\ud83d", null)).get("message").textValue())
                .startsWith("a");
    }

    @Test
    void encode_putsAnExceptionWithItsCauseIntoStackTrace() throws Exception {
        Exception thrown = new IllegalStateException("outer", new IllegalArgumentException("inner"));

        assertThat(parse(encode(Level.ERROR, "x", thrown)).get("stack_trace").textValue())
                .contains("IllegalStateException: outer", "IllegalArgumentException: inner", "JsonEncoderTest");
    }

    private String encode(Level level, String message, @Nullable Throwable thrown) {
        LoggingEvent event =
                new LoggingEvent("fqcn", context.getLogger("a.B"), level, "{}", thrown, new Object[] {message});
        event.setInstant(Instant.parse("2026-01-02T03:04:05.060Z"));
        event.setThreadName("t-1");
        return new String(new JsonEncoder().encode(event), StandardCharsets.UTF_8);
    }

    private static JsonNode parse(String line) throws Exception {
        return new ObjectMapper().readTree(line);
    }
}
