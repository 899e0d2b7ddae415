package dev.broadcaster.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.broadcaster.testing.CaughtErrors;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class FatalTest {
    private final Error error = new InternalError("as this test wants it");

    @Test
    void end_callsTheHandlerOfTheThread_andReturnsTheError() {
        try (CaughtErrors caught = CaughtErrors.onThisThread()) {
            assertThat(Fatal.end(error)).isSameAs(error);

            assertThat(caught.all()).containsExactly(error);
        }
    }

    @Test
    void endIfError_findsAnErrorBehindExceptions() {
        try (CaughtErrors caught = CaughtErrors.onThisThread()) {
            Throwable failure = new CompletionException(new IllegalStateException(error));

            assertThatThrownBy(() -> Fatal.endIfError(failure)).isSameAs(error);

            assertThat(caught.all()).containsExactly(error);
        }
    }

    @Test
    void endIfError_doesNothing_whenThereIsNoError() {
        try (CaughtErrors caught = CaughtErrors.onThisThread()) {
            Exception ring = new IllegalStateException();
            ring.initCause(new IllegalStateException(ring));

            assertThatCode(() -> Fatal.endIfError(null)).doesNotThrowAnyException();
            assertThatCode(() -> Fatal.endIfError(ring)).doesNotThrowAnyException();

            assertThat(caught.all()).isEmpty();
        }
    }

    @Test
    void guarded_passesOnAnError_andNoException() {
        try (CaughtErrors caught = CaughtErrors.onThisThread()) {
            assertThatThrownBy(Fatal.guarded(() -> {
                        throw error;
                    })::run)
                    .isSameAs(error);
            assertThatThrownBy(Fatal.guarded(() -> {
                        throw new IllegalStateException();
                    })::run)
                    .isInstanceOf(IllegalStateException.class);

            assertThat(caught.all()).containsExactly(error);
        }
    }

    @Test
    void runTask_logsAnException_andGoesOn() {
        try (CaughtErrors caught = CaughtErrors.onThisThread()) {
            Logger logger = (Logger) LoggerFactory.getLogger(FatalTest.class);
            ListAppender<ILoggingEvent> log = new ListAppender<>();
            log.start();
            logger.addAppender(log);

            Fatal.runTask(
                    text -> {
                        throw new IllegalStateException(text);
                    },
                    "a bug",
                    logger);

            assertThat(log.list)
                    .singleElement()
                    .satisfies(event ->
                            assertThat(event.getThrowableProxy().getMessage()).isEqualTo("a bug"));
            assertThat(caught.all()).isEmpty();
            logger.detachAppender(log);
        }
    }

    @Test
    void runTask_handsOverAnError() {
        try (CaughtErrors caught = CaughtErrors.onThisThread()) {
            assertThatThrownBy(() -> Fatal.runTask(
                            text -> {
                                throw error;
                            },
                            "",
                            LoggerFactory.getLogger(FatalTest.class)))
                    .isSameAs(error);

            assertThat(caught.all()).containsExactly(error);
        }
    }
}
