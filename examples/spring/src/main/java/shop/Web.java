package shop;

import dev.broadcaster.client.PublishResult;
import dev.broadcaster.client.TokenMinter;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
class Web {
    private final TokenMinter tokens;
    private final Orders orders;

    Web(TokenMinter tokens, Orders orders) {
        this.tokens = tokens;
        this.orders = orders;
    }

    /** A token for the page of a user: here you would look at your session. */
    @PostMapping("/token")
    String token(@RequestParam String user) {
        var scopes = EnumSet.of(TokenMinter.Scope.SUBSCRIBE);
        return tokens.mint(user, List.of("user:" + user), scopes, Duration.ofMinutes(10));
    }

    @PostMapping("/orders")
    CompletableFuture<String> order(Orders.Order order) {
        return orders.publish("orders", "placed", order).thenApply(PublishResult::id);
    }
}
