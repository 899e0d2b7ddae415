package dev.broadcaster.websocket;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import org.jspecify.annotations.Nullable;

/**
 * Provides selectors that return the ready keys in an array ({@link ArraySelector}); everything else is provided by the
 * JDK. Public because XNIO creates it by its name.
 */
public final class ArraySelectorProvider extends SelectorProvider {
    private static final String XNIO_PROPERTY = "xnio.nio.selector.provider";

    private final SelectorProvider platform = SelectorProvider.provider();

    /** For XNIO. */
    public ArraySelectorProvider() {}

    /** Makes XNIO use this provider, unless another is configured. To be called before the first use of XNIO. */
    static void install() {
        if (System.getProperty(XNIO_PROPERTY) == null) {
            System.setProperty(XNIO_PROPERTY, ArraySelectorProvider.class.getName());
        }
    }

    @Override
    public AbstractSelector openSelector() throws IOException {
        return new ArraySelector(this, platform.openSelector());
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException {
        return platform.openDatagramChannel();
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
        return platform.openDatagramChannel(family);
    }

    @Override
    public Pipe openPipe() throws IOException {
        return platform.openPipe();
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException {
        return platform.openServerSocketChannel();
    }

    @Override
    public SocketChannel openSocketChannel() throws IOException {
        return platform.openSocketChannel();
    }

    @Override
    public @Nullable Channel inheritedChannel() throws IOException {
        return platform.inheritedChannel();
    }
}
