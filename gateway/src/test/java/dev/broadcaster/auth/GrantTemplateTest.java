package dev.broadcaster.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.broadcaster.message.ChannelName;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrantTemplateTest {
    private static final int VALUES = 1_000_000;

    private static List<String> channels(String template, String claims) throws Exception {
        return GrantTemplate.parse(template).channels(JsonMap.parse(claims.getBytes(UTF_8), "claims"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "user:{sub}:*=subscribe;     {\"sub\":\"alice\"};                   user:alice:*",
                "user:{sub}=subscribe;       {\"sub\":\"a_B-9\"};                   user:a_B-9",
                "org:{org_id}:*=subscribe;   {\"org_id\":42};                       org:42:*",
                "org:{org_id}:*=subscribe;   {\"org_id\":-7};                       org:-7:*",
                "org:{org_id}:*=subscribe;   {\"org_id\":9007199254740991};         org:9007199254740991:*",
                "g:{groups[]}=subscribe;     {\"groups\":[\"a\",5,\"b\"]};          g:a g:5 g:b",
                "g:{groups[]}=subscribe;     {\"groups\":[\"a\",\"*\",null,{},[]]}; g:a",
                "{tenant}:{sub}=subscribe;   {\"sub\":\"s\",\"tenant\":\"t\"};      t:s",
                "{t}:x:{g[]}:*=subscribe;    {\"t\":\"t\",\"g\":[\"1\",\"2\"]};     t:x:1:* t:x:2:*",
                "news=subscribe;             {};                                    news",
                "*=subscribe;                {};                                    *",
                "r:{realm_access.roles[]}=subscribe; {\"realm_access\":{\"roles\":[\"r\"]}}; r:r",
                "a:{a.b}=subscribe;          {\"a.b\":\"whole\",\"a\":{\"b\":\"path\"}}; a:whole",
                "a:{https://x.example/org}=subscribe; {\"https://x.example/org\":\"o\"}; a:o",
            })
    void template_givesChannels(String template, String claims, String channels) throws Exception {
        assertThat(channels(template, claims)).containsExactly(channels.split(" "));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "{}",
                "[]",
                "[\"a\"]",
                "\"\"",
                "\"*\"",
                "\"a:b\"",
                "\"a:*\"",
                "\":\"",
                "\"a b\"",
                "\"a\\u0000\"",
                "\"a\\n\"",
                "\"é\"",
                "\"\\u0430\"",
                "\"a.b\"",
                "\"a/b\"",
                "\"auth0|5\"",
                "\"{sub}\"",
                "\"\\ud800\"",
                "\"a,b\"",
                "\"a=b\"",
                "\"%2a\"",
                "1.5",
                "1e300",
                "9007199254740993",
                "-9007199254740993"
            })
    void value_thatMayNotStandInAChannel_givesNothing(String value) throws Exception {
        assertThat(channels("user:{x}:*=subscribe", "{\"x\":" + value + "}")).isEmpty();
    }

    @Test
    void value_thatIsTooLong_givesNothing() throws Exception {
        assertThat(channels("u:{x}=subscribe", "{\"x\":\"" + "a".repeat(200) + "\"}"))
                .hasSize(1);
        assertThat(channels("u:{x}=subscribe", "{\"x\":\"" + "a".repeat(201) + "\"}"))
                .isEmpty();
    }

    @Test
    void claim_thatIsMissing_givesNothing() throws Exception {
        assertThat(channels("user:{x}:*=subscribe", "{}")).isEmpty();
        assertThat(channels("user:{x[]}:*=subscribe", "{}")).isEmpty();
        assertThat(channels("user:{x[]}:*=subscribe", "{\"x\":\"a\"}")).isEmpty();
        assertThat(channels("user:{a.b}:*=subscribe", "{\"a\":\"b\"}")).isEmpty();
        assertThat(channels("{t}:{x}:*=subscribe", "{\"x\":\"a\"}")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "news",
                "=subscribe",
                "news=",
                "news=read",
                "news=subscribe+",
                "news=subscribe+admin",
                "news=Subscribe",
                "a b=subscribe",
                ":a=subscribe",
                "a::b=subscribe",
                "a:=subscribe",
                "a*=subscribe",
                "a:*:b=subscribe",
                ":*=subscribe",
                "**=subscribe",
                "{=subscribe",
                "{}=subscribe",
                "a{x=subscribe",
                "a}=subscribe",
                "{a}{b}=subscribe",
                "{a}-{b}=subscribe",
                "u:{a}x{b}:*=subscribe",
                "{a[]}:{b[]}=subscribe",
                "{a[0]}=subscribe",
                "{x}-=subscribe"
            })
    void template_thatIsNone_isRefused(String template) {
        assertThatIllegalArgumentException().isThrownBy(() -> GrantTemplate.parse(template));
    }

    @Test
    void setting_isReadWhole_withALineForEachProblem() {
        List<String> problems = new ArrayList<>();

        Grants grants = Grants.parse("a=subscribe, ,b::=publish,c=x", problems);

        assertThat(grants.templates()).hasSize(1);
        assertThat(problems)
                .hasSize(2)
                .allSatisfy(problem -> assertThat(problem).startsWith("GRANTS: "));
    }

    @Test
    void whyNothing_namesTheClaim() throws Exception {
        JsonMap claims = JsonMap.parse("{\"a\":\"x|y\",\"l\":[\"z\"],\"e\":\"\"}".getBytes(UTF_8), "claims");

        assertThat(GrantTemplate.parse("u:{a}=subscribe").whyNothing(claims)).contains("the claim a has other");
        assertThat(GrantTemplate.parse("u:{b}=subscribe").whyNothing(claims)).isEqualTo("the claim b is missing");
        assertThat(GrantTemplate.parse("u:{l}=subscribe").whyNothing(claims)).contains("array");
        assertThat(GrantTemplate.parse("u:{e}=subscribe").whyNothing(claims)).contains("empty");
        assertThat(GrantTemplate.parse("u:{l[]}=subscribe").whyNothing(claims)).isNull();
    }

    /**
     * Claims of an attacker. A covered channel matches the template: the same number of parts between colons, the
     * constant parts of the template unchanged, and the value itself in its place.
     */
    @Test
    void noValueOfAClaim_givesAChannelOutsideItsTemplate() throws Exception {
        long seed = System.nanoTime();
        System.out.println("grants.seed=" + seed);
        Random random = new Random(seed);
        GrantTemplate all = GrantTemplate.parse("user:{x}:*=subscribe");
        GrantTemplate one = GrantTemplate.parse("a-{x}_z:end=subscribe");
        GrantTemplate each = GrantTemplate.parse("g:{l[]}=subscribe");
        int given = 0;
        for (int i = 0; i < VALUES; i++) {
            String value = value(random);
            String json = "{\"x\":" + quoted(value) + ",\"l\":[" + quoted(value) + "]}";
            JsonMap claims = JsonMap.parse(json.getBytes(UTF_8), "claims");
            for (GrantTemplate template : List.of(all, one, each)) {
                List<String> entries = template.channels(claims);
                if (entries.size() > 1) {
                    throw new AssertionError("seed " + seed + ": " + json + " gave " + entries);
                }
                for (String entry : entries) {
                    given++;
                    String expected = template == all
                            ? "user:" + value + ":*"
                            : template == one ? "a-" + value + "_z:end" : "g:" + value;
                    if (!entry.equals(expected) || !isSafe(value) || coversForeign(entry, value)) {
                        throw new AssertionError("seed " + seed + ": " + json + " gave " + entry);
                    }
                }
            }
        }
        assertThat(given).as("values that gave a channel").isGreaterThan(VALUES / 20);
    }

    private static boolean isSafe(String value) {
        return value.chars().allMatch(c -> ChannelName.isValid((char) c + "0"));
    }

    /** True if the entry covers a channel that does not belong to this value. */
    private static boolean coversForeign(String entry, String value) {
        ChannelGrants grants = ChannelGrants.of(List.of(entry));
        return grants.covers("user:" + value + "x:1")
                || grants.covers("user:x" + value + ":1")
                || grants.covers("user:1")
                || grants.covers("users:" + value)
                || grants.covers("admin:" + value + ":1")
                || grants.covers("g:" + value + ":1")
                || grants.covers("a-_z:end");
    }

    private static final String[] PIECES = {
        "*",
        ":",
        "::",
        ":*",
        "{",
        "}",
        "{sub}",
        "[]",
        "+",
        "=",
        ",",
        "|",
        ".",
        "/",
        " ",
        "\n",
        "\u0000",
        "é",
        "а",
        "０",
        "\ud83e\udd8a",
        "%",
        "..",
        "-",
        "_",
        "a",
        "Z",
        "0",
        "admin",
        "user",
        "subscribe"
    };

    private static String value(Random random) {
        int kind = random.nextInt(4);
        StringBuilder value = new StringBuilder();
        int length = random.nextInt(kind == 0 ? 12 : 5) + (kind == 0 ? 1 : 0);
        for (int i = 0; i < length; i++) {
            if (kind == 0) {
                value.append("abcXYZ019_-".charAt(random.nextInt(11)));
            } else if (kind == 1) {
                value.append((char) random.nextInt(0x180));
            } else {
                value.append(PIECES[random.nextInt(PIECES.length)]);
            }
        }
        return value.toString();
    }

    private static String quoted(String value) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\' || c < ' ') {
                quoted.append("\\u").append(HexFormat.of().toHexDigits(c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
