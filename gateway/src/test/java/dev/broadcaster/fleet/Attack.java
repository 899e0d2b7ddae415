package dev.broadcaster.fleet;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** The ways in which a hostile client tries to fill the memory of a node. Each uses one connection until it is cut. */
enum Attack {
    /** An endless trailer, without a key. */
    ENDLESS_TRAILER {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            send(socket, "POST /broadcaster/publish HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx:");
            repeat(socket, bytes(16_000, 'y'), goesOn);
        }
    },
    /** A chunk size that other parsers read differently. */
    BAD_CHUNK {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            send(socket, "POST /broadcaster/publish HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n27g\r\n");
            repeat(socket, bytes(1_000, 'y'), goesOn);
        }
    },
    /** Half of a request head. */
    UNFINISHED_HEAD {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            send(socket, "GET /health HTTP/1.1\r\nHost: a\r\n");
            for (int i = 0; i < 31; i++) {
                send(socket, "x" + i + ": " + "y".repeat(990) + "\r\n");
            }
            await(socket, goesOn);
        }
    },
    /** Half of a body, with a key. */
    UNFINISHED_BODY {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            send(
                    socket,
                    "POST /broadcaster/publish HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + NodeProcess.API_KEY
                            + "\r\nContent-Length: 65000\r\n\r\n");
            socket.getOutputStream().write(bytes(64_000, ' '));
            await(socket, goesOn);
        }
    },
    /** An unfinished message of a client without a token. */
    UNFINISHED_MESSAGE {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            new BlockingClient(socket);
            socket.getOutputStream().write(new byte[] {(byte) 0x81, (byte) 0xfe, (byte) 0xff, (byte) 0xf0, 0, 0, 0, 0});
            socket.getOutputStream().write(bytes(65_000, 'y'));
            await(socket, goesOn);
        }
    },
    /** Pings of a client without a token that does not read the pongs. */
    UNREAD_PONGS {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            new BlockingClient(socket);
            byte[] pings = new byte[6 * 2_000];
            for (int i = 0; i < pings.length; i += 6) {
                pings[i] = (byte) 0x89;
                pings[i + 1] = (byte) 0x80;
            }
            repeat(socket, pings, goesOn);
        }
    },
    /** Requests of a client without a token that does not read the replies. */
    UNREAD_REPLIES {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            new BlockingClient(socket);
            repeat(socket, Frame.text("{\"id\":1,\"method\":\"heartbeat\"}").bytes(), goesOn);
        }
    },
    /** Repeated recoveries of a large history, of a subscriber that does not read them. */
    UNREAD_RECOVERIES {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            BlockingClient client = new BlockingClient(socket);
            client.sendRaw(auth());
            String channel = "{\"channel\":\"" + LARGE + "\"";
            byte[] round = join(
                    Frame.text("{\"id\":2,\"method\":\"subscribe\",\"params\":" + channel + ",\"last\":100}}")
                            .bytes(),
                    Frame.text("{\"id\":3,\"method\":\"unsubscribe\",\"params\":" + channel + "}}")
                            .bytes());
            repeat(socket, round, goesOn);
        }
    },
    /** A subscriber of large messages that does not read. */
    UNREAD_BROADCASTS {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            new BlockingClient(socket).subscribe(Tokens.valid(), LARGE);
            await(socket, goesOn);
        }
    },
    /** Unread responses to pipelined requests. */
    UNREAD_ANSWERS {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            byte[] request = ("GET /broadcaster/channels/" + LARGE
                            + "/history HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + NodeProcess.API_KEY
                            + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
            repeat(socket, request, goesOn);
        }
    },
    /** A publisher with a key that uses a new channel, with a long name, and a new idempotency key each time. */
    MANY_CHANNELS {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            byte[] answers = new byte[10_000];
            while (goesOn.getAsBoolean()) {
                String name = Long.toHexString(random.nextLong());
                String body = "{\"channel\":\"many:" + "n".repeat(170) + name + "\",\"event\":\"e\",\"payload\":1}";
                publish(socket, "Idempotency-Key: " + name + "\r\n", body);
                if (socket.getInputStream().read(answers) < 0) {
                    return;
                }
                pause(5);
            }
        }
    },
    /** A publisher of large messages, each for every subscriber. */
    LARGE_MESSAGES {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            byte[] answers = new byte[10_000];
            String body = "{\"channel\":\"" + LARGE + "\",\"event\":\"e\",\"payload\":\"" + "z".repeat(60_000) + "\"}";
            while (goesOn.getAsBoolean()) {
                publish(socket, "", body);
                if (socket.getInputStream().read(answers) < 0) {
                    return;
                }
                pause(500);
            }
        }
    },
    /** The first bytes of a TLS handshake; without TLS, of a request. */
    STALLED_HANDSHAKE {
        @Override
        boolean isBelowTls() {
            return true;
        }

        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            socket.getOutputStream().write(new byte[] {22, 3, 1, 1, 0, 1}); // 252 bytes are outstanding
            while (goesOn.getAsBoolean() && socket.getInputStream().read() >= 0) {}
        }
    },
    /** Handshakes that end when the node has made its signature; a connection for each. With TLS only. */
    CLIENT_HELLOS {
        @Override
        boolean isBelowTls() {
            return true;
        }

        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            socket.getOutputStream().write(HELLO);
            socket.getInputStream().read(); // the answer begins when the signature is made
        }
    },
    /** A subscriber of many channels with long names. */
    MANY_SUBSCRIPTIONS {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            BlockingClient client = new BlockingClient(socket);
            client.sendRaw(auth());
            for (int i = 0; i < SUBSCRIPTIONS && goesOn.getAsBoolean(); i++) {
                String name = "n".repeat(180) + Long.toHexString(random.nextLong());
                client.send("{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"" + name + "\"}}");
                if (i % 100 == 99) {
                    pause(100);
                }
            }
            pause(1_000);
        }
    },
    /** A handshake without any further input. */
    SILENT_SOCKET {
        @Override
        void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException {
            new BlockingClient(socket);
            await(socket, goesOn);
        }
    };

    /** The number of channels of a client with many subscriptions, the largest that a node allows by default. */
    private static final int SUBSCRIPTIONS = 1_000;

    private static final byte[] HELLO = ClientHello.make();

    /** The channel of the large messages. It has a history. */
    static final String LARGE = "large:1";

    /** Attacks until {@code goesOn} is false, or the connection ends with an exception or by return. */
    abstract void run(Socket socket, Random random, BooleanSupplier goesOn) throws IOException;

    /** The attacks on a node with or without TLS. */
    static List<Attack> all(boolean tls) {
        return Arrays.stream(values())
                .filter(attack -> tls || attack != CLIENT_HELLOS)
                .toList();
    }

    /** True if its bytes are not sent over TLS when the node uses it. */
    boolean isBelowTls() {
        return false;
    }

    private static byte[] auth() {
        return Frame.text("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + Tokens.valid() + "\"}}")
                .bytes();
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void publish(Socket socket, String moreHeaders, String body) throws IOException {
        send(
                socket,
                "POST /broadcaster/publish HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + NodeProcess.API_KEY + "\r\n"
                        + moreHeaders + "Content-Length: " + body.length() + "\r\n\r\n" + body);
    }

    /** Sends {@code piece} repeatedly, about 1 MB per second: the attack is on the memory. */
    private static void repeat(Socket socket, byte[] piece, BooleanSupplier goesOn) throws IOException {
        OutputStream out = socket.getOutputStream();
        for (long sent = 0; goesOn.getAsBoolean(); sent += piece.length) {
            out.write(piece);
            if ((sent + piece.length) / 20_000 > sent / 20_000) {
                pause(20);
            }
        }
    }

    /** Holds the connection until the node ends it. */
    private static void await(Socket socket, BooleanSupplier goesOn) throws IOException {
        while (goesOn.getAsBoolean()) {
            if (socket.getInputStream().available() == 0 && isEnded(socket)) {
                return;
            }
            pause(100);
        }
    }

    /** True if the node has ended the connection, shown by one more byte of a message that is never complete. */
    private static boolean isEnded(Socket socket) {
        try {
            socket.getOutputStream().write('y');
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static void pause(long millis) {
        LockSupport.parkNanos(millis * 1_000_000);
    }

    private static byte[] bytes(int count, char content) {
        return String.valueOf(content).repeat(count).getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = new byte[first.length + second.length];
        System.arraycopy(first, 0, both, 0, first.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
