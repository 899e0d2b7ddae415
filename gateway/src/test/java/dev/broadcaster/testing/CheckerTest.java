package dev.broadcaster.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Checker.Verdict;
import dev.broadcaster.testing.Ledger.Outcome;
import dev.broadcaster.testing.Ledger.Published;
import dev.broadcaster.testing.Ledger.Received;
import dev.broadcaster.testing.Ledger.Seen;
import dev.broadcaster.testing.Ledger.Subscription;
import dev.broadcaster.testing.Ledger.Unbroken;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The checker finds each violation of a promise in a hand-made log, and none in a correct one. */
class CheckerTest {
    private final Ledger ledger = new Ledger();
    private final Subscription first = subscription("first", 0);
    private final Subscription second = subscription("second", 0);

    private Subscription subscription(String name, long live) {
        Subscription subscription = new Subscription(name, "c", live, live);
        ledger.subscribed(subscription);
        return subscription;
    }

    /** Message {@code number} of publisher p, sent at 10 times its number and answered 5 later. */
    private void publish(Outcome outcome, int... numbers) {
        for (int number : numbers) {
            publish("p", outcome, number);
        }
    }

    private void publish(String publisher, Outcome outcome, long number) {
        String id = outcome == Outcome.ACCEPTED ? publisher + number : "";
        ledger.published(new Published(publisher, number, "c", outcome, id, number * 10, number * 10 + 5));
    }

    private static void receive(Subscription subscription, long seq, long number) {
        receive(subscription, seq, "p", number);
    }

    private static void receive(Subscription subscription, long seq, String publisher, long number) {
        subscription.received(new Received(seq, publisher + number, publisher, number, number * 10 + 7));
    }

    private void assertBreaks(Holes holes, String rule) {
        assertThat(Checker.check(ledger, holes).violations())
                .hasSize(1)
                .first()
                .asString()
                .startsWith(rule + ": ");
    }

    private Verdict assertGood(Holes holes) {
        Verdict verdict = Checker.check(ledger, holes);
        assertThat(verdict.violations()).isEmpty();
        return verdict;
    }

    @Test
    void aCorrectLog_hasNoViolation() {
        publish(Outcome.ACCEPTED, 1, 2, 3);
        publish(Outcome.NOT_PUBLISHED, 4);
        publish(Outcome.UNKNOWN, 5, 6);
        for (Subscription subscription : new Subscription[] {first, second}) {
            receive(subscription, 1, 1);
            receive(subscription, 2, 2);
            receive(subscription, 3, 3);
            receive(subscription, 4, 5);
        }

        Verdict verdict = assertGood(Holes.NONE);

        assertThat(verdict).isEqualTo(new Verdict(verdict.violations(), 3, 1, 2, 8, 0, 0, 0, 0));
    }

    @Test
    void aRepeatedId_isFound() {
        publish(Outcome.ACCEPTED, 1);
        receive(first, 1, 1);
        receive(second, 1, 1);
        second.received(new Received(2, "p1", "p", 1, 30));

        assertThat(Checker.check(ledger, Holes.AT_LEAST_ONE).violations())
                .anyMatch(violation -> violation.startsWith("duplicate: second"));
        assertThat(Checker.check(ledger, Holes.AT_LEAST_ONE).duplicates()).isEqualTo(1);
    }

    @Test
    void aReplayUnderANewId_isFound() {
        publish(Outcome.UNKNOWN, 1);
        first.received(new Received(1, "a", "p", 1, 20));
        first.received(new Received(2, "b", "p", 1, 21));

        assertBreaks(Holes.EXACT, "duplicate");
    }

    @Test
    void aPublishersOrderBroken_isFound() {
        publish(Outcome.ACCEPTED, 1, 2, 3);
        for (Subscription subscription : new Subscription[] {first, second}) {
            receive(subscription, 1, 1);
            receive(subscription, 2, 3);
            receive(subscription, 3, 2);
        }

        assertThat(Checker.check(ledger, Holes.NONE).violations())
                .hasSize(2)
                .allMatch(violation -> violation.startsWith("publisher's order: "));
    }

