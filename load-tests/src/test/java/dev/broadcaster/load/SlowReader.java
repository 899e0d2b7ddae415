package dev.broadcaster.load;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLSocketFactory;

/**
 * A client that subscribes and then stops reading, unlike Gatling's own; much later it reads everything. Has a small
 * receive buffer, so that the node notices soon. For one thread; every call blocks.
 */
final class SlowReader implements AutoCloseable {
    private static final int RECEIVE_BUFFER_BYTES = 4096;
    private static final int TIMEOUT_MILLIS = 20_000;
    private static final int MASKED = 0x80;
    private static final int CLOSE = 8;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private int opcode; // of the frame that was read last

    private SlowReader(Socket socket) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    /** Connects to the WebSocket below {@code url}, authenticates, subscribes, and stops reading. */
    static SlowReader open(String url, String token, String channel) throws IOException {
        URI uri = URI.create(url + "/websocket");
        boolean secure = uri.getScheme().equals("wss");
        Socket socket = secure ? SSLSocketFactory.getDefault().createSocket() : new Socket();
        socket.setReceiveBufferSize(RECEIVE_BUFFER_BYTES);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
        socket.connect(new InetSocketAddress(uri.getHost(), port), TIMEOUT_MILLIS);
        SlowReader reader = new SlowReader(socket);
        reader.upgrade(uri);
        reader.ask("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + token + "\"}}");
        reader.ask("{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channel + "\"}}");
        return reader;
    }

    private void upgrade(URI uri) throws IOException {
        String request = "GET " + uri.getRawPath() + " HTTP/1.1\r\nHost: " + uri.getAuthority()
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        out.write(request.getBytes(StandardCharsets.US_ASCII));
        StringBuilder answer = new StringBuilder();
        while (answer.indexOf("\r\n\r\n") < 0) {
            answer.append((char) readByte());
        }
        if (!answer.toString().startsWith("HTTP/1.1 101")) {
            throw new IOException("not upgraded: " + answer);
        }
    }

    private void ask(String text) throws IOException {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        // A mask of zeros leaves the payload unchanged.
        byte[] header = payload.length < 126
                ? new byte[] {(byte) 0x81, (byte) (MASKED | payload.length), 0, 0, 0, 0}
                : new byte[] {
                    (byte) 0x81, (byte) (MASKED | 126), (byte) (payload.length >> 8), (byte) payload.length, 0, 0, 0, 0
                };
        out.write(header);
        out.write(payload);
        String answer = new String(readFrame(), StandardCharsets.UTF_8);
        if (!answer.contains("\"result\"")) {
            throw new IOException("refused: " + answer);
        }
    }

    /**
     * Reads nothing for {@code time}, then everything.
     *
     * @return the code of the close frame at its end; 0 if the connection is still open, or ends without one
     */
    int closeCodeAfter(Duration time) throws IOException, InterruptedException {
        Thread.sleep(time.toMillis());
        socket.setSoTimeout(2_000);
        try {
            while (true) {
                byte[] payload = readFrame();
                if (opcode == CLOSE) {
                    return (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
                }
            }
        } catch (SocketTimeoutException e) {
            return 0;
        }
    }

    /** The payload of the next frame; {@link #opcode} is its type. */
    private byte[] readFrame() throws IOException {
        opcode = readByte() & 0x0f;
        int length = readByte();
        if (length == 126) {
            length = readByte() << 8 | readByte();
        } else if (length == 127) {
            readByte();
            readByte();
            readByte();
            readByte();
            length = readByte() << 24 | readByte() << 16 | readByte() << 8 | readByte();
        }
        byte[] payload = new byte[length];
        new DataInputStream(in).readFully(payload);
        return payload;
    }

    private int readByte() throws IOException {
        int read = in.read();
        if (read < 0) {
            throw new IOException("the node has closed the connection without a close frame");
        }
        return read;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
