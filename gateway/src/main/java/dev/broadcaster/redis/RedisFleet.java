package dev.broadcaster.redis;

import dev.broadcaster.auth.Revocation;
import dev.broadcaster.auth.Revocations;
import dev.broadcaster.control.Answer;
import dev.broadcaster.control.Fleet;
import dev.broadcaster.control.Gathering;
import dev.broadcaster.control.Node;
import dev.broadcaster.control.Outcome;
import dev.broadcaster.control.Question;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.metrics.ControlMetrics;
import dev.broadcaster.redis.wire.ControlMessage;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.TimingWheel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that are joined by Redis. They ask each other over a channel of the relay that no client can name, so questions
 * are in one order on all nodes and a lost one is noticed. Each node has another such channel for the answers to it. Leases
 * in Redis tell which nodes live; revocations are kept there too ({@link FleetState}).
 */
public final class RedisFleet implements Fleet, RedisRelay.Watcher {
    private static final String QUESTIONS = HistoryConfig.INTERNAL + "control";
    private static final String ANSWERS = HistoryConfig.INTERNAL + "answers:";
    private static final byte[] EVENT = "\"control\"".getBytes(StandardCharsets.US_ASCII);
    private static final long TICK_NANOS = 1_000_000_000L;
    /** The ticks between two writings of the lease. */
    private static final int LEASE_TICKS = 5;
    /** The ticks after which revocations are read again, so that ended ones are deleted. */
    private static final int READ_TICKS = 3_600;

    private static final int EXPIRE_TICKS = 60;
    private static final long LEAVE_MILLIS = 500;

    private final RedisRelay relay;
    private final String self;
    private final Revocations revocations;
    private final MessageIds ids;
    private final TimingWheel wheel;
    private final ControlMetrics metrics;
    private final FleetState state; // owned by the event loop
    private final Map<String, Call> calls = new ConcurrentHashMap<>();
    private volatile @Nullable String trouble = "Redis: revocations are being read";
    private volatile int nodes = 1;
    private volatile boolean closed;

    // Owned by the event loop.
    private boolean listening; // to questions
    private boolean reliable; // the relay
    private int ticks;

    @SuppressWarnings("NullAway.Init") // start, before anything else
    private volatile Node node;

    private final TimingWheel.Timer ticker = new TimingWheel.Timer() {
        @Override
        protected void onExpired() {
            relay.offer(loop -> tick());
            if (!closed) {
                wheel.schedule(this, TICK_NANOS);
            }
        }
    };

    /**
     * A fleet over {@code relay}, which is not started yet.
     *
     * @param revocations those of the verifier of tokens
     * @param ids makes the name of this node
     */
    public RedisFleet(
            RedisRelay relay, Revocations revocations, MessageIds ids, TimingWheel wheel, ControlMetrics metrics) {
        this.relay = relay;
        this.self = ids.next();
        this.revocations = revocations;
        this.ids = ids;
        this.wheel = wheel;
        this.metrics = metrics;
        this.state = relay.fleetState(
                self, KeyNames.partition(QUESTIONS), revocations, ids::next, () -> node.closeRevoked());
        relay.watch(this);
        metrics.nodes(this, fleet -> fleet.nodes);
    }

    @Override
    public RelayListener listening(RelayListener hub) {
        return new RelayListener() {
            @Override
            public void onMessage(Message message) {
                if (message.channel().charAt(0) == HistoryConfig.INTERNAL) {
                    receive(message);
                } else {
                    hub.onMessage(message);
                }
            }

            @Override
            public void onLoss(String channel, long count) {
                if (channel.equals(QUESTIONS)) {
                    state.onAway();
                    sync();
                } else {
                    hub.onLoss(channel, count);
                }
            }

            @Override
            public boolean refusesPublish() {
                return hub.refusesPublish();
            }

            @Override
            public void onBatchBegin() {
                hub.onBatchBegin();
            }

            @Override
            public void onBatchEnd() {
                hub.onBatchEnd();
            }
        };
    }

    @Override
    public void start(Node newNode) {
        node = newNode;
        subscribe(QUESTIONS);
        subscribe(ANSWERS + self);
        wheel.schedule(ticker, TICK_NANOS);
    }

    private void subscribe(String channel) {
        relay.subscribe(channel, new SubscribeCallback() {
            @Override
            public void onSubscribed() {
                if (channel.equals(QUESTIONS)) {
                    listening = true;
                    sync();
                }
            }

            @Override
            public void onFailed(String reason) {
                relay.unsubscribe(channel);
                relay.subscribe(channel, this); // until it succeeds
            }
        });
    }

    @Override
    public void onAway() {
        reliable = false;
        state.onAway();
        tellTrouble();
    }

    @Override
    public void onBack() {
        reliable = true;
        sync();
    }

