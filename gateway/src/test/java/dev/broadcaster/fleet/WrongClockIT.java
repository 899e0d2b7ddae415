package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The clocks of nodes are wrong by a minute and a half, either way, and jump. */
class WrongClockIT {
    private static final Duration WRONG = Duration.ofSeconds(90);

    @Test
    void noClientLosesAMessage_andARefusedTokenGetsAReason() throws IOException {
        try (WrongClock first = new WrongClock();
                WrongClock second = new WrongClock();
                WrongClock third = new WrongClock();
                RedisServer redis = RedisServer.start()) {
            first.jumpTo(WRONG);
            try (Fleet fleet = Fleet.startWithClocks(List.of(first, second, third), redis.url());
                    Traffic traffic = Traffic.start(fleet)) {
                third.jumpTo(WRONG.negated());
                Fleet.sleep(1.5);
                assertThat(fleet.isReady()).isTrue();
                assertRefused(fleet.node(2)); // to this node the token is from the future
                first.jumpTo(WRONG.negated());
                third.jumpTo(WRONG);
                Fleet.sleep(1.5);
                assertThat(fleet.isReady()).isTrue();
                first.jumpTo(Duration.ZERO);
                third.jumpTo(Duration.ZERO);
                traffic.healed();

                traffic.finish("clocks wrong by 90 s, and jumping", Holes.NONE);
                assertThat(traffic.endings()).as("connections that ended").isEmpty();
            }
        }
    }

    private static void assertRefused(GatewayNode node) throws IOException {
        String token = Tokens.claims().with("iat", String.valueOf(Tokens.now())).token();
        try (BlockingClient client = new BlockingClient(new Socket("127.0.0.1", node.port()))) {
            client.send("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + token + "\"}}");
            assertThat(client.read().text()).contains("Unauthenticated").contains("iat");
        }
        assertThatThrownBy(() -> {
                    try (BlockingClient client = new BlockingClient(new Socket("127.0.0.1", node.port()))) {
                        client.subscribe(token, "clock");
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Unauthenticated");
    }
}
