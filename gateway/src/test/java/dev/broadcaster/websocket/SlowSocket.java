package dev.broadcaster.websocket;

import dev.broadcaster.auth.ChannelGrants;
import dev.broadcaster.auth.Identity;
import dev.broadcaster.rpc.Session;
import dev.broadcaster.websocket.InboundTest.Plain;
import dev.broadcaster.websocket.InboundTest.Source;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.List;
import org.xnio.Option;
import org.xnio.XnioIoThread;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.NullStreamSinkConduit;
import org.xnio.conduits.StreamSinkConduit;

/** A socket that takes as many bytes as it has room for, and its connection. */
final class SlowSocket {
    final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    final Connection connection;
    private final Stream stream;
    private int room;

    /** One of an authenticated client. */
    SlowSocket(OneThread thread, int room, boolean deflates) {
        this(thread, room, deflates, true);
    }

    SlowSocket(OneThread thread, int room, boolean deflates, boolean authenticated) {
        this.room = room;
        this.stream = new Stream(thread.xnio());
        this.connection = thread.connection(stream, deflates);
        if (authenticated) {
            identify(connection.session);
        }
    }

    /** The client reads {@code count} bytes more. */
    void read(int count) {
        room += count;
        connection.outbound.handleEvent(stream.getSinkChannel());
    }

    /** The bytes that it still takes. */
    int room() {
        return room;
    }

    static void identify(Session session) {
        try {
            Field identity = Session.class.getDeclaredField("identity");
            identity.setAccessible(true);
            identity.set(
                    session,
                    new Identity("u", ChannelGrants.of(List.of("*")), ChannelGrants.of(List.of("*")), Long.MAX_VALUE));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private final class Stream extends Plain {
        Stream(XnioIoThread thread) {
            super(new Source(thread));
            setSinkConduit(new Sink(thread));
        }

        @Override
        public <T> T setOption(Option<T> option, T value) {
            return null;
        }
    }

    private final class Sink extends AbstractStreamSinkConduit<StreamSinkConduit> {
        Sink(XnioIoThread thread) {
            super(new NullStreamSinkConduit(thread));
        }

        @Override
        public int write(ByteBuffer from) {
            int count = Math.min(room, from.remaining());
            byte[] bytes = new byte[count];
            from.get(bytes);
            taken.writeBytes(bytes);
            room -= count;
            return count;
        }

        @Override
        public boolean flush() {
            return true;
        }

        @Override
        public void resumeWrites() {}

        @Override
        public void suspendWrites() {}
    }
}
