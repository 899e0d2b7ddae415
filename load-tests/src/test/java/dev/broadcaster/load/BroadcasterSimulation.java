package dev.broadcaster.load;

import static io.gatling.javaapi.core.CoreDsl.asLongAs;
import static io.gatling.javaapi.core.CoreDsl.asLongAsDuring;
import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.bodyString;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.doIf;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.ws;

import io.gatling.http.action.ws.WsInboundMessage;
import io.gatling.javaapi.core.ActionBuilder;
import io.gatling.javaapi.core.Assertion;
import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.http.HttpProtocolBuilder;
import io.gatling.javaapi.http.WsFrameCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * The common parts of all simulations: their target, the steps of a client, and the verdict. A user checks every
 * received frame; a fault makes its last step fail, and every simulation asserts that no step failed.
 */
abstract class BroadcasterSimulation extends Simulation {
    /** The step of a user that fails if a message was lost, duplicated or wrong. */
    static final String CHECKED = "every message, none twice, no hole";
    /** The step that fails if the second attempt to sign in fails. */
    static final String SIGNED_IN = "connected, authenticated, subscribed";
    /** The step whose response time is the 99th percentile of all deliveries. */
    static final String DELIVERY_P99 = "delivery, p99 of all";
    /** The step whose response time is the slowest delivery since the user's last check. */
    static final String DELIVERY = "delivery, slowest of a second";

    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration REPLY_LIMIT = Duration.ofSeconds(10);
    private static final Duration LATE_LIMIT = Duration.ofSeconds(5);
    private static final int MOST_UNREAD_FRAMES = 1_000_000;

    final Scale scale;
    final Target target;
    final Publishers publishers;
    final Ledger ledger = new Ledger();
    final Latencies latencies = new Latencies();
    /** The prefix of the names of all channels, unique for a run. */
    final String prefix = "load:" + Long.toString(System.currentTimeMillis(), 36);

    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final LongAdder messages = new LongAdder();
    private final LongAdder recovered = new LongAdder();
    private final LongAdder notRecovered = new LongAdder();
    private volatile long startedAtMillis;

    BroadcasterSimulation(Scale scale) {
        this(scale, Map.of());
    }

    /** With settings for the nodes that it may start. */
    BroadcasterSimulation(Scale scale, Map<String, String> settings) {
        this.scale = scale;
        this.target = Target.open(settings);
        this.publishers = new Publishers(target.apiKey(), ledger, scale.payloadBytes());
        System.out.println(getClass().getSimpleName() + ": " + scale);
    }

    @Override
    public void before() {
        startedAtMillis = System.currentTimeMillis();
    }

    @Override
    public void after() {
        target.close();
        System.out.printf(
                "%n%d messages checked, delivered in p50 %d ms, p99 %d ms, max %d ms; %d subscriptions recovered, %d not%n",
                messages.sum(),
                latencies.percentile(0.5),
                latencies.percentile(0.99),
                latencies.percentile(1),
                recovered.sum(),
                notRecovered.sum());
        problems.stream().distinct().limit(20).forEach(problem -> System.out.println("PROBLEM: " + problem));
    }

    HttpProtocolBuilder protocol() {
        return http.baseUrls(target.urls())
                .wsBaseUrls(target.webSocketUrls())
                .wsUnmatchedInboundMessageBufferSize(MOST_UNREAD_FRAMES)
                .wsReconnect()
                .wsMaxReconnects(1000)
                .shareConnections()
                .userAgentHeader("broadcaster-load-tests");
    }

    /** Runs the populations, then checks: no step failed, deliveries were in time. */
    SetUp run(List<PopulationBuilder> populations, Assertion... more) {
        List<Assertion> assertions = new ArrayList<>(List.of(more));
        assertions.add(0, global().failedRequests().count().is(0L));
        return judge(populations, assertions);
    }

    /** Like {@link #run}, but only these steps must not fail: a failed first attempt counts among the others. */
    SetUp runPatiently(List<PopulationBuilder> populations, List<String> steps, Assertion... more) {
        List<Assertion> assertions = new ArrayList<>(List.of(more));
        steps.forEach(
                step -> assertions.add(0, details(step).failedRequests().count().is(0L)));
        return judge(populations, assertions);
    }

    private SetUp judge(List<PopulationBuilder> populations, List<Assertion> assertions) {
        PopulationBuilder verdict = scenario("verdict")
                .exec(dummy(DELIVERY_P99, session -> latencies.percentile(0.99)))
                .injectOpen(atOnceUsers(1));
        List<PopulationBuilder> all = new ArrayList<>(populations);
        // The one with the longest steps has to be the first: the verdict follows it.
        all.set(0, all.get(0).andThen(verdict));
        assertions.add(details(CHECKED).successfulRequests().count().gt(0L));
        assertions.add(
                details(DELIVERY_P99).responseTime().max().lte((int) scale.p99().toMillis()));
        return setUp(all).protocols(protocol()).assertions(assertions);
    }

    /** A channel of this run. */
    String channel(int number) {
        return prefix + ":c" + number;
    }

    /** True if this time has passed since the start. */
    boolean isOver(Duration time) {
        return System.currentTimeMillis() >= startedAtMillis + time.toMillis();
    }

    /** Connects, authenticates and subscribes; repeats this when the node has closed the connection meanwhile. */
    ChainBuilder connect(Function<Session, List<String>> channels) {
        return exec(withInbox(channels))
                .exec(open(reply("auth"), reply("subscribe")))
                .exitHereIfFailed();
    }

