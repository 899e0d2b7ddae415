package dev.broadcaster.testing;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;

/** A WebSocket client over any socket, with blocking reads. For one thread. */
public final class BlockingClient implements AutoCloseable {
    private final Socket socket;
    private final DataInputStream in;

    /** Upgrades the connection. */
    public BlockingClient(Socket socket) throws IOException {
        this.socket = socket;
        if (socket.getSoTimeout() == 0) {
            socket.setSoTimeout(30_000);
        }
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        sendRaw(Handshake.request());
        int matched = 0;
        while (matched < 4) {
            int c = in.readUnsignedByte();
            matched = c == "\r\n\r\n".charAt(matched) ? matched + 1 : c == '\r' ? 1 : 0;
        }
    }

    /** Authenticates and subscribes. */
    public void subscribe(String token, String channel) throws IOException {
        send("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + token + "\"}}");
        read();
        send("{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channel + "\"}}");
        String answer = read().text();
        if (!answer.contains("subscriptionId")) {
            throw new IOException(answer);
        }
    }

    /** The next frame. */
    public Frame read() throws IOException {
        return Frame.read(count -> {
            byte[] bytes = new byte[count];
            in.readFully(bytes);
            return bytes;
        });
    }

    public void sendRaw(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    /** Sends a text. */
    public void send(String text) throws IOException {
        sendRaw(Frame.text(text).bytes());
    }

    /** Answers a ping. */
    public void pong(byte[] payload) throws IOException {
        sendRaw(Frame.of(Frame.PONG, payload).bytes());
    }

    /** Sends a ping without a payload. */
    public void ping() throws IOException {
        sendRaw(Frame.ping("").bytes());
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
