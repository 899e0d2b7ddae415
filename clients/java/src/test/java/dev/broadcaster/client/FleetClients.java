package dev.broadcaster.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Many clients of a fleet, driven by {@code clients/js/test/fleet.mjs}: reads one command per line, and answers each with
 * one line of JSON. Arguments: the address of the socket, the number of readers, the channels of the readers, the number
 * of callers, the channel of their publishes.
 */
final class FleetClients {
    private static final int CALL_MILLIS = 100;

    private final URI uri;
    private final List<Reading> readers = new ArrayList<>();
    private final List<Calling> callers = new ArrayList<>();
    private final String calls;
    private final ScheduledExecutorService timers = Executors.newScheduledThreadPool(1);

    private FleetClients(String[] args) {
        uri = URI.create(args[0]);
        List<String> channels = List.of(args[2].split(","));
        calls = args[4];
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            readers.add(new Reading(channels.get(i % channels.size())));
        }
        for (int i = 0; i < Integer.parseInt(args[3]); i++) {
            callers.add(new Calling("java-" + i));
        }
    }

    public static void main(String[] args) throws IOException {
        var fleet = new FleetClients(args);
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String command; (command = in.readLine()) != null; ) {
            System.out.println(fleet.answer(command));
            System.out.flush();
        }
        System.exit(0);
    }

    private String answer(String command) {
        switch (command) {
            case "ready" -> all(readers.stream().map(each -> each.client.ready()));
            case "live" -> all(readers.stream().map(each -> each.handle.ready()));
            case "call" -> callers.forEach(Calling::begin);
            case "stop" -> timers.shutdownNow();
            case "state" -> {
                return state();
            }
            default -> throw new IllegalArgumentException(command);
        }
        return "{}";
    }

    private static void all(Stream<CompletableFuture<@Nullable Void>> futures) {
        futures.toList().forEach(CompletableFuture::join);
    }

    private String state() {
        return "{\"readers\":" + list(readers.stream().map(Reading::state)) + ",\"callers\":"
                + list(callers.stream().map(Calling::state)) + "}";
    }

    private static String list(Stream<String> values) {
        return values.collect(Collectors.joining(",", "[", "]"));
    }

    private BroadcasterClient connect() {
        var tokens = TokenMinter.hs256("insecure-development-secret");
        var scopes = EnumSet.allOf(TokenMinter.Scope.class);
        BroadcasterClient client = BroadcasterClient.builder(uri)
                .token(reason -> tokens.mint("fleet", List.of("*"), scopes, Duration.ofHours(1)))
                .listener(new ClientListener() {})
                .build();
        client.connect();
        return client;
    }

    /** Counts what it gets; payloads rise by one. Guarded by this. */
    private final class Reading implements ChannelListener {
        final BroadcasterClient client = connect();
        final Handle handle;
        private final List<String> wrong = new ArrayList<>();
        private long last;
        private long got;
        private long lost;
        private long unknown;
        private long resumed;
        private @Nullable Gap gap;

        Reading(String channel) {
            handle = client.subscribe(channel, this);
        }

        @Override
        public synchronized void onLive(Live live) {
            resumed += Boolean.TRUE.equals(live.resumed()) ? 1 : 0;
        }

        @Override
        public synchronized void onGap(Gap told) {
            gap = told;
            lost += told.count() == null ? 0 : told.count();
            unknown += told.count() == null ? 1 : 0;
        }

        @Override
        public synchronized void onMessage(Message message) {
            long payload = Long.parseLong(message.json());
            long missing = last == 0 ? 0 : payload - last - 1;
            Gap told = gap;
            if (missing < 0) {
                wrong.add(payload + " after " + last);
            } else if (missing > 0 && told == null) {
                wrong.add(payload + " after " + last + ", and no gap");
            } else if (told != null && told.count() != null && missing > 0 && told.count() > missing) {
                wrong.add(missing + " are missing, the gap says " + told.count());
            }
            gap = null;
            last = payload;
            got++;
        }

        synchronized String state() {
            return "{\"last\":" + last + ",\"got\":" + got + ",\"lost\":" + lost + ",\"unknown\":" + unknown
                    + ",\"resumed\":" + resumed + ",\"wrong\":"
                    + list(wrong.stream().map(Json::quote)) + "}";
        }
    }

    /** Publishes ten times per second, and remembers how each call ended. Guarded by this. */
    private final class Calling {
        private final BroadcasterClient client = connect();
        private final String who;
        private final List<String> accepted = new ArrayList<>();
        private final List<String> failures = new ArrayList<>();
        private int begun;

        Calling(String who) {
            this.who = who;
        }

        void begin() {
            var unused = timers.scheduleAtFixedRate(this::call, 0, CALL_MILLIS, TimeUnit.MILLISECONDS);
        }

        private synchronized void call() {
            String payload = who + "-" + ++begun;
            var unused = client.publish(calls, "event", Json.string(payload)).whenComplete((result, error) -> {
                synchronized (this) {
                    if (error == null) {
                        accepted.add(payload);
                    } else {
                        failures.add(error instanceof BroadcasterException known ? known.code() : error.toString());
                    }
                }
            });
        }

        synchronized String state() {
            return "{\"begun\":" + begun + ",\"accepted\":"
                    + list(accepted.stream().map(Json::quote)) + ",\"failures\":"
                    + list(failures.stream().map(Json::quote)) + "}";
        }
    }
}
