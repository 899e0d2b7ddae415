package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A node is frozen, for example with its machine, and resumed; the system property {@code faults.pause.seconds} sets
 * the time.
 */
class NodePausedIT {
    private static final Pattern PAUSE = Pattern.compile("was paused for (\\d+) ms");
    private static final String USER = "revoked-user";
    private static final int SECONDS = Integer.getInteger("faults.pause.seconds", 12);

    @Test
    void otherNodesAreNotAffected_andTheNodeDetectsItsPause_andEnforcesARevocation() throws IOException {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.start(3, redis.url());
                Traffic traffic = Traffic.start(fleet);
                BlockingClient client = revokedClient(fleet.node(1))) {
            GatewayNode paused = fleet.node(1);
            paused.sigstop();
            NodeProcess.Answer call = fleet.node(0)
                    .process()
                    .post("/broadcaster/users/" + USER + "/disconnect", "{\"revoke\":true,\"reason\":\"left\"}");
            assertThat(call.status()).isEqualTo(200);
            assertThat(call.body()).as("a call while a node is paused").endsWith("\"complete\":false}");
            Fleet.sleep(SECONDS);
            assertThat(fleet.node(0).isReady() && fleet.node(2).isReady())
                    .as("the others are ready")
                    .isTrue();
            paused.sigcont();
            assertThat(closeOf(client)).as("the close frame of the paused node").isEqualTo("4403 left");
            assertThat(Fleet.secondsUntil("ready", paused::isReady))
                    .as("until the node is ready")
                    .isLessThan(10);
            assertThat(traffic.healed()).as("until everything flows").isLessThan(5);

            traffic.finish("node SIGSTOP " + SECONDS + " s", Holes.EXACT);
            assertThat(longestPause(paused))
                    .as("seconds that the node knows of")
                    .isBetween(SECONDS - 1.0, SECONDS + 5.0);
            assertThat(traffic.endings()).as("connections that ended").hasSizeLessThanOrEqualTo(1);
        }
    }

    private static BlockingClient revokedClient(GatewayNode node) throws IOException {
        BlockingClient client = new BlockingClient(new Socket("127.0.0.1", node.port()));
        client.subscribe(Tokens.claims().with("sub", '"' + USER + '"').token(), "of-nobody-else");
        return client;
    }

    /** Code and reason of the close frame, which comes next apart from pings. */
    private static String closeOf(BlockingClient client) throws IOException {
        Frame frame = client.read();
        while (frame.opcode() != Frame.CLOSE) {
            frame = client.read();
        }
        byte[] payload = frame.payload();
        return (ByteBuffer.wrap(payload).getShort() & 0xffff)
                + " "
                + new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
    }

    private static double longestPause(GatewayNode node) {
        return PAUSE.matcher(node.process().log())
                .results()
                .mapToDouble(pause -> Long.parseLong(pause.group(1)) / 1e3)
                .max()
                .orElse(0);
    }
}