    /** Writes the lease, then reads the revocations: a later revocation is told to this node, or waits for its answer. */
    private void sync() {
        if (listening && reliable && !closed) {
            state.renew(FleetState.LEASE_MILLIS, this::onNodes);
            state.read();
        }
        tellTrouble();
    }

    private void tick() {
        ticks++;
        if (ticks % EXPIRE_TICKS == 0) {
            revocations.expire();
        }
        if (!listening || !reliable || closed) {
            return;
        }
        if (!state.isInStep()) {
            sync();
        } else if (ticks % READ_TICKS == 0) {
            state.read();
        } else if (ticks % LEASE_TICKS == 0) {
            state.renew(FleetState.LEASE_MILLIS, this::onNodes);
        }
        tellTrouble();
    }

    private void onNodes(@Nullable Set<String> living) {
        if (living != null) {
            nodes = living.size();
        }
        tellTrouble();
    }

    private void tellTrouble() {
        String refusal = state.refusal();
        trouble = state.isInStep()
                ? null
                : refusal == null ? "Redis: revocations are being read" : "Redis: revocations: refused: " + refusal;
    }

    @Override
    public void ask(Question question, Consumer<@Nullable Outcome> callback) {
        Revocation revocation = null;
        if (question instanceof Question.Disconnect disconnect && disconnect.revoke()) {
            revocation = revocations.revoke(disconnect.user(), disconnect.reason());
            if (revocation == null) {
                callback.accept(null);
                return;
            }
        }
        Call call = new Call(ids.next(), new Gathering(question, callback), revocation);
        calls.put(call.id, call);
        wheel.schedule(call, PATIENCE_NANOS);
        relay.offer(loop -> call.begin());
        node.answer(question, answer -> add(call.id, self, answer));
    }

    private void add(String id, String from, Answer answer) {
        Call call = calls.get(id);
        if (call == null || !call.gathering.add(from, answer)) {
            metrics.countLateAnswer();
        }
    }

    private void receive(Message message) {
        ControlMessage received = ControlMessage.parse(message.payload());
        if (received instanceof ControlMessage.Reply reply) {
            add(reply.call(), reply.from(), reply.answer());
        } else if (received instanceof ControlMessage.Ask ask && !ask.from().equals(self)) {
            onAsk(ask);
        }
    }

    private void onAsk(ControlMessage.Ask ask) {
        Revocation revocation = ask.revocation();
        if (revocation != null && ask.question() instanceof Question.Disconnect disconnect) {
            revocations.add(disconnect.user(), revocation);
            state.onVersion(ask.version());
        }
        if (ask.question() instanceof Question.Forget forget) {
            relay.forgetRecent(forget.channel());
        }
        node.answer(ask.question(), answer -> {
            byte[] json = ControlMessage.json(new ControlMessage.Reply(ask.call(), self, answer));
            relay.publish(new Publication(ANSWERS + ask.from(), EVENT, json, null), outcome -> {});
        });
    }

    /** A question of this node, until its outcome. */
    private final class Call extends TimingWheel.Timer {
        private final String id;
        private final Gathering gathering;
        private final @Nullable Revocation revocation;
        private final AtomicInteger missing; // steps
        private volatile Set<String> living = Set.of();

        Call(String id, Gathering gathering, @Nullable Revocation revocation) {
            this.id = id;
            this.gathering = gathering;
            this.revocation = revocation;
            this.missing = new AtomicInteger(revocation == null ? 2 : 3);
        }

        /**
         * Keeps the revocation, asks the nodes, and reads which of them live; in this order, so that a node that starts
         * meanwhile reads the revocation. If a step fails, the outcome is not complete.
         */
        void begin() {
            Question question = gathering.question();
            String version = ids.next();
            if (revocation != null && question instanceof Question.Disconnect disconnect) {
                state.write(disconnect.user(), revocation, version, written -> {
                    if (written) {
                        onStep();
                    }
                    tellTrouble();
                });
            }
            byte[] json = ControlMessage.json(new ControlMessage.Ask(id, self, question, revocation, version));
            relay.publish(new Publication(QUESTIONS, EVENT, json, null), outcome -> {
                if (outcome instanceof PublishOutcome.Accepted) {
                    onStep();
                }
            });
            relay.offer(loop -> state.renew(FleetState.LEASE_MILLIS, all -> {
                onNodes(all);
                if (all != null) {
                    living = all;
                    onStep();
                }
            }));
        }

        private void onStep() {
            if (missing.decrementAndGet() == 0) {
                gathering.expect(living);
            }
        }

        @Override
        protected void onExpired() {
            calls.remove(id);
            gathering.end();
        }
    }

    @Override
    public @Nullable String trouble() {
        return trouble;
    }

    /** Ends the lease, so that other nodes do not wait for this one. Blocks briefly; not on the event loop. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        wheel.cancel(ticker);
        CountDownLatch left = new CountDownLatch(1);
        relay.offer(loop -> state.renew(0, living -> left.countDown()));
        try {
            boolean unused = left.await(LEAVE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
