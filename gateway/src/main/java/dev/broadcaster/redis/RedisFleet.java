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
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that are joined by Redis. They ask each other over a channel of the relay that no client can name, so questions
 * are in one order on all nodes and a lost one is noticed. Each node has another such channel for the answers to it. Leases
 * in Redis tell which nodes live; revocations are kept there too ({@link Membership}).
 */
public final class RedisFleet implements Fleet {
    private static final String QUESTIONS = HistoryConfig.INTERNAL + "control";
    private static final String ANSWERS = HistoryConfig.INTERNAL + "answers:";
    private static final byte[] EVENT = "\"control\"".getBytes(StandardCharsets.US_ASCII);

    private final RedisRelay relay;
    private final String self;
    private final Revocations revocations;
    private final MessageIds ids;
    private final TimingWheel wheel;
    private final Executor executor;
    private final ControlMetrics metrics;
    private final Membership membership; // owned by the event loop
    private final Map<String, Call> calls = new ConcurrentHashMap<>();

    @SuppressWarnings("NullAway.Init") // start, before anything else
    private volatile Node node;

    /**
     * A fleet over {@code relay}, which is not started yet.
     *
     * @param revocations those of the verifier of tokens
     * @param ids makes the name of this node
     * @param executor writes and reads answers, which may be large, and makes the outcomes
     */
    public RedisFleet(
            RedisRelay relay,
            Revocations revocations,
            MessageIds ids,
            TimingWheel wheel,
            Executor executor,
            ControlMetrics metrics) {
        this.relay = relay;
        this.self = ids.next();
        this.revocations = revocations;
        this.ids = ids;
        this.wheel = wheel;
        this.executor = executor;
        this.metrics = metrics;
        FleetState state = relay.fleetState(
                self, KeyNames.partition(QUESTIONS), revocations, ids::next, () -> node.closeRevoked());
        this.membership = new Membership(relay, state, revocations, wheel, metrics);
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
                    membership.onLoss();
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
        membership.start();
    }

    private void subscribe(String channel) {
        relay.subscribe(channel, new SubscribeCallback() {
            @Override
            public void onSubscribed() {
                if (channel.equals(QUESTIONS)) {
                    membership.onListening();
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
    public void ask(Question question, Consumer<@Nullable Outcome> callback) {
        Revocation revocation = null;
        if (question instanceof Question.Disconnect disconnect && disconnect.revoke()) {
            revocation = revocations.revoke(disconnect.user(), disconnect.reason());
            if (revocation == null) {
                callback.accept(null);
                return;
            }
        }
        Call call = new Call(ids.next(), new Gathering(question, executor, callback), revocation);
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
        if (message.channel().equals(QUESTIONS)) {
            if (ControlMessage.parse(message.payload()) instanceof ControlMessage.Ask ask
                    && !ask.from().equals(self)) {
                onAsk(ask); // on the event loop: revocations are learned in order
            }
        } else {
            executor.execute(() -> {
                if (ControlMessage.parse(message.payload()) instanceof ControlMessage.Reply reply) {
                    add(reply.call(), reply.from(), reply.answer());
                }
            });
        }
    }

    private void onAsk(ControlMessage.Ask ask) {
        Revocation revocation = ask.revocation();
        if (revocation != null && ask.question() instanceof Question.Disconnect disconnect) {
            membership.onRevoked(disconnect.user(), revocation, ask.version());
        }
        if (ask.question() instanceof Question.Forget forget) {
            relay.forgetRecent(forget.channel());
        }
        node.answer(
                ask.question(),
                answer -> executor.execute(() -> {
                    byte[] json = ControlMessage.json(new ControlMessage.Reply(ask.call(), self, answer));
                    relay.publish(new Publication(ANSWERS + ask.from(), EVENT, json, null), outcome -> {});
                }));
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
                membership.revoke(disconnect.user(), revocation, version, written -> {
                    if (written) {
                        onStep();
                    }
                });
            }
            byte[] json = ControlMessage.json(new ControlMessage.Ask(id, self, question, revocation, version));
            relay.publish(new Publication(QUESTIONS, EVENT, json, null), outcome -> {
                if (outcome instanceof PublishOutcome.Accepted) {
                    onStep();
                }
            });
            relay.offer(loop -> membership.nodes(all -> {
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
        return membership.trouble();
    }

    /** Ends the lease, so that other nodes do not wait for this one. Blocks briefly; not on the event loop. */
    @Override
    public void close() {
        membership.leave();
    }
}
