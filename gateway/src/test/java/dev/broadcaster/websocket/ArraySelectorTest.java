package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;

class ArraySelectorTest {
    private static final WebSocketConfig CONFIG =
            new WebSocketConfig(0, 0, 0, 0, 0, Duration.ofSeconds(10), Duration.ofSeconds(25), Duration.ZERO, false);

    private static final InetSocketAddress LOOPBACK = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final ArraySelectorProvider provider = new ArraySelectorProvider();
    private final List<Pipe> pipes = new ArrayList<>();
    private Selector selector;

    @BeforeEach
    void open() throws IOException {
        selector = provider.openSelector();
    }

    @AfterEach
    void close() throws IOException {
        selector.close();
        for (Pipe pipe : pipes) {
            pipe.sink().close();
            pipe.source().close();
        }
    }

    private SelectionKey key(String attachment) throws IOException {
        Pipe pipe = provider.openPipe();
        pipes.add(pipe);
        pipe.source().configureBlocking(false);
        return pipe.source().register(selector, SelectionKey.OP_READ, attachment);
    }

    private void makeReady(int pipe) throws IOException {
        pipes.get(pipe).sink().write(ByteBuffer.wrap(new byte[1]));
    }

    @Test
    void selectNow_selectsReadyKeys() throws IOException {
        key("a");
        SelectionKey b = key("b");
        selector.selectNow();
        assertThat(selector.selectedKeys()).isEmpty();
        makeReady(1);

        selector.selectNow();

        assertThat(selector.selectedKeys()).containsExactly(b);
        assertThat(b.attachment()).isEqualTo("b");
        assertThat(b.isReadable()).isTrue();
    }

    @Test
    void selectNow_isDeferred_untilTheKeysAreRead() throws IOException {
        SelectionKey a = key("a");
        SelectionKey b = key("b");
        makeReady(0);

        for (int i = 0; i < 3; i++) {
            selector.selectNow();
        }
        makeReady(1);
        assertThat(selector.selectedKeys()).as("what is ready now, not then").containsExactlyInAnyOrder(a, b);

        pipes.get(0).source().read(ByteBuffer.allocate(1));
        assertThat(selector.selectedKeys()).as("asked once").containsExactlyInAnyOrder(a, b);
        selector.selectNow();
        selector.select();
        assertThat(selector.selectedKeys()).as("of the last selection").containsExactly(b);
    }

    /** A closed channel keeps its descriptor until the JDK's selector selects. */
    @Test
    void selectNow_removesClosedChannels_withoutALaterSelect() throws Exception {
        key("a");
        SelectionKey b = key("b");
        pipes.get(0).source().close();
        assertThat(platformKeys()).isEqualTo(2);

        for (int i = 0; i < 64; i++) {
            selector.selectNow();
        }

        assertThat(platformKeys()).isEqualTo(1);
        makeReady(1);
        assertThat(selector.selectedKeys()).containsExactly(b);
    }

    private int platformKeys() throws ReflectiveOperationException {
        Field platform = ArraySelector.class.getDeclaredField("platform");
        platform.setAccessible(true);
        return ((Selector) platform.get(selector)).keys().size();
    }

    @Test
    void select_replacesThePreviousSelection() throws IOException {
        SelectionKey a = key("a");
        SelectionKey b = key("b");
        makeReady(0);
        selector.select();
        pipes.get(0).source().read(ByteBuffer.allocate(1));
        makeReady(1);

        assertThat(selector.select(1_000)).isEqualTo(1);

        assertThat(selector.selectedKeys()).containsExactly(b).doesNotContain(a);
    }

    @Test
    void unreadKeys_areSelectedAgain_oncePerSelect() throws IOException {
        SelectionKey a = key("a");
        makeReady(0);
        selector.select();
        selector.select();
        assertThat(selector.selectedKeys()).containsExactly(a);

        selector.selectedKeys().clear();
        assertThat(selector.selectedKeys()).isEmpty();
        assertThat(selector.select()).isEqualTo(1);
    }