    /**
     * Like {@link #connect(Function)}; if the node refuses the client, or closes it during the sign-in, it tries once
     * more. {@link #SIGNED_IN} fails if the second attempt does.
     */
    ChainBuilder connectPatiently(Function<Session, List<String>> channels) {
        return exec(withInbox(channels))
                .exec(session -> session.set("askedAt", System.currentTimeMillis()))
                .exec(open(reply("auth").silent(), reply("subscribe").silent()))
                .doIf(session -> !inbox(session).hasLastResult())
                // Gatling reconnects before it sends.
                .then(exec(Session::markAsSucceeded)
                        .pause(Duration.ofMillis(200), Duration.ofSeconds(1))
                        .exec(request("heartbeat", session -> "{}")))
                .exec(session -> session.set("millis", (int) (System.currentTimeMillis() - session.getLong("askedAt"))))
                .exec(dummy(SIGNED_IN, session -> session.getInt("millis"))
                        .withSuccess(session -> inbox(session).isSubscribedTo(session.getList("channels"))))
                .exitHereIfFailed();
    }

    private Function<Session, Session> withInbox(Function<Session, List<String>> channels) {
        return session -> session.set("inbox", new Inbox(ledger, latencies)).set("channels", channels.apply(session));
    }

    private ChainBuilder open(WsFrameCheck.Text authReply, WsFrameCheck.Text subscribeReply) {
        ChainBuilder signIn = exec(send("auth", this::auth, authReply))
                .foreach("#{channels}", "channel")
                // When it is closed, the rest would be sent on another connection.
                .on(doIf(session -> inbox(session).hasLastResult())
                        .then(send(
                                "subscribe",
                                session -> inbox(session).subscribe(session.getString("channel")),
                                subscribeReply)));
        return exec(ws("connect").connect("/websocket").onConnected(signIn));
    }

    private String auth(Session session) {
        String token = target.token("user-" + session.userId(), prefix);
        return inbox(session).request("auth", "{\"token\":\"" + token + "\"}");
    }

    /** A request of the protocol, with its reply. */
    static ChainBuilder request(String method, Function<Session, String> params) {
        return send(method, session -> inbox(session).request(method, params.apply(session)), reply(method));
    }

    /**
     * A request; then {@code done}, if it was answered with a result, else {@code again}, like a client that the node
     * has just closed. The first attempt counts only if it succeeds.
     */
    static ChainBuilder requestPatiently(
            String method, Function<Session, String> params, Function<Session, Session> done, ChainBuilder again) {
        return exec(session ->
                        session.set("asked", inbox(session).nextRequestId()).set("askedAt", System.currentTimeMillis()))
                .exec(send(
                        method,
                        session -> inbox(session).request(method, params.apply(session)),
                        reply(method).silent()))
                .exec(session -> session.set("millis", (int) (System.currentTimeMillis() - session.getLong("askedAt"))))
                .doIfOrElse(session -> inbox(session).hasResult(session.getLong("asked")))
                .then(exec(done).exec(dummy(method + " reply", session -> session.getInt("millis"))))
                .orElse(exec(Session::markAsSucceeded).exec(again));
    }

    private static WsFrameCheck.Text reply(String method) {
        return ws.checkTextMessage(method + " reply")
                .matching(bodyString()
                        .transformWithSession(
                                (frame, session) -> inbox(session).onFrame(frame, System.currentTimeMillis()))
                        .exists())
                .check(jsonPath("$.result").exists());
    }

    /** Gatling drops unread frames when it sends, and those that match no check: so all pass through the inbox. */
    private static ChainBuilder send(String method, Function<Session, String> text, WsFrameCheck.Text reply) {
        return exec(read()).exec(ws(method).sendText(text).await(REPLY_LIMIT).on(reply));
    }

    /** Reads and checks the received frames. */
    static ActionBuilder read() {
        return ws.processUnmatchedMessages((frames, session) -> {
            Inbox inbox = inbox(session);
            for (WsInboundMessage frame : frames) {
                if (frame instanceof WsInboundMessage.Text text) {
                    inbox.onFrame(text.message(), text.timestamp());
                }
            }
            return session.set("slowest", inbox.takeSlowestMillis());
        });
    }

    /** Listens while the condition holds. */
    static ChainBuilder listen(Function<Session, Boolean> condition) {
        return asLongAs(condition)
                .on(pause(POLL)
                        .exec(read())
                        .doIf(session -> session.getInt("slowest") >= 0)
                        .then(dummy(DELIVERY, session -> session.getInt("slowest"))));
    }

    /** Waits for outstanding messages, checks all received ones, and closes. */
    ChainBuilder leave() {
        return leave(awaitMissing());
    }

    /**
     * Like {@link #leave()}; {@code comeBack} is for users that miss messages because their connection has ended
     * meanwhile.
     */
    ChainBuilder leavePatiently(ChainBuilder comeBack) {
        return leave(
                awaitMissing().doIf(session -> inbox(session).missing() > 0).then(comeBack.exec(awaitMissing())));
    }

    private static ChainBuilder awaitMissing() {
        return asLongAsDuring(session -> inbox(session).missing() > 0, LATE_LIMIT)
                .on(pause(Duration.ofMillis(50)).exec(read()));
    }

    private ChainBuilder leave(ChainBuilder wait) {
        return exec(read())
                .exec(session -> {
                    inbox(session).close();
                    return session;
                })
                .exec(wait)
                .exec(session -> {
                    Inbox inbox = inbox(session);
                    problems.addAll(inbox.problems());
                    messages.add(inbox.received());
                    recovered.add(inbox.recovered());
                    notRecovered.add(inbox.notRecovered());
                    return session;
                })
                .exec(dummy(CHECKED, 0)
                        .withSuccess(session -> inbox(session).problems().isEmpty()))
                .exec(ws("close").close());
    }

    static Inbox inbox(Session session) {
        Inbox inbox = session.get("inbox");
        if (inbox == null) {
            throw new IllegalStateException("the user has not connected");
        }
        return inbox;
    }
}
