package dev.broadcaster.auth;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The rights of an API key (PROTOCOL section 6). */
public enum KeyScope {
    /** Publish messages. */
    PUBLISH,
    /** Read histories, channels and users. */
    READ,
    /** Disconnect and unsubscribe users, revoke their tokens, delete histories. */
    CONTROL;

    /** Its name in the settings. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    static @Nullable KeyScope of(String text) {
        for (KeyScope scope : values()) {
            if (scope.text().equals(text)) {
                return scope;
            }
        }
        return null;
    }
}
