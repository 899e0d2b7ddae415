package dev.broadcaster.redis;

import dev.broadcaster.fleet.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rights that a node needs in Redis: exactly the lines of docs/redis.md. */
public final class RedisRights {
    static final String USER = "node";
    static final String PASSWORD = "a-password-of-the-tests";

    private static final Pattern LINE =
            Pattern.compile("```\nACL SETUSER node on >password resetchannels\n(.*?)```", Pattern.DOTALL);
    private static final List<String> LINES = lines();

    private RedisRights() {}

    /** Two: for one Redis, and for a cluster. */
    private static List<String> lines() {
        Path docs = Path.of("").toAbsolutePath().resolve("../docs/redis.md").normalize();
        try {
            List<String> lines = new ArrayList<>();
            Matcher line = LINE.matcher(Files.readString(docs));
            while (line.find()) {
                lines.add(line.group(1).strip());
            }
            if (lines.size() != 2) {
                throw new IllegalStateException(docs + " has " + lines.size() + " lines ACL SETUSER");
            }
            return List.copyOf(lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The words of the line, with {@code prefix} as the prefix of the keys and topics. */
    public static List<String> all(boolean cluster, String prefix) {
        return List.of(
                LINES.get(cluster ? 1 : 0).replace("broadcaster:", prefix + ":").split("\\s+"));
    }

    /** The line of a configuration that grants exactly these rights to the user, for one Redis. */
    public static String configuration() {
        return "user " + USER + " on >" + PASSWORD + " resetchannels " + String.join(" ", all(false, "broadcaster"));
    }

    /** Grants the user exactly these rights on every server. */
    static void grant(List<RedisServer> servers, List<String> rights) {
        List<String> command =
                new ArrayList<>(List.of("ACL", "SETUSER", USER, "reset", "on", ">" + PASSWORD, "resetchannels"));
        command.addAll(rights);
        servers.forEach(server -> server.command(command.toArray(String[]::new)));
    }

    /** The address of a server or a cluster, with the user's name and password. */
    public static String url(String url) {
        return url.replaceFirst("://([^@]*@)?", "://" + USER + ":" + PASSWORD + "@");
    }
}
