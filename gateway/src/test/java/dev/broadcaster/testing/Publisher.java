package dev.broadcaster.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A keep-alive connection that publishes over REST, many requests at a time. For one thread. */
public final class Publisher implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private String refusal = "none";

    public Publisher(int port) throws IOException {
        this(new Socket("127.0.0.1", port));
    }

    /** Uses a connected socket, for example of TLS. */
    public Publisher(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
        this.in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
    }

    /** Sends {@code count} publishes in one write and reads the responses; returns the number of 200s. */
    public int publish(String channel, int count, int payloadBytes) throws IOException {
        byte[] request = request(channel, "\"" + "x".repeat(payloadBytes - 2) + "\"");
        ByteArrayOutputStream all = new ByteArrayOutputStream(request.length * count);
        for (int i = 0; i < count; i++) {
            all.write(request);
        }
        send(all.toByteArray());
        int good = 0;
        for (int i = 0; i < count; i++) {
            NodeProcess.Answer answer = answer();
            if (answer.status() == 200) {
                good++;
            } else {
                refusal = answer.toString();
            }
        }
        return good;
    }

    /** The last response that was not 200, for the message of an assertion. */
    public String refusal() {
        return refusal;
    }

    public static byte[] request(String channel, String payload) {
        String body = "{\"channel\":\"" + channel + "\",\"event\":\"e\",\"payload\":" + payload + "}";
        String head = "POST /broadcaster/publish HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                + NodeProcess.API_KEY + "\r\nContent-Length: " + body.length() + "\r\n\r\n";
        return (head + body).getBytes(StandardCharsets.US_ASCII);
    }

    public void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** Reads one complete response; returns its status, or -1 if the connection ended before it. */
    public int status() throws IOException {
        return answer().status();
    }

    /** Reads one complete response; its status is -1 if the connection ended before it. */
    public NodeProcess.Answer answer() throws IOException {
        String line = line();
        if (line == null) {
            return new NodeProcess.Answer(-1, "");
        }
        int length = 0;
        for (String header = line(); header != null && !header.isEmpty(); header = line()) {
            if (header.regionMatches(true, 0, "Content-Length:", 0, 15)) {
                length = Integer.parseInt(header.substring(15).strip());
            }
        }
        byte[] body = new byte[length];
        if (in.readNBytes(body, 0, length) < length) {
            return new NodeProcess.Answer(-1, "");
        }
        return new NodeProcess.Answer(
                Integer.parseInt(line.substring(9, 12)), new String(body, StandardCharsets.UTF_8));
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                return null;
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
