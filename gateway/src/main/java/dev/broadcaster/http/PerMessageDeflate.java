package dev.broadcaster.http;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The negotiation of permessage-deflate (RFC 7692 section 7.1). The node never refers to an earlier message, because
 * all subscribers get the same bytes, and does not allow clients to, because it keeps no window for an idle connection.
 */
final class PerMessageDeflate {
    private static final String NAME = "permessage-deflate";
    private static final String SERVER_TAKEOVER = "server_no_context_takeover";
    private static final String CLIENT_TAKEOVER = "client_no_context_takeover";
    private static final String SERVER_WINDOW = "server_max_window_bits";
    private static final String CLIENT_WINDOW = "client_max_window_bits";
    /** The JDK supports no other. */
    private static final String WINDOW_BITS = "15";

    private PerMessageDeflate() {}

    /** The answer to the first of {@code offers} that can be accepted; null if none can. */
    static @Nullable String answer(List<ExtensionOffer> offers) {
        for (ExtensionOffer offer : offers) {
            if (offer.name().equals(NAME) && isAcceptable(offer.parameters())) {
                String answer = NAME + "; " + SERVER_TAKEOVER + "; " + CLIENT_TAKEOVER;
                // A client that requests a window must be told that it gets it; one that offers a window must not.
                boolean asksForWindow =
                        offer.parameters().stream().anyMatch(it -> it.name().equals(SERVER_WINDOW));
                return asksForWindow ? answer + "; " + SERVER_WINDOW + "=" + WINDOW_BITS : answer;
            }
        }
        return null;
    }

    /** An offer with an unknown, wrong or repeated parameter is declined, not an error (RFC 7692 section 7.1). */
    private static boolean isAcceptable(List<ExtensionOffer.Parameter> parameters) {
        Set<String> seen = new HashSet<>();
        for (ExtensionOffer.Parameter parameter : parameters) {
            if (!seen.add(parameter.name()) || !isAcceptable(parameter.name(), parameter.value())) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAcceptable(String name, @Nullable String value) {
        return switch (name) {
            case SERVER_TAKEOVER, CLIENT_TAKEOVER -> value == null;
            case SERVER_WINDOW -> WINDOW_BITS.equals(value);
            case CLIENT_WINDOW -> value == null || value.matches("[89]|1[0-5]");
            default -> false;
        };
    }
}
