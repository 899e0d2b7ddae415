package dev.broadcaster.http;

import dev.broadcaster.auth.ApiKeys;
import dev.broadcaster.auth.KeyScope;
import dev.broadcaster.metrics.Metrics;
import io.undertow.server.HttpHandler;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The paths below {@code /users} and {@code /channels} (PROTOCOL sections 9 and 13), and their handlers. */
final class ControlApi {
    private record Route(String prefix, String suffix, HttpHandler handler) {}

    private final ApiKeys keys;
    private final Origins origins;
    private final Readiness readiness;
    private final Audit audit;
    private final Metrics metrics;
    private final InFlight inFlight;
    private final List<Route> routes = new ArrayList<>();
    private final String channelsPath;
    private final HttpHandler channels;

    /**
     * @param continued adds the answer to {@code Expect: 100-continue} to a handler that reads a body
     */
    ControlApi(
            String base,
            UserHandlers users,
            ChannelHandlers channels,
            HistoryHandler history,
            Function<HttpHandler, HttpHandler> continued,
            ApiKeys keys,
            Origins origins,
            Readiness readiness,
            Audit audit,
            Metrics metrics,
            InFlight inFlight) {
        this.keys = keys;
        this.origins = origins;
        this.readiness = readiness;
        this.audit = audit;
        this.metrics = metrics;
        this.inFlight = inFlight;
        String userPrefix = base + UserHandlers.PATH;
        String channelPrefix = base + ChannelHandlers.PATH;
        this.channelsPath = base + "/channels";
        this.channels = endpoint(operation(Methods.GET, KeyScope.READ, channels::list));
        routes.add(new Route(
                userPrefix,
                UserHandlers.DISCONNECT,
                continued.apply(endpoint(operation(Methods.POST, KeyScope.CONTROL, users::disconnect)))));
        routes.add(new Route(
                userPrefix,
                UserHandlers.UNSUBSCRIBE,
                continued.apply(endpoint(operation(Methods.POST, KeyScope.CONTROL, users::unsubscribe)))));
        routes.add(new Route(userPrefix, "", endpoint(operation(Methods.GET, KeyScope.READ, users::show))));
        routes.add(new Route(
                channelPrefix,
                HistoryHandler.SUFFIX,
                endpoint(
                        operation(Methods.GET, KeyScope.READ, history),
                        operation(Methods.DELETE, KeyScope.CONTROL, channels::deleteHistory))));
        routes.add(new Route(channelPrefix, "", endpoint(operation(Methods.GET, KeyScope.READ, channels::show))));
    }

    private static RestEndpoint.Operation operation(HttpString method, KeyScope scope, RestEndpoint.Keyed next) {
        return new RestEndpoint.Operation(method, scope, next);
    }

    private HttpHandler endpoint(RestEndpoint.Operation... operations) {
        return new RestEndpoint(
                List.of(operations), "node is draining", keys, origins, readiness, audit, metrics, inFlight);
    }

    /** The handler of a path, or null. */
    @Nullable
    HttpHandler handler(String path) {
        if (path.equals(channelsPath)) {
            return channels;
        }
        for (Route route : routes) {
            if (PathSegment.between(route.prefix, path, route.suffix) != null) {
                return route.handler;
            }
        }
        return null;
    }
}
