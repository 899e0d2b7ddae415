package dev.broadcaster.blackbox;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An HTTP/1.1 connection on which a test writes raw requests and reads parsed responses. One thread. */
final class HttpRaw implements AutoCloseable {

    /** A response; the names of {@code headers} are in lower case, each with its values in order. */
    record Response(int status, Map<String, List<String>> headers, byte[] body) {

        /** The single value of a header; fails when it is missing or repeated. */
        String header(String name) {
            List<String> values = headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
            if (values.size() != 1) {
                throw new AssertionError("one " + name + " expected in " + this);
            }
            return values.get(0);
        }

        boolean hasHeader(String name) {
            return headers.containsKey(name.toLowerCase(Locale.ROOT));
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        Json json() {
            return Json.parse(text());
        }

        /** The message of the error in the body; fails unless it has this code (protocol section 6). */
        String error(String code) {
            Json error = json().get("error");
            if (!error.get("code").text().equals(code)) {
                throw new AssertionError("error " + code + " expected: " + this);
            }
            return error.get("message").text();
        }

        @Override
        public String toString() {
            return status + " " + headers + " " + text();
        }
    }

    private final RawSocket socket;

    HttpRaw(int port) {
        this(RawSocket.connect(port));
    }

    HttpRaw(RawSocket socket) {
        this.socket = socket;
    }

    /** One request on a separate connection. */
    static Response exchange(int port, byte[] request) {
        try (HttpRaw http = new HttpRaw(port)) {
            http.socket.trySend(request); // a response may arrive before the whole body is sent
            return http.read();
        }
    }

    static Response exchange(int port, String request) {
        return exchange(port, request.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A well-formed request; {@code headers} are complete lines without line end. */
    static byte[] request(String method, String path, byte[] body, String... headers) {
        StringBuilder head =
                new StringBuilder().append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        if (body.length > 0 || method.equals("POST")) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        bytes.writeBytes(body);
        return bytes.toByteArray();
    }

    static byte[] request(String method, String path, String body, String... headers) {
        return request(method, path, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    RawSocket socket() {
        return socket;
    }

    Response send(byte[] request) {
        socket.send(request);
        return read();
    }

    /** The next response that is not interim; fails when the connection ends before it. */
    Response read() {
        Response response = readOrClosed();
        if (response == null) {
            throw new AssertionError("connection closed without a response");
        }
        return response.status() == 100 ? read() : response;
    }

    /** The next response, also an interim one, or null when the node closes without one. */
    @Nullable
    Response readOrClosed() {
        String head = socket.readUntil("\r\n\r\n");
        if (head.isEmpty()) {
            return null;
        }
        if (!head.endsWith("\r\n\r\n")) {
            throw new AssertionError("connection closed inside a response: " + head);
        }
        String[] lines = head.split("\r\n");
        if (!lines[0].matches("HTTP/1\\.[01] \\d{3} .*")) {
            throw new AssertionError("no status line: " + lines[0]);
        }
        int status = Integer.parseInt(lines[0].substring(9, 12));
        Map<String, List<String>> headers = new TreeMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            headers.computeIfAbsent(lines[i].substring(0, colon).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                    .add(lines[i].substring(colon + 1).strip());
        }
        try {
            return new Response(status, headers, body(status, headers));
        } catch (EOFException e) {
            throw new AssertionError("connection closed inside a response: " + head, e);
        }
    }

    private byte[] body(int status, Map<String, List<String>> headers) throws EOFException {
        if (status < 200 || status == 204 || status == 304) {
            return new byte[0];
        }
        if (headers.containsKey("transfer-encoding")) {
            return chunks();
        }
        if (headers.containsKey("content-length")) {
            return socket.readExactly(
                    Integer.parseInt(headers.get("content-length").get(0)));
        }
        return socket.readToEnd();
    }

    private byte[] chunks() throws EOFException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            int size = Integer.parseInt(socket.readUntil("\r\n").strip(), 16);
            body.writeBytes(socket.readExactly(size));
            socket.readUntil("\r\n");
            if (size == 0) {
                return body.toByteArray();
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
