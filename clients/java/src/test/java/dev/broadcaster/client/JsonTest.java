package dev.broadcaster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "12345678901234567890",
                "1.0",
                "-0",
                "1e-7",
                "\"\\u0000\"",
                "\"\\ud800\"",
                "{\"a\":1,\"a\":2}",
                "[]",
                " [ 1 , 2 ] ",
                "null",
                "true",
                "false",
                "\"  spaced  \"",
                "{\"a\":{\"b\":[{},[],\"}\\\"\"]}}"
            })
    void text_staysAsItIs(String text) {
        assertThat(Json.of(text).text()).isEqualTo(text);
        assertThat(Json.of(text.getBytes(StandardCharsets.UTF_8)).text()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1,]",
                "{\"a\"}",
                "{a:1}",
                "01",
                "1.",
                "+1",
                "nul",
                "nulls",
                "\"\n\"",
                "\"\\x\"",
                "\"\\u12g4\"",
                "1 2",
                "'a'",
                "\"a",
                "[1",
                "{\"a\":1,}",
                "tru",
                "-",
                "1e",
                "\ufeff1",
                "NaN"
            })
    void text_isRefused_whenMalformed(String text) {
        assertThatThrownBy(() -> Json.of(text)).isInstanceOf(BroadcasterException.Invalid.class);
    }

    @Test
    void text_isRefused_whenTheGatewayWouldNotReadIt() {
        assertThat(Json.of("[".repeat(62) + "]".repeat(62)).text()).hasSize(124);
        assertThatThrownBy(() -> Json.of("[".repeat(63) + "]".repeat(63))).hasMessageContaining("nested too deep");
        assertThatThrownBy(() -> Json.of("[".repeat(100_000))).hasMessageContaining("nested too deep");
        assertThat(Json.of("1".repeat(1000)).text()).hasSize(1000);
        assertThatThrownBy(() -> Json.of("1".repeat(1001))).hasMessageContaining("a number of 1001 characters");
        assertThatThrownBy(() -> Json.of("\"\ud800\"")).hasMessageContaining("surrogate");
        assertThatThrownBy(() -> Json.of(new byte[] {'"', (byte) 0xff, '"'})).hasMessageContaining("not UTF-8");
    }

    @Test
    void mapper_isAsked_andItsFailureIsTheCause() {
        JsonMapper mapper = new JsonMapper() {
            @Override
            public <T> T read(String json, Class<T> type) {
                throw new UnsupportedOperationException();
            }

            @Override
            public String write(Object value) {
                if (value instanceof Integer) {
                    return "[" + value + "]";
                }
                throw new IllegalStateException("no integer");
            }
        };
        assertThat(Json.of(7, mapper).text()).isEqualTo("[7]");
        assertThatThrownBy(() -> Json.of("x", mapper))
                .isInstanceOf(BroadcasterException.Invalid.class)
                .hasRootCauseMessage("no integer");
    }

    @Test
    void string_isQuoted_andReadBack() {
        String text = "a\"\\\b\f\n\r\t/\u0000\u001f é € 😀 \ud800 \udc00";
        String quoted = Json.string(text).text();
        assertThat(quoted).contains("\\ud800").contains("😀");
        assertThat(new JsonReader(quoted).string()).isEqualTo(text);
        assertThat(Json.of(quoted).text()).isEqualTo(quoted);
    }

    @Test
    void utf8Length_isThatOfTheBytes() {
        String text = "aé€😀\u007f\u0080\u07ff\u0800\uffff";
        assertThat(Json.utf8Length(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
    }

    @Test
    void object_givesItsMembers() {
        JsonObject object = JsonObject.parse(
                " { \"s\" : \"a\\u0041\" , \"n\":-12, \"o\":{\"x\":1}, \"a\":[\"p\", \"q\"], \"t\":true, \"z\":null, \"n\":13, \"1\":1,"
                        + "\"2\":2,\"3\":3 } ");
        assertThat(object.string("s")).isEqualTo("aA");
        assertThat(object.integer("n")).isEqualTo(13);
        assertThat(object.object("o").integer("x")).isEqualTo(1);
        assertThat(object.strings("a")).containsExactly("p", "q");
        assertThat(object.isTrue("t")).isTrue();
        assertThat(object.string("z")).isNull();
        assertThat(object.json("z")).isEqualTo("null");
        assertThat(object.has("z")).isFalse();
        assertThat(object.json("none")).isNull();
        assertThat(object.integer("3")).isEqualTo(3);
    }

    @Test
    void object_isMalformed_whenAMemberHasAnotherType() {
        JsonObject object = JsonObject.parse("{\"a\":1.5,\"b\":99999999999999999999,\"c\":[1]}");
        for (Runnable wrong : new Runnable[] {
            () -> object.integer("a"),
            () -> object.integer("b"),
            () -> object.string("a"),
            () -> object.object("c"),
            () -> object.isTrue("a"),
            () -> object.array("a"),
            () -> object.strings("c"),
            () -> object.requiredString("none"),
            () -> JsonObject.parse("[]"),
            () -> JsonObject.parse("{} {}")
        }) {
            assertThatThrownBy(wrong::run).isInstanceOf(Malformed.class);
        }
    }

    @Test
    void names_areThoseOfTheProtocol() {
        for (String good : new String[] {"a", "chat:lobby", "a-b_c", "_", "a".repeat(200), "-a", "A:b:9"}) {
            assertThat(Names.channelProblem(good)).as(good).isNull();
        }
        for (String bad : new String[] {"", ":a", "a::b", "a:", "a-", "a b", "a".repeat(201), "ä", "*", "a:*", "a\n"}) {
            assertThat(Names.channelProblem(bad)).as(bad).isNotNull();
        }
        for (String good : new String[] {"a.b.c", "eyJ-_0.A.z"}) {
            assertThat(Names.isToken(good)).as(good).isTrue();
        }
        for (String bad :
                new String[] {null, "", "a", "a.b", "a..c", ".b.c", "a.b.", "a.b.c.d", "<html>.x.y", "a.b.c\n", " a.b.c"
                }) {
            assertThat(Names.isToken(bad)).as(bad).isFalse();
        }
        assertThat(Names.isKey("order 17/3~")).isTrue();
        assertThat(Names.isKey("")).isFalse();
        assertThat(Names.isKey("a".repeat(129))).isFalse();
        assertThat(Names.isKey("ä")).isFalse();
    }
}
