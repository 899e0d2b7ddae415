package dev.broadcaster.auth;

import dev.broadcaster.testing.Tokens;
import dev.broadcaster.time.Time;
import java.util.List;

/** Claims at a fixed time, and verifiers with a clock of that time. */
final class HandMade {

    static final String SECRET = "0123456789abcdef0123456789abcdef";

    /** 2026-01-01T00:00:00Z. */
    static final long NOW_SECONDS = 1_767_225_600;

    private HandMade() {}

    static String good() {
        return token(claims());
    }

    /** The members of a valid set of claims, with those of {@code replacements} in place of the same name. */
    static String claims(String... replacements) {
        List<String> members = List.of(
                "\"aud\":\"broadcaster\"",
                "\"sub\":\"alice\"",
                "\"exp\":" + (NOW_SECONDS + 60),
                "\"authorizedChannels\":[\"chat\"]",
                "\"scope\":[\"subscribe\",\"publish\"]");
        StringBuilder json = new StringBuilder("{\"jti\":\"1\"");
        for (String member : members) {
            String name = member.substring(0, member.indexOf(':') + 1);
            if (List.of(replacements).stream().noneMatch(it -> it.startsWith(name) || it.equals("-" + name))) {
                json.append(',').append(member);
            }
        }
        for (String replacement : replacements) {
            if (!replacement.startsWith("-")) {
                json.append(',').append(replacement);
            }
        }
        return json.append('}').toString();
    }

    static String token(String claims) {
        return Tokens.signed(Tokens.HS256, claims, SECRET);
    }

    static TokenVerifier verifier(String... secrets) {
        return new TokenVerifier(config(true, secrets), at(NOW_SECONDS * 1_000));
    }

    static AuthConfig config(boolean weakSecretsAllowed, String... secrets) {
        return new AuthConfig(List.of(secrets), weakSecretsAllowed, List.of("key"));
    }

    /** The number of the key in a header, or -1. */
    static int number(ApiKeys keys, String header) {
        ApiKeys.Match match = keys.match(header);
        return match == null ? -1 : match.number();
    }

    static Time at(long epochMillis) {
        return new Time() {
            @Override
            public long nanos() {
                return epochMillis * 1_000_000;
            }

            @Override
            public long epochMillis() {
                return epochMillis;
            }
        };
    }
}
