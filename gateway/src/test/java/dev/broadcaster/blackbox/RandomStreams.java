package dev.broadcaster.blackbox;

import dev.broadcaster.http.RandomChunks;
import java.util.SplittableRandom;

/** Streams of pipelined publishes, in every form. */
final class RandomStreams {
    private static final String[] PIECES = {
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: 0\r\n",
        "Connection: close\r\n",
        "transfer-encoding:chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        " chunked",
        "\r\n\r\n",
        "\r\n ",
        "\r\n",
        "\n",
        "\r",
        "\n\n",
        "X: y\r\n",
        ": ",
        " : ",
        ";",
        ",",
        "0\r\n\r\n",
        "\t",
        "\u000b",
        "\u0000",
        "\u00a0",
        "HTTP/1.0",
        "HTTP/1.1",
        "Expect: 100-continue\r\n"
    };

    private RandomStreams() {}

    /** Between one and four well-formed publishes with the payloads 1, 2... */
    static String wellFormed(SplittableRandom random) {
        StringBuilder stream = new StringBuilder();
        int count = random.nextInt(1, 5);
        for (int i = 1; i <= count; i++) {
            stream.append(random.nextBoolean() ? FramingProbe.publish(i) : chunked(i, random));
        }
        return stream.toString();
    }

    private static String chunked(int number, SplittableRandom random) {
        return FramingProbe.head() + "Transfer-Encoding: chunked\r\n\r\n"
                + RandomChunks.of(FramingProbe.body(number), random);
    }

    /** The stream with up to three places changed. */
    static String mutated(String stream, SplittableRandom random) {
        String mutated = stream;
        for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
            if (random.nextBoolean()) {
                mutated = RandomChunks.mutated(mutated, random);
            } else {
                int at = lineBegin(mutated, random);
                mutated = mutated.substring(0, at) + PIECES[random.nextInt(PIECES.length)] + mutated.substring(at);
            }
        }
        return mutated;
    }

    private static int lineBegin(String stream, SplittableRandom random) {
        int line = stream.indexOf("\r\n", random.nextInt(stream.length()));
        return line < 0 ? stream.length() : line + 2 * random.nextInt(2);
    }
}
