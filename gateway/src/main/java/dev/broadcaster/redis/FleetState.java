package dev.broadcaster.redis;

import dev.broadcaster.auth.Revocation;
import dev.broadcaster.auth.Revocations;
import dev.broadcaster.redis.link.StateCommands;
import dev.broadcaster.redis.link.StateScript;
import dev.broadcaster.redis.wire.KeyNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of the fleet in Redis: the leases of the nodes, and the revocations. Owned by the event loop.
 *
 * <p>The node is <em>in step</em> when it has read the revocations since Redis was last away. What Redis has lost, the node
 * writes again.
 */
final class FleetState {
    private static final Logger LOG = LoggerFactory.getLogger(FleetState.class);

    /** The time after which a node that does not write its lease counts as gone. */
    static final long LEASE_MILLIS = 15_000;

    /** Runs scripts, as {@link StateCommands} does. */
    interface Commands {
        void run(
                StateScript script,
                int partition,
                List<String> keys,
                List<byte[]> arguments,
                StateCommands.Callback callback);
    }

    private static final Pattern VALUE = Pattern.compile("r (\\d{1,16}) (\\d{1,16}) (.*)", Pattern.DOTALL);
    /** The revocations of one command. */
    private static final int MAX_BATCH = 500;

    private final String node;
    private final int partition;
    private final String nodesKey;
    private final String revokedKey;
    private final Revocations revocations;
    private final Commands commands;
    private final Supplier<String> versions;
    private final Runnable onLearned;

    private @Nullable String version; // of the revocations that this node knows; null if it is not in step
    private boolean reading;
    private boolean again; // the revocations have to be read again
    private @Nullable String refusal; // of the last reading or writing of revocations, if Redis has refused it
    private @Nullable String leaseRefusal; // the same, of the lease

    /**
     * @param versions makes texts that are never made again
     * @param onLearned called when the node has learned revocations
     */
    FleetState(
            String node,
            int partition,
            KeyNames names,
            Revocations revocations,
            Commands commands,
            Supplier<String> versions,
            Runnable onLearned) {
        this.node = node;
        this.partition = partition;
        this.nodesKey = names.state(partition, "nodes");
        this.revokedKey = names.state(partition, "revoked");
        this.revocations = revocations;
        this.commands = commands;
        this.versions = versions;
        this.onLearned = onLearned;
    }

    /** True if the node knows every revocation. */
    boolean isInStep() {
        return version != null;
    }

    /**
     * The error of Redis, if it has refused the last lease, or the last command for revocations. Without a lease the
     * others do not ask this node.
     */
    @Nullable
    String refusal() {
        return leaseRefusal != null ? leaseRefusal : refusal;
    }

    private void onAnswer(@Nullable String error) {
        warn(error, refusal);
        refusal = error;
    }

    private void onLeaseAnswer(@Nullable String error) {
        warn(error, leaseRefusal);
        leaseRefusal = error;
    }

    private static void warn(@Nullable String error, @Nullable String last) {
        if (error != null && !error.equals(last)) {
            LOG.warn("Redis has refused a command for leases and revocations: {}", error);
        }
    }

    /** Redis is away, or messages were lost: other nodes may have revoked users. */
    void onAway() {
        version = null;
    }

    /** Another node has told its revocation. */
    void onVersion(String newVersion) {
        if (isInStep()) {
            version = newVersion;
        }
    }

    /**
     * Writes the lease of this node, and reads the revocations if they have another version in Redis: a change that was
     * not told, or is being told.
     *
     * @param callback receives the living nodes, this one too; null if Redis does not answer
     */
    void renew(long millis, Consumer<@Nullable Set<String>> callback) {
        lease(millis, true, callback);
    }

    /** As {@link #renew}, without a reading, which is long: for calls, which may come at any rate. */
    void nodes(long millis, Consumer<@Nullable Set<String>> callback) {
        lease(millis, false, callback);
    }