    @Test
    void anUnknownMessageThatComesLate_isAllowedAndCounted() {
        publish(Outcome.UNKNOWN, 1);
        publish(Outcome.ACCEPTED, 2);
        for (Subscription subscription : new Subscription[] {first, second}) {
            receive(subscription, 1, 2);
            receive(subscription, 2, 1);
        }

        assertThat(assertGood(Holes.NONE).lateUnknown()).isEqualTo(2);
    }

    @Test
    void twoOrders_areFound_alsoAcrossThreeSubscribers() {
        publish("a", Outcome.ACCEPTED, 1);
        publish("b", Outcome.ACCEPTED, 1);
        publish("c", Outcome.ACCEPTED, 1);
        Subscription third = subscription("third", 0);
        String[][] orders = {{"a", "b"}, {"b", "c"}, {"c", "a"}};
        Subscription[] all = {first, second, third};
        for (int i = 0; i < all.length; i++) {
            receive(all[i], 1, orders[i][0], 1);
            receive(all[i], 3, orders[i][1], 1);
        }

        assertThat(Checker.check(ledger, Holes.EXACT).violations())
                .anyMatch(violation -> violation.startsWith("one order: c: subscribers disagree"));
    }

    @Test
    void seqThatFalls_isFound() {
        publish(Outcome.ACCEPTED, 1, 2);
        second.end();
        receive(first, 2, 1);
        receive(first, 2, 2);

        assertBreaks(Holes.EXACT, "seq");
    }

    @Test
    void aHole_isFound_whereNoneIsAllowed() {
        publish(Outcome.ACCEPTED, 1, 2, 3);
        second.end();
        receive(first, 1, 1);
        receive(first, 3, 3);

        assertBreaks(Holes.NONE, "hole");
        assertThat(assertGood(Holes.EXACT)).matches(verdict -> verdict.lost() == 1 && verdict.holes() == 1);
    }

    @Test
    void aSilentLoss_isFound() {
        publish(Outcome.ACCEPTED, 1, 2, 3);
        second.end();
        receive(first, 1, 1);
        receive(first, 2, 3);

        assertBreaks(Holes.EXACT, "silent loss");
        assertBreaks(Holes.AT_LEAST_ONE, "silent loss");
    }

    @Test
    void aLossWithoutAHoleAtTheEnd_isFound_unlessTheSubscriptionEnded() {
        publish(Outcome.ACCEPTED, 1, 2);
        second.end();
        receive(first, 1, 1);

        assertBreaks(Holes.EXACT, "silent loss");

        first.end();
        assertGood(Holes.EXACT);
    }

    @Test
    void aLossBeforeTheFirstFrame_isFound() {
        publish(Outcome.ACCEPTED, 1, 2);
        second.end();
        receive(first, 1, 2);

        assertBreaks(Holes.EXACT, "silent loss");
    }

    @Test
    void messagesPublishedBeforeTheReply_mayBeMissing() {
        publish(Outcome.ACCEPTED, 1, 2);
        first.end();
        second.end();
        receive(subscription("later", 12), 1, 2);

        assertGood(Holes.NONE);
    }

    @Test
    void aHoleElsewhere_doesNotExcuseALoss() {
        publish(Outcome.ACCEPTED, 1, 2, 3, 4);
        second.end();
        receive(first, 2, 1); // a hole before 1, but 3 is missing
        receive(first, 3, 2);
        receive(first, 4, 4);

        assertThat(Checker.check(ledger, Holes.EXACT).violations())
                .hasSize(2)
                .anyMatch(violation -> violation.startsWith("silent loss: "))
                .anyMatch(violation -> violation.startsWith("hole without a loss: "));
    }

