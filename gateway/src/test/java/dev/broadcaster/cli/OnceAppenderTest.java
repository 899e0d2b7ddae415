package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.broadcaster.testing.FakeTime;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

final class OnceAppenderTest {
    private final FakeTime time = new FakeTime();
    private final LoggerContext context = new LoggerContext();
    private final ListAppender<ILoggingEvent> written = new ListAppender<>();

    private Logger logger(String name) {
        written.start();
        OnceAppender appender = new OnceAppender(written, time);
        appender.setContext(context);
        appender.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
        return context.getLogger(name);
    }

    @Test
    void warningsOfALibrary_areWrittenOnce_thenWithTheirCount() {
        Logger lettuce = logger("io.lettuce.core.RedisClient");
        for (int attempt = 0; attempt < 60; attempt++) {
            lettuce.warn("Cannot connect Redis Sentinel at redis://{}", "127.0.0.1:" + (26379 + attempt % 2));
            time.advance(Duration.ofSeconds(1));
        }
        assertThat(written.list).hasSize(2);

        time.advance(Duration.ofSeconds(61));
        lettuce.warn("Cannot connect Redis Sentinel at redis://{}", "127.0.0.1:26379");
        assertThat(written.list.get(2))
                .hasToString(
                        "[WARN] Cannot connect Redis Sentinel at redis://127.0.0.1:26379 (and 29 times" + " before)");
    }

    @Test
    void lineOfTheGatewayWithAnotherNumber_isWritten_lineOfALibraryIsNot() {
        Logger own = logger("dev.broadcaster.redis.RelayLoop");
        own.warn("paused for {} ms", 1980);
        own.warn("paused for {} ms", 12010);
        assertThat(written.list).hasSize(2);

        Logger library = context.getLogger("io.lettuce.core.protocol.ConnectionWatchdog");
        library.warn("Cannot reconnect: timed out after {} ms", 1980);
        library.warn("Cannot reconnect: timed out after {} ms", 12010);
        assertThat(written.list).hasSize(3);
    }

    @Test
    void anException_isWrittenOnce_andAnotherOneToo() {
        Logger own = logger("dev.broadcaster.websocket.Connection");
        Exception first = new IOException("first");
        for (int i = 0; i < 3; i++) {
            own.error("exception on a connection", first);
        }
        own.error("exception on a connection", new IllegalStateException("other"));
        assertThat(written.list).hasSize(2);

        time.advance(Duration.ofSeconds(61));
        own.error("exception on a connection", first);
        ILoggingEvent last = written.list.get(2);
        assertThat(last.getFormattedMessage()).isEqualTo("exception on a connection (and 2 times before)");
        assertThat(last.getThrowableProxy().getMessage()).isEqualTo("first");
    }

    @Test
    void otherLevels_pass() {
        Logger own = logger("dev.broadcaster.redis.link.Link");
        own.info("connected");
        own.info("connected");

        assertThat(written.list).hasSize(2);
    }
}
