package dev.broadcaster.blackbox;

import dev.broadcaster.http.ReferenceChunks;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The requests of a stream by RFC 9112, written from its grammar: sections 3 (request line), 5 (fields, with obs-fold
 * read as a space), 6.3 (length of a body), 7.1 (chunks) and 9.3 (persistence). It ends before the first malformed or
 * incomplete part, and before one that a server may or must refuse because it is ambiguous.
 */
final class ReferenceHttp {
    private static final String TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
    private static final Pattern REQUEST_LINE =
            Pattern.compile("(" + TOKEN + ") ([!-~\\x80-\\xff]+) HTTP/1\\.([0-9])\\r\\n");
    private static final Pattern FIELD = Pattern.compile("(" + TOKEN + "):([\\t -~\\x80-\\xff]*+)\\r\\n");
    private static final Pattern FOLDED = Pattern.compile("[ \\t]([\\t -~\\x80-\\xff]*+)\\r\\n");
    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,9}");

    private record Field(String name, String value) {}

    /** A complete request. */
    record Request(String method, String target, String body) {}

    private final String stream;
    private final List<Request> requests = new ArrayList<>();
    private int at;

    private ReferenceHttp(String latin1) {
        this.stream = latin1;
    }

    /** The complete requests, up to the first invalid one. */
    static List<Request> requests(String latin1) {
        ReferenceHttp reading = new ReferenceHttp(latin1);
        while (reading.next()) {}
        return reading.requests;
    }

    /** True if another request may follow. */
    private boolean next() {
        Matcher line = REQUEST_LINE.matcher(stream).region(at, stream.length());
        if (!line.lookingAt()) {
            return false;
        }
        boolean http11 = !line.group(3).equals("0");
        at = line.end();
        List<Field> fields = fields();
        if (!stream.startsWith("\r\n", at)) {
            return false;
        }
        at += 2;
        Optional<String> body = body(fields, http11);
        if (body.isEmpty()) {
            return false;
        }
        requests.add(new Request(line.group(1), line.group(2), body.get()));
        String connection = String.join(",", values(fields, "connection")).toLowerCase(Locale.ROOT);
        boolean close = hasToken(connection, "close");
        return !close && (http11 || hasToken(connection, "keep-alive"));
    }

    private List<Field> fields() {
        List<Field> fields = new ArrayList<>();
        for (Matcher field = FIELD.matcher(stream).region(at, stream.length());
                field.lookingAt();
                field.region(at, stream.length())) {
            StringBuilder value = new StringBuilder(field.group(2));
            at = field.end();
            for (Matcher fold = FOLDED.matcher(stream).region(at, stream.length());
                    fold.lookingAt();
                    fold.region(at, stream.length())) {
                value.append(' ').append(fold.group(1));
                at = fold.end();
            }
            fields.add(new Field(
                    field.group(1).toLowerCase(Locale.ROOT),
                    value.toString().replaceAll("[ \\t]+", " ").strip()));
        }
        return fields;
    }

    private Optional<String> body(List<Field> fields, boolean http11) {
        List<String> encodings = values(fields, "transfer-encoding");
        List<String> lengths = values(fields, "content-length");
        if (!encodings.isEmpty()) {
            if (!http11
                    || !lengths.isEmpty()
                    || encodings.size() != 1
                    || !encodings.get(0).equalsIgnoreCase("chunked")) {
                return Optional.empty();
            }
            Optional<ReferenceChunks.Body> chunks = ReferenceChunks.read(stream, at);
            at += chunks.map(ReferenceChunks.Body::length).orElse(0);
            return chunks.map(ReferenceChunks.Body::data);
        }
        if (lengths.isEmpty()) {
            return Optional.of("");
        }
        if (lengths.size() != 1 || !LENGTH.matcher(lengths.get(0)).matches()) {
            return Optional.empty();
        }
        int end = at + Integer.parseInt(lengths.get(0));
        if (end > stream.length() || end < at) {
            return Optional.empty();
        }
        String body = stream.substring(at, end);
        at = end;
        return Optional.of(body);
    }

    private static List<String> values(List<Field> fields, String name) {
        return fields.stream()
                .filter(field -> field.name().equals(name))
                .map(Field::value)
                .toList();
    }

    private static boolean hasToken(String list, String token) {
        for (String element : list.split(",", -1)) {
            if (element.strip().equals(token)) {
                return true;
            }
        }
        return false;
    }
}
