package dev.broadcaster.blackbox;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;

/**
 * A plain TCP connection to the node: sends exactly the given bytes, in the given segments, and reads with a deadline.
 * One thread at a time for each direction.
 */
final class RawSocket implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private RawSocket(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream(), 65_536);
        this.out = socket.getOutputStream();
    }

    static RawSocket connect(int port) {
        return connect(port, 0);
    }

    /** With a small {@code receiveBufferBytes} a reader that stops reading is noticed at once; 0 leaves the default. */
    static RawSocket connect(int port, int receiveBufferBytes) {
        try {
            Socket socket = new Socket();
            if (receiveBufferBytes > 0) {
                socket.setReceiveBufferSize(receiveBufferBytes);
            }
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return over(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Uses a connected socket, for example of TLS. */
    static RawSocket over(Socket socket) {
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            return new RawSocket(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The longest time that a read waits before it fails. */
    void patience(Duration patience) {
        try {
            socket.setSoTimeout((int) patience.toMillis());
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    void send(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void send(String latin1) {
        send(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    void sendHex(String hex) {
        send(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    /** Sends in this many writes of about equal size; TCP_NODELAY makes each a separate segment. */
    void sendSplit(byte[] bytes, int segments) {
        for (int i = 0; i < segments; i++) {
            int from = (int) ((long) bytes.length * i / segments);
            int to = (int) ((long) bytes.length * (i + 1) / segments);
            if (to > from) {
                send(java.util.Arrays.copyOfRange(bytes, from, to));
            }
        }
    }

    /** Sends in writes of at most {@code octets} bytes. */
    void sendChopped(byte[] bytes, int octets) {
        sendSplit(bytes, Math.max(1, (bytes.length + octets - 1) / octets));
    }

    /** False when the peer has closed before it took all bytes: for floods that the node may cut. */
    boolean trySend(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The next byte, or -1 when the peer has closed or reset the connection. */
    int read() {
        try {
            return in.read();
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing received for " + patienceMillis() + " ms", e);
        } catch (IOException e) {
            return -1;
        }
    }

    byte[] readExactly(int length) throws EOFException {
        byte[] bytes = new byte[length];
        try {
            int read = in.readNBytes(bytes, 0, length);
            if (read < length) {
                throw new EOFException("closed after " + read + " of " + length + " bytes");
            }
            return bytes;
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing received for " + patienceMillis() + " ms", e);
        } catch (SocketException e) {
            throw new EOFException(String.valueOf(e.getMessage()));
        } catch (EOFException e) {
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text up to and including {@code delimiter}, or up to the end of the stream. */
    String readUntil(String delimiter) {
        StringBuilder text = new StringBuilder();
        while (text.indexOf(delimiter, Math.max(0, text.length() - delimiter.length())) < 0) {
            int b = read();
            if (b < 0) {
                break;
            }
            text.append((char) b);
        }
        return text.toString();
    }

    byte[] readToEnd() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int b = read(); b >= 0; b = read()) {
            bytes.write(b);
        }
        return bytes.toByteArray();
    }

    /** Fails unless the peer closes, without another byte, within the patience of this socket. */
    void expectClosed() {
        byte[] rest = readToEnd();
        if (rest.length > 0) {
            throw new AssertionError("bytes after the end: " + HexFormat.of().formatHex(rest));
        }
    }

    void finishSending() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes with RST instead of FIN, which looks to the node like a killed process or a cut cable. */
    void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int patienceMillis() {
        try {
            return socket.getSoTimeout();
        } catch (SocketException e) {
            return -1;
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