    private void lease(long millis, boolean compares, Consumer<@Nullable Set<String>> callback) {
        commands.run(
                StateScript.LEASE,
                partition,
                List.of(nodesKey, revokedKey),
                List.of(bytes(node), bytes(Long.toString(millis))),
                (reply, error) -> {
                    onLeaseAnswer(error);
                    if (reply == null || reply.isEmpty()) {
                        callback.accept(null);
                        return;
                    }
                    Set<String> nodes = new HashSet<>();
                    reply.subList(1, reply.size()).forEach(name -> nodes.add(text(name)));
                    if (compares && isInStep() && !text(reply.get(0)).equals(version)) {
                        read();
                    }
                    callback.accept(nodes);
                });
    }

    /** Reads the revocations; afterwards the node is in step. */
    void read() {
        if (reading) {
            again = true;
            return;
        }
        reading = true;
        again = false;
        commands.run(StateScript.REVOCATIONS, partition, List.of(revokedKey), List.of(), (reply, error) -> {
            reading = false;
            onAnswer(error);
            if (reply == null || reply.isEmpty()) {
                return; // it is tried again every second
            }
            boolean isOld = again;
            onRead(reply);
            if (isOld) {
                version = null; // of before a break
                read();
            }
        });
    }

    private void onRead(List<Object> reply) {
        Map<String, Revocation> kept = new HashMap<>();
        boolean learned = false;
        for (int i = 1; i + 1 < reply.size(); i += 2) {
            String field = text(reply.get(i));
            Revocation revocation = parse(text(reply.get(i + 1)));
            if (revocation != null && field.startsWith("u")) {
                kept.put(field.substring(1), revocation);
                learned |= revocations.add(field.substring(1), revocation);
            }
        }
        version = text(reply.get(0));
        if (learned) {
            onLearned.run();
        }
        restore(kept);
    }

    /** Writes the revocations that Redis does not have, because it has restarted or another one has taken over. */
    private void restore(Map<String, Revocation> kept) {
        revocations.expire();
        List<Map.Entry<String, Revocation>> lost = new ArrayList<>();
        revocations.all().forEach((user, revocation) -> {
            Revocation known = kept.get(user);
            if (known == null || known.beforeMillis() < revocation.beforeMillis()) {
                lost.add(Map.entry(user, revocation));
            }
        });
        if (lost.isEmpty()) {
            return;
        }
        LOG.warn("Redis had lost {} revocations; this node writes them again", lost.size());
        for (int i = 0; i < lost.size(); i += MAX_BATCH) {
            write(lost.subList(i, Math.min(lost.size(), i + MAX_BATCH)), versions.get(), written -> {});
        }
    }

    /**
     * Writes a revocation of this node.
     *
     * @param newVersion the version of the revocations afterwards
     * @param callback receives true if Redis keeps it
     */
    void write(String user, Revocation revocation, String newVersion, Consumer<Boolean> callback) {
        write(List.of(Map.entry(user, revocation)), newVersion, callback);
    }

    private void write(List<Map.Entry<String, Revocation>> entries, String newVersion, Consumer<Boolean> callback) {
        List<byte[]> arguments = new ArrayList<>();
        arguments.add(bytes(newVersion));
        arguments.add(bytes(Long.toString(revocations.keepMillis() + 3_600_000L)));
        for (Map.Entry<String, Revocation> entry : entries) {
            Revocation revocation = entry.getValue();
            arguments.add(bytes("u" + entry.getKey()));
            arguments.add(bytes(Long.toString(revocation.beforeMillis())));
            arguments.add(bytes(
                    "r " + revocation.beforeMillis() + ' ' + revocation.untilMillis() + ' ' + revocation.reason()));
        }
        commands.run(StateScript.REVOKE, partition, List.of(revokedKey), arguments, (reply, error) -> {
            onAnswer(error);
            if (reply == null || reply.isEmpty()) {
                version = null; // the next reading finds that it is missing
                callback.accept(false);
                return;
            }
            if (isInStep()) {
                version = text(reply.get(0));
            }
            callback.accept(true);
        });
    }

    private static @Nullable Revocation parse(String value) {
        Matcher matcher = VALUE.matcher(value);
        return matcher.matches()
                ? new Revocation(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)), matcher.group(3))
                : null;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(Object value) {
        return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : "";
    }
}
