package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PerMessageDeflateTest {
    private static final String ANSWER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    private static String answer(String... lines) {
        List<ExtensionOffer> offers = ExtensionOffer.parse(List.of(lines));
        assertThat(offers).as("well-formed").isNotNull();
        return PerMessageDeflate.answer(offers);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "permessage-deflate",
                "  permessage-deflate\t",
                "permessage-deflate; client_max_window_bits",
                "permessage-deflate;client_max_window_bits=8",
                "permessage-deflate; client_max_window_bits=15",
                "permessage-deflate; client_max_window_bits=\"10\"",
                "permessage-deflate; client_max_window_bits=\"1\\0\"",
                "permessage-deflate; server_no_context_takeover",
                "permessage-deflate; client_no_context_takeover",
                "permessage-deflate ; client_no_context_takeover ; server_no_context_takeover ; client_max_window_bits",
                "permessage-deflate; server_max_window_bits=10, permessage-deflate",
                "permessage-deflate; x=1, foo; bar=\"baz\", , permessage-deflate; client_max_window_bits",
                "x-webkit-deflate-frame, permessage-deflate",
                ",permessage-deflate,",
            })
    void offer_isAccepted(String offer) {
        assertThat(answer(offer)).isEqualTo(ANSWER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "permessage-deflate; server_max_window_bits=15",
                "permessage-deflate; server_max_window_bits = \"15\"; client_max_window_bits",
                "permessage-deflate; server_max_window_bits=9, permessage-deflate; server_max_window_bits=15",
            })
    void requestedWindow_isConfirmed(String offer) {
        assertThat(answer(offer)).isEqualTo(ANSWER + "; server_max_window_bits=15");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "foo",
                "Permessage-Deflate",
                "permessage-deflate2",
                "permessage-deflate; unknown",
                "permessage-deflate; unknown=1",
                "permessage-deflate; Client_no_context_takeover",
                "permessage-deflate; server_no_context_takeover=1",
                "permessage-deflate; client_no_context_takeover=true",
                "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
                "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
                "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
                "permessage-deflate; server_max_window_bits",
                "permessage-deflate; server_max_window_bits=7",
                "permessage-deflate; server_max_window_bits=8",
                "permessage-deflate; server_max_window_bits=14",
                "permessage-deflate; server_max_window_bits=16",
                "permessage-deflate; server_max_window_bits=015",
                "permessage-deflate; server_max_window_bits=+15",
                "permessage-deflate; server_max_window_bits=15; server_max_window_bits=15",
                "permessage-deflate; client_max_window_bits=7",
                "permessage-deflate; client_max_window_bits=16",
                "permessage-deflate; client_max_window_bits=08",
                "permessage-deflate; client_max_window_bits=abc",
                "permessage-deflate; client_max_window_bits=99999999999",
            })
    void offer_isDeclined(String offer) {
        assertThat(answer(offer)).isNull();
    }

    @Test
    void lines_areOneList() {
        assertThat(answer("foo; a", "permessage-deflate; server_max_window_bits=10", "permessage-deflate"))
                .isEqualTo(ANSWER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ",",
                ";",
                "=",
                "permessage-deflate;",
                "permessage-deflate; ;client_max_window_bits",
                "permessage-deflate; client_max_window_bits=",
                "permessage-deflate; =10",
                "permessage-deflate; client_max_window_bits=10 11",
                "permessage-deflate client_max_window_bits",
                "permessage-deflate; client_max_window_bits=\"10",
                "permessage-deflate; client_max_window_bits=\"10\\",
                "permessage-deflate; client_max_window_bits=\"\"",
                "permessage-deflate; client_max_window_bits=\"1 0\"",
                "permessage-deflate; client_max_window_bits=\"10\"5",
                "\"permessage-deflate\"",
                "permessage/deflate",
                "perméssage",
                "foo, permessage-deflate; a=@",
                "permessage-deflate: x",
            })
    void header_isMalformed(String header) {
        assertThat(ExtensionOffer.parse(List.of(header))).isNull();
        assertThat(ExtensionOffer.parse(List.of("permessage-deflate", header)) == null)
                .as("beside a good line; an empty one says nothing")
                .isEqualTo(!header.isBlank() && !header.equals(","));
    }

    @ParameterizedTest
    @CsvSource({"'a;b=c,d', 2", "'a , b', 2", "'a;b=\"c\\d\";e', 1"})
    void offers_areParsed(String header, int count) {
        assertThat(ExtensionOffer.parse(List.of(header))).hasSize(count);
    }

    @Test
    void escapes_andMissingSpaces_areParsed() {
        assertThat(ExtensionOffer.parse(List.of("a; b=\"c\\d\" ;e,f")))
                .containsExactly(
                        new ExtensionOffer(
                                "a",
                                List.of(
                                        new ExtensionOffer.Parameter("b", "cd"),
                                        new ExtensionOffer.Parameter("e", null))),
                        new ExtensionOffer("f", List.of()));
    }

    /** Linear for any input: a header may have 32 KiB. */
    @Test
    void longHeaders_areParsedInLinearTime() {
        long from = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            ExtensionOffer.parse(List.of("a;b=\"\\c\",".repeat(3_000)));
            ExtensionOffer.parse(List.of(" ".repeat(32_000) + "a"));
            ExtensionOffer.parse(List.of("a=\"" + "\\b".repeat(16_000)));
        }
        assertThat(System.nanoTime() - from).isLessThan(2_000_000_000L);
    }
}
