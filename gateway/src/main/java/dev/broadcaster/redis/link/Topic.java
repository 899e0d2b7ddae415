package dev.broadcaster.redis.link;

import java.security.SecureRandom;

/**
 * A topic as Redis has pushed it. Lettuce keeps the subscribed ones in a set whose elements it cannot compare, and
 * clients choose names: with the hash of a string they could choose thousands that share one place of the set, and each
 * subscribe would search them all. So the hash is secret. Immutable.
 */
final class Topic implements CharSequence {
    private static final int PRIME = Integer.MAX_VALUE; // 2^31 - 1
    private static final int BASE = new SecureRandom().nextInt(1 << 16, PRIME);

    private final String name;

    Topic(String name) {
        this.name = name;
    }

    /** The value of the polynomial of the characters at a secret place: few pairs are equal, whoever chooses them. */
    @Override
    public int hashCode() {
        long hash = name.length();
        for (int i = 0; i < name.length(); i++) {
            hash = (hash * BASE + name.charAt(i)) % PRIME;
        }
        return (int) hash;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Topic topic && topic.name.equals(name);
    }

    @Override
    public int length() {
        return name.length();
    }

    @Override
    public char charAt(int index) {
        return name.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
        return name.subSequence(start, end);
    }

    /** The topic itself. */
    @Override
    public String toString() {
        return name;
    }
}
