package dev.broadcaster.auth.keys;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Fetches key sets over HTTP: one request, no redirect followed, at most {@value #MAX_BYTES} bytes, and everything
 * within {@value #TIMEOUT_SECONDS} seconds, also from a slow server.
 */
final class HttpKeySetServer implements KeySetServer {
    static final int MAX_BYTES = 512 * 1024;
    static final int TIMEOUT_SECONDS = 5;

    private static final Duration TIMEOUT = Duration.ofSeconds(TIMEOUT_SECONDS);

    private final HttpClient client;
    private final Executor executor;

    /**
     * @param executor runs blocking calls, such as the resolution of a name
     */
    HttpKeySetServer(Executor executor) {
        this.executor = executor;
        this.client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(TIMEOUT)
                .executor(executor)
                .build();
    }

    @Override
    public CompletableFuture<byte[]> fetch(URI address) {
        CompletableFuture<byte[]> result = new CompletableFuture<byte[]>().orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        try {
            executor.execute(() -> send(address, result));
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(new IOException("the node stops", e));
        }
        return result.handle((body, failure) -> {
            if (failure != null) {
                throw new CompletionException(asIoException(failure));
            }
            return body;
        });
    }

    private void send(URI address, CompletableFuture<byte[]> result) {
        try {
            HttpRequest request = HttpRequest.newBuilder(address)
                    .timeout(TIMEOUT)
                    .header("Accept", "application/jwk-set+json, application/json")
                    .build();
            CompletableFuture<HttpResponse<byte[]>> answer =
                    client.sendAsync(request, head -> new Bounded(head.statusCode()));
            var unused = answer.whenComplete((response, failure) -> {
                if (failure == null) {
                    result.complete(response.body());
                } else {
                    result.completeExceptionally(failure);
                }
            });
            var unusedToo = result.whenComplete((body, failure) -> answer.cancel(true)); // ends a slow response
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        }
    }

    private static IOException asIoException(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        for (Throwable deeper = cause; deeper != null; deeper = deeper.getCause()) {
            if (deeper instanceof Refused refused) {
                return refused;
            }
            if (deeper instanceof UnresolvedAddressException) {
                return new IOException("the name is not known", cause);
            }
        }
        if (cause instanceof TimeoutException || cause instanceof HttpTimeoutException) {
            return new IOException("no whole answer in " + TIMEOUT_SECONDS + " s", cause);
        }
        String message = cause.getMessage();
        if (cause instanceof ConnectException && message == null) {
            return new IOException("no server listens there", cause);
        }
        return new IOException(cause.getClass().getSimpleName() + (message == null ? "" : ": " + message), cause);
    }

    /** A response that is not read. */
    private static final class Refused extends IOException {
        Refused(String message) {
            super(message);
        }
    }

    /** The body of a good response, cut off when it becomes too large. The client's threads call it one at a time. */
    private static final class Bounded implements BodySubscriber<byte[]> {
        private final int status;
        private final CompletableFuture<byte[]> body = new CompletableFuture<>();
        private final List<byte[]> parts = new ArrayList<>();
        private Flow.Subscription subscription = new Flow.Subscription() {
            @Override
            public void request(long n) {}

            @Override
            public void cancel() {}
        };
        private int bytes;

        Bounded(int status) {
            this.status = status;
        }

        @Override
        public CompletionStage<byte[]> getBody() {
            return body;
        }

        @Override
        public void onSubscribe(Flow.Subscription newSubscription) {
            subscription = newSubscription;
            if (status == 200) {
                subscription.request(Long.MAX_VALUE);
            } else {
                refuse("status " + status + " (expected: 200; redirects are not followed)");
            }
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                bytes += buffer.remaining();
                if (bytes > MAX_BYTES) {
                    refuse("more than " + MAX_BYTES + " bytes");
                    return;
                }
                byte[] part = new byte[buffer.remaining()];
                buffer.get(part);
                parts.add(part);
            }
        }

        private void refuse(String why) {
            subscription.cancel();
            parts.clear();
            body.completeExceptionally(new Refused(why));
        }

        @Override
        public void onError(Throwable failure) {
            body.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            ByteBuffer whole = ByteBuffer.allocate(bytes);
            parts.forEach(whole::put);
            body.complete(whole.array());
        }
    }
}
