package dev.broadcaster.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.metrics.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The sharing of an account that is too small for all holders. */
class AccountTest {
    private final Metrics metrics = new Metrics();
    private final Account account = new MemoryBudget(10_000_000, metrics).account(Purpose.INPUT);

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void holder_mayTakeAnEighthOfWhatIsFree() {
        assertThat(account.limit()).isEqualTo(1_000_000);
        assertThat(account.take(0, 125_001, account.limit())).isFalse();
        assertThat(account.used()).isZero();
        assertThat(account.take(0, 125_000, account.limit())).isTrue();
        assertThat(account.used()).isEqualTo(125_000);
        assertThat(account.share(account.limit())).isEqualTo(875_000 / 8);
    }

    @Test
    void smallHolder_mayTakeTheFloor_whenTheAccountIsFull() {
        account.add(account.limit() + 1);

        assertThat(account.take(0, Account.FLOOR_BYTES, account.limit())).isTrue();
        assertThat(account.take(Account.FLOOR_BYTES, 1, account.limit())).isFalse();
        assertThat(account.take(0, Account.FLOOR_BYTES + 1, account.limit())).isFalse();
    }

    /** Strangers may fill a half: a client that has authenticated still gets an eighth of the other half. */
    @Test
    void holdersOfPartOfTheLimit_leaveTheRestToOthers() {
        long half = account.limit() / 2;
        int strangers = 100;
        for (int i = 0; i < strangers; i++) {
            long held = 0;
            while (account.take(held, 1_000, half)) {
                held += 1_000;
            }
        }

        assertThat(account.used()).isLessThanOrEqualTo(half + strangers * Account.FLOOR_BYTES);
        assertThat(account.take(0, (account.limit() - account.used()) / 8, account.limit()))
                .isTrue();
    }

    /**
     * Many threads that take for separate holders: never more than the limit and the minimum shares, and 0 at the end.
     */
    @Test
    void total_staysWithinTheLimitAndTheFloors_whenManyThreadsTake() throws Exception {
        int threads = 8;
        int holders = 20;
        AtomicLong most = new AtomicLong();
        List<Thread> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            Random random = new Random(t);
            Thread thread = new Thread(() -> takeAndGiveBack(random, holders, most));
            running.add(thread);
            thread.start();
        }
        for (Thread thread : running) {
            thread.join();
        }
        assertThat(most.get())
                .isBetween(account.limit() / 2, account.limit() + (long) threads * holders * Account.FLOOR_BYTES);
        assertThat(account.used()).isZero();
    }

    private void takeAndGiveBack(Random random, int holders, AtomicLong most) {
        long[] held = new long[holders];
        for (int i = 0; i < 20_000; i++) {
            int holder = random.nextInt(holders);
            long bytes = 1 + random.nextInt(60_000);
            if (random.nextInt(8) == 0) {
                account.add(-held[holder]);
                held[holder] = 0;
            } else if (account.take(held[holder], bytes, account.limit())) {
                held[holder] += bytes;
                most.accumulateAndGet(account.used(), Math::max);
            }
        }
        for (long rest : held) {
            account.add(-rest);
        }
    }
}
