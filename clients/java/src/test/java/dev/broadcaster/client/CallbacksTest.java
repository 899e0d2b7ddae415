package dev.broadcaster.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CallbacksTest {
    @Test
    void callbacks_runOneByOne_onAnExecutorOfManyThreads() throws Exception {
        var threads = Executors.newFixedThreadPool(4);
        try {
            var callbacks = new Callbacks(threads, e -> {});
            List<Integer> order = new ArrayList<>(); // not thread-safe on purpose
            var done = new CountDownLatch(1);
            for (int i = 0; i < 10_000; i++) {
                int n = i;
                callbacks.add(() -> order.add(n));
                callbacks.start();
            }
            callbacks.add(done::countDown);
            callbacks.start();
            assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(order).hasSize(10_000).isSorted();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void callback_runs_whenTheExecutorWasShutDown() throws Exception {
        var threads = Executors.newSingleThreadExecutor();
        threads.shutdownNow();
        var callbacks = new Callbacks(threads, e -> {});
        var done = new CountDownLatch(1);
        callbacks.add(done::countDown);
        callbacks.start();
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void socket_isNotRead_whileCallbacksAreFarBehind() {
        var tasks = new ArrayDeque<Runnable>();
        var scene = new Scene(tasks::add, reason -> CompletableFuture.completedStage("a.b.c"));
        Runnable run = () -> {
            for (Runnable task; (task = tasks.poll()) != null; ) {
                task.run();
            }
        };
        var seen = new Seen();
        scene.client.connect();
        run.run();
        var socket = scene.socket();
        socket.accept();
        scene.client.subscribe("chat", seen);
        socket.live("E-0");
        run.run();
        for (int seq = 1; seq <= 1001; seq++) {
            socket.broadcast("chat", seq, "1");
        }
        assertThat(socket.reading).isFalse();
        // A node that is not read is not silent.
        scene.clock.advance(300_000);
        assertThat(scene.client.state()).isEqualTo(State.CONNECTED);
        run.run();
        assertThat(socket.reading).isTrue();
        assertThat(seen.lines).hasSize(1002);
        scene.clock.advance(35_000);
        assertThat(scene.client.state()).isEqualTo(State.WAITING);
    }

    @Test
    void error_ofAnExecutorThatThrows_reachesNoCaller() {
        var reported = new ArrayList<Throwable>();
        var callbacks = new Callbacks(Runnable::run, reported::add);
        callbacks.add(() -> {
            throw new AssertionError("oops");
        });
        callbacks.add(() -> {});
        callbacks.start();
        assertThat(reported).hasSize(1);
    }

    @Test
    void callback_runs_whenTheExecutorIsShutDownWithItsTaskInTheQueue() throws Exception {
        var threads = Executors.newSingleThreadExecutor();
        var busy = new CountDownLatch(1);
        threads.execute(() -> {
            try {
                busy.await();
            } catch (InterruptedException e) {
                // Shut down.
            }
        });
        var callbacks = new Callbacks(threads, e -> {});
        var done = new CountDownLatch(2);
        callbacks.add(done::countDown);
        callbacks.start();
        assertThat(threads.shutdownNow()).hasSize(1);
        callbacks.add(done::countDown);
        callbacks.start();
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void callback_runs_whenTheExecutorThrows() throws Exception {
        var callbacks = new Callbacks(
                task -> {
                    throw new IllegalStateException("no thread");
                },
                e -> {});
        var done = new CountDownLatch(1);
        callbacks.add(done::countDown);
        callbacks.start();
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    }
}
