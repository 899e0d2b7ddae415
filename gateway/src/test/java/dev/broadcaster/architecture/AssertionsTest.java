package dev.broadcaster.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tests run with the assertions of the gateway and of its libraries. */
class AssertionsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "dev.broadcaster.hub.Shard",
                "org.xnio.nio.WorkerThread",
                "io.undertow.server.HttpServerExchange",
                "io.lettuce.core.RedisClient",
                "io.netty.util.concurrent.SingleThreadEventExecutor"
            })
    void assertions_areOn(String name) throws ClassNotFoundException {
        assertThat(Class.forName(name, false, getClass().getClassLoader()).desiredAssertionStatus())
                .isTrue();
    }
}
