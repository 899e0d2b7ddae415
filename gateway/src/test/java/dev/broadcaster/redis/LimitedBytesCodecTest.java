package dev.broadcaster.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class LimitedBytesCodecTest {
    private final LimitedBytesCodec codec = new LimitedBytesCodec(3);

    @Test
    void whatANodeMayHaveSent_isReadAsItIs() {
        assertThat(codec.decodeValue(ByteBuffer.wrap(new byte[] {1, 2, 3}))).containsExactly(1, 2, 3);
        assertThat(codec.decodeValue(ByteBuffer.allocate(0))).isEmpty();
    }

    @Test
    void whatNoNodeSends_isNotCopied() {
        assertThat(codec.decodeValue(ByteBuffer.allocate(4))).isEmpty();
    }
}
