package dev.broadcaster.client;

import java.net.URI;

/**
 * One client in a process of its own, driven by {@code clients/js/test/soak.mjs}: prints each event as a line of JSON.
 * Arguments: the address of the socket, a token, a channel.
 */
final class SoakClient {
    private SoakClient() {}

    public static void main(String[] args) throws InterruptedException {
        BroadcasterClient client = BroadcasterClient.builder(URI.create(args[0]))
                .token(args[1])
                .listener(new ClientListener() {
                    @Override
                    public void onState(StateEvent event) {
                        say("\"state\":" + Json.quote(event.state().name()) + ",\"code\":" + event.code()
                                + ",\"reason\":" + Json.quote(String.valueOf(event.reason())));
                    }
                })
                .build();
        var unused = client.subscribe(args[2], new ChannelListener() {
            @Override
            public void onLive(Live live) {
                say("\"live\":" + Json.quote(live.toString()));
            }

            @Override
            public void onMessage(Message message) {
                say("\"payload\":" + message.json());
            }

            @Override
            public void onGap(Gap gap) {
                say("\"gap\":" + Json.quote(gap.toString()));
            }
        });
        client.connect();
        Thread.currentThread().join();
    }

    private static synchronized void say(String members) {
        System.out.println("{\"at\":" + System.currentTimeMillis() + "," + members + "}");
    }
}
