package dev.broadcaster.redis;

import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishOutcome;
import io.lettuce.core.RedisCommandExecutionException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The answers to one probe of a link, which tries everything that a node needs: the publish with all that the script can be
 * asked for, a reading of its history, its counter, and the end of a subscription. Owned by the event loop.
 */
final class ProbeRound implements PublishCallback, PublishCommand.ReplyHandler {
    /** Told what the answers say. */
    interface Listener {
        /** Redis has refused something. */
        void onRefused(String reason);

        /** Redis has published the probe, and refused something else. */
        void onLacking(String reason);

        /** Redis has done everything. */
        void onComplete();
    }

    private final Listener listener;
    private int missing = 1; // the publish
    private boolean failed;
    private @Nullable PublishCommand command; // set before it is sent

    ProbeRound(Listener listener) {
        this.listener = listener;
    }

    /** {@code command} is the publish, with this as its callback. */
    void publish(PublishCommand command) {
        this.command = command;
        command.probeHandler = this;
    }

    /** The publish was not sent, or refused. */
    @Override
    public void onOutcome(PublishOutcome outcome) {
        if (outcome instanceof PublishOutcome.NotPublished && command != null) {
            failed = true;
            String error = command.error();
            listener.onRefused(error == null ? "too much waits for its replies" : "refused: " + error);
        }
    }

    /** The script has run. */
    @Override
    public void onReply(PublishCommand reply) {
        String error = reply.error();
        String problem = error != null ? error : reply.problem();
        answer(problem == null ? null : "refused: " + problem);
    }

    /** Awaits another answer; one that does not come because the connection has ended says nothing. */
    void await(String command, CompletionStage<?> answer) {
        missing++;
        Answers.take(answer, (value, failure) -> {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (cause == null) {
                answer(null);
            } else if (cause instanceof RedisCommandExecutionException) {
                answer("refused: " + PublishCommand.withoutScript(ErrorText.of(cause)) + " [" + command + "]");
            }
        });
    }

    private void answer(@Nullable String refusal) {
        missing--;
        if (refusal != null && !failed) {
            failed = true;
            listener.onLacking(refusal);
        } else if (missing == 0 && !failed) {
            listener.onComplete();
        }
    }
}
