package dev.broadcaster.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SubscriptionTest {
    private final Ledger ledger = new Ledger();

    @Test
    void everythingIsFine_whenAllThatWasAcceptedCame() {
        Subscription subscription = subscribe();
        accept(3);

        subscription.onBroadcast(1, "a", 1);
        subscription.onBroadcast(2, "b", 2);
        subscription.onBroadcast(3, "c", 3);
        subscription.close();

        assertThat(subscription.holes()).isZero();
        assertThat(subscription.duplicates()).isZero();
        assertThat(subscription.missing()).isZero();
        assertThat(subscription.refused()).isZero();
        assertThat(subscription.lastId()).isEqualTo("c");
    }

    @Test
    void holeInSeq_hasItsSize() {
        Subscription subscription = subscribe();

        subscription.onBroadcast(1, "a", 1);
        subscription.onBroadcast(5, "b", 2);

        assertThat(subscription.holes()).isEqualTo(3);
    }

    @Test
    void holeBeforeTheFirstMessage_isSeen() {
        Subscription subscription = subscribe();

        subscription.onBroadcast(2, "a", 1);

        assertThat(subscription.holes()).isEqualTo(1);
    }

    @Test
    void lastMessages_areMissing_whenNothingComesBehindThem() {
        Subscription subscription = subscribe();
        accept(3);

        subscription.onBroadcast(1, "a", 1);
        subscription.close();

        assertThat(subscription.holes()).isZero();
        assertThat(subscription.missing()).isEqualTo(2);
    }

    @Test
    void whatWasIssuedBeforeTheSubscription_isNotDue() {
        accept(5);
        Subscription subscription = subscribe();
        accept(1);

        subscription.onBroadcast(1, "a", 6);
        subscription.close();

        assertThat(subscription.missing()).isZero();
    }

    @Test
    void nothingIsDue_beforeTheNodeHasConfirmed() {
        Subscription subscription = new Subscription("c", ledger);
        accept(2);
        subscription.close();

        assertThat(subscription.missing()).isZero();
    }

    @Test
    void whatIsAcceptedAfterTheClose_isNotDue() {
        Subscription subscription = subscribe();
        subscription.close();
        accept(1);

        assertThat(subscription.missing()).isZero();
    }

    @Test
    void messageThatComesTwice_isADuplicate_evenWithAFreshSeq() {
        Subscription subscription = subscribe();

        subscription.onBroadcast(1, "a", 1);
        subscription.onBroadcast(2, "a", 1);

        assertThat(subscription.duplicates()).isEqualTo(1);
    }

    @Test
    void seqThatGoesBack_isADuplicate() {
        Subscription subscription = subscribe();

        subscription.onBroadcast(1, "a", 1);
        subscription.onBroadcast(2, "b", 2);
        subscription.onBroadcast(2, "c", 3);

        assertThat(subscription.duplicates()).isEqualTo(1);
    }

    @Test
    void messageThatWasRefused_mayNotCome() {
        Subscription subscription = subscribe();
        ledger.refused("c", ledger.issue("c"));

        subscription.onBroadcast(1, "a", 1);

        assertThat(subscription.refused()).isEqualTo(1);
    }

    @Test
    void messageThatWasRefusedAndThenAccepted_hasToCome() {
        Subscription subscription = subscribe();
        int number = ledger.issue("c");
        ledger.refused("c", number);
        ledger.accepted("c", number);
        subscription.close();

        assertThat(subscription.missing()).isEqualTo(1);
        subscription.onBroadcast(1, "a", number);
        assertThat(subscription.missing()).isZero();
        assertThat(subscription.refused()).isZero();
    }

    @Test
    void messageThatWasRefused_mayCome_onceItIsTriedAgain_beforeItsPublisherHasTheAnswer() {
        Subscription subscription = subscribe();
        int number = ledger.issue("c");
        ledger.refused("c", number);
        ledger.triedAgain("c", number);
        subscription.onBroadcast(1, "a", number);
        subscription.close();

        assertThat(subscription.refused()).isZero();
        assertThat(subscription.missing()).isZero();
    }

    @Test
    void recoveredSubscription_countsSeqFromOne_andStillOwesEverything() {
        Subscription subscription = subscribe();
        accept(3);

        subscription.onBroadcast(1, "a", 1);
        subscription.onRecovered();
        subscription.onBroadcast(1, "b", 2);
        subscription.close();

        assertThat(subscription.holes()).isZero();
        assertThat(subscription.duplicates()).isZero();
        assertThat(subscription.missing()).isEqualTo(1);
    }

    private Subscription subscribe() {
        Subscription subscription = new Subscription("c", ledger);
        subscription.onConfirmed();
        return subscription;
    }

    private void accept(int count) {
        for (int i = 0; i < count; i++) {
            ledger.accepted("c", ledger.issue("c"));
        }
    }
}
