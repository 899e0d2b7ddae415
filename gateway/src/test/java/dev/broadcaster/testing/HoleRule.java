package dev.broadcaster.testing;

import dev.broadcaster.testing.Checker.Holes;

/** How large holes may be, where a fault strikes only some channels or only for a while. */
@FunctionalInterface
public interface HoleRule {
    /**
     * The rule for a place between two frames of a channel.
     *
     * @param from {@code System.nanoTime()} when the frame before it came, or the subscription was live
     * @param to when the frame behind it came
     */
    Holes between(String channel, long from, long to);

    /** The same rule everywhere. */
    static HoleRule everywhere(Holes holes) {
        return (channel, from, to) -> holes;
    }
}
