package dev.broadcaster.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.auth.Revocation;
import dev.broadcaster.auth.Revocations;
import dev.broadcaster.redis.link.StateCommands;
import dev.broadcaster.redis.link.StateScript;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The leases and revocations of a node, with a Redis whose answers the test gives. */
class FleetStateTest {
    private record Command(StateScript script, List<String> arguments, StateCommands.Callback callback) {
        void reply(String... texts) {
            callback.onReply(
                    new ArrayList<>(Arrays.stream(texts)
                            .map(text -> text.getBytes(UTF_8))
                            .toList()),
                    null);
        }
    }

    private final FakeTime time = new FakeTime();
    private final Revocations revocations = new Revocations(time, Duration.ofHours(1));
    private final Queue<Command> commands = new ArrayDeque<>();
    private final List<Set<String>> living = new ArrayList<>();
    private int learned;
    private int versions;
    private final FleetState state = new FleetState(
            "self",
            0,
            new KeyNames("test", 0),
            revocations,
            (script, partition, keys, arguments, callback) -> commands.add(new Command(
                    script,
                    arguments.stream().map(bytes -> new String(bytes, UTF_8)).toList(),
                    callback)),
            () -> "version-" + ++versions,
            () -> learned++);

    private Command next(StateScript script) {
        Command command = commands.remove();
        assertThat(command.script).isEqualTo(script);
        return command;
    }

    private String value(long agoMillis, String reason) {
        long now = time.epochMillis();
        return "r " + (now - agoMillis) + ' ' + (now + 3_600_000) + ' ' + reason;
    }

    private void inStep(String... reply) {
        state.read();
        next(StateScript.REVOCATIONS).reply(reply);
        assertThat(state.isInStep()).isTrue();
    }

    @Test
    void node_isInStep_whenItHasReadTheRevocations_andClosesWhatTheyCover() {
        assertThat(state.isInStep()).isFalse();

        inStep("v1", "ualice", value(5, "left: the company"), "ubob", value(7, ""));

        assertThat(revocations.all().keySet()).containsExactlyInAnyOrder("alice", "bob");
        assertThat(revocations.all().get("alice").reason()).isEqualTo("left: the company");
        assertThat(learned).isEqualTo(1);
        inStep("v1", "ualice", value(5, "left: the company"), "ubob", value(7, ""));
        assertThat(learned).as("nothing new").isEqualTo(1);
    }

    @Test
    void node_isNotInStep_afterABreak_untilItHasReadAgain() {
        inStep("v1");

        state.onAway();

        assertThat(state.isInStep()).isFalse();
        state.read();
        next(StateScript.REVOCATIONS).callback.onReply(null, null);
        assertThat(state.isInStep()).as("Redis has not answered").isFalse();
        inStep("v1");
    }

    @Test
    void breakDuringAReading_isFollowedByAnotherReading() {
        state.read();
        Command reading = next(StateScript.REVOCATIONS);
        state.onAway();
        state.read();

        reading.reply("v1");
        assertThat(state.isInStep()).as("it was read before the break").isFalse();

        next(StateScript.REVOCATIONS).reply("v2", "ualice", value(1, ""));
        assertThat(state.isInStep()).isTrue();
        assertThat(revocations.count()).isEqualTo(1);
    }

    @Test
    void revocationsThatRedisHasLost_areWrittenAgain() {
        inStep("v1");
        Revocation known = revocations.revoke("alice", "left");
        assertThat(known).isNotNull();
        revocations.revoke("bob", "also left");

        inStep("", "ubob", value(0, "also left"));

        Command restored = next(StateScript.REVOKE);
        assertThat(restored.arguments).startsWith("version-1").hasSize(5).contains("ualice");
        assertThat(restored.arguments.get(4))
                .isEqualTo("r " + known.beforeMillis() + ' ' + known.untilMillis() + " left");
        restored.reply("version-1");
        assertThat(state.isInStep()).isTrue();
    }

    @Test
    void node_isNotInStep_whenRedisDoesNotKeepItsRevocation() {
        inStep("v1");
        Revocation revocation = revocations.revoke("alice", "left");
        assertThat(revocation).isNotNull();
        List<Boolean> written = new ArrayList<>();

        state.write("alice", revocation, "v2", written::add);
        next(StateScript.REVOKE)
                .callback
                .onReply(null, "NOPERM this user has no permissions to run the 'hset' command");

        assertThat(written).containsExactly(false);
        assertThat(state.isInStep()).isFalse();
        assertThat(state.refusal()).contains("hset");
        inStep("");
        assertThat(next(StateScript.REVOKE).arguments).as("it is written again").contains("ualice");
    }

    @Test
    void lease_tellsTheLivingNodes_andThatRevocationsHaveChanged() {
        inStep("v1");
        state.renew(15_000, this::onLiving);
        next(StateScript.LEASE).reply("v1", "self", "other");
        assertThat(living).containsExactly(Set.of("self", "other"));
        assertThat(commands).as("nothing has changed").isEmpty();

        state.renew(15_000, this::onLiving);
        next(StateScript.LEASE).reply("v2", "self");

        next(StateScript.REVOCATIONS).reply("v2", "ualice", value(1, ""));
        assertThat(learned).isEqualTo(1);
    }

    @Test
    void refusedLease_isTold_althoughTheRevocationsCanBeRead() {
        inStep("v1");
        state.renew(15_000, this::onLiving);
        next(StateScript.LEASE).callback.onReply(null, "NOPERM this user has no permissions to run the 'hset' command");

        inStep("v1");

        assertThat(state.refusal()).contains("hset");
        state.renew(15_000, this::onLiving);
        next(StateScript.LEASE).reply("v1", "self");
        assertThat(state.refusal()).isNull();
    }

    private void onLiving(@Nullable Set<String> nodes) {
        if (nodes != null) {
            living.add(nodes);
        }
    }

    @Test
    void toldRevocation_needsNoReading() {
        inStep("v1");
        state.onVersion("v2");

        state.renew(15_000, this::onLiving);
        next(StateScript.LEASE).reply("v2", "self");

        assertThat(commands).isEmpty();
    }

    /** Calls may come at any rate, also while others revoke; the next lease compares again. */
    @Test
    void callsReadTheLivingNodes_notTheRevocations() {
        inStep("v1");
        for (int i = 2; i < 10; i++) {
            state.nodes(15_000, this::onLiving);
            next(StateScript.LEASE).reply("v" + i, "self", "other");
        }
        assertThat(living).hasSize(8).containsOnly(Set.of("self", "other"));
        assertThat(commands).isEmpty();
        assertThat(state.isInStep()).isTrue();

        state.renew(15_000, this::onLiving);
        next(StateScript.LEASE).reply("v9", "self");

        next(StateScript.REVOCATIONS).reply("v9", "ualice", value(1, ""));
        assertThat(revocations.count()).isEqualTo(1);
    }
}
