package dev.broadcaster.client;

import org.jspecify.annotations.Nullable;

/** The answer to a request. */
sealed interface Reply {
    /** The request was carried out. */
    record Result(JsonObject result) implements Reply {}

    /** The request was refused. */
    record Refused(String code, String message) implements Reply {
        /** The error for a finally refused request. */
        BroadcasterException error(String prefix) {
            String text = prefix + message;
            return because(
                    switch (code) {
                        case "PermissionDenied" -> new BroadcasterException.Denied(text);
                        case "FailedPrecondition" -> new BroadcasterException.LimitReached(text);
                        default -> new BroadcasterException.Invalid(text);
                    });
        }

        /** The error, with the words of the node. */
        BroadcasterException because(BroadcasterException error) {
            return error.because(0, code, message);
        }
    }

    /** The connection was lost before the answer. */
    record Lost() implements Reply {}

    Lost LOST = new Lost();

    /** Throws {@link Malformed} if a frame is no answer. */
    static void check(JsonObject frame) {
        var unused = read(frame);
    }

    /** Reads a frame that answers a request. */
    static Reply read(JsonObject frame) {
        JsonObject error = frame.object("error");
        if (error != null) {
            String message = error.string("message");
            return new Refused(error.requiredString("code"), message == null ? "" : message);
        }
        @Nullable JsonObject result = frame.object("result");
        if (result == null) {
            throw new Malformed("a reply with neither result nor error");
        }
        return new Result(result);
    }
}
