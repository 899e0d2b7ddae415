package shop;

import dev.broadcaster.client.BroadcasterClient;
import dev.broadcaster.client.RestClient;
import dev.broadcaster.client.TokenMinter;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication
public class Shop {
    public static void main(String[] args) {
        SpringApplication.run(Shop.class, args);
    }

    @Bean
    TokenMinter tokens(@Value("${gateway.secret}") String secret) {
        return TokenMinter.hs256(secret);
    }

    @Bean
    RestClient broadcaster(@Value("${gateway.rest}") URI base, @Value("${gateway.key}") String key) {
        return RestClient.create(base, key);
    }

    /** The connection of this application, with a token of its own. Spring connects and closes it. */
    @Bean(initMethod = "connect")
    BroadcasterClient client(@Value("${gateway.socket}") URI socket, TokenMinter tokens) {
        var scopes = EnumSet.of(TokenMinter.Scope.SUBSCRIBE);
        return BroadcasterClient.builder(socket)
                .token(reason -> tokens.mint("kitchen", List.of("orders"), scopes, Duration.ofHours(1)))
                .build();
    }
}
