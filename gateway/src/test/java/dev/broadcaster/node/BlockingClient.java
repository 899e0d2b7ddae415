package dev.broadcaster.node;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A WebSocket client over any socket, that reads when it is told to. For one thread. */
public final class BlockingClient implements AutoCloseable {
    /** A frame as it came. */
    public record Frame(int opcode, byte[] payload) {
        public String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        public int closeCode() {
            return opcode == 8 ? ByteBuffer.wrap(payload).getShort() & 0xffff : 0;
        }
    }

    private final Socket socket;
    private final DataInputStream in;

    /** Upgrades the connection. */
    public BlockingClient(Socket socket) throws IOException {
        this.socket = socket;
        if (socket.getSoTimeout() == 0) {
            socket.setSoTimeout(30_000);
        }
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        sendRaw(("GET /broadcaster/websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                        + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        int matched = 0;
        while (matched < 4) {
            int c = in.readUnsignedByte();
            matched = c == "\r\n\r\n".charAt(matched) ? matched + 1 : c == '\r' ? 1 : 0;
        }
    }

    /** Authenticates and subscribes. */
    public void subscribe(String token, String channel) throws IOException {
        sendRaw(frame("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + token + "\"}}"));
        read();
        sendRaw(frame("{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channel + "\"}}"));
        String answer = read().text();
        if (!answer.contains("subscriptionId")) {
            throw new IOException(answer);
        }
    }

    /** The next frame. */
    public Frame read() throws IOException {
        int opcode = in.readUnsignedByte() & 0xf;
        long length = in.readUnsignedByte() & 0x7f;
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            length = in.readLong();
        }
        return new Frame(opcode, in.readNBytes((int) length));
    }

    public void sendRaw(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    /** Answers a ping. */
    public void pong(byte[] payload) throws IOException {
        sendRaw(frame(10, payload));
    }

    /** Sends a ping without a payload. */
    public void ping() throws IOException {
        sendRaw(frame(9, new byte[0]));
    }

    /** A masked text frame. */
    public static byte[] frame(String text) {
        return frame(1, text.getBytes(StandardCharsets.UTF_8));
    }

    /** A masked frame. */
    static byte[] frame(int opcode, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(0x80 | opcode);
        if (payload.length < 126) {
            frame.write(0x80 | payload.length);
        } else {
            frame.write(0x80 | 126);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        }
        frame.writeBytes(new byte[4]); // a mask of zeros changes nothing
        frame.writeBytes(payload);
        return frame.toByteArray();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
