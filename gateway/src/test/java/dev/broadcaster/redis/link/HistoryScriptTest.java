package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.fleet.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reading a history costs Redis about as much as the history is long, whatever the sizes of its messages. */
@Tag("redis")
class HistoryScriptTest {
    private static final String[] KEYS = {"counter", "history"};
    private static final int PAGE_MESSAGES = 128;
    private static final int PAGE_BYTES = 512 * 1024;
    /** Returns the number of bytes that XRANGE has copied in the place of the counter. */
    private static final String SCRIPT = """
            local copied = 0
            local function range(...)
              local reply = redis.call('XRANGE', ...)
              for _, entry in ipairs(reply) do
                copied = copied + #entry[2][2]
              end
              return reply
            end
            """
            + Script.history()
                    .text()
                    .replace("call('XRANGE', ", "range(")
                    .replace("return result", "result[1] = tostring(copied) return result");

    private static RedisServer server;
    private static RedisClient client;
    private static StatefulRedisConnection<String, String> redis;

    @BeforeAll
    static void connect() {
        server = RedisServer.start();
        client = RedisClient.create(server.url());
        redis = client.connect();
    }

    @AfterAll
    static void close() {
        client.shutdown();
        server.close();
    }

    @BeforeEach
    void clear() {
        redis.sync().flushall();
        redis.sync().set("counter", "epoch 0 server");
    }

    @Test
    void largeMessages_areReadAboutOnce() {
        assertReadAboutOnce(sizes(40, 1_000_000));
        assertReadAboutOnce(sizes(60, 300_000));
        assertReadAboutOnce(sizes(300, 64_000));
    }

    @Test
    void smallMessages_areReadAboutOnce() {
        assertReadAboutOnce(sizes(1_000, 100));
        assertReadAboutOnce(sizes(1, 100));
        assertReadAboutOnce(sizes(127, 100));
        assertReadAboutOnce(sizes(129, 100));
    }

    @Test
    void messagesOfAllSizes_areReadAboutOnce() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 5; round++) {
            int small = 1 + random.nextInt(40);
            int large = 1 + random.nextInt(20);
            List<Integer> sizes = new ArrayList<>();
            while (sizes.size() < 100) {
                sizes.addAll(sizes(small, 1 + random.nextInt(100)));
                sizes.addAll(sizes(large, 1 + random.nextInt(900_000)));
            }
            assertReadAboutOnce(sizes);
        }
    }

    @Test
    void expiredMessages_areNotReturned() {
        long now = System.currentTimeMillis();
        for (int offset = 1; offset <= 300; offset++) {
            long millis = offset <= 250 ? now - 7_200_000 : now;
            redis.sync().xadd("history", message(offset + "-" + millis), "m", "x");
        }

        assertThat(read(1).offsets()).hasSize(50).startsWith(251L).endsWith(300L);
        assertThat(read(260).offsets()).hasSize(41).startsWith(260L);
        assertThat(read(301).offsets()).isEmpty();
    }

    private static XAddArgs message(String id) {
        return new XAddArgs().id(id);
    }

    private static List<Integer> sizes(int count, int size) {
        return Collections.nCopies(count, size);
    }

    private void assertReadAboutOnce(List<Integer> sizes) {
        redis.sync().del("history");
        long now = System.currentTimeMillis();
        long bytes = 0;
        for (int i = 0; i < sizes.size(); i++) {
            redis.sync().xadd("history", message((i + 1) + "-" + now), "m", "x".repeat(sizes.get(i)));
            bytes += sizes.get(i);
        }

        List<Long> offsets = new ArrayList<>();
        long copied = 0;
        Page page = read(1);
        while (!page.offsets().isEmpty()) {
            assertThat(page.offsets()).hasSizeLessThanOrEqualTo(PAGE_MESSAGES);
            offsets.addAll(page.offsets());
            copied += page.copied();
            page = read(offsets.get(offsets.size() - 1) + 1);
        }

        assertThat(offsets).hasSize(sizes.size()).isSorted().doesNotHaveDuplicates();
        assertThat(copied).isLessThanOrEqualTo(4 * bytes);
    }

    private static Page read(long first) {
        String[] arguments = {
            Long.toString(first), "3600000", Integer.toString(PAGE_MESSAGES), Integer.toString(PAGE_BYTES)
        };
        List<Object> reply = redis.sync().eval(SCRIPT, ScriptOutputType.MULTI, KEYS, arguments);
        List<Long> offsets = new ArrayList<>();
        for (int i = 1; i < reply.size(); i += 3) {
            offsets.add(Long.parseLong((String) reply.get(i)));
        }
        return new Page(offsets, Long.parseLong((String) reply.get(0)));
    }

    /**
     * A page.
     *
     * @param offsets of its messages
     * @param copied the bytes of the messages that Redis has copied for it
     */
    private record Page(List<Long> offsets, long copied) {}
}
