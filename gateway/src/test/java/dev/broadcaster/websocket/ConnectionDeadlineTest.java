package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.websocket.InboundTest.Plain;
import dev.broadcaster.websocket.InboundTest.Source;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The reaction of a timer that finds the connection in another state than at its start. */
final class ConnectionDeadlineTest {
    private static final byte[] PONG = {(byte) 0x8a, (byte) 0x80, 0, 0, 0, 0};
    private static final byte[] CLOSE = {(byte) 0x88, (byte) 0x82, 0, 0, 0, 0, 3, (byte) 0xe8};

    private OneThread thread;
    private Source source;
    private Connection connection;

    @BeforeEach
    void start() throws Exception {
        thread = new OneThread();
        source = new Source(thread.xnio());
        thread.run(() -> {
            connection = thread.connection(new Plain(source));
            connection.start();
        });
    }

    @AfterEach
    void close() {
        thread.close();
    }

    private void authenticate() throws Exception {
        thread.run(() -> connection.deadlines.onIdentity(Long.MAX_VALUE));
    }

    @Test
    void timerOfTheOpenConnection_doesNotCutTheOneThatBeganToClose() throws Exception {
        thread.time.advance(Duration.ofSeconds(10)); // for auth
        thread.run(() -> {
            thread.wheel.advance(); // its task is queued behind this one
            connection.close(CloseCode.GOING_AWAY, "node is draining");
        });
        assertThat(connection.isOpen()).isFalse();
        assertThat(connection.isClosed()).as("at once").isFalse();

        thread.pass(Duration.ofMillis(4_900));
        assertThat(connection.isClosed()).isFalse();
        thread.pass(Duration.ofMillis(200));
        assertThat(connection.isClosed()).as("after 5 s without an answer").isTrue();
    }

    @Test
    void clientsCloseThatIsStillUnread_isReadBeforeTheCut() throws Exception {
        thread.run(() -> connection.close(CloseCode.GOING_AWAY, "node is draining"));
        source.give(CLOSE, CLOSE.length);

        thread.pass(Duration.ofMillis(5_100));

        assertThat(source.left()).isZero();
        assertThat(connection.isClosed()).isTrue();
    }

    @Test
    void nodePausedOverACloseDeadline_givesTheClientMoreTime() throws Exception {
        thread.run(() -> connection.close(CloseCode.GOING_AWAY, "node is draining"));

        thread.pass(Duration.ofSeconds(60));
        assertThat(connection.isClosed()).isFalse();
        thread.pass(Duration.ofMillis(5_100));
        assertThat(connection.isClosed()).isTrue();
    }

    @Test
    void authThatIsStillUnread_isReadBeforeItsTimeIsOver() throws Exception {
        source.onRead = () -> SlowSocket.identify(connection.session);
        source.give(PONG, PONG.length); // represents an auth that the thread has been too busy to read

        thread.pass(Duration.ofMillis(10_100));

        assertThat(source.left()).isZero();
        assertThat(connection.isOpen()).isTrue();
    }

    @Test
    void clientThatHasSentSomethingElseThanAuth_isClosedInTime() throws Exception {
        source.give(PONG, PONG.length);

        thread.pass(Duration.ofMillis(10_100));

        assertThat(connection.isOpen()).isFalse();
    }

    @Test
    void clientWhoseAnswerIsStillUnread_isNotSilent() throws Exception {
        authenticate();
        thread.pass(Duration.ofMillis(10_100));
        thread.pass(Duration.ofMillis(15_100));
        source.give(PONG, PONG.length); // the thread has been too busy to read it
        thread.pass(Duration.ofMillis(10_100));

        assertThat(connection.isOpen()).isTrue();
        assertThat(source.left()).isZero();

        thread.pass(Duration.ofMillis(25_100));
        thread.pass(Duration.ofMillis(10_100));
        assertThat(connection.isOpen()).as("after a ping that was not answered").isFalse();
    }
}
