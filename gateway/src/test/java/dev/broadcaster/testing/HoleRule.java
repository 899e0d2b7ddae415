package dev.broadcaster.testing;

import dev.broadcaster.testing.Checker.Holes;

/** The allowed size of holes, when a fault affects only some channels or only a time. */
@FunctionalInterface
public interface HoleRule {
    /**
     * The rule for a place between two frames of a channel.
     *
     * @param from {@code System.nanoTime()} of the arrival of the previous frame, or when the subscription went live
     * @param to the arrival of the next frame
     */
    Holes between(String channel, long from, long to);

    /** The same rule everywhere. */
    static HoleRule everywhere(Holes holes) {
        return (channel, from, to) -> holes;
    }
}
