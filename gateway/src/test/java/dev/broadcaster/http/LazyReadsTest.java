package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;

class LazyReadsTest {
    private final List<String> socketCalls = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private final LazyReads reads = new LazyReads(socket(), new FakeHandler());

    @Test
    void suspendAndResume_leaveTheSocketAlone_whenNothingArrives() {
        reads.resumeReads();
        for (int i = 0; i < 10; i++) {
            reads.suspendReads();
            assertThat(reads.isReadResumed()).isFalse();
            reads.resumeReads();
            assertThat(reads.isReadResumed()).isTrue();
        }
        assertThat(socketCalls).containsExactly("resume");
    }

    @Test
    void bytesWhileSuspended_suspendTheSocket_andAreNotReported() {
        reads.resumeReads();
        reads.suspendReads();
        reads.readReady();

        assertThat(socketCalls).containsExactly("resume", "suspend");
        assertThat(events).isEmpty();

        reads.resumeReads();
        reads.readReady();
        assertThat(socketCalls).containsExactly("resume", "suspend", "resume");
        assertThat(events).containsExactly("ready");
    }

    @Test
    void wakeup_reachesTheSocket_whateverTheState() {
        reads.wakeupReads();
        reads.suspendReads();
        reads.wakeupReads();

        assertThat(socketCalls).containsExactly("wakeup", "wakeup");
        assertThat(reads.isReadResumed()).isTrue();
    }

    @Test
    void remove_leavesTheSocketInTheStateOfItsUser() {
        reads.resumeReads();
        reads.suspendReads();
        reads.remove();

        assertThat(socketCalls).containsExactly("resume", "suspend");
    }

    @Test
    void terminations_areReportedInAnyState() {
        reads.forceTermination();
        reads.terminated();

        assertThat(events).containsExactly("force", "terminated");
    }

    private StreamSourceConduit socket() {
        return (StreamSourceConduit) Proxy.newProxyInstance(
                LazyReadsTest.class.getClassLoader(),
                new Class<?>[] {StreamSourceConduit.class},
                (proxy, method, arguments) -> {
                    if (method.getName().endsWith("Reads")) {
                        socketCalls.add(method.getName().replace("Reads", ""));
                    }
                    return null;
                });
    }

    private final class FakeHandler implements ReadReadyHandler {
        @Override
        public void readReady() {
            events.add("ready");
        }

        @Override
        public void forceTermination() {
            events.add("force");
        }

        @Override
        public void terminated() {
            events.add("terminated");
        }
    }
}
