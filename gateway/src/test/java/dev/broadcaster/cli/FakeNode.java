package dev.broadcaster.cli;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Handshake;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A server of one WebSocket after the other that sends what the test specifies, also what no correct node would send.
 */
final class FakeNode implements AutoCloseable {
    /** The actions of the node on one connection after the client has sent {@code requests} requests there. */
    interface Script {
        void run(FakeNode node) throws IOException;
    }

    final List<String> requests = new CopyOnWriteArrayList<>();
    private final ServerSocket listener;
    private final int expectedRequests;
    private final List<Script> scripts;
    private volatile Socket socket = new Socket();
    /** The number of requests on earlier connections. Owned by the thread of the node. */
    private int before;

    /** Serves as many connections as there are scripts. */
    FakeNode(int expectedRequests, Script... scripts) throws IOException {
        this.listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        this.expectedRequests = expectedRequests;
        this.scripts = List.of(scripts);
        Thread thread = new Thread(this::serve, "fake-node");
        thread.setDaemon(true);
        thread.start();
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    /** Answers the request with this number on the connection, counted from 1, with {@code result} or {@code error}. */
    void answer(int request, String member) throws IOException {
        String text = requests.get(before + request - 1);
        String id = text.substring("{\"id\":".length(), text.indexOf(','));
        text("{\"requestId\":" + id + "," + member + "}");
    }

    /** Accepts the token. */
    void authenticated() throws IOException {
        answer(1, "\"result\":{\"success\":true}");
    }

    /** Accepts the token and every subscription, without a position. */
    void subscribed() throws IOException {
        authenticated();
        for (int i = 2; i <= expectedRequests; i++) {
            answer(i, "\"result\":{\"subscriptionId\":\"s\",\"timestamp\":\"t\"}");
        }
    }

    void text(String json) throws IOException {
        frame(Frame.text(json));
    }

    void broadcast(String channel, long seq) throws IOException {
        text("{\"method\":\"broadcast\",\"params\":{\"id\":\"i" + seq + "\",\"seq\":" + seq
                + ",\"createTime\":\"2026-01-02T03:04:05.000Z\",\"channel\":\"" + channel
                + "\",\"event\":\"e\",\"payload\":{\"n\":" + seq + "}}}");
    }

    void closeFrame(int code, String reason) throws IOException {
        frame(Frame.close(code, reason));
    }

    /** Sends a frame of a server: not masked. */
    void frame(Frame frame) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(frame.unmasked().bytes());
        out.flush();
    }

    /** Reads another request. */
    void read() throws IOException {
        requests.add(readText(new DataInputStream(socket.getInputStream())));
    }

    void cut() throws IOException {
        socket.close();
    }

    private void serve() {
        for (Script script : scripts) {
            try {
                socket = listener.accept();
                serve(script);
            } catch (IOException e) {
                // The client sees it, and so does the test.
            }
        }
    }

    private void serve(Script script) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        handshake(in);
        before = requests.size();
        for (int i = 0; i < expectedRequests; i++) {
            requests.add(readText(in));
        }
        script.run(this);
        // Until the client leaves: closing with unread bytes would reset the connection.
        while (!readFrame(in).isEmpty()) {}
        try (Socket closed = socket) {
            closeFrame(1000, "");
        }
    }

    private void handshake(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException();
            }
            head.write(b);
        }
        String key = head.toString(StandardCharsets.ISO_8859_1)
                .lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("sec-websocket-key:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElseThrow();
        socket.getOutputStream().write(Handshake.response(key).getBytes(StandardCharsets.US_ASCII));
    }

    private static String readText(DataInputStream in) throws IOException {
        return readFrame(in).orElseThrow(EOFException::new);
    }

    /** The text of a frame; empty if it is a close frame. */
    private static Optional<String> readFrame(DataInputStream in) throws IOException {
        int opcode = in.readUnsignedByte() & 0xf;
        int length = in.readUnsignedByte() & 0x7f;
        if (length == 126) {
            length = in.readUnsignedShort();
        }
        byte[] mask = in.readNBytes(4);
        byte[] body = in.readNBytes(length);
        for (int i = 0; i < body.length; i++) {
            body[i] ^= mask[i % 4];
        }
        return opcode == 8 ? Optional.empty() : Optional.of(new String(body, StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
        listener.close();
        socket.close();
    }
}
