package dev.broadcaster.hub;

import dev.broadcaster.budget.Account;
import dev.broadcaster.protocol.EncodedBroadcast;
import dev.broadcaster.time.Fatal;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The inbox of a shard, and the turns in which the shard's thread empties it. A turn runs the tasks, hands the messages
 * to the subscribers channel by channel, and then lets each touched subscriber write once. Any thread may offer and
 * {@link #wake}; everything else is owned by the thread.
 *
 * <p>Messages and tasks of one thread are taken in the order in which it offered them, and a task runs before any
 * message is handed over. So the reply to a publish, which the relay gives first, is sent before the message itself.
 */
final class ShardLoop {
    private static final Logger LOG = LoggerFactory.getLogger(ShardLoop.class);

    /** After this size a turn stops gathering and lets the thread read sockets before it continues. */
    private static final int MAX_TURN_BYTES = 512 * 1024;
    /** The size that a task counts as, and each message that it hands over. */
    private static final int TASK_BYTES = 64;
    /** The number of times that a turn lets other tasks of the thread run first, if they bring more messages. */
    private static final int MAX_ROUNDS = 8;

    sealed interface Entry {}

    /**
     * A message for the subscribers of a channel.
     *
     * @param route counts {@code position}
     * @param bytes the size that the hub has counted for the message
     * @param nanos the time of the offer
     */
    record Offer(Route route, String channel, EncodedBroadcast message, long bytes, long position, long nanos)
            implements Entry {}

    /**
     * A task of another thread.
     *
     * @param messages the number of messages that it hands over
     */
    record Task(Runnable action, int messages) implements Entry {}

    /** The work of the thread in the current turn. Between its steps the thread may do other work. */
    private enum Turn {
        /** There is no turn. */
        IDLE,
        /** Tasks run, messages are gathered and handed over; the end of the turn writes. */
        GATHERING,
        /** The touched subscribers write. */
        WRITING
    }

    private final ShardThread thread;
    private final Fanout fanout;
    private final Account waiting;
    private final Function<String, @Nullable ShardChannel> channels;
    private final Queue<Entry> inbox = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean(); // a turn is due, or runs
    private final Runnable turnTask = Fatal.guarded(this::run);
    private final Consumer<Entry> takeTask = this::take;

    // Everything below is owned by the thread.
    private Turn turn = Turn.IDLE;
    private int rounds;
    private long gatheredBytes;
    private long takenBytes; // bytes of the account for the messages that the turn has gathered

    /**
     * The loop of an empty shard.
     *
     * @param waiting counts the messages that no shard has written yet
     * @param channels finds a channel of the shard by its name; null if the shard has no subscriber of it
     */
    ShardLoop(ShardThread thread, Fanout fanout, Account waiting, Function<String, @Nullable ShardChannel> channels) {
        this.thread = thread;
        this.fanout = fanout;
        this.waiting = waiting;
        this.channels = channels;
    }

    /** Queues an entry; a {@link #wake} follows. From any thread; never blocks. */
    void offer(Entry entry) {
        inbox.add(entry);
    }

    /** Asks for a turn. Does nothing if one is due. From any thread; never blocks. */
    void wake() {
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            thread.execute(turnTask);
        }
    }

    /** Makes the current turn notify {@code subscriber} at its end; false if no turn gathers. */
    boolean touch(Subscriber subscriber) {
        if (turn != Turn.GATHERING) {
            return false;
        }
        fanout.touch(subscriber);
        return true;
    }

    /**
     * Begins or continues a turn. It gives way to queued tasks of the thread as long as they bring more messages:
     * pipelined requests are handled one per task, and the cost is in the number of writes. It gives way again after
     * every few writes: a thousand writes take milliseconds, and a reply that waits for them delays the requests behind
     * it.
     */
    private void run() {
        assert thread.isCurrent();
        if (thread.putsOff(turnTask)) {
            return;
        }
        if (turn != Turn.WRITING) {
            turn = Turn.GATHERING;
            if (gather() && gatheredBytes < MAX_TURN_BYTES && rounds++ < MAX_ROUNDS) {
                thread.execute(turnTask);
                return;
            }
            fanout.handOver();
            turn = Turn.WRITING;
        }
        if (!fanout.writeSome()) {
            thread.execute(turnTask);
            return;
        }
        finish();
    }

    private void finish() {
        turn = Turn.IDLE;
        rounds = 0;
        gatheredBytes = 0;
        waiting.add(-takenBytes);
        takenBytes = 0;
        scheduled.set(false); // before the inbox is read: a later offer asks for another turn
        if (!inbox.isEmpty()) {
            wake(); // entries that did not fit into this turn, or came after it had gathered
        }
    }

    /** Takes the entries of the inbox, as far as they fit into the turn; true if there was a message among them. */
    private boolean gather() {
        int before = fanout.size();
        while (gatheredBytes < MAX_TURN_BYTES) {
            Entry entry = inbox.poll();
            if (entry == null) {
                break;
            }
            Fatal.runTask(takeTask, entry, LOG);
        }
        return fanout.size() > before;
    }

    private void take(Entry entry) {
        if (entry instanceof Task task) {
            gatheredBytes += (1L + task.messages) * TASK_BYTES;
            task.action.run();
        } else if (entry instanceof Offer offer) {
            takeOffer(offer);
        }
    }

    private void takeOffer(Offer offer) {
        takenBytes += offer.bytes;
        ShardChannel channel = channels.apply(offer.channel);
        // A message for a route that this shard has left counts its position from another start.
        if (channel != null && channel.route == offer.route) {
            fanout.add(channel, offer.message, offer.position, offer.nanos);
            gatheredBytes += offer.message.length();
        }
    }
}
