package dev.broadcaster.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Chromium offers permessage-deflate by itself: it has to read the output of a compressing gateway, and the gateway its
 * requests.
 */
final class CompressionBrowserTest {
    /** A socket that subscribes, publishes every payload, and resolves to the received messages. */
    private static final String EXCHANGE =
            """
            ([url, token, payloads]) => new Promise((resolve, reject) => {
              const socket = new WebSocket(url);
              const broadcasts = [];
              let id = 0;
              const send = (method, params) => socket.send(JSON.stringify({id: ++id, method, params}));
              socket.onopen = () => {
                send('auth', {token});
                send('subscribe', {channel: 'browser:deflate'});
                payloads.forEach((payload) => send('publish', {channel: 'browser:deflate', event: 'e', payload}));
              };
              socket.onmessage = ({data}) => {
                const frame = JSON.parse(data);
                if (frame.error) {
                  reject(new Error(data));
                }
                if (frame.method === 'broadcast' && broadcasts.push(frame.params) === payloads.length) {
                  const same = broadcasts.every(({payload, seq}, i) => payload === payloads[i] && seq === i + 1);
                  resolve([socket.extensions, String(same)]);
                  socket.close(1000);
                }
              };
              socket.onclose = ({code, reason}) => reject(new Error(code + ' ' + reason));
            })""";

    @Test
    void chromium_readsAndSendsCompressedMessages() throws Exception {
        String token = TokenForTest.of("browser", "[\"browser:*\"]", "[\"subscribe\",\"publish\"]");
        List<String> payloads =
                List.of("short", "x".repeat(300), "Grüße ∑ 𝄞 ".repeat(400), "abc 123 ".repeat(7_000), "short again");
        try (Chromium chromium = Chromium.launch();
                GatewayForTest gateway = GatewayForTest.start(Map.of("COMPRESSION", "true"))) {
            Page page = chromium.browser().newPage();
            page.navigate(gateway.console());

            Object saw = page.evaluate(EXCHANGE, List.of(gateway.websocket(), token, payloads));

            assertThat(saw)
                    .isEqualTo(List.of(
                            "permessage-deflate; server_no_context_takeover; client_no_context_takeover", "true"));
        }
    }
}
