package dev.broadcaster.auth;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The channels that {@code GRANTS} gives to every valid token, in addition to those in the token. Immutable; safe from
 * any thread.
 */
public final class Grants {
    /** No grants. */
    public static final Grants NONE = new Grants(List.of());

    private static final int MAX_TEMPLATES = 100;

    private final List<GrantTemplate> templates;

    private Grants(List<GrantTemplate> templates) {
        this.templates = List.copyOf(templates);
    }

    /**
     * Reads the setting: templates separated by commas; blank ones are ignored.
     *
     * @param problems gets a line for each malformed entry
     */
    public static Grants parse(String text, Collection<String> problems) {
        List<GrantTemplate> templates = new ArrayList<>();
        for (String entry : text.split(",", -1)) {
            String stripped = entry.strip();
            if (stripped.isEmpty()) {
                continue;
            }
            try {
                templates.add(GrantTemplate.parse(stripped));
            } catch (IllegalArgumentException e) {
                problems.add("GRANTS: " + stripped + ": " + e.getMessage());
            }
        }
        if (templates.size() > MAX_TEMPLATES) {
            problems.add("GRANTS: " + templates.size() + " entries (expected: <= " + MAX_TEMPLATES + ")");
        }
        return templates.isEmpty() ? NONE : new Grants(templates);
    }

    boolean isEmpty() {
        return templates.isEmpty();
    }

    List<GrantTemplate> templates() {
        return templates;
    }

    /** Adds the channels for a token with these claims. */
    void addTo(Collection<String> subscribable, Collection<String> publishable, JsonMap claims) {
        for (GrantTemplate template : templates) {
            List<String> channels = template.channels(claims);
            if (template.grantsSubscribe()) {
                subscribable.addAll(channels);
            }
            if (template.grantsPublish()) {
                publishable.addAll(channels);
            }
        }
    }

    @Override
    public String toString() {
        return templates.toString();
    }
}
