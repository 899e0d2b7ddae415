package dev.broadcaster.cli;

import dev.broadcaster.client.BroadcasterException;
import dev.broadcaster.protocol.ErrorCode;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** Says why a call over REST has failed. */
final class RestFailure {
    private RestFailure() {}

    /**
     * The reason in one line.
     *
     * @param hint what else to say when the node cannot be reached
     */
    static String text(@Nullable Throwable failure, URI base, String hint) {
        if (!(failure instanceof BroadcasterException known)) {
            return failure == null ? "no answer" : Main.reason(failure);
        }
        if (known.refusal() != null) {
            return text(known.refusal());
        }
        if (known instanceof BroadcasterException.Invalid) {
            return invalid(known);
        }
        return known instanceof BroadcasterException.Unavailable && known.getCause() != null
                ? "no answer from " + base + ": " + Main.reason(known.getCause()) + hint
                : Main.reason(known);
    }

    static String text(BroadcasterException.Refusal refusal) {
        if (refusal.code().isEmpty()) {
            return refusal.status() + " refused, and the response is not from a Broadcaster; is the base path right?";
        }
        return refusal.status() + " " + refusal.code() + ": " + refusal.message()
                + (refusal.message().equals("no such path") ? "; is the base path right?" : "");
    }

    /** What the node would answer: the client has the same rules. */
    static String invalid(BroadcasterException failure) {
        return "400 " + ErrorCode.INVALID_ARGUMENT.wireName() + ": " + failure.getMessage();
    }
}
