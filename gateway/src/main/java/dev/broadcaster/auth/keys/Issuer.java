package dev.broadcaster.auth.keys;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An identity provider: an entry of {@code JWT_ISSUERS}.
 *
 * @param name the exact {@code iss} of its tokens
 * @param keySet the address of its JWK Set
 */
public record Issuer(String name, URI keySet) {
    private static final Pattern ADDRESS = Pattern.compile("=https?://");
    private static final String EXPECTED = " (expected: issuer=address, such as"
            + " https://id.example.com=https://id.example.com/.well-known/jwks.json, each issuer once)";

    /**
     * Reads the entries of the setting. The address starts at the first {@code =http://} or {@code =https://}, because
     * it may contain a {@code =}.
     *
     * @param problems gets a line for each malformed entry
     */
    public static List<Issuer> parse(Collection<String> entries, Collection<String> problems) {
        Map<String, Issuer> issuers = new LinkedHashMap<>();
        for (String entry : entries) {
            Matcher begin = ADDRESS.matcher(entry);
            int equals = begin.find() ? begin.start() : -1;
            URI address = equals < 1 ? null : address(entry.substring(equals + 1));
            if (address == null) {
                problems.add("JWT_ISSUERS: " + entry + EXPECTED);
                continue;
            }
            String name = entry.substring(0, equals);
            if (issuers.put(name, new Issuer(name, address)) != null) {
                problems.add("JWT_ISSUERS: " + name + ": given twice" + EXPECTED);
            }
        }
        return List.copyOf(issuers.values());
    }

    private static @Nullable URI address(String text) {
        try {
            URI address = new URI(text);
            return address.getHost() == null || address.getUserInfo() != null ? null : address;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    /** True if an attacker in the network could replace the keys. */
    public boolean isOpenToOthers() {
        String host = keySet.getHost();
        return keySet.getScheme().equals("http")
                && !host.equals("localhost")
                && !host.equals("127.0.0.1")
                && !host.equals("[::1]");
    }

    @Override
    public String toString() {
        return name;
    }
}