    @Test
    void aHoleSmallerThanTheLoss_isFound_unlessCountersWereLost() {
        publish(Outcome.ACCEPTED, 1, 2, 3, 4);
        second.end();
        receive(first, 1, 1);
        receive(first, 3, 4);

        assertBreaks(Holes.EXACT, "silent loss");
        assertGood(Holes.AT_LEAST_ONE);
    }

    @Test
    void aHoleLargerThanTheLoss_isFound_unlessCountersWereLost() {
        publish(Outcome.ACCEPTED, 1, 2, 3);
        second.end();
        receive(first, 1, 1);
        receive(first, 4, 3);

        assertBreaks(Holes.EXACT, "hole without a loss");
        assertGood(Holes.AT_LEAST_ONE);
    }

    @Test
    void aHoleLargerThanTheLoss_isFound_outsideTheTimeInWhichCountersWereLost() {
        publish(Outcome.ACCEPTED, 1, 2, 3, 4);
        second.end();
        receive(first, 1, 1);
        receive(first, 4, 2); // at 27
        receive(first, 5, 3);
        receive(first, 8, 4); // at 47
        HoleRule untilThirty = (channel, from, to) -> from < 30 ? Holes.AT_LEAST_ONE : Holes.EXACT;

        assertThat(Checker.check(ledger, untilThirty).violations())
                .singleElement()
                .asString()
                .startsWith("hole without a loss: ")
                .contains("seq=8");
        assertThat(Checker.check(ledger, (channel, from, to) -> channel.equals("c") ? Holes.AT_LEAST_ONE : Holes.NONE)
                        .violations())
                .isEmpty();
    }

    @Test
    void aSilentLoss_isFound_alsoWhereAHoleMayBeLarger() {
        publish(Outcome.ACCEPTED, 1, 2, 3, 4);
        second.end();
        receive(first, 1, 1);
        receive(first, 4, 2);
        receive(first, 5, 4);

        assertBreaks(Holes.AT_LEAST_ONE, "silent loss");
    }

    @Test
    void anUnknownMessage_mayFillAHole() {
        publish(Outcome.ACCEPTED, 1, 3);
        publish(Outcome.UNKNOWN, 2);
        receive(first, 1, 1);
        receive(first, 3, 3);
        receive(second, 1, 1);
        receive(second, 2, 3);

        assertGood(Holes.EXACT);
    }

    @Test
    void unpublishedMessages_fillNoHole() {
        publish(Outcome.ACCEPTED, 1, 3);
        publish(Outcome.NOT_PUBLISHED, 2);
        second.end();
        receive(first, 1, 1);
        receive(first, 3, 3);

        assertBreaks(Holes.EXACT, "hole without a loss");
    }

    @Test
    void unpublishedMessages_areFound_whenTheyAreReceived() {
        publish(Outcome.NOT_PUBLISHED, 1);
        receive(first, 1, 1);

        assertBreaks(Holes.EXACT, "not published");
    }

    @Test
    void aMessageThatWasNeverPublished_isFound() {
        receive(first, 1, 1);

        assertThat(Checker.check(ledger, Holes.AT_LEAST_ONE).violations())
                .first()
                .asString()
                .startsWith("foreign: ");
    }

    @Test
    void anIdThatDiffersFromThePublishers_isFound() {
        publish(Outcome.ACCEPTED, 1);
        second.end();
        first.received(new Received(1, "other", "p", 1, 20));

        assertBreaks(Holes.NONE, "id");
    }

    @Test
    void theClock_limitsThePlaceOfALoss_ofAnotherPublisher() {
        publish("a", Outcome.ACCEPTED, 1);
        publish("b", Outcome.ACCEPTED, 3); // lost: answered at 35, before the next was sent
        publish("a", Outcome.ACCEPTED, 5);
        publish("a", Outcome.ACCEPTED, 7);
        second.end();
        receive(first, 1, "a", 1);
        receive(first, 2, "a", 5);
        receive(first, 4, "a", 7); // too late

        assertThat(Checker.check(ledger, Holes.EXACT).violations()).hasSize(2);
    }

    // ---- clients that return

