package dev.broadcaster;

import dev.broadcaster.redis.RedisConfig;
import dev.broadcaster.redis.link.PasswordFile;
import dev.broadcaster.redis.link.RedisAccess;
import dev.broadcaster.redis.link.RedisUrl;
import dev.broadcaster.tls.ClientTls;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads the settings of Redis. */
final class RedisSettings {
    private RedisSettings() {}

    /** Those of the fleet's Redis; null for a node that serves alone, or if they are wrong. */
    static @Nullable RedisConfig read(SettingsReader reader) {
        String prefix = reader.name(Setting.REDIS_PREFIX);
        reader.yesOrNo(Setting.ALLOW_REMOTE_REDIS); // set before, for a development node
        String text = reader.text(Setting.REDIS_URL);
        if (text.isEmpty()) {
            return null;
        }
        RedisUrl url = RedisUrl.parse(text);
        if (url == null) {
            // Not shown, because it may contain a password.
            reader.problem("REDIS_URL: not understood (expected: " + RedisUrl.expected(text) + ")");
            return null;
        }
        return new RedisConfig(url, access(reader, url), prefix);
    }

    private static RedisAccess access(SettingsReader reader, RedisUrl url) {
        PasswordFile password = passwordFile(reader, Setting.REDIS_PASSWORD_FILE);
        String user = reader.text(Setting.REDIS_USERNAME);
        if (reader.isSet("REDIS_PASSWORD_FILE") && url.hasPassword()) {
            reader.problem("REDIS_PASSWORD_FILE: set together with a password in REDIS_URL (expected: one of them)");
        }
        if (!user.isEmpty() && url.hasUser()) {
            reader.problem("REDIS_USERNAME: set together with a user in REDIS_URL (expected: one of them)");
        }
        if (!user.isEmpty() && !url.hasPassword() && !reader.isSet("REDIS_PASSWORD_FILE")) {
            reader.problem("REDIS_USERNAME: set without a password (expected: REDIS_PASSWORD_FILE too)");
        }
        PasswordFile sentinelPassword = passwordFile(reader, Setting.REDIS_SENTINEL_PASSWORD_FILE);
        String sentinelUser = reader.text(Setting.REDIS_SENTINEL_USERNAME);
        if (!sentinelUser.isEmpty() && !reader.isSet("REDIS_SENTINEL_PASSWORD_FILE")) {
            reader.problem("REDIS_SENTINEL_USERNAME: set without a password"
                    + " (expected: REDIS_SENTINEL_PASSWORD_FILE too)");
        }
        if (reader.isSet("REDIS_SENTINEL_PASSWORD_FILE") && !url.isSentinel()) {
            reader.problem("REDIS_SENTINEL_PASSWORD_FILE: set without Sentinels (expected: a REDIS_URL that starts with"
                    + " redis-sentinel or rediss-sentinel)");
        }
        return new RedisAccess(user, password, sentinelUser, sentinelPassword, tls(reader, url));
    }

    private static @Nullable PasswordFile passwordFile(SettingsReader reader, Setting setting) {
        Path file = reader.readableFile(setting);
        if (file == null) {
            return null;
        }
        try {
            return new PasswordFile(setting.name(), file);
        } catch (IOException e) {
            reader.problem(setting + ": " + file + ": " + e.getMessage());
            return null;
        }
    }

    private static @Nullable ClientTls tls(SettingsReader reader, RedisUrl url) {
        Path ca = reader.readableFile(Setting.REDIS_TLS_CA);
        Path certificate = reader.readableFile(Setting.REDIS_TLS_CERT);
        Path key = reader.readableFile(Setting.REDIS_TLS_KEY);
        boolean hasCa = reader.isSet("REDIS_TLS_CA");
        boolean hasCertificate = reader.isSet("REDIS_TLS_CERT");
        boolean hasKey = reader.isSet("REDIS_TLS_KEY");
        if (!hasCa && !hasCertificate && !hasKey) {
            return null;
        }
        if (!url.isTls()) {
            String name = hasCa ? "REDIS_TLS_CA" : hasCertificate ? "REDIS_TLS_CERT" : "REDIS_TLS_KEY";
            reader.problem(name + ": set without TLS (expected: a REDIS_URL that starts with rediss)");
        }
        if (hasCertificate != hasKey) {
            reader.problem((hasCertificate ? "REDIS_TLS_KEY" : "REDIS_TLS_CERT")
                    + ": not set (expected: REDIS_TLS_CERT and REDIS_TLS_KEY, or neither)");
            return null;
        }
        if ((hasCa && ca == null) || (hasKey && (certificate == null || key == null))) {
            return null; // reported
        }
        try {
            return new ClientTls(new ClientTls.Files("REDIS_TLS_", ca, certificate, key));
        } catch (IOException e) {
            reader.problem(String.valueOf(e.getMessage()));
            return null;
        }
    }
}
