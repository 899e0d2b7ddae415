package dev.broadcaster.auth;

import dev.broadcaster.message.ChannelName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One entry of {@code GRANTS} (PROTOCOL section 12), such as {@code user:{sub}:*=subscribe+publish}: a channel, or all
 * channels below a prefix, with the values of claims in it. Immutable.
 *
 * <p>Only a value of letters, digits, {@code _} and {@code -} is inserted, and at most one between two colons. So a
 * channel of a template has as many colons as the template and its constant text in the same places, and belongs to
 * only one list of values.
 */
final class GrantTemplate {
    /** The longest allowed length of a channel name. */
    private static final int MAX_VALUE = ChannelName.MAX_LENGTH;

    private static final Pattern CLAIM = Pattern.compile("\\{([^{}\\[\\]]{1,100})(\\[])?}");
    private static final String ALL_BELOW = ":*";
    private static final double MAX_EXACT = 9_007_199_254_740_991d; // a larger one may have been rounded

    private final String text;
    private final List<String> literals; // one more than there are claims
    private final List<String> claims;
    private final int array; // the claim that is an array, or -1
    private final boolean subscribe;
    private final boolean publish;

    private GrantTemplate(
            String text, List<String> literals, List<String> claims, int array, boolean subscribe, boolean publish) {
        this.text = text;
        this.literals = List.copyOf(literals);
        this.claims = List.copyOf(claims);
        this.array = array;
        this.subscribe = subscribe;
        this.publish = publish;
    }

    /**
     * @throws IllegalArgumentException if it is malformed; the message states why
     */
    static GrantTemplate parse(String text) {
        int equals = text.lastIndexOf('=');
        List<String> scopes =
                equals < 0 ? List.of() : List.of(text.substring(equals + 1).split("\\+", -1));
        if (scopes.isEmpty() || !List.of("subscribe", "publish").containsAll(scopes)) {
            throw new IllegalArgumentException(
                    "no scopes behind the last = (expected: subscribe, publish or both with +)");
        }
        String channel = text.substring(0, equals);
        List<String> literals = new ArrayList<>();
        List<String> claims = new ArrayList<>();
        int array = -1;
        int from = 0;
        Matcher matcher = CLAIM.matcher(channel);
        while (matcher.find()) {
            if (matcher.group(2) != null) {
                if (array >= 0) {
                    throw new IllegalArgumentException("two arrays (expected: at most one)");
                }
                array = claims.size();
            }
            literals.add(channel.substring(from, matcher.start()));
            claims.add(matcher.group(1));
            from = matcher.end();
        }
        literals.add(channel.substring(from));
        requireChannel(literals);
        if (literals.subList(1, literals.size() - (claims.isEmpty() ? 0 : 1)).stream()
                .anyMatch(it -> !it.contains(":"))) {
            throw new IllegalArgumentException(
                    "two claims with no colon between (expected: one, because what belongs to which could not be told)");
        }
        return new GrantTemplate(
                text, literals, claims, array, scopes.contains("subscribe"), scopes.contains("publish"));
    }

    private static void requireChannel(List<String> literals) {
        String example = String.join("x", literals);
        boolean prefix = example.endsWith(ALL_BELOW);
        String name = prefix ? example.substring(0, example.length() - ALL_BELOW.length()) : example;
        if (!example.equals("*") && !ChannelName.isValid(name)) {
            throw new IllegalArgumentException(
                    "no channel (expected: a name with {claim} or {claim[]} in it, all below one with :* at its end, or *)");
        }
    }

    boolean grantsSubscribe() {
        return subscribe;
    }

    boolean grantsPublish() {
        return publish;
    }

    /**
     * The channels that it grants to a token with these claims, as entries of {@link ChannelGrants}; often one, or
     * none.
     */
    List<String> channels(JsonMap token) {
        if (claims.isEmpty()) {
            return literals;
        }
        List<@Nullable String> values = new ArrayList<>(claims.size());
        for (int i = 0; i < claims.size(); i++) {
            String value = i == array ? "" : value(claim(token, claims.get(i)));
            if (value == null) {
                return List.of();
            }
            values.add(value);
        }
        if (array < 0) {
            return List.of(filled(values));
        }
        if (!(claim(token, claims.get(array)) instanceof List<?> elements)) {
            return List.of();
        }
        List<String> channels = new ArrayList<>(elements.size());
        for (Object element : elements) {
            String value = value(element);
            if (value != null) {
                values.set(array, value);
                channels.add(filled(values));
            }
        }
        return channels;
    }

    /** The reason why it grants nothing to a token with these claims; null if it grants something. */
    @Nullable
    String whyNothing(JsonMap token) {
        for (int i = 0; i < claims.size(); i++) {
            Object value = claim(token, claims.get(i));
            String problem = value == null ? "is missing" : i == array ? whyNoArray(value) : whyNoValue(value);
            if (problem != null) {
                return "the claim " + claims.get(i) + " " + problem;
            }
        }
        return null;
    }

    private static @Nullable String whyNoArray(Object value) {
        if (!(value instanceof List<?> elements)) {
            return "is not an array";
        }
        return elements.stream().allMatch(element -> value(element) == null) ? "has no usable value" : null;
    }

    private static @Nullable String whyNoValue(Object value) {
        if (value(value) != null) {
            return null;
        }
        return value instanceof String string
                ? string.isEmpty() ? "is empty" : "has other characters than letters, digits, _ and -, or too many"
                : value instanceof List<?>
                        ? "is an array (write {claim[]} for each of its values)"
                        : "is not a string or a whole number";
    }

    private String filled(List<@Nullable String> values) {
        StringBuilder channel = new StringBuilder(literals.get(0));
        for (int i = 0; i < values.size(); i++) {
            channel.append(Objects.requireNonNull(values.get(i))).append(literals.get(i + 1));
        }
        return channel.toString();
    }

    /** A claim by its name, or, if there is none of that name, by its path: {@code realm_access.roles}. */
    private static @Nullable Object claim(JsonMap token, String name) {
        if (token.has(name) || name.indexOf('.') < 0) {
            return token.get(name);
        }
        Object value = null;
        boolean top = true;
        for (String member : name.split("\\.", -1)) {
            value = top ? token.get(member) : value instanceof Map<?, ?> map ? map.get(member) : null;
            top = false;
        }
        return value;
    }

    /** The value in the form for a channel name, or null if it is not allowed in one. */
    private static @Nullable String value(@Nullable Object value) {
        String text =
                value instanceof Double number ? wholeNumber(number) : value instanceof String string ? string : "";
        if (text.isEmpty() || text.length() > MAX_VALUE) {
            return null;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!plain && c != '_' && c != '-') {
                return null;
            }
        }
        return text;
    }

    private static String wholeNumber(double number) {
        return Math.abs(number) <= MAX_EXACT && number == Math.rint(number) ? Long.toString((long) number) : "";
    }

    @Override
    public String toString() {
        return text;
    }
}
