package dev.broadcaster.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A node of the gateway in a separate process, with secrets for this use only. */
public final class Node {
    public static final String SECRET = "a-secret-of-the-load-tests-and-of-nothing-else";
    public static final String API_KEY = "a-key-of-the-load-tests-and-of-nothing-else";
    private static final List<String> PUBLISH_LIMITS = List.of("MAX_PUBLISH_RATE", "MAX_NEW_CHANNEL_RATE");
    public static final String BASE_PATH = "/broadcaster";

    private static final Pattern LISTENING = Pattern.compile("listens on \\S*?:(\\d+)/\\S*, management on");

    private Node() {}

    /**
     * Starts a node on free ports of the loopback. It takes the settings in this process's environment
     * ({@code MAX_PENDING_BYTES}, {@code HISTORY}...), overridden by the given ones. The limits of publishers are off
     * unless they are set.
     *
     * @param jvmFlags for example {@code -Xmx512m}
     */
    public static ServerProcess start(List<String> jvmFlags, Map<String, String> settings, Path log) {
        List<String> command = new ArrayList<>(List.of(ServerProcess.java()));
        command.addAll(jvmFlags);
        command.addAll(List.of("-jar", jar().toString(), "serve"));
        Map<String, String> environment = new HashMap<>(Map.of(
                "HOST", "127.0.0.1",
                "PORT", "0",
                "MANAGEMENT_PORT", "0",
                "BASE_PATH", BASE_PATH,
                "JWT_SECRET", SECRET,
                "API_KEYS", API_KEY,
                "LOG_ENCODING", "console",
                "LOG_LEVEL", "info"));
        for (String limit : PUBLISH_LIMITS) {
            if (System.getenv(limit) == null) {
                environment.put(limit, "0"); // one key makes all of the load
            }
        }
        environment.putAll(settings);
        return ServerProcess.start(command, environment, log, LISTENING);
    }

    /**
     * The path of the gateway's jar in the build, from the root of the project or from a module; BROADCASTER_JAR
     * overrides it.
     */
    private static Path jar() {
        String named = System.getenv("BROADCASTER_JAR");
        List<Path> candidates = named != null
                ? List.of(Path.of(named))
                : List.of(Path.of("gateway/target/broadcaster.jar"), Path.of("../gateway/target/broadcaster.jar"));
        return candidates.stream()
                .filter(Files::isRegularFile)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "no " + candidates + "; build the gateway first: mvn -q package -DskipTests"));
    }
}
