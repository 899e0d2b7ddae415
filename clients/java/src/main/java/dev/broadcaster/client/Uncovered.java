package dev.broadcaster.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Channels that the token does not cover: collects them for a moment, gets one token for all, and allows one more
 * attempt for each. Guarded by the client's lock.
 */
final class Uncovered {
    private static final long GATHER_MILLIS = 50;
    private static final double RETRY_MILLIS = 5_000;
    private static final int RETRIES = 3;

    private final Loop loop;
    private final Connection connection;
    private final Subscriptions subscriptions;
    /** Until the token is requested; also set meanwhile. */
    private Clock.@Nullable Cancel timer;
    /** Consecutive failures to get a token. */
    private int failures;

    Uncovered(Loop loop, Connection connection, Subscriptions subscriptions) {
        this.loop = loop;
        this.connection = connection;
        this.subscriptions = subscriptions;
    }

    /** One more channel was refused. */
    void askLater() {
        askLater(GATHER_MILLIS);
    }

    private void askLater(long millis) {
        if (timer == null) {
            timer = loop.after(millis, late -> ask());
        }
    }

    /** The connection has ended: the next one starts with the wanted channels. */
    void onLost() {
        failures = 0;
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void ask() {
        List<Subscription> asked = subscriptions.uncovered();
        List<String> channels = asked.stream().map(each -> each.channel).toList();
        var reason = new TokenReason(TokenReason.Kind.CHANNELS, channels, 0);
        connection.authentication().refresh(reason, new Authentication.Refresh() {
            @Override
            public void onTaken() {
                timer = null;
                failures = 0;
                asked.forEach(each -> each.coverage = Subscription.Coverage.ASKED);
                subscriptions.sync();
                askForRest();
            }

            @Override
            public void onFailed(boolean refused) {
                timer = null;
                if (refused || failures == RETRIES) {
                    failures = 0;
                    for (Subscription each : asked) {
                        each.coverage = Subscription.Coverage.ASKED;
                        subscriptions.fail(
                                each, new BroadcasterException.Denied(each.channel + ": no token covers it"));
                    }
                    askForRest();
                } else {
                    failures++;
                    askLater(loop.upTo(RETRY_MILLIS));
                }
            }
        });
    }

    /** Those that were refused meanwhile. */
    private void askForRest() {
        if (!subscriptions.uncovered().isEmpty()) {
            askLater();
        }
    }
}
