package dev.broadcaster.redis.link;

import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishOutcome;
import io.lettuce.core.RedisCommandExecutionException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The answers to one probe of a link, which tries every command that a node needs: a publish in which the script runs
 * each of its commands, a reading of a history, of a counter, and an unsubscribe. Owned by the event loop.
 */
final class ProbeRound implements PublishCallback {
    /**
     * The channel and topic of a link's publishes to itself, which prove that it is received. No client can name the
     * channel.
     *
     * @param partition a partition that the link serves
     */
    record Probe(int partition, String channel, String topic) {
        /** A topic that is never subscribed: the probe unsubscribes it. */
        String unusedTopic() {
            return topic + '-';
        }
    }

    private final Consumer<String> onRefused;
    private final Consumer<String> onLacking;
    private final Runnable onComplete;
    private int missing = 1; // answers; the first is the answer to the publish
    private boolean failed;
    private @Nullable PublishCommand command; // set before it is sent

    /**
     * A round that has one result, or none if the connection ends.
     *
     * @param onRefused called with the reason if Redis has refused the publish
     * @param onLacking called with the reason if Redis has published the probe, and refused another command
     * @param onComplete called if Redis has refused nothing
     */
    ProbeRound(Consumer<String> onRefused, Consumer<String> onLacking, Runnable onComplete) {
        this.onRefused = onRefused;
        this.onLacking = onLacking;
        this.onComplete = onComplete;
    }

    /** {@code command} is the publish, with this as its callback. */
    void publish(PublishCommand command) {
        this.command = command;
        command.probeHandler = this::onReply;
    }

    /** The publish was not sent, or refused. */
    @Override
    public void onOutcome(PublishOutcome outcome) {
        if (outcome instanceof PublishOutcome.NotPublished && command != null) {
            failed = true;
            String error = command.error();
            onRefused.accept(error == null ? "too many bytes wait for replies" : "refused: " + error);
        }
    }

    /** The script has run. */
    private void onReply(PublishCommand reply) {
        String error = reply.error();
        String problem = error != null ? error : reply.problem();
        answer(problem == null ? null : "refused: " + problem);
    }

    /** Awaits the answer to another command. */
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
            onLacking.accept(refusal);
        } else if (missing == 0 && !failed) {
            onComplete.run();
        }
    }
}
