package dev.broadcaster.bench;

import java.util.Arrays;

/** Finds bytes in others, first at the place of the last find: frames are similar. For one thread. */
final class Finder {
    private final byte[] wanted;
    private int offset;

    Finder(byte[] wanted) {
        this.wanted = wanted;
    }

    /** Their start in {@code bytes[from, to)}; -1 if they do not occur. */
    int find(byte[] bytes, int from, int to) {
        if (isAt(bytes, from + offset, to)) {
            return from + offset;
        }
        for (int at = from; at + wanted.length <= to; at++) {
            if (bytes[at] == wanted[0] && isAt(bytes, at, to)) {
                offset = at - from;
                return at;
            }
        }
        return -1;
    }

    private boolean isAt(byte[] bytes, int at, int to) {
        return at + wanted.length <= to && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
    }
}
