package shop;

import dev.broadcaster.client.BroadcasterClient;
import dev.broadcaster.client.ChannelListener;
import dev.broadcaster.client.Gap;
import dev.broadcaster.client.Handle;
import dev.broadcaster.client.Message;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import tools.jackson.databind.ObjectMapper;

/** Consumes the orders: each once and in order, also those of a time without a connection. */
@Component
class Kitchen implements ChannelListener {
    private static final System.Logger LOG = System.getLogger("kitchen");
    private final Orders orders;
    private final ObjectMapper jackson;
    private final Handle handle;

    Kitchen(BroadcasterClient client, Orders orders, ObjectMapper jackson) {
        this.orders = orders;
        this.jackson = jackson;
        handle = client.subscribe("orders", this);
    }

    @Override
    public void onMessage(Message message) {
        var order = jackson.readValue(message.json(), Orders.Order.class);
        orders.publish("user:" + order.user(), "ready", order).exceptionally(failure -> {
            LOG.log(System.Logger.Level.WARNING, "not published: " + order + " is ready", failure);
            return null;
        });
    }

    /** Here you would look for the lost orders in your database. */
    @Override
    public void onGap(Gap gap) {
        LOG.log(System.Logger.Level.WARNING, "lost: " + gap);
    }

    @EventListener
    void open(WebServerInitializedEvent event) {
        String address = "http://127.0.0.1:" + event.getWebServer().getPort() + "/";
        handle.ready().thenRun(() -> System.out.println(address));
    }
}