    private void publishTo(String channel, Outcome outcome, long number, long offset) {
        String id = outcome == Outcome.ACCEPTED ? "E-" + offset : "";
        ledger.published(new Published("p", number, channel, outcome, id, number * 10, number * 10 + 5));
    }

    /** A client that subscribed at position 1, requested at 15 and live at 25. */
    private static Unbroken client(long... offsets) {
        List<Seen> seen = Arrays.stream(offsets)
                .mapToObj(offset -> new Seen(new HistoryId("E", offset), "p", offset))
                .toList();
        return new Unbroken("client", "c", new HistoryId("E", 1), 15, 25, seen);
    }

    private void assertUnbrokenBreaks(Unbroken client, String rule) {
        assertThat(Checker.checkUnbroken(ledger, List.of(client)))
                .singleElement()
                .asString()
                .startsWith(rule + ": ");
    }

    private void publishThree() {
        publishTo("c", Outcome.ACCEPTED, 1, 1);
        publishTo("c", Outcome.ACCEPTED, 2, 2);
        publishTo("c", Outcome.ACCEPTED, 3, 3);
    }

    @Test
    void aReturningClient_isComplete_withEverythingAfterItsPosition() {
        publishThree();
        publishTo("c", Outcome.UNKNOWN, 4, 4);
        publishTo("c", Outcome.ACCEPTED, 5, 5);

        assertThat(Checker.checkUnbroken(ledger, List.of(client(2, 3, 5), client(2, 3, 4, 5))))
                .isEmpty();
    }

    @Test
    void aReturningClient_mayMissMessagesBeforeItsPosition_thatWerePublishedBeforeItWasLive() {
        publishThree();
        publishTo("c", Outcome.ACCEPTED, 0, 0);

        assertThat(Checker.checkUnbroken(ledger, List.of(client(2, 3)))).isEmpty();
    }

    @Test
    void aMessageAfterThePosition_isMissed() {
        publishThree();

        assertUnbrokenBreaks(client(3), "silent loss");
    }

    @Test
    void aMessagePublishedWhileLive_isMissed_inAnotherEpochToo() {
        publishThree();
        ledger.published(new Published("p", 9, "c", Outcome.ACCEPTED, "F-1", 90, 95));

        assertUnbrokenBreaks(client(2, 3), "silent loss");
    }

    @Test
    void aMessageThatIsRecoveredTwice_isFound() {
        publishThree();

        assertUnbrokenBreaks(client(2, 3, 3), "duplicate");
    }

    @Test
    void aMessageWithoutAPublisher_isFoundAtAReturningClient() {
        publishThree();
        publishTo("other", Outcome.ACCEPTED, 4, 4);

        assertUnbrokenBreaks(client(2, 3, 4), "foreign");
    }

    @Test
    void aMessageThatWasNotPublished_isFoundAtAReturningClient() {
        publishThree();
        publishTo("c", Outcome.NOT_PUBLISHED, 4, 4);

        assertUnbrokenBreaks(client(2, 3, 4), "not published");
    }

    @Test
    void anIdThatDiffersFromThePublishers_isFoundAtAReturningClient() {
        publishThree();
        ledger.published(
                new Published("p", 4, "c", Outcome.ACCEPTED, "E-5", 20, 21)); // offset 5, sent before it was live
        List<Seen> seen = List.of(
                new Seen(new HistoryId("E", 2), "p", 2),
                new Seen(new HistoryId("E", 3), "p", 3),
                new Seen(new HistoryId("E", 5), "p", 4),
                new Seen(new HistoryId("E", 6), "p", 4));

        assertUnbrokenBreaks(new Unbroken("client", "c", new HistoryId("E", 1), 15, 25, seen), "id");
    }

    @Test
    void anIdOfTwoMessages_isFound() {
        publishThree();
        publishTo("c", Outcome.ACCEPTED, 4, 3);

        assertUnbrokenBreaks(client(2, 3), "id twice");
    }
}
