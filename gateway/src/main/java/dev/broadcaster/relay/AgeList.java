package dev.broadcaster.relay;

import org.jspecify.annotations.Nullable;

/**
 * A list of elements in the order in which they were added, from which any element can be removed in constant time. It
 * takes no memory beside its elements. Owned by one thread at a time.
 */
final class AgeList<E extends AgeList.Element<E>> {
    /** An element that can be in one list at a time. */
    abstract static class Element<E extends Element<E>> {
        private @Nullable E older;
        private @Nullable E younger;
    }

    private @Nullable E oldest;
    private @Nullable E youngest;

    /** The element that was added first, or null if there is none. */
    @Nullable
    E oldest() {
        return oldest;
    }

    /** Adds {@code element}, which is in no list. */
    void add(E element) {
        Element<E> added = element;
        Element<E> last = youngest;
        added.older = youngest;
        if (last == null) {
            oldest = element;
        } else {
            last.younger = element;
        }
        youngest = element;
    }

    /** Removes {@code element}, which is in this list. */
    void remove(E element) {
        Element<E> removed = element;
        Element<E> before = removed.older;
        Element<E> after = removed.younger;
        if (before == null) {
            oldest = removed.younger;
        } else {
            before.younger = removed.younger;
        }
        if (after == null) {
            youngest = removed.older;
        } else {
            after.older = removed.older;
        }
        removed.older = null;
        removed.younger = null;
    }
}
