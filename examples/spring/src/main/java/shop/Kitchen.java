package shop;

import dev.broadcaster.client.BroadcasterClient;
import dev.broadcaster.client.ChannelListener;
import dev.broadcaster.client.Gap;
import dev.broadcaster.client.Handle;
import dev.broadcaster.client.Message;
import java.util.concurrent.CompletableFuture;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import tools.jackson.databind.ObjectMapper;

/** Consumes the orders: each once, in order, also those of a time without a connection. Publishes one by one. */
@Component
class Kitchen implements ChannelListener {
    private static final System.Logger LOG = System.getLogger("kitchen");
    private final Orders orders;
    private final ObjectMapper jackson;
    private final Handle handle;
    private CompletableFuture<?> published = CompletableFuture.completedFuture(null);

    Kitchen(BroadcasterClient client, Orders orders, ObjectMapper jackson) {
        this.orders = orders;
        this.jackson = jackson;
        handle = client.subscribe("orders", this);
    }

    @Override
    public void onMessage(Message message) {
        var order = jackson.readValue(message.json(), Orders.Order.class);
        var next = published.thenCompose(last -> orders.publish("user:" + order.user(), "ready", order));
        published = next.exceptionally(failure -> {
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
