package dev.broadcaster.redis;

import dev.broadcaster.fleet.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The rights that a node needs in Redis, as granted in ops/RUNBOOK.md. */
final class RedisRights {
    static final String USER = "node";
    static final String PASSWORD = "a-password-of-the-tests";

    /** The rights that every node needs. */
    static final List<String> ALWAYS = List.of("+evalsha", "+script|load", "+get", "+set", "+mget", "+ping");

    /** The additional rights for histories. */
    static final List<String> FOR_HISTORIES =
            List.of("+time", "+del", "+xadd", "+pexpire", "+xrange", "+xrevrange", "+info");

    /** The additional rights for leases and revocations. */
    static final List<String> FOR_CONTROL = List.of("+time", "+pexpire", "+hget", "+hset", "+hdel", "+hgetall");

    static final List<String> STANDALONE = List.of("+publish", "+subscribe", "+unsubscribe");
    static final List<String> CLUSTER = List.of("+spublish", "+ssubscribe", "+sunsubscribe", "+cluster");

    private RedisRights() {}

    static List<String> commands(boolean cluster) {
        return Stream.of(ALWAYS, FOR_HISTORIES, cluster ? CLUSTER : STANDALONE)
                .flatMap(List::stream)
                .toList();
    }

    /** Keys and topics of every partition under {@code prefix}. */
    static List<String> patterns(String prefix) {
        return List.of(
                "~" + prefix + ":{*}:o:*",
                "~" + prefix + ":{*}:h:*",
                "~" + prefix + ":{*}:k:*",
                "&" + prefix + ":{*}:m:*");
    }

    /** Grants the user exactly these rights on every server. */
    static void grant(List<RedisServer> servers, List<String> rights) {
        List<String> command =
                new ArrayList<>(List.of("ACL", "SETUSER", USER, "reset", "on", ">" + PASSWORD, "+hello"));
        command.addAll(rights);
        servers.forEach(server -> server.command(command.toArray(String[]::new)));
    }

    /** The address of a server or a cluster, with the user's name and password. */
    static String url(String url) {
        return url.replaceFirst("://([^@]*@)?", "://" + USER + ":" + PASSWORD + "@");
    }
}
