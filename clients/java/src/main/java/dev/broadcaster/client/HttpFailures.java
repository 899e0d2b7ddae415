package dev.broadcaster.client;

import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpResponse;
import java.security.cert.CertificateException;
import java.util.concurrent.TimeUnit;

/** The reasons of {@code java.net.http} for a connection that fails, in the words of this library. */
final class HttpFailures {
    private HttpFailures() {}

    /** The time of the header {@code Retry-After}; 0 without one. */
    static long retryAfterMillis(HttpResponse<?> response) {
        String value = response.headers().firstValue("Retry-After").orElse("");
        try {
            return TimeUnit.SECONDS.toMillis(Math.max(0, Long.parseLong(value.trim())));
        } catch (NumberFormatException e) {
            return 0; // A date: the clocks may differ, and the backoff is sufficient.
        }
    }

    /** True if no byte of a request was sent: the server was not reached, or its certificate is not trusted here. */
    static boolean isBeforeRequest(Throwable error) {
        if (error instanceof ConnectException || error instanceof HttpConnectTimeoutException) {
            return true;
        }
        Throwable cause = error;
        while (cause != null && !(cause instanceof CertificateException)) {
            cause = cause.getCause();
        }
        return cause != null;
    }

    /** A failure as text: the first message in its chain of causes, or the exception itself if there is none. */
    static String describe(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            String message = cause.getMessage();
            if (cause instanceof ConnectException && message == null) {
                return "no server listens there";
            }
            Throwable inner = cause.getCause();
            // A wrapper has the text of its cause, after the name of its class.
            if (message != null
                    && !message.isEmpty()
                    && (inner == null || !inner.toString().equals(message))) {
                return message;
            }
        }
        return error.getClass().getSimpleName();
    }
}
