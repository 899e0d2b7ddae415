package dev.broadcaster.redis.link;

import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.api.async.RedisPubSubAsyncCommands;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A connection of Lettuce that records its commands; the test answers them. */
final class FakeConnection {
    /** A command of the asynchronous interface. */
    record Sent(String name, List<Object> arguments, AsyncCommand<CharSequence, Object, Object> future) {
        void answer(Object value) {
            future.complete(value);
        }

        void fail(Exception failure) {
            future.completeExceptionally(failure);
        }
    }

    final List<Sent> sent = new ArrayList<>();
    final List<PublishCommand> published = new ArrayList<>();
    final List<RedisPubSubListener<CharSequence, Object>> listeners = new ArrayList<>();
    private final List<RedisConnectionStateListener> stateListeners = new ArrayList<>();
    private final RedisPubSubAsyncCommands<CharSequence, Object> async =
            proxy(RedisPubSubAsyncCommands.class, this::send);
    private final StatefulRedisPubSubConnection<CharSequence, Object> connection =
            proxy(StatefulRedisPubSubConnection.class, this::call);
    int flushes;
    boolean closed;

    private interface Handler {
        Object handle(String method, Object[] arguments);
    }

    @SuppressWarnings("unchecked")
    private static <T> T proxy(Class<?> type, Handler handler) {
        return (T) Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> switch (method.getName()) {
                    case "equals" -> self == arguments[0];
                    case "hashCode" -> System.identityHashCode(self);
                    case "toString" -> type.getSimpleName();
                    default -> handler.handle(method.getName(), arguments);
                });
    }

    StatefulRedisPubSubConnection<CharSequence, Object> forSubscriptions() {
        return connection;
    }

    StatefulRedisConnection<CharSequence, Object> forCommands() {
        return connection;
    }

    /** The last sent command with this name. */
    Sent last(String name) {
        return sent.stream()
                .filter(command -> command.name.equals(name))
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    List<String> names() {
        return sent.stream().map(Sent::name).toList();
    }

    /** The connection ends by itself. */
    void end() {
        closed = true;
        List.copyOf(stateListeners).forEach(listener -> listener.onRedisDisconnected(null));
    }

    private RedisFuture<Object> send(String name, Object[] arguments) {
        AsyncCommand<CharSequence, Object, Object> future =
                new AsyncCommand<>(new Command<>(CommandType.PING, (StatusOutput) null));
        sent.add(new Sent(name, arguments == null ? List.of() : List.of(arguments), future));
        return future;
    }

    @SuppressWarnings("unchecked")
    private Object call(String method, Object[] arguments) {
        switch (method) {
            case "async" -> {
                return async;
            }
            case "isOpen" -> {
                return !closed;
            }
            case "dispatch" -> {
                published.add((PublishCommand) arguments[0]);
                return arguments[0];
            }
            case "flushCommands" -> flushes++;
            case "addListener" -> {
                if (arguments[0] instanceof RedisConnectionStateListener listener) {
                    stateListeners.add(listener);
                } else {
                    listeners.add((RedisPubSubListener<CharSequence, Object>) arguments[0]);
                }
            }
            case "closeAsync" -> {
                closed = true;
                return CompletableFuture.completedFuture(null);
            }
            default -> throw new UnsupportedOperationException(method);
        }
        return null;
    }
}
