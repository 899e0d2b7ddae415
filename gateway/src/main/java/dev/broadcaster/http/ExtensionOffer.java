package dev.broadcaster.http;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One extension that a client offers in {@code Sec-WebSocket-Extensions} (RFC 6455 section 9.1). */
record ExtensionOffer(String name, List<Parameter> parameters) {

    /** A value without its quotes; null if there is none. */
    record Parameter(String name, @Nullable String value) {}

    /** The offers of these header lines, in order of preference; null if they are malformed. */
    static @Nullable List<ExtensionOffer> parse(List<String> lines) {
        try {
            List<ExtensionOffer> offers = new ArrayList<>();
            for (String line : lines) {
                new Parser(line).addTo(offers);
            }
            return offers.isEmpty() ? null : offers;
        } catch (MalformedException e) {
            return null;
        }
    }

    private static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException() {
            super(null, null, false, false);
        }
    }

    /**
     * One line: <pre>token *( ";" token [ "=" ( token | quoted-string ) ] )</pre>;
     * separated by commas, which may be repeated.
     */
    private static final class Parser {
        private static final String SEPARATORS = "()<>@,;:\\\"/[]?={} \t";

        private final String line;
        private int at;

        Parser(String line) {
            this.line = line;
        }

        void addTo(List<ExtensionOffer> offers) throws MalformedException {
            do {
                skipSpace();
                if (at < line.length() && line.charAt(at) != ',') {
                    offers.add(offer());
                }
            } while (take(','));
            if (at < line.length()) {
                throw new MalformedException();
            }
        }

        private ExtensionOffer offer() throws MalformedException {
            String name = token();
            List<Parameter> parameters = new ArrayList<>();
            while (take(';')) {
                skipSpace();
                parameters.add(parameter());
            }
            return new ExtensionOffer(name, parameters);
        }

        private Parameter parameter() throws MalformedException {
            String name = token();
            if (!take('=')) {
                return new Parameter(name, null);
            }
            skipSpace();
            return new Parameter(name, at < line.length() && line.charAt(at) == '"' ? quoted() : token());
        }

        private String token() throws MalformedException {
            int from = at;
            while (at < line.length() && isTokenCharacter(line.charAt(at))) {
                at++;
            }
            return checked(line.substring(from, at));
        }

        /** The text between the quotes has to be a token, too. */
        private String quoted() throws MalformedException {
            StringBuilder value = new StringBuilder();
            for (at++; at < line.length() && line.charAt(at) != '"'; at++) {
                if (line.charAt(at) == '\\' && ++at == line.length()) {
                    break;
                }
                value.append(line.charAt(at));
            }
            if (at == line.length() || !value.chars().allMatch(Parser::isTokenCharacter)) {
                throw new MalformedException();
            }
            at++;
            return checked(value.toString());
        }

        private static String checked(String token) throws MalformedException {
            if (token.isEmpty()) {
                throw new MalformedException();
            }
            return token;
        }

        private static boolean isTokenCharacter(int c) {
            return c > ' ' && c < 127 && SEPARATORS.indexOf(c) < 0;
        }

        /** True if the next character, after spaces, is {@code wanted}; then it is consumed. */
        private boolean take(char wanted) {
            skipSpace();
            boolean there = at < line.length() && line.charAt(at) == wanted;
            at += there ? 1 : 0;
            return there;
        }

        private void skipSpace() {
            while (at < line.length() && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
                at++;
            }
        }
    }
}
