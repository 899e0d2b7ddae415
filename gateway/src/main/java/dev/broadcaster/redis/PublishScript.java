package dev.broadcaster.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The script that counts and publishes a message in one atomic step (publish.lua).
 *
 * @param text what Redis loads
 * @param digest what it is called by afterwards, 40 hexadecimal digits
 */
record PublishScript(String text, String digest) {
    /** How long a channel that nobody publishes to keeps its counter. */
    static final long COUNTER_SECONDS = 3600;

    /**
     * The script for one kind of pub/sub.
     *
     * @param command {@code PUBLISH} or {@code SPUBLISH}
     */
    static PublishScript with(String command) {
        try (InputStream in = PublishScript.class.getResourceAsStream("publish.lua")) {
            if (in == null) {
                throw new IllegalStateException("publish.lua is not in the jar");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("@PUBLISH@", command);
            byte[] digest = MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
            return new PublishScript(text, HexFormat.of().formatHex(digest));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-1", e);
        }
    }
}
