package dev.broadcaster.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * The Java client as the conformance kit drives it: commands on stdin, events on stdout, a JSON object per line. The contract
 * is in {@code clients/conformance/README.md}.
 */
final class Testee {
    private static final PrintStream OUT =
            new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, StandardCharsets.UTF_8);

    private final List<String> unhandled = new CopyOnWriteArrayList<>();
    private final ExecutorService callbacks = Executors.newSingleThreadExecutor(task -> {
        var thread = new Thread(task, "callbacks");
        thread.setDaemon(true);
        return thread;
    });
    private final CountingTransport transport = new CountingTransport();
    private final Map<String, BroadcasterClient> clients = new ConcurrentHashMap<>();
    private final Map<String, Handle> handles = new ConcurrentHashMap<>();
    private final Map<String, TesteeReader> readers = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<?>> calls = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<Void>> heldResyncs = new ConcurrentHashMap<>();
    private final ArrayDeque<CompletableFuture<String>> heldTokens = new ArrayDeque<>();
    private ManualClock manual;
    private RealClock real;

    public static void main(String[] args) throws Exception {
        new Testee().run();
    }

    private void run() throws IOException {
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> unhandled.add(String.valueOf(e)));
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            JsonObject command = JsonObject.parse(line);
            String name = command.requiredString("do");
            try {
                carryOut(name, command);
            } catch (Exception e) {
                say("{\"event\":\"commandFailed\",\"command\":" + Json.quote(name) + "," + error(e) + "}");
            }
            say("{\"event\":\"ack\",\"n\":" + command.json("n") + "}");
            if (name.equals("end")) {
                return;
            }
        }
    }

    static void say(String event) {
        synchronized (OUT) {
            OUT.println(event);
            OUT.flush();
        }
    }

    private static String by(JsonObject command) {
        String by = command.string("by");
        return by == null ? "one" : by;
    }

    private BroadcasterClient client(JsonObject command) {
        return clients.get(by(command));
    }

    private Handle handle(JsonObject command) {
        return handles.get(command.requiredString("handle"));
    }

    private void carryOut(String name, JsonObject command) throws Exception {
        switch (name) {
            case "create" -> create(command);
            case "connect" -> client(command).connect();
            case "close" -> client(command).disconnect();
            case "wake" -> client(command).wake();
            case "setToken" -> setToken(command);
            case "giveToken" -> {
                CompletableFuture<String> held;
                synchronized (heldTokens) {
                    held = heldTokens.poll();
                }
                if (held != null) {
                    held.complete(command.string("token"));
                }
            }
            case "giveResync" -> {
                // What came before this command is held.
                transport.drain();
                flush();
                heldResyncs.remove(command.requiredString("handle")).complete(null);
            }
            case "network" -> {} // The platform says nothing.
            case "subscribe" -> subscribe(command);
            case "unsubscribe" -> handle(command).close();
            case "position" -> position(command);
            case "iterate" -> {
                var reader = new TesteeReader(command.requiredString("handle"));
                readers.put(command.requiredString("handle"), reader);
                handle(command).publisher().subscribe(reader);
            }
            case "read" -> readers.get(command.requiredString("handle")).read(command.integer("count", 1));
            case "leaveIterator" ->
                readers.get(command.requiredString("handle")).leave();
            case "publish" -> publish(command);
            case "ready" -> {
                var handle = command.string("handle");
                settled(
                        command.requiredString("as"),
                        handle == null
                                ? client(command).ready()
                                : handles.get(handle).ready());
            }
            case "abort" -> calls.get(command.requiredString("call")).cancel(false);
            case "inHandler" -> inHandler(command);
            case "throw" -> throw new IllegalStateException(command.string("message"));
            case "advance" -> advance(command.integer("millis", 0), !"false".equals(command.json("answer")));
            case "sleep" -> sleep(command.integer("millis", 0), !"false".equals(command.json("answer")));
            case "counts" -> say("{\"event\":\"counts\"," + counts() + ",\"buffered\":" + transport.waiting() + "}");
            case "delays" -> delays(command);
            case "cycles" -> cycles(command.integer("count", 0));
            case "end" -> end();
            default -> throw new IllegalArgumentException(name);
        }
    }

    private void create(JsonObject command) {
        int seed = (int) command.integer("seed", 1);
        if (manual == null && real == null) {
            if ("real".equals(command.string("clock"))) {
                real = new RealClock();
            } else {
                manual = new ManualClock(seed);
            }
        }
        var builder = BroadcasterClient.builder(URI.create(command.requiredString("url")))
                .transport(transport)
                .executor(callbacks)
                .clock(manual != null ? manual : real)
                .listener(new TesteeListener());
        if (command.isTrue("lazy")) {
            builder.lazy();
        }
        if (command.json("token").startsWith("\"")) {
            builder.token(command.string("token"));
        } else {
            builder.tokenAsync(provider(command.array("token")));
        }
        clients.put(by(command), builder.build());
    }

    private void setToken(JsonObject command) {
        if (command.json("token").startsWith("\"")) {
            client(command).setToken(command.string("token"));
        } else {
            client(command).setTokenAsync(provider(command.array("token")));
        }
    }

    /** A provider that plays a list; the last entry again and again. */
    private Function<TokenReason, CompletionStage<String>> provider(List<String> specs) {
        var at = new AtomicInteger();
        return reason -> {
            var channels = new StringBuilder();
            reason.channels()
                    .forEach(channel ->
                            channels.append(channels.isEmpty() ? "" : ",").append(Json.quote(channel)));
            say("{\"event\":\"token\",\"reason\":{\"kind\":" + Json.quote(lower(reason.kind())) + ",\"attempt\":"
                    + reason.attempt() + (channels.isEmpty() ? "" : ",\"channels\":[" + channels + "]") + "}}");
            String spec = specs.get(Math.min(at.getAndIncrement(), specs.size() - 1));
            if (spec.startsWith("\"")) {
                return CompletableFuture.completedStage(new JsonReader(spec).string());
            }
            JsonObject how = JsonObject.parse(spec);
            if (how.has("throw")) {
                throw new IllegalStateException(how.string("throw"));
            }
            if (how.has("unauthorized")) {
                throw new BroadcasterException.Unauthorized(how.string("unauthorized"));
            }
            var held = new CompletableFuture<String>();
            synchronized (heldTokens) {
                heldTokens.add(held);
            }
            return held;
        };
    }

    private void subscribe(JsonObject command) {
        String as = command.requiredString("as");
        var options = SubscribeOptions.defaults();
        if (command.has("since")) {
            options = options.since(command.string("since"));
        }
        if (command.has("last")) {
            options = options.last((int) command.integer("last", 0));
        }
        if (command.isTrue("priority")) {
            options = options.priority();
        }
        if ("pause".equals(command.string("overflow"))) {
            options = options.overflow(SubscribeOptions.Overflow.PAUSE);
        }
        if (command.has("resync")) {
            options = options.resyncAsync(resync(as, command.strings("resync")));
        }
        var listener = new TesteeChannelListener(as, command.integer("quiet", 0));
        handles.put(as, client(command).subscribe(command.requiredString("channel"), listener, options));
    }

    private Function<Resync.Why, CompletionStage<?>> resync(String handle, List<String> specs) {
        var at = new AtomicInteger();
        return why -> {
            String spec = specs.get(Math.min(at.getAndIncrement(), specs.size() - 1));
            say("{\"event\":\"resync\",\"handle\":" + Json.quote(handle) + ",\"cause\":"
                    + Json.quote(why.gap() == null ? "start" : lower(why.gap().cause())) + "}");
            return switch (spec) {
                case "fail" -> throw new IllegalStateException("resync failed");
                case "hold" -> {
                    var held = new CompletableFuture<Void>();
                    heldResyncs.put(handle, held);
                    yield held;
                }
                default -> CompletableFuture.completedStage(null);
            };
        };
    }

    private void position(JsonObject command) {
        String position = handle(command).position();
        say("{\"event\":\"position\",\"handle\":" + command.json("handle")
                + (position == null ? "" : ",\"position\":" + Json.quote(position)) + "}");
    }

    private void publish(JsonObject command) {
        var options = PublishOptions.defaults();
        if (command.has("timeout")) {
            options = options.timeout(Duration.ofMillis(command.integer("timeout", 0)));
        }
        if (command.json("idempotencyKey") != null) {
            options = options.idempotencyKey(command.string("idempotencyKey"));
        }
        if ("false".equals(command.json("retry"))) {
            options = options.withoutRetry();
        }
        if (command.isTrue("ordered")) {
            options = options.ordered();
        }
        String json = command.string("json");
        long bytes = command.integer("payloadBytes", 0);
        String name = command.string("name");
        CompletableFuture<PublishResult> result;
        try {
            var payload = json != null
                    ? Json.of(json)
                    : bytes > 0 ? Json.string("x".repeat((int) bytes)) : Json.of(command.json("payload"));
            result = client(command)
                    .publish(command.requiredString("channel"), name == null ? "event" : name, payload, options);
        } catch (BroadcasterException e) {
            result = CompletableFuture.failedFuture(e);
        }
        settled(command.requiredString("as"), result);
    }

    private void settled(String call, CompletableFuture<?> future) {
        calls.put(call, future);
        var unused = future.whenComplete((value, e) -> {
            String head = "{\"event\":\"settled\",\"call\":" + Json.quote(call);
            if (e != null) {
                say(head + ",\"ok\":false,\"error\":{" + error(e) + "}}");
            } else if (value instanceof PublishResult result) {
                say(head + ",\"ok\":true,\"value\":{\"id\":" + Json.quote(result.id()) + ",\"createTime\":"
                        + Json.quote(result.createTime().toString()) + "}}");
            } else {
                say(head + ",\"ok\":true}");
            }
        });
    }

    /** Runs commands inside a callback, once. */
    private void inHandler(JsonObject command) {
        JsonObject run = command.object("run");
        String event = command.requiredString("event");
        var registration = new AtomicReference<Registration>();
        Runnable commands = () -> {
            registration.get().close();
            for (String each : run.array("commands")) {
                JsonObject inner = JsonObject.parse(each);
                try {
                    carryOut(inner.requiredString("do"), inner);
                } catch (RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        if (command.requiredString("of").equals("client")) {
            registration.set(clients.get("one").addListener(new ClientListener() {
                @Override
                public void onState(StateEvent state) {
                    if (event.equals("state")
                            && (!run.has("when") || lower(state.state()).equals(run.string("when")))) {
                        commands.run();
                    }
                }

                @Override
                public void onError(Throwable error) {
                    if (event.equals("error")) {
                        commands.run();
                    }
                }
            }));
        } else {
            var listener = new OnEvent(event, commands);
            registration.set(handles.get(command.requiredString("of")).addListener(listener));
        }
    }

    private record OnEvent(String event, Runnable run) implements ChannelListener {
        private void on(String name) {
            if (event.equals(name)) {
                run.run();
            }
        }

        @Override
        public void onLive(Live live) {
            on("live");
        }

        @Override
        public void onMessage(Message message) {
            on("message");
        }

        @Override
        public void onGap(Gap gap) {
            on("gap");
        }

        @Override
        public void onCaughtUp() {
            on("caughtUp");
        }

        @Override
        public void onEnded(String reason) {
            on("ended");
        }

        @Override
        public void onFailed(BroadcasterException error) {
            on("failed");
        }
    }

    private void advance(long millis, boolean answers) throws InterruptedException {
        if (manual == null) {
            Thread.sleep(millis);
            return;
        }
        transport.drain();
        settle(answers);
        manual.advance(millis, () -> settle(answers));
    }

    /** The process did not run for so long. */
    private void sleep(long millis, boolean answers) throws Exception {
        if (manual == null) {
            // Nothing is read, and listeners block.
            callbacks
                    .submit(() -> {
                        transport.gate.lock();
                        try {
                            Thread.sleep(millis);
                        } finally {
                            transport.gate.unlock();
                        }
                        return null;
                    })
                    .get();
            return;
        }
        transport.gate.lock();
        try {
            Thread.sleep(150);
            manual.jump(millis);
        } finally {
            transport.gate.unlock();
        }
        advance(0, answers);
    }

    /**
     * Waits until sockets are open and requests are answered, also those that follow from an answer, for at most 10 s: an
     * answer that is missing then does not come. Unless it {@code answers}, nothing will come.
     */
    private void settle(boolean answers) {
        long end = System.nanoTime() + (answers ? TimeUnit.SECONDS.toNanos(10) : 0);
        flush();
        // Twice, because an answer may make the client send after a while.
        for (int quiet = 0; quiet < 2; ) {
            pause(1);
            transport.awaitArrivals();
            flush();
            quiet = transport.isDue() && System.nanoTime() < end ? 0 : quiet + 1;
        }
        transport.expectNothing();
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lets callbacks run, and what they cause. */
    private void flush() {
        try {
            for (int i = 0; i < 3; i++) {
                callbacks.submit(() -> {}).get();
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private String counts() {
        int timers = manual != null ? manual.timers() : real != null ? real.timers() : 0;
        return "\"timers\":" + timers + ",\"listeners\":0,\"sockets\":" + transport.open();
    }

    /** The delays that clients would wait after the first failures. */
    private static void delays(JsonObject command) {
        var delays = new ArrayList<Long>();
        long attempt = command.integer("attempt", 0);
        for (int seed = 1; seed <= command.integer("seeds", 0); seed++) {
            var clock = new ManualClock(seed);
            var seen = new ArrayList<Long>();
            var client = BroadcasterClient.builder(URI.create(command.requiredString("url")))
                    .token("a.b.c")
                    .executor(Runnable::run)
                    .clock(clock)
                    .transport(new RefusingTransport())
                    .listener(new ClientListener() {
                        @Override
                        public void onState(StateEvent event) {
                            if (event.retryIn() != null) {
                                seen.add(event.retryIn().toMillis());
                            }
                        }
                    })
                    .build();
            client.connect();
            while (seen.size() <= attempt) {
                clock.advance(seen.get(seen.size() - 1));
            }
            delays.add(seen.get((int) attempt));
            client.close();
        }
        say("{\"event\":\"delays\",\"delays\":" + delays + "}");
    }

    private void cycles(long count) throws Exception {
        for (int i = 0; i < 100; i++) {
            cycle();
        }
        long before = heap();
        for (int i = 0; i < count; i++) {
            cycle();
        }
        say("{\"event\":\"cycles\",\"count\":" + count + ",\"grownBytes\":" + (heap() - before) + "," + counts() + "}");
    }

    private void cycle() throws Exception {
        BroadcasterClient client = clients.get("one");
        client.connect();
        client.ready().get(10, TimeUnit.SECONDS);
        client.disconnect();
        flush();
        // The kit counts connections that are open at a time, and the end of one may come behind the next.
        while (transport.open() > 0) {
            Thread.onSpinWait();
        }
    }

    private static long heap() throws InterruptedException {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            Thread.sleep(50);
            System.gc();
            least = Math.min(
                    least,
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return least;
    }

    private void end() {
        clients.values().forEach(BroadcasterClient::close);
        for (int i = 0; i < 100 && transport.open() > 0; i++) {
            pause(20);
        }
        flush();
        long threads = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.isDaemon() && thread != Thread.currentThread())
                .filter(thread -> !thread.getName().equals("DestroyJavaVM"))
                .count();
        var thrown = new StringBuilder();
        unhandled.forEach(each -> thrown.append(thrown.isEmpty() ? "" : ",").append(Json.quote(each)));
        say("{\"event\":\"end\",\"leaks\":{" + counts() + ",\"threads\":" + threads + "},\"unhandled\":[" + thrown
                + "]}");
    }

    static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** The members of an error. */
    static String error(Throwable error) {
        String code = error instanceof BroadcasterException e
                ? e.code()
                : error.getClass().getSimpleName();
        boolean retryable = error instanceof BroadcasterException e && e.retryable();
        int status = error instanceof BroadcasterException.Unavailable e ? e.status() : 0;
        return "\"code\":" + Json.quote(code) + ",\"message\":" + Json.quote(String.valueOf(error.getMessage()))
                + ",\"retryable\":" + retryable + ",\"isError\":true" + (status == 0 ? "" : ",\"status\":" + status);
    }

    /** A subscriber that asks for messages one by one. */
    private static final class TesteeReader implements java.util.concurrent.Flow.Subscriber<Message> {
        private final String handle;
        private final CompletableFuture<java.util.concurrent.Flow.Subscription> subscription =
                new CompletableFuture<>();
        private volatile CountDownLatch next = new CountDownLatch(1);
        private volatile int items;
        private volatile boolean over;
        private volatile Throwable error;

        TesteeReader(String handle) {
            this.handle = handle;
        }

        void read(long count) throws Exception {
            for (long i = 0; i < count; i++) {
                items = 0;
                next = new CountDownLatch(1);
                if (!over) {
                    subscription.get(10, TimeUnit.SECONDS).request(1);
                    if (!next.await(20, TimeUnit.SECONDS)) {
                        throw new IllegalStateException("no message");
                    }
                }
                if (items == 0) {
                    say("{\"event\":\"iteratorEnd\",\"handle\":" + Json.quote(handle)
                            + (error == null ? "" : ",\"error\":{" + Testee.error(error) + "}") + "}");
                    error = null; // It ends with the reason once.
                }
            }
        }

        void leave() throws Exception {
            subscription.get(10, TimeUnit.SECONDS).cancel();
            over = true;
        }

        @Override
        public void onSubscribe(java.util.concurrent.Flow.Subscription given) {
            subscription.complete(given);
        }

        @Override
        public void onNext(Message m) {
            items = 1;
            say("{\"event\":\"item\",\"handle\":" + Json.quote(handle) + ",\"seq\":" + m.seq() + ",\"payload\":"
                    + m.json() + "}");
            next.countDown();
        }

        @Override
        public void onError(Throwable thrown) {
            error = thrown;
            over = true;
            next.countDown();
        }

        @Override
        public void onComplete() {
            over = true;
            next.countDown();
        }
    }

    private static final class TesteeListener implements ClientListener {
        @Override
        public void onState(StateEvent e) {
            say("{\"event\":\"state\",\"state\":" + Json.quote(lower(e.state()))
                    + (e.retryIn() == null ? "" : ",\"retryIn\":" + e.retryIn().toMillis())
                    + (e.code() == null ? "" : ",\"code\":" + e.code())
                    + (e.reason() == null ? "" : ",\"reason\":" + Json.quote(e.reason()))
                    + (e.error() == null ? "" : ",\"error\":{" + error(e.error()) + "}") + "}");
        }

        @Override
        public void onError(Throwable error) {
            say("{\"event\":\"error\"," + Testee.error(error) + "}");
        }

        @Override
        public void onSlowConsumer() {
            say("{\"event\":\"warning\",\"type\":\"slow consumer\"}");
        }
    }

    private static final class TesteeChannelListener implements ChannelListener {
        private final String handle;
        private final long quiet;
        private long count;
        private long seq;

        TesteeChannelListener(String handle, long quiet) {
            this.handle = handle;
            this.quiet = quiet;
        }

        private void tell(String event, String members) {
            say("{\"event\":\"" + event + "\",\"handle\":" + Json.quote(handle) + members + "}");
        }

        @Override
        public void onLive(Live live) {
            tell(
                    "live",
                    ",\"resumed\":" + live.resumed() + (live.missed() == null ? "" : ",\"missed\":" + live.missed()));
        }

        @Override
        public void onMessage(Message m) {
            if (quiet > 0) {
                count++;
                boolean inOrder = m.seq() == seq + 1;
                seq = m.seq();
                if (!inOrder || count % quiet == 0) {
                    tell("count", ",\"count\":" + count + ",\"inOrder\":" + inOrder);
                }
                return;
            }
            tell(
                    "message",
                    ",\"id\":" + Json.quote(m.id()) + ",\"seq\":" + m.seq() + ",\"channel\":" + Json.quote(m.channel())
                            + ",\"name\":" + Json.quote(m.event()) + ",\"payload\":" + m.json() + ",\"json\":"
                            + Json.quote(m.json()) + ",\"replayed\":" + m.replayed());
        }

        @Override
        public void onGap(Gap gap) {
            tell(
                    "gap",
                    ",\"cause\":" + Json.quote(lower(gap.cause()))
                            + (gap.count() == null ? "" : ",\"count\":" + gap.count())
                            + (gap.from() == null ? "" : ",\"from\":" + gap.from() + ",\"to\":" + gap.to()));
        }

        @Override
        public void onCaughtUp() {
            tell("caughtUp", "");
        }

        @Override
        public void onEnded(String reason) {
            tell("ended", ",\"reason\":" + Json.quote(reason));
        }

        @Override
        public void onFailed(BroadcasterException error) {
            tell("failed", "," + error(error));
        }
    }

    /** Time as it is; counts the timers. */
    private static final class RealClock implements Clock {
        private final AtomicInteger pending = new AtomicInteger();

        int timers() {
            return pending.get();
        }

        @Override
        public long millis() {
            return SharedThreads.CLOCK.millis();
        }

        @Override
        public double random() {
            return SharedThreads.CLOCK.random();
        }

        @Override
        public Cancel schedule(long millis, Runnable task) {
            pending.incrementAndGet();
            var over = new AtomicInteger();
            var timer = SharedThreads.CLOCK.schedule(millis, () -> {
                if (over.getAndIncrement() == 0) {
                    pending.decrementAndGet();
                }
                task.run();
            });
            return () -> {
                if (over.getAndIncrement() == 0) {
                    pending.decrementAndGet();
                }
                timer.cancel();
            };
        }
    }

    /** A network that refuses every connection at once. */
    private static final class RefusingTransport implements Transport {
        @Override
        public Socket open(URI uri, Listener listener) {
            listener.onClose(1006, "refused");
            return new Socket() {
                @Override
                public void send(String text) {}

                @Override
                public long waiting() {
                    return 0;
                }

                @Override
                public void read(boolean on) {}

                @Override
                public void close(int code, String reason) {}

                @Override
                public void abort() {}
            };
        }
    }
}
