package dev.broadcaster.client;

import java.util.ArrayList;
import java.util.List;

/** Writes down what a handle is told, a line each. */
final class Seen implements ChannelListener {
    final List<String> lines = new ArrayList<>();

    @Override
    public void onLive(Live live) {
        lines.add("live " + live.resumed() + " " + live.missed());
    }

    @Override
    public void onMessage(Message message) {
        lines.add("message " + message.seq() + " " + message.json());
    }

    @Override
    public void onGap(Gap gap) {
        lines.add("gap " + gap.cause() + " " + gap.count());
    }

    @Override
    public void onCaughtUp() {
        lines.add("caughtUp");
    }

    @Override
    public void onEnded(String reason) {
        lines.add("ended " + reason);
    }

    @Override
    public void onFailed(BroadcasterException error) {
        lines.add("failed " + error.code());
    }
}