    @Test
    void toArray_fillsTheCallersArray_orMakesOneOfTheSize() throws IOException {
        for (int i = 0; i < 40; i++) {
            key("k" + i);
            makeReady(i);
        }
        selector.select();
        SelectionKey[] small = selector.selectedKeys().toArray(new SelectionKey[16]);
        assertThat(small).hasSize(40).doesNotContainNull().doesNotHaveDuplicates();

        SelectionKey[] large = new SelectionKey[64];
        Arrays.fill(large, small[0]);
        assertThat(selector.selectedKeys().toArray(large)).isSameAs(large);
        assertThat(Arrays.copyOf(large, 40)).containsExactly(small);
        assertThat(large[40]).as("the end, as of every collection").isNull();
    }

    @Test
    void aCancelledKey_isGoneWithTheNextSelection() throws IOException {
        SelectionKey a = key("a");
        makeReady(0);
        a.cancel();

        selector.selectNow();

        assertThat(selector.selectedKeys()).isEmpty();
        assertThat(selector.keys()).isEmpty();
        assertThat(pipes.get(0).source().isRegistered()).isFalse();
    }

    @Test
    void aKey_namesTheSelectorThatItWasRegisteredWith() throws IOException {
        SelectionKey a = key("a");

        assertThat(a.selector()).isSameAs(selector);
        assertThat(pipes.get(0).source().keyFor(selector)).isSameAs(a);
        assertThat(selector.keys()).containsExactly(a);
        assertThat(a.isValid()).isTrue();
        a.interestOps(0);
        makeReady(0);
        assertThat(selector.select(1)).isZero();
        a.interestOps(SelectionKey.OP_READ);
        assertThat(selector.select(1_000)).isEqualTo(1);
    }

    /** A channel whose key is not removed would keep its descriptor for ever. */
    @Test
    void closedChannels_giveTheirDescriptorsBack_whicheverThreadClosesThem() throws Exception {
        try (IoThreads threads = new IoThreads(1, CONFIG);
                ServerSocketChannel server = ServerSocketChannel.open().bind(LOOPBACK)) {
            long before = descriptors();
            for (int round = 0; round < 50; round++) {
                List<StreamConnection> connections = new ArrayList<>();
                List<SocketChannel> others = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    connections.add(threads.worker()
                            .openStreamConnection(
                                    (InetSocketAddress) server.getLocalAddress(), opened -> {}, OptionMap.EMPTY)
                            .get());
                    others.add(server.accept());
                }
                for (int i = 0; i < 20; i++) {
                    StreamConnection connection = connections.get(i);
                    connection.getSourceChannel().resumeReads();
                    if (i % 2 == 0) {
                        IoUtils.safeClose(connection);
                    } else {
                        connection.getIoThread().execute(() -> IoUtils.safeClose(connection));
                    }
                }
                for (SocketChannel other : others) {
                    other.close();
                }
            }
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(descriptors()).isLessThanOrEqualTo(before));
        }
    }

    private static long descriptors() {
        return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
    }

    @Test
    void wakeup_endsASelection_andRegistersFromAnotherThread() throws Exception {
        Thread selecting = new Thread(() -> {
            try {
                selector.select();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        selecting.start();
        key("from here");
        selector.wakeup();

        selecting.join(10_000);
        assertThat(selecting.isAlive()).isFalse();
        assertThat(selector.keys()).hasSize(1);
    }

    @Test
    void close_endsASelection_andTheRegistrations() throws Exception {
        SelectionKey a = key("a");
        selector.close();
        assertThat(selector.isOpen()).isFalse();
        assertThat(a.isValid()).isFalse();
    }

    @Test
    void aClosedChannel_isDeregistered() throws IOException {
        try (SocketChannel channel = provider.openSocketChannel()) {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_CONNECT);
            assertThat(selector.keys()).hasSize(1);
        }
        selector.select(1);
        assertThat(selector.keys()).isEmpty();
    }

    @Test
    void theIoThreads_selectWithIt() throws IOException {
        try (IoThreads threads = new IoThreads(1, CONFIG)) {
            XnioIoThread thread = threads.worker().getIoThread(0);
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> Arrays.stream(thread.getStackTrace())
                            .anyMatch(frame -> frame.getClassName().equals(ArraySelector.class.getName())));
        }
    }
}
