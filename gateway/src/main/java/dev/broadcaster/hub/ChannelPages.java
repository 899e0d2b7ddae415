package dev.broadcaster.hub;

import dev.broadcaster.control.Answer;
import dev.broadcaster.control.ControlExecutor;
import dev.broadcaster.control.Fleet;
import dev.broadcaster.control.Question;
import dev.broadcaster.control.Rounds;
import dev.broadcaster.protocol.ListedChannel;
import dev.broadcaster.time.Time;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;

/**
 * Lists the channels of this node in pages, by name. No order of the channels is kept, so each pass reads all names, for
 * all pages that are wanted at the time. It reads them in slices with pauses between, so that it delays no message.
 *
 * <p>A page has every channel in its range that has a subscriber for the whole of the question. Safe from any thread.
 */
public final class ChannelPages {
    /** The length of a slice: shorter than the usual time between a publish and its delivery. */
    private static final long SLICE_NANOS = 100_000;
    /** The pause after a slice, as a multiple of the slice. */
    private static final int PAUSE = 9;
    /** The time after which pauses are only as long as slices: the question waits for a second. */
    private static final long LATE_NANOS = Fleet.PATIENCE_NANOS / 4;
    /** The names between two looks at the clock. */
    private static final int STRIDE = 32;
    /** The names that the shards count in one of their turns: about 20 µs. */
    private static final int COUNTED = 100;

    private final Hub hub;
    private final ControlExecutor executor;
    private final Time time;
    private final Rounds<Page> rounds;

    /** The pages of {@code hub}; {@code executor} does the work. */
    public ChannelPages(Hub hub, ControlExecutor executor, Time time) {
        this.hub = hub;
        this.executor = executor;
        this.time = time;
        this.rounds = new Rounds<>(executor, time, 0, (pages, end) -> new Scan(pages, end).run());
    }

    /**
     * Reads a page.
     *
     * @param callback called once, on any thread; never if the page was not begun in time
     */
    public void read(Question.Channels question, Consumer<Answer> callback) {
        rounds.offer(new Page(question, callback));
    }

    /** One pass through the names. Owned by the executor. */
    private final class Scan implements Runnable {
        private final List<Page> pages;
        private final Runnable end;
        private final Iterator<String> names = hub.channelNames();
        private final long beginNanos = time.nanos();

        Scan(List<Page> pages, Runnable end) {
            this.pages = pages;
            this.end = end;
        }

        @Override
        public void run() {
            long sliceNanos = time.nanos();
            long spent = 0;
            while (names.hasNext() && spent < SLICE_NANOS) {
                for (int i = 0; i < STRIDE && names.hasNext(); i++) {
                    String name = names.next();
                    for (Page page : pages) {
                        page.offer(name);
                    }
                }
                spent = time.nanos() - sliceNanos;
            }
            if (names.hasNext()) {
                boolean late = sliceNanos - beginNanos > LATE_NANOS;
                executor.executeAfter(this, (late ? 1 : PAUSE) * Math.min(spent, 2 * SLICE_NANOS));
                return;
            }
            pages.forEach(Page::count);
            end.run();
        }
    }

    /** A page while it is made. Owned by the executor. */
    private final class Page {
        private final Question.Channels question;
        private final Consumer<Answer> callback;
        private final List<ListedChannel> channels = new ArrayList<>();
        private final PriorityQueue<String> first = new PriorityQueue<>(Comparator.reverseOrder());
        private String after;
        private int wanted; // names: one more than the page, which tells if there are more

        Page(Question.Channels question, Consumer<Answer> callback) {
            this.question = question;
            this.callback = callback;
            this.after = question.after();
            this.wanted = question.limit() + 1;
        }

        /** Takes a name if it is one of the first in the range. */
        void offer(String name) {
            String last = first.size() < wanted ? null : first.peek();
            if ((last != null && name.compareTo(last) >= 0)
                    || name.compareTo(after) <= 0
                    || !name.startsWith(question.prefix())) {
                return;
            }
            if (last != null) {
                first.remove();
            }
            first.add(name);
        }

        void count() {
            List<String> names = first.stream().sorted().toList();
            first.clear();
            count(names, 0);
        }

        private void count(List<String> names, int from) {
            int to = Math.min(names.size(), from + COUNTED);
            hub.count(
                    names.subList(from, to),
                    counts -> executor.execute(() -> {
                        for (int i = 0; i < counts.length; i++) {
                            if (counts[i] > 0) { // else the last subscriber has left since the name was read
                                channels.add(new ListedChannel(names.get(from + i), counts[i]));
                            }
                        }
                        if (to < names.size()) {
                            count(names, to);
                        } else {
                            onCounted(names);
                        }
                    }));
        }

        private void onCounted(List<String> names) {
            int limit = question.limit();
            if (channels.size() > limit) {
                callback.accept(Answer.ofChannels(channels.subList(0, limit), true));
            } else if (names.size() < wanted) {
                callback.accept(Answer.ofChannels(channels, false));
            } else {
                after = names.get(names.size() - 1);
                wanted = limit + 1 - channels.size();
                rounds.offer(this);
            }
        }
    }
}
