package dev.broadcaster.auth;

import dev.broadcaster.auth.keys.Algorithm;
import dev.broadcaster.auth.keys.KeySet;
import dev.broadcaster.auth.keys.VerificationKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Explains how a node with some settings judges a token, step by step; for people. May block while keys are fetched.
 */
public final class TokenExplainer {
    /** A step: its subject, and the result. */
    public record Line(String about, String text) {}

    /**
     * The judgement of a node about a token.
     *
     * @param accepted true if the node accepts it
     */
    public record Explanation(boolean accepted, List<Line> lines) {}

    private static final List<String> CLAIMS =
            List.of("iss", "sub", "aud", "exp", "iat", "nbf", "scope", "authorizedChannels");
    private static final List<String> DATES = List.of("exp", "iat", "nbf");
    private static final int MAX_SHOWN = 500;

    private final TokenVerifier verifier;
    private final List<Line> lines = new ArrayList<>();

    private TokenExplainer(TokenVerifier verifier) {
        this.verifier = verifier;
    }

    /** The judgement of {@code verifier} about {@code token}, after it has fetched the needed keys. */
    public static Explanation explain(TokenVerifier verifier, String token) {
        return new TokenExplainer(verifier).explain(token);
    }

    private Explanation explain(String token) {
        Identity identity = null;
        String rejection = "";
        try {
            identity = verified(token);
        } catch (TokenRejectedException e) {
            rejection = String.valueOf(e.getMessage());
        }
        try {
            addParts(CompactToken.parse(token));
        } catch (TokenRejectedException e) {
            // It is not a token: the verdict states it.
        }
        if (identity != null) {
            add("subscribe", channels(identity.subscribable()));
            add("publish", channels(identity.publishable()));
        }
        add("verdict", identity == null ? "rejected: " + rejection : "accepted");
        return new Explanation(identity != null, List.copyOf(lines));
    }

    private Identity verified(String token) throws TokenRejectedException {
        while (true) {
            try {
                return verifier.verify(token);
            } catch (KeyAwaitedException e) {
                e.await();
            }
        }
    }

    private void addParts(CompactToken parts) throws TokenRejectedException {
        JsonMap header = JsonMap.parse(CompactToken.bytes(parts.header(), "header"), "header");
        add("header", "alg " + shown(header.get("alg")) + ", kid " + shown(header.get("kid")));
        JsonMap claims = TokenVerifier.claims(parts);
        addKey(parts, header, claims);
        for (String name : CLAIMS) {
            if (claims.has(name)) {
                Object value = claims.get(name);
                add("claim " + name, DATES.contains(name) && value instanceof Double date ? date(date) : shown(value));
            }
        }
        for (GrantTemplate template : verifier.grants().templates()) {
            String why = template.whyNothing(claims);
            add("grant " + template, why == null ? String.join(" ", template.channels(claims)) : "nothing: " + why);
        }
    }

    private void addKey(CompactToken parts, JsonMap header, JsonMap claims) {
        TokenKeys keys = verifier.keys();
        try {
            Algorithm algorithm = verifier.algorithm(header);
            boolean hmac = algorithm == Algorithm.HS256;
            List<VerificationKey> candidates = hmac ? keys.secrets() : keys.publicKeys(header, claims, algorithm);
            KeySet set = hmac ? null : setOf(claims);
            String source = hmac ? "JWT_SECRET" : set == null ? "JWT_PUBLIC_KEY_FILE" : "JWT_ISSUERS " + set.issuer();
            add("key", source + ", " + candidates.size() + (candidates.size() == 1 ? " key" : " keys") + " to try");
            VerificationKey signer = TokenVerifier.signer(parts, candidates, algorithm);
            add("signature", "made with key " + (candidates.indexOf(signer) + 1) + " of these");
        } catch (TokenRejectedException | KeyAwaitedException e) {
            add("key", "none: " + e.getMessage());
            addKeySets();
        }
    }

    private @Nullable KeySet setOf(JsonMap claims) {
        return claims.get("iss") instanceof String issuer
                ? verifier.keys().keySets().of(issuer)
                : null;
    }

    private void addKeySets() {
        for (KeySet set : verifier.keys().keySets().all()) {
            String problem = set.problem();
            add(
                    "issuer " + set.issuer(),
                    problem.isEmpty() ? set.size() + " keys" : set.issuer().keySet() + ": " + problem);
        }
    }

    private static String channels(ChannelGrants grants) {
        List<String> entries = grants.entries();
        return entries.isEmpty() ? "nothing" : String.join(" ", entries);
    }

    private static String date(double seconds) {
        return seconds >= 0 && seconds < 253_402_300_800d
                ? Instant.ofEpochSecond((long) seconds).toString()
                : shown(seconds);
    }

    /** A value of a token, which may come from an attacker: it must not contain control sequences of a terminal. */
    private static String shown(@Nullable Object value) {
        String text = json(value);
        return text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) + "…" : text;
    }

    private static String json(@Nullable Object value) {
        if (value instanceof String string) {
            return quoted(string);
        }
        if (value instanceof List<?> list) {
            return list.stream().map(TokenExplainer::json).collect(Collectors.joining(",", "[", "]"));
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(member -> quoted(String.valueOf(member.getKey())) + ":" + json(member.getValue()))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        return String.valueOf(value);
    }

    private static String quoted(String string) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || c >= 0x7f) {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private void add(String about, String text) {
        lines.add(new Line(about, text));
    }
}
