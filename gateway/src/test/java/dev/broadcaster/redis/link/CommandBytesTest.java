package dev.broadcaster.redis.link;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class CommandBytesTest {
    private static String text(CommandBytes command) {
        ByteBuf out = Unpooled.buffer();
        command.writeTo(out);
        return out.toString(ISO_8859_1);
    }

    @Test
    void itReads_asRedisWantsIt() {
        CommandBytes command = new CommandBytes(64).add("GET").add("é").add("").add(new byte[] {'\r', '\n', 0});

        assertThat(text(command)).isEqualTo("*4\r\n$3\r\nGET\r\n$1\r\né\r\n$0\r\n\r\n$3\r\n\r\n\0\r\n");
    }

    @Test
    void argumentsAddedAfterAWrite_areCounted() {
        CommandBytes command = new CommandBytes(0).add("A");

        assertThat(text(command)).isEqualTo("*1\r\n$1\r\nA\r\n");
        assertThat(text(command.add("B"))).isEqualTo("*2\r\n$1\r\nA\r\n$1\r\nB\r\n");
    }

    @Test
    void itIsWhatLettuceWouldWrite_forAnyArguments_andAnyCapacity() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("command.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 500; round++) {
            CommandBytes command = new CommandBytes(random.nextInt(2000)).add("EVALSHA");
            CommandArgs<CharSequence, Object> args = new CommandArgs<>(RedisDriver.CODEC);
            for (int i = random.nextInt(120); i > 0; i--) {
                byte[] argument = new byte[random.nextInt(random.nextInt(10) == 0 ? 20_000 : 120)];
                random.nextBytes(argument);
                args.add(argument);
                if (random.nextBoolean()) {
                    command.add(argument);
                } else {
                    command.add(new String(argument, ISO_8859_1));
                }
            }
            ByteBuf expected = Unpooled.buffer();
            new Command<>(CommandType.EVALSHA, new StatusOutput<>(RedisDriver.CODEC), args).encode(expected);

            assertThat(text(command)).isEqualTo(expected.toString(ISO_8859_1));
        }
    }
}
