package dev.broadcaster.client;

import java.util.List;

/**
 * A part of the history of a channel.
 *
 * @param recovered false if the message after which to begin, or one behind it, is no longer kept; then there are no messages
 * @param messages oldest first, without a gap; {@code seq} is 0 and {@code replayed} true
 * @param more true if more messages follow the last of these
 */
public record HistoryPage(boolean recovered, List<Message> messages, boolean more) {}
