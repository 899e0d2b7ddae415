package dev.broadcaster.redis.link;

import com.google.errorprone.annotations.Immutable;
import dev.broadcaster.protocol.Digests;
import io.lettuce.core.api.async.RedisScriptingAsyncCommands;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.CompletionStage;

/**
 * A script that Redis runs in one atomic step.
 *
 * @param text the source for Redis
 * @param digest its name for a call, 40 hexadecimal digits
 */
@Immutable
record Script(String text, String digest) {
    /**
     * Counts and publishes a message, and keeps it if the channel has a history (publish.lua).
     *
     * @param command {@code PUBLISH} or {@code SPUBLISH}
     */
    static Script publish(String command) {
        return of(resource("publish.lua").replace("@PUBLISH@", command));
    }

    /** Reads a part of a history (history.lua). */
    static Script history() {
        return named("history.lua");
    }

    /** The script in a resource, which may use the function of call.lua. */
    static Script named(String resource) {
        return of(resource("call.lua") + resource(resource));
    }

    /** Loads it at the server of a connection; the owner of the connection flushes. */
    CompletionStage<String> load(RedisScriptingAsyncCommands<CharSequence, Object> commands) {
        return commands.scriptLoad(text);
    }

    private static Script of(String text) {
        byte[] digest = Digests.sha1(text.getBytes(StandardCharsets.UTF_8));
        return new Script(text, HexFormat.of().formatHex(digest));
    }

    private static String resource(String name) {
        try (InputStream in = Script.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
