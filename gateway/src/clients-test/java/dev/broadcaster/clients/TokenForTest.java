package dev.broadcaster.clients;

import dev.broadcaster.testing.Tokens;

/** The tokens of the clients. */
final class TokenForTest {
    private TokenForTest() {}

    static String of(String subject, String channelsJson, String scopeJson) {
        return Tokens.claims()
                .with("sub", '"' + subject + '"')
                .with("authorizedChannels", channelsJson)
                .with("scope", scopeJson)
                .token();
    }
}
