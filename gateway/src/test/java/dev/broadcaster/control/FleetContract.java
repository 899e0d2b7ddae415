package dev.broadcaster.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.auth.ChannelGrants;
import dev.broadcaster.auth.Identity;
import dev.broadcaster.auth.Revocations;
import dev.broadcaster.protocol.ListedChannel;
import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The promises of a {@link Fleet} with this node alone. */
public abstract class FleetContract {
    private static final Duration SOON = Duration.ofSeconds(30);

    private final Revocations revocations = new Revocations(Time.SYSTEM, Duration.ofHours(1));
    private final ConcurrentLinkedQueue<Question> asked = new ConcurrentLinkedQueue<>();
    private @Nullable Fleet fleet;

    /** A fleet that is not started. */
    protected abstract Fleet newFleet(Revocations known);

    /** Called after each test, before the fleet is closed. */
    protected void end() {}

    @AfterEach
    final void close() {
        if (fleet != null) {
            fleet.close();
        }
        end();
    }

    /** A ready fleet whose node answers with {@code answers}; null = it does not answer. */
    private Fleet start(Function<Question, @Nullable Answer> answers) {
        Fleet started = newFleet(revocations);
        fleet = started;
        started.start(new Node() {
            @Override
            public void answer(Question question, Consumer<Answer> callback) {
                asked.add(question);
                Answer answer = answers.apply(question);
                if (answer != null) {
                    callback.accept(answer);
                }
            }

            @Override
            public void closeRevoked() {}
        });
        await().atMost(SOON).until(() -> started.trouble() == null);
        return started;
    }

    private static @Nullable Outcome ask(Fleet of, Question question) throws Exception {
        CompletableFuture<@Nullable Outcome> outcome = new CompletableFuture<>();
        of.ask(question, outcome::complete);
        return outcome.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    /** The outcome of a question that was asked in time; a busy machine may need another one. */
    private static Outcome askAll(Fleet of, Question question) throws Exception {
        Outcome outcome = ask(of, question);
        for (int i = 0; i < 30 && (outcome == null || !outcome.complete()); i++) {
            outcome = ask(of, question);
        }
        assertThat(outcome).isNotNull();
        return outcome;
    }

    @Test
    void question_isAnsweredByTheNode() throws Exception {
        Answer page = Answer.ofChannels(List.of(new ListedChannel("a", 2), new ListedChannel("b", 1)), true);
        Fleet ready = start(question -> page);

        Outcome outcome = askAll(ready, new Question.Channels("", "", 2));

        assertThat(outcome).isEqualTo(new Outcome(page, 1, true));
        assertThat(asked).contains(new Question.Channels("", "", 2));
    }

    @Test
    void revocation_isInForce_whenTheNodeIsAsked() throws Exception {
        ChannelGrants all = ChannelGrants.of(List.of("*"));
        Identity identity = new Identity("alice", all, all, Long.MAX_VALUE, 5);
        Fleet ready = start(question -> Answer.ofCount(revocations.covering(identity) == null ? 0 : 1));

        Outcome outcome = askAll(ready, new Question.Disconnect("alice", true, "left"));

        assertThat(outcome.answer().count()).isEqualTo(1);
        assertThat(revocations.all().get("alice").reason()).isEqualTo("left");
    }

    @Test
    void disconnect_revokesNothing_whenItIsNotAskedTo() throws Exception {
        Fleet ready = start(question -> Answer.ofCount(3));

        assertThat(askAll(ready, new Question.Disconnect("alice", false, "moved")))
                .isEqualTo(new Outcome(Answer.ofCount(3), 1, true));
        assertThat(revocations.count()).isZero();
    }

    @Test
    void outcome_isNotComplete_whenTheNodeDoesNotAnswer() throws Exception {
        Fleet ready = start(question -> null);

        assertThat(ask(ready, new Question.User("alice")))
                .isEqualTo(new Outcome(new Answer(0, List.of(), List.of(), false), 0, false));
    }

    @Test
    void revocation_isRefused_whenThereIsNoRoom_andNothingIsAsked() throws Exception {
        Fleet ready = start(question -> Answer.ofCount(0));
        String user = "u".repeat(1_000_000);
        int count = 0;
        while (revocations.revoke(user + count, "left") != null) {
            count++;
        }

        assertThat(ask(ready, new Question.Disconnect(user + "-more", true, "left")))
                .isNull();
        assertThat(asked).isEmpty();
    }
}
