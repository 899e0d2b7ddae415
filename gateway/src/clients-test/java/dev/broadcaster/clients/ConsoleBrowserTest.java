package dev.broadcaster.clients;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.WebSocketRoute;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The console in a real browser, against a real gateway. */
final class ConsoleBrowserTest {
    private static final String READ_AND_WRITE = "[\"subscribe\",\"publish\"]";
    private static final String GAP_AWAY =
            "gap of unknown size (away): what was published meanwhile is not kept; seq starts at 1";
    private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)");

    private static Chromium chromium;
    private static GatewayForTest gateway;

    private final List<String> complaints = new ArrayList<>();
    private final List<String> foreignRequests = new ArrayList<>();
    private BrowserContext context;
    private Page page;
    private boolean cutsConnections; // then the browser reports an error, which the test expects

    @BeforeAll
    static void start() throws Exception {
        chromium = Chromium.launch();
        PlaywrightAssertions.setDefaultAssertionTimeout(15_000);
        gateway = GatewayForTest.start(Map.of("AUTH_TIMEOUT", "2s", "MAX_REQUEST_RATE", "0"));
    }

    @AfterAll
    static void stop() {
        if (gateway != null) {
            gateway.close();
        }
        if (chromium != null) {
            chromium.close();
        }
    }

    @BeforeEach
    void openPage() {
        openPage(1280, 900, ColorScheme.LIGHT);
    }

    @AfterEach
    void closePage() {
        context.close();
        assertThat(complaints).as("errors in the browser, broken CSP included").isEmpty();
        assertThat(foreignRequests).as("requests to another host").isEmpty();
    }

    @Test
    void credentialsInTheAddress_connect_andLeaveTheAddressBar() {
        connect(READ_AND_WRITE);

        assertThat(page).hasURL(gateway.console());
        assertThat(page.locator("#who")).hasText("console-test");
        assertThat(page.locator("#address")).hasText(gateway.websocket());
    }

    @Test
    void addressWithoutSlash_leadsToThePage() {
        page.navigate(gateway.console().replaceAll("/$", ""));

        assertThat(page).hasURL(gateway.console());
        assertThat(state()).hasText("not connected");
    }

    @Test
    void pastedToken_connectsOnEnter() {
        page.navigate(gateway.console());
        page.getByLabel("Token").fill(token(READ_AND_WRITE));
        page.keyboard().press("Enter");

        assertThat(state()).hasText("authenticated");
    }

    @Test
    void badToken_showsWhatTheGatewaySaid_andIsNotTriedAgain() {
        List<WebSocketRoute> sockets = interceptSockets();
        page.navigate(gateway.console() + "#token=" + token(READ_AND_WRITE) + "x");

        assertThat(page.locator("#auth-error")).containsText("Unauthorized: ");
        assertThat(state()).hasText("closed");
        assertThat(page.locator("#closed-text")).hasText("The gateway does not accept this token.");

        page.getByLabel("Token").fill(token(READ_AND_WRITE));
        page.locator("#reconnect").click();
        assertThat(state()).hasText("authenticated");
        assertThat(page.locator("#auth-error")).hasText("");
        assertThat(sockets).hasSize(2);
    }

    @Test
    void channelThatTheTokenDoesNotCover_isRefused_andNotListed() {
        connect(READ_AND_WRITE);
        page.locator("#subscribe-channel").fill("other:channel");
        button("Subscribe").click();

        assertThat(page.locator("#subscribe-error")).containsText("Denied: other:channel: ");
        assertThat(page.locator("#channels li")).hasCount(0);
    }

    @Test
    void channelSubscribedBeforeThePageConnects_isLiveAfterwards() {
        page.navigate(gateway.console());
        page.locator("#subscribe-channel").fill("console:early");
        button("Subscribe").click();
        assertThat(page.locator("#channels .figures")).hasText("not subscribed");

        page.getByLabel("Token").fill(token(READ_AND_WRITE));
        page.keyboard().press("Enter");
        assertThat(note("subscribed")).hasCount(1);
        gateway.publish("console:early", "e", "1");
        assertThat(messages().locator(".payload")).hasText("1");
    }

    @Test
    void publishedMessage_isShownExactly() {
        connect(READ_AND_WRITE);
        subscribe("console:exact");
        String payload = "{\"n\":12345678901234567890,\"x\":1.50,\"a\":1,\"a\":2,\"s\":\"\\u00e9 <b>&\",\"deep\":[[{\"payload\":\"}\"}]]}";
        publishInPage("console:exact", "exact", payload);

        Locator row = messages().first();
        assertThat(row.locator(".seq")).hasText("1");
        assertThat(row.locator(".channel")).hasText("console:exact");
        assertThat(row.locator(".event")).hasText("exact");
        assertThat(row.locator(".time")).hasText(Pattern.compile("\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?"));
        assertThat(row.locator(".id").textContent()).isNotEmpty();
        assertThat(row.locator(".payload").textContent()).isEqualTo(payload);
    }

    @Test
    void restPublish_withTheApiKey_isShown() {
        connect("[\"subscribe\"]");
        subscribe("console:rest");
        // The token cannot publish, so the page has selected REST by itself.
        assertThat(page.getByLabel("REST", new Page.GetByLabelOptions().setExact(true))).isChecked();
        publishInPage("console:rest", "e", "[1e400,-0]");

        assertThat(messages().first().locator(".payload")).hasText("[1e400,-0]");
    }

    @Test
    void refusedPublish_showsWhatTheGatewaySaid() {
        connect("[\"subscribe\"]");
        page.getByLabel("socket", new Page.GetByLabelOptions().setExact(true)).check();
        fillPublish("console:refused", "e", "1");
        publishButton().click();
        assertThat(page.locator("#publish-result")).containsText("Denied: ");

        page.getByLabel("REST", new Page.GetByLabelOptions().setExact(true)).check();
        page.getByLabel("API key").fill("wrong");
        publishButton().click();
        assertThat(page.locator("#publish-result")).containsText("Unauthenticated: ");
    }

    @Test
    void payloadThatIsNotJson_isNotSent() {
        connect(READ_AND_WRITE);
        fillPublish("console:json", "e", "{oops");
        publishButton().click();

        assertThat(page.locator("#publish-result")).containsText("Payload is not JSON");
    }

    @Test
    void unsubscribed_receivesNothingMore() {
        connect(READ_AND_WRITE);
        subscribe("console:left");
        subscribe("console:kept");
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Unsubscribe from console:left"))
                .click();
        assertThat(page.locator("#rows .note", new Page.LocatorOptions().setHasText("unsubscribed")))
                .hasCount(1);

        gateway.publish("console:left", "e", "\"unseen\"");
        gateway.publish("console:kept", "e", "\"seen\"");

        assertThat(messages().locator(".payload")).hasText(new String[] {"\"seen\""});
    }

    @Test
    void hole_isARedRowOfItsSize() {
        loseMessages(Set.of(2, 3, 4));
        connect(READ_AND_WRITE);
        subscribe("console:hole");
        for (int n = 1; n <= 5; n++) {
            gateway.publish("console:hole", "e", String.valueOf(n));
        }

        assertThat(messages().locator(".seq")).hasText(new String[] {"1", "5"});
        Locator hole = page.locator("#rows .hole");
        assertThat(hole).hasCount(1);
        assertThat(hole.locator(".wide")).hasText("3 messages lost (hole): seq 2-4console:hole");
        assertThat(hole.locator(".wide")).hasCSS("color", "rgb(179, 39, 30)");
        assertThat(page.locator("#lost")).hasText("1 hole, 3 lost");
    }

    @Test
    void markup_inEveryField_staysText() {
        connect(READ_AND_WRITE);
        subscribe("console:markup");
        gateway.publish("console:markup", "<i>event</i>", "\"<img src=x onerror=alert(1)>\"");

        assertThat(messages().locator(".payload")).hasText("\"<img src=x onerror=alert(1)>\"");
        assertThat(messages().locator(".event")).hasText("<i>event</i>");
        assertThat(page.locator("#rows img, #rows i")).hasCount(0);
    }

    @Test
    void list_isDrawnInParts_andFilteredAsAWhole() {
        connect(READ_AND_WRITE);
        subscribe("console:many");
        for (int n = 1; n <= 120; n++) {
            gateway.publish("console:many", "e", String.valueOf(n));
        }

        assertThat(messages()).hasCount(120);
        assertThat(messages().last()).isInViewport();
        assertThat(page.locator("#count")).hasText("120 received");
        page.getByLabel("Show").selectOption("console:many");
        assertThat(messages()).hasCount(120);
        assertThat(messages().last().locator(".seq")).hasText("120");
        assertThat(messages().last()).isInViewport();
    }

    @Test
    void tape_keepsTheLast10000Rows_andABoundedSizeOfPayloads() {
        page.navigate(gateway.console());

        Object kept = page.evaluate(
                """
                async () => {
                  const {Tape} = await import('./tape.js');
                  const rows = new Tape();
                  for (let n = 0; n < 10_020; n++) rows.add({payload: '1'});
                  const large = new Tape();
                  for (let n = 0; n < 700; n++) large.add({payload: 'x'.repeat(65_536)});
                  return [rows.first, rows.next, rows.between(0, 30).length, large.next - large.first];
                }""");

        assertThat(kept).isEqualTo(List.of(20, 10_020, 10, 512));
    }

    @Test
    void text_isCutBetweenCharacters_andHiddenCharactersAreEscaped() {
        page.navigate(gateway.console());

        Object shown = page.evaluate(
                """
                async () => {
                  const {cut, length, utc, visible, visibleJson} = await import('./text.js');
                  const family = '\\u{1f468}\\u200d\\u{1f469}\\u200d\\u{1f467}';
                  return [
                    cut('abc', 3), cut('abcd', 3), cut('ae\\u0301x', 2), cut(`a${family}`, 6),
                    cut('e' + '\\u0301'.repeat(99), 5).length, cut('\\u{1f600}'.repeat(9), 3).length,
                    length('a\\u{1f600}\\ud800'), utc(new Date(0)), utc(new Date(1e30)),
                    visible('a\\u0000\\t\\n\\u202e\\u200f\\ud800\\u{e0001}'), visible(family) === family,
                    visibleJson('{\\t"\\u2066":\\n\\r"\\u{1f600}\\u05d0"}'),
                  ];
                }""");

        assertThat(shown)
                .isEqualTo(List.of(
                        "abc",
                        "abc",
                        "a",
                        "a",
                        5,
                        2,
                        3,
                        "1970-01-01 00:00:00 UTC",
                        "at a time that no calendar has",
                        "a\\u0000\\u0009\\u000a\\u202e\\u200f\\ud800\\u{e0001}",
                        true,
                        "{\t\"\\u2066\":\n\\u000d\"\ud83d\ude00\u05d0\"}"));
    }

    @Test
    void longPayload_isCutBetweenCharacters_andTheFocusStays_whenAllIsShown() {
        connect(READ_AND_WRITE);
        subscribe("console:long");
        String payload = "\"" + "x".repeat(298) + "\ud83d\ude00\u202e" + "y".repeat(50) + "\"";
        gateway.publish("console:long", "e\u202ef", payload);

        Locator row = messages().first();
        assertThat(row.locator(".event")).hasText("e\\u202ef");
        assertThat(row.locator("code")).hasText("\"" + "x".repeat(298) + "\u2026");
        row.locator(".more").focus();
        assertThat(row.locator(".more")).hasText("all 352 characters");
        page.keyboard().press("Enter");
        assertThat(row.locator("code"))
                .hasText("\"" + "x".repeat(298) + "\ud83d\ude00\\u202e" + "y".repeat(50) + "\"");
        assertThat(row.locator(".more")).hasText("less");
        assertThat(row.locator(".more")).isFocused();
        page.keyboard().press("Enter");
        assertThat(row.locator("code")).hasText("\"" + "x".repeat(298) + "\u2026");
    }

    @Test
    void seq_isNeverBroken_andTheIdIsReachable_atEachWidth() {
        page.routeWebSocket(url -> true, socket -> {
            WebSocketRoute server = socket.connectToServer();
            server.onMessage(frame -> socket.send(frame.text().replace("\"seq\":1,", "\"seq\":1234567890123456,")));
        });
        connect(READ_AND_WRITE);
        subscribe("console:wide");
        gateway.publish("console:wide", "e", "1");
        assertThat(messages()).hasCount(1);

        for (int width : new int[] {1600, 1280, 900, 600, 320}) {
            page.setViewportSize(width, 800);
            Locator seq = messages().locator(".seq");
            assertThat(seq).hasText("1234567890123456");
            assertThat(seq.evaluate("(cell) => cell.scrollWidth - cell.clientWidth")).as("at " + width).isEqualTo(0);
            assertThat(seq.evaluate("(cell) => { const text = document.createRange(); text.selectNodeContents(cell);"
                            + " return text.getClientRects().length; }"))
                    .as("lines of seq at " + width)
                    .isEqualTo(1);
            if (button("Ids").isVisible() && "false".equals(button("Ids").getAttribute("aria-pressed"))) {
                button("Ids").click();
            }
            assertThat(messages().locator(".id")).isInViewport();
            assertThat(page.evaluate("document.documentElement.scrollWidth")).isEqualTo(width);
        }
    }

    @Test
    void page_hasNoBlankBelowIt_atEachSize() {
        connect(READ_AND_WRITE);
        subscribe("console:blank");
        for (int[] size : new int[][] {{1600, 1000}, {1280, 700}, {1280, 400}, {1000, 500}, {960, 600}, {360, 740}, {320, 400}}) {
            page.setViewportSize(size[0], size[1]);

            assertThat(((Number) page.evaluate("document.documentElement.scrollHeight - Math.max(innerHeight,"
                                    + " Math.ceil(document.querySelector('main').getBoundingClientRect().bottom + scrollY))"))
                            .intValue())
                    .as("blank pixels at " + size[0] + " x " + size[1])
                    .isLessThanOrEqualTo(0);
        }
    }

    @Test
    void reload_keepsTheChannels_andConnectsAgain_unlessThePersonHasDisconnected() {
        connect(READ_AND_WRITE);
        subscribe("console:first");
        subscribe("console:second");

        page.reload();

        assertThat(state()).hasText("authenticated");
        assertThat(page.locator("#channels li:not(.off) .name"))
                .hasText(new String[] {"console:first", "console:second"});
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Unsubscribe from console:first"))
                .click();
        button("Disconnect").focus();
        page.keyboard().press("Enter");
        assertThat(page.locator("#connect")).isFocused();

        page.reload();

        assertThat(page.locator("#channels .name")).hasText(new String[] {"console:second"});
        assertThat(state()).hasText("not connected");
    }

    @Test
    void addressWithAChannel_opensSubscribedToIt() {
        page.navigate(address(gateway, token(READ_AND_WRITE)) + "&channel=console:opened");

        assertThat(page.locator("#channels li:not(.off) .name")).hasText("console:opened");
        assertThat(page).hasURL(gateway.console());
    }

    @Test
    void payloadOverTheLimit_isNotSent_andTheConnectionStays() {
        connect(READ_AND_WRITE);
        fillPublish("console:large", "e", "\"" + "x".repeat(70_000) + "\"");
        publishButton().click();

        assertThat(page.locator("#publish-result")).containsText("too large for the socket");
        assertThat(publishButton()).isFocused();
        assertThat(state()).hasText("authenticated");
    }

    @Test
    void control_showsAUserAndChannels_endsSubscriptions_andRevokesTokens() {
        page.navigate(address(gateway, TokenForTest.of("a control/user", "[\"console:*\"]", READ_AND_WRITE)));
        assertThat(state()).hasText("authenticated");
        subscribe("console:control");
        page.locator("#control summary").click();
        page.locator("#user").fill("a control/user");
        page.keyboard().press("Enter");

        assertThat(page.locator("#user-connections li")).hasCount(1);
        assertThat(page.locator("#user-connections .figures")).containsText("UTC, 1 subscription");
        assertThat(page.locator("#user-connections .all")).hasText("console:control");
        page.locator("#prefix").fill("console:control");
        page.keyboard().press("Enter");
        assertThat(page.locator("#channel-list .name")).hasText("console:control");
        assertThat(page.locator("#control-result")).hasText("1 channel.");

        page.locator("#end-channel").fill("console:control");
        page.locator("#reason").fill("closed");
        button("End subscriptions").click();
        assertThat(note("unsubscribed by the gateway: closed")).hasCount(1);
        assertThat(page.locator("#control-result")).hasText("1 subscription on 1 node ended.");

        page.locator("#revoke").check();
        button("Close connections").click();
        assertThat(state()).hasText("closed, 4403");
        assertThat(page.locator("#control-result")).hasText("1 connection on 1 node closed, tokens revoked.");

        page.getByLabel("API key").fill("wrong");
        page.locator("#user").press("Enter");
        assertThat(page.locator("#control-result")).containsText("Unauthenticated: ");
    }

    /** The rules of WCAG 2.2 A and AA and the best practices of axe-core. */
    @Test
    void axe_findsNothing_inBothThemes_wideAndNarrow() throws Exception {
        String axe;
        try (InputStream in = ConsoleBrowserTest.class.getResourceAsStream("/axe.min.js")) {
            axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            reopenPage(1600, 1000, scheme);
            waitLong();
            loseMessages(Set.of(2));
            List<WebSocketRoute> sockets = interceptSockets();
            connect(READ_AND_WRITE);
            subscribe("console:axe");
            publish(gateway, "console:axe", 1, 3);
            gateway.publish("console:axe", "long", "\"" + "x".repeat(400) + "\"");
            publishInPage("console:axe", "e", "1");
            assertThat(messages()).hasCount(5);
            page.locator("#control summary").click();
            page.locator("#user").fill("console-test");
            page.keyboard().press("Enter");
            assertThat(page.locator("#user-actions")).isVisible();
            button("List").click();
            assertThat(page.locator("#channel-list li").first()).isVisible();
            page.evaluate(axe);
            assertThat(findings()).as(scheme + ", connected").isEmpty();
            close(sockets, 1011);
            assertThat(page.locator("#closed")).isVisible();
            page.setViewportSize(360, 740);
            assertThat(findings()).as(scheme + ", waiting, on a phone").isEmpty();
        }
    }

    @Test
    void pause_holdsRowsBack_clearAndFilterWork() {
        connect(READ_AND_WRITE);
        subscribe("console:one");
        subscribe("console:two");
        button("Pause").click();
        gateway.publish("console:one", "e", "1");
        gateway.publish("console:two", "e", "2");
        assertThat(page.locator("#count")).hasText("2 received, 2 waiting");
        assertThat(messages()).hasCount(0);

        button("Resume").click();
        assertThat(messages()).hasCount(2);
        page.getByLabel("Show").selectOption("console:two");
        assertThat(messages().locator(".payload")).hasText(new String[] {"2"});

        button("Clear").click();
        assertThat(messages()).hasCount(0);
        assertThat(page.locator("#empty")).isVisible();
    }

    @Test
    void ownPublishes_areDrawn_withFigures() {
        connect(READ_AND_WRITE);
        subscribe("console:latency");
        page.getByLabel("Times").fill("20");
        publishInPage("console:latency", "e", "1");

        assertThat(page.locator("#chart circle")).hasCount(20);
        assertThat(page.locator("#chart text", new Page.LocatorOptions().setHasText(" ms")))
                .hasCount(1);
        assertThat(page.locator("#latency-text"))
                .hasText(Pattern.compile("reply p50 [\\d.]+ ms, p99 [\\d.]+ ms\\s*own message p50 [\\d.]+ ms, p99 [\\d.]+ ms"));
    }

    @Test
    void reconnect_subscribesAgain_andShowsAGapOfUnknownSize_whenTheChannelHasNoHistory() {
        connect(READ_AND_WRITE);
        subscribe("console:again");
        button("Disconnect").click();
        assertThat(state()).hasText("closed, 1000");
        page.locator("#reconnect").click();
        assertThat(page.locator("#rows .gone .wide")).hasText(GAP_AWAY + "console:again");
        assertThat(page.locator("#lost")).hasText("1 gap of unknown size");
        gateway.publish("console:again", "e", "1");

        assertThat(messages().locator(".seq")).hasText(new String[] {"1"});
        assertThat(page.locator("#rows .hole")).hasCount(0);
    }

    @Test
    void drain_showsWhyItClosed() throws Exception {
        try (GatewayForTest leaving = GatewayForTest.start(Map.of("DRAIN_TIMEOUT", "1s"))) {
            waitLong();
            connect(leaving, READ_AND_WRITE);
            leaving.drain();
            assertThat(state()).hasText("closed, 1001");
            assertThat(page.locator("#closed-text")).containsText("The node is draining.");
            assertThat(page.locator("#closed-wait")).containsText("Reconnecting in ");
        }
    }

    @Test
    void cutConnection_isMadeAgain_andWhatWasMissedIsRecovered() throws Exception {
        cutsConnections = true;
        try (GatewayForTest kept = GatewayForTest.start(Map.of("HISTORY", "console:=100/10m"));
                CutProxy network = new CutProxy(kept.port())) {
            page.navigate(GatewayForTest.console(network.port()) + fragment(token(READ_AND_WRITE)));
            assertThat(state()).hasText("authenticated");
            subscribe("console:kept");
            subscribe("console:quiet");
            publish(kept, "console:kept", 1, 2);
            assertThat(messages()).hasCount(2);

            network.cut();
            assertThat(page.locator("#closed-text")).containsText("the network failed");
            publish(kept, "console:kept", 3, 5);
            network.heal();

            assertThat(page.locator("#rows .recovered .wide"))
                    .hasText(new String[] {
                        "resumed: 3 missed, they follow; seq starts at 1console:kept",
                        "resumed: nothing was missed; seq starts at 1console:quiet"
                    });
            assertThat(state()).hasText("authenticated");
            assertThat(page.locator("#closed")).isHidden();
            publish(kept, "console:kept", 6, 6);
            assertThat(messages().locator(".payload")).hasText(new String[] {"1", "2", "3", "4", "5", "6"});
            assertThat(messages().locator(".seq")).hasText(new String[] {"1", "2", "1", "2", "3", "4"});
            assertThat(page.locator("#rows .hole, #rows .gone")).hasCount(0);
            assertThat(contrast("#rows .recovered .wide", "#rows .recovered .wide"))
                    .isGreaterThan(4.5);
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target/console-recovered.png")));

            network.cut();
            assertThat(page.locator("#closed")).isVisible();
            network.heal();
            assertThat(page.locator("#rows .recovered .wide")).hasCount(4);
            assertThat(page.locator("#rows .recovered .wide").nth(2))
                    .hasText("resumed: nothing was missed; seq starts at 1console:kept");
        }
    }

    /** The position of a subscription replaces the last message before the first one arrives. */
    @Test
    void cutConnection_recoversWhatWasMissed_whenNoMessageHadCome() throws Exception {
        cutsConnections = true;
        try (GatewayForTest kept = GatewayForTest.start(Map.of("HISTORY", "console:=100/10m"));
                CutProxy network = new CutProxy(kept.port())) {
            publish(kept, "console:old", 1, 2);
            page.navigate(GatewayForTest.console(network.port()) + fragment(token(READ_AND_WRITE)));
            assertThat(state()).hasText("authenticated");
            subscribe("console:silent");
            subscribe("console:old");

            network.cut();
            assertThat(page.locator("#closed-text")).containsText("the network failed");
            publish(kept, "console:silent", 1, 3);
            publish(kept, "console:old", 3, 3);
            network.heal();

            assertThat(page.locator("#rows .recovered .wide"))
                    .hasText(new String[] {
                        "resumed: 3 missed, they follow; seq starts at 1console:silent",
                        "resumed: 1 missed, they follow; seq starts at 1console:old"
                    });
            assertThat(messages()).hasCount(4);
            assertThat(page.locator("#rows .hole, #rows .gone")).hasCount(0);
        }
    }

    /**
     * A browser shows no pings: the frames that accompany them keep an idle connection, and their absence ends a dead
     * one.
     */
    @Test
    void quietConnection_isKept_andADeadOneIsGivenUp() throws Exception {
        cutsConnections = true;
        waitLong();
        AtomicBoolean dead = new AtomicBoolean();
        try (GatewayForTest pinging = GatewayForTest.start(Map.of("PING_INTERVAL", "1s"))) {
            page.routeWebSocket(Pattern.compile(".*/websocket"), socket -> {
                WebSocketRoute server = socket.connectToServer();
                server.onMessage(frame -> {
                    if (!dead.get()) {
                        socket.send(frame.text());
                    }
                });
            });
            connect(pinging, READ_AND_WRITE);

            page.waitForTimeout(13_000);
            assertThat(state()).hasText("authenticated");
            dead.set(true);

            assertThat(page.locator("#closed-text"))
                    .containsText("Closed with 1006 (silent)");
            assertThat(page.locator("#closed-wait")).containsText("Reconnecting in ");
        }
    }

    /** Like a node from before the hello of the protocol. */
    @Test
    void gatewayThatSaysNoHello_isUsedAsBefore() {
        page.routeWebSocket(Pattern.compile(".*/websocket"), socket -> socket.onMessage(frame -> {
            Matcher id = Pattern.compile("\"id\":(\\d+)").matcher(frame.text());
            assertThat(id.find()).isTrue();
            String result = switch (frame.text().replaceAll(".*\"method\":\"([a-z]+)\".*", "$1")) {
                case "auth" -> "{\"success\":true}";
                case "subscribe" -> "{\"subscriptionId\":\"s\",\"timestamp\":\"2026-01-02T03:04:05Z\"}";
                default -> "{\"timestamp\":\"2026-01-02T03:04:05Z\"}";
            };
            socket.send("{\"requestId\":" + id.group(1) + ",\"result\":" + result + "}");
        }));
        connect(READ_AND_WRITE);
        subscribe("console:plain");

        page.waitForTimeout(11_000);
        assertThat(state()).hasText("authenticated");
    }

    @Test
    void gatewayThatHasBegunAnew_makesARedRow_becauseItsHistoryIsLost() throws Exception {
        cutsConnections = true;
        reopenPage(1280, 900, ColorScheme.DARK);
        waitLong();
        GatewayForTest first = GatewayForTest.start(Map.of("HISTORY", "console:=100/10m"));
        String port = String.valueOf(first.port());
        try {
            connect(first, READ_AND_WRITE);
            subscribe("console:lost");
            publish(first, "console:lost", 1, 2);
            assertThat(messages()).hasCount(2);
        } finally {
            first.close();
        }
        try (GatewayForTest second = GatewayForTest.start(Map.of("HISTORY", "console:=100/10m", "PORT", port))) {
            publish(second, "console:lost", 3, 4);
            button("Reconnect now").click();

            Locator gone = page.locator("#rows .gone .wide");
            assertThat(gone)
                    .hasText(GAP_AWAY + "console:lost");
            publish(second, "console:lost", 5, 5);
            assertThat(messages().locator(".payload")).hasText(new String[] {"1", "2", "5"});
            assertThat(messages().locator(".seq")).hasText(new String[] {"1", "2", "1"});
            assertThat(page.locator("#lost")).hasText("1 gap of unknown size");
            assertThat(contrast("#rows .gone .wide", "#rows .gone .wide")).isGreaterThan(4.5);
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target/console-lost.png")));
        }
    }

    @Test
    void waitBeforeAReconnect_isShown_andCanBeCutShort() {
        waitLong();
        List<WebSocketRoute> sockets = interceptSockets();
        connect(READ_AND_WRITE);
        subscribe("console:wait");
        close(sockets, 1011);

        assertThat(page.locator("#closed-wait")).hasText(Pattern.compile("Reconnecting in 1[0-5] s\\."));
        tabTo("reconnect");
        page.keyboard().press("Enter");

        assertThat(state()).hasText("authenticated");
        assertThat(page.locator("#closed")).isHidden();
        assertThat(page.locator("#tape")).isFocused();
        assertThat(sockets).hasSize(2);
    }

    @Test
    void waitBeforeAReconnect_ends_whenThePersonDisconnects() {
        waitLong();
        List<WebSocketRoute> sockets = interceptSockets();
        connect(READ_AND_WRITE);
        close(sockets, 1013);
        assertThat(page.locator("#closed-wait")).containsText("Reconnecting in");

        button("Disconnect").click();

        assertThat(page.locator("#closed-wait")).hasText("");
        assertThat(state()).hasText("closed");
        assertThat(button("Disconnect")).isDisabled();
        assertThat(page.locator("#closed").getByRole(AriaRole.BUTTON)).hasText("Reconnect");
    }

    @Test
    void page_comesBackAfterTheCodesThatSayIt_andStaysAwayAfterOthers() {
        page.addInitScript("Math.random = () => 0.01;"); // the sixth delay in a row would be long
        List<WebSocketRoute> sockets = interceptSockets();
        connect(READ_AND_WRITE);
        for (int code : new int[] {1001, 1011, 1013, 4408, 4409, 4429, 3000, 4999}) {
            int before = sockets.size();
            close(sockets, code);
            assertThat(note("closed with " + code + ": reconnecting")).hasCount(1);
            page.waitForCondition(() -> sockets.size() > before);
            assertThat(state()).hasText("authenticated");
        }
        for (int code : new int[] {1000, 1002, 1003, 1007, 1009, 4400, 4401, 4403}) {
            int before = sockets.size();
            close(sockets, code);
            assertThat(state()).hasText("closed, " + code);
            assertThat(page.locator("#closed-wait")).hasText("");
            assertThat(sockets).hasSize(before);
            page.locator("#reconnect").click();
            assertThat(state()).hasText("authenticated");
        }
    }

    @Test
    void phone_showsTheWait_withoutSidewaysScroll() {
        reopenPage(360, 740, ColorScheme.LIGHT);
        waitLong();
        List<WebSocketRoute> sockets = interceptSockets();
        connect(READ_AND_WRITE);
        close(sockets, 4409);
        assertThat(page.locator("#closed-wait")).containsText("Reconnecting in");

        assertThat(page.evaluate("document.documentElement.scrollWidth")).isEqualTo(360);
        assertThat(page.locator("#reconnect").boundingBox().height).isGreaterThanOrEqualTo(40);
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target/console-phone.png")));
    }

    @Test
    void keyboardAlone_subscribesAndPublishes() {
        connect(READ_AND_WRITE);
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Skip to messages"))
                .focus();
        tabTo("subscribe-channel");
        page.keyboard().press("Control+A");
        page.keyboard().type("console:keys");
        page.keyboard().press("Enter");
        assertThat(page.locator("#channels .name")).hasText("console:keys");

        tabTo("publish-channel");
        page.keyboard().press("Control+A");
        page.keyboard().type("console:keys");
        tabTo("publish-payload");
        page.keyboard().press("Control+Enter");
        assertThat(messages()).hasCount(1);
    }

    @Test
    void phone_hasOneColumn_andNoSidewaysScroll() {
        reopenPage(360, 740, ColorScheme.LIGHT);
        connect(READ_AND_WRITE);
        String channel = "console:" + "long".repeat(40);
        subscribe(channel);
        gateway.publish(channel, "event".repeat(30), "\"" + "x".repeat(5_000) + "\"");
        gateway.publish(channel, "e", "{\"short\":true}");
        assertThat(messages()).hasCount(2);

        assertThat(page.evaluate("document.documentElement.scrollWidth")).isEqualTo(360);
        assertThat(page.locator("#tape").boundingBox().y)
                .as("messages first")
                .isLessThan(page.locator(".controls").boundingBox().y);
        assertThat(page.locator("main > :first-child")).hasId("tape");
        assertThat(page.evaluate("document.getElementById('scroll').scrollWidth"
                        + " - document.getElementById('scroll').clientWidth"))
                .isEqualTo(0);
    }

    @Test
    void darkScheme_isDark_andReadable() {
        reopenPage(1280, 900, ColorScheme.DARK);
        loseMessages(Set.of(1));
        connect(READ_AND_WRITE);
        subscribe("console:dark");
        gateway.publish("console:dark", "e", "1");
        gateway.publish("console:dark", "e", "2");
        assertThat(page.locator("#rows .hole")).hasCount(1);

        assertThat(luminance("body", "backgroundColor")).isLessThan(0.05);
        assertThat(contrast("#rows .message .payload", "#tape")).isGreaterThan(7);
        assertThat(contrast("#rows .message .time", "#tape")).isGreaterThan(4.5);
        assertThat(contrast("#rows .hole .wide", "#rows .hole .wide")).isGreaterThan(4.5);
    }

    @Test
    void lightScheme_isReadable() {
        connect(READ_AND_WRITE);
        subscribe("console:light");
        gateway.publish("console:light", "e", "1");
        assertThat(messages()).hasCount(1);

        assertThat(luminance("body", "backgroundColor")).isGreaterThan(0.8);
        assertThat(contrast("#rows .message .time", "#tape")).isGreaterThan(4.5);
        assertThat(contrast("label", "body")).isGreaterThan(4.5);
    }

    /** Also makes the picture of the README: target/console.png, copied to docs/ by hand when the page has changed. */
    @Test
    void picture_isSmallEnoughForTheReadme() throws Exception {
        cutsConnections = true;
        reopenPage(1280, 840, ColorScheme.LIGHT);
        // Dropped inside the page: a detour through the browser's driver, as in the other tests, would change the
        // latency.
        page.addInitScript(
                """
                const {set} = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
                const lost = /"seq":[567],.*"channel":"orders:eu","event":"packed"/;
                Object.defineProperty(WebSocket.prototype, 'onmessage', {
                  set(listener) {
                    set.call(this, (event) => lost.test(event.data) || listener(event));
                  },
                });""");
        try (GatewayForTest kept = GatewayForTest.start(Map.of("HISTORY", "*=100/10m"));
                CutProxy network = new CutProxy(kept.port())) {
            page.navigate(GatewayForTest.console(network.port())
                    + fragment(TokenForTest.of("ada", "[\"*\"]", READ_AND_WRITE)));
            assertThat(state()).hasText("authenticated");
            page.getByLabel("Times").fill("100");
            publishInPage("warm:up", "e", "1"); // a node that has just started would show the time of the JIT compiler
            button("Clear").click();
            page.getByLabel("Times").fill("1");
            subscribe("orders:eu");
            subscribe("chat:lobby");
            for (int n = 1; n <= 4; n++) {
                publishInPage("orders:eu", "placed", "{\"order\":1234567890123456789" + n + ",\"total\":" + n + "9.90}");
            }
            publishInPage("chat:lobby", "said", "{\"from\":\"ada\",\"text\":\"is the seventh order through?\"}");
            for (int n = 5; n <= 9; n++) {
                publishInPage("orders:eu", "packed", "{\"order\":1234567890123456789" + n + ",\"boxes\":[1.0,2.50]}");
            }
            publishInPage("chat:lobby", "said", "{\"from\":\"bob\",\"text\":\"three are missing: see seq\"}");
            assertThat(page.locator("#rows .hole")).hasCount(1);

            network.cut();
            assertThat(page.locator("#closed-text")).containsText("the network failed");
            for (int n = 1; n <= 3; n++) {
                kept.publish("orders:eu", "paid", "{\"order\":1234567890123456789" + n + ",\"total\":" + n + "9.90}");
            }
            network.heal();
            assertThat(page.locator("#rows .recovered .wide", new Page.LocatorOptions().setHasText("resumed: 3 missed")))
                    .hasCount(1);
            assertThat(page.locator("#rows .recovered")).hasCount(2);
            assertThat(state()).hasText("authenticated");
            assertThat(messages()).hasCount(11);
            page.getByLabel("Times").fill("3");
            publishInPage("orders:eu", "shipped", "{\"carrier\":\"Grüne Post\"}");
            assertThat(messages().locator(".seq").last()).hasText("6");
            // The picture shows the purpose of the page, not the credentials.
            page.locator("#connection summary").click();
            page.locator("#publish-title").click();

            Path picture = Path.of("target/console.png");
            page.screenshot(new Page.ScreenshotOptions().setPath(picture));
            assertThat(Files.size(picture)).isLessThan(200_000);
        }
    }

    private List<?> findings() {
        return (List<?>) page.evaluate("async () => (await axe.run()).violations.flatMap(({id, nodes}) =>"
                + " nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`))");
    }

    private void openPage(int width, int height, ColorScheme scheme) {
        context = chromium.browser()
                .newContext(new Browser.NewContextOptions()
                        .setViewportSize(width, height)
                        .setColorScheme(scheme));
        context.setDefaultTimeout(10_000);
        page = context.newPage();
        page.onPageError(complaints::add);
        page.onConsoleMessage(message -> {
            // A refused REST publish is an error for the browser, and expected by its test.
            boolean cut = cutsConnections && message.text().startsWith("WebSocket connection to ");
            if (message.type().equals("error") && !cut && !message.text().contains("401 (Unauthorized)")) {
                complaints.add(message.text());
            }
        });
        page.onRequest(request -> {
            if (!request.url().startsWith("http://127.0.0.1:") && !request.url().startsWith("data:")) {
                foreignRequests.add(request.url());
            }
        });
    }

    private void reopenPage(int width, int height, ColorScheme scheme) {
        context.close();
        openPage(width, height, scheme);
    }

    /** From here on the page's network loses these messages of every channel that the page subscribes to. */
    private void loseMessages(Set<Integer> seqs) {
        page.routeWebSocket(url -> true, socket -> {
            WebSocketRoute server = socket.connectToServer();
            server.onMessage(frame -> {
                Matcher seq = SEQ.matcher(frame.text());
                boolean lost = frame.text().contains("\"broadcast\"")
                        && seq.find()
                        && seqs.contains(Integer.valueOf(seq.group(1)));
                if (!lost) {
                    socket.send(frame.text());
                }
            });
        });
    }

    private void connect(String scopeJson) {
        connect(gateway, scopeJson);
    }

    private void connect(GatewayForTest to, String scopeJson) {
        page.navigate(address(to, token(scopeJson)));
        assertThat(state()).hasText("authenticated");
    }

    private static String address(GatewayForTest to, String token) {
        return to.console() + fragment(token);
    }

    private static String fragment(String token) {
        return "#token=" + token + "&key=" + URLEncoder.encode(GatewayForTest.API_KEY, StandardCharsets.UTF_8);
    }

    private static void publish(GatewayForTest to, String channel, int first, int last) {
        for (int n = first; n <= last; n++) {
            to.publish(channel, "e", String.valueOf(n));
        }
    }

    /** The first delay before a reconnect is 15 seconds from now on. */
    private void waitLong() {
        page.addInitScript("Math.random = () => 30;");
    }

    /** Intercepts the page's sockets, in order; they still lead to the gateway. */
    private List<WebSocketRoute> interceptSockets() {
        List<WebSocketRoute> sockets = new CopyOnWriteArrayList<>();
        page.routeWebSocket(Pattern.compile(".*/websocket"), socket -> {
            sockets.add(socket);
            socket.connectToServer();
        });
        return sockets;
    }

    /** Closes the last opened socket like the gateway would. */
    private static void close(List<WebSocketRoute> sockets, int code) {
        sockets.get(sockets.size() - 1)
                .close(new WebSocketRoute.CloseOptions().setCode(code).setReason("by the test"));
    }

    private Locator note(String text) {
        return page.locator("#rows .note", new Page.LocatorOptions().setHasText(text));
    }

    private static String token(String scopeJson) {
        return TokenForTest.of("console-test", "[\"console:*\"]", scopeJson);
    }

    private void subscribe(String channel) {
        page.locator("#subscribe-channel").fill(channel);
        button("Subscribe").click();
        assertThat(page.locator("#channels li:not(.off) .name", new Page.LocatorOptions().setHasText(channel)))
                .hasCount(1);
    }

    private void fillPublish(String channel, String event, String payload) {
        page.locator("#publish-channel").fill(channel);
        page.getByLabel("Event").fill(event);
        page.getByLabel("Payload").fill(payload);
    }

    private void publishInPage(String channel, String event, String payload) {
        fillPublish(channel, event, payload);
        publishButton().click();
        assertThat(publishButton()).isEnabled();
        assertThat(page.locator("#publish-result")).containsText("Published");
    }

    private Locator publishButton() {
        return button("Publish");
    }

    private Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    private Locator messages() {
        return page.locator("#rows .message");
    }

    private Locator state() {
        return page.getByRole(AriaRole.STATUS).and(page.locator("#state"));
    }

    private void tabTo(String id) {
        for (int i = 0; i < 40; i++) {
            if (id.equals(page.evaluate("document.activeElement.id"))) {
                return;
            }
            page.keyboard().press("Tab");
        }
        throw new AssertionError("not reached by Tab: " + id);
    }

    private double contrast(String text, String ground) {
        double a = luminance(text, "color");
        double b = luminance(ground, "backgroundColor");
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }

    /** Relative luminance, WCAG 2. */
    private double luminance(String selector, String property) {
        Object value = page.locator(selector)
                .first()
                .evaluate(
                        """
                        (element, property) => {
                          const [r, g, b] = getComputedStyle(element)[property].match(/[\\d.]+/g).map((c) => c / 255)
                              .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                        }""",
                        property);
        return ((Number) value).doubleValue();
    }
}
