/**
 * The kit that tests of several packages share. To test X, use Y:
 *
 * <table>
 * <caption>Kit</caption>
 * <tr><th>to test</th><th>use</th></tr>
 * <tr><td>time that passes</td><td>{@link dev.broadcaster.testing.FakeTime}; it stands still until the test moves
 *     it</td></tr>
 * <tr><td>the hub or a session without threads</td><td>{@link dev.broadcaster.testing.FakeShardThread}</td></tr>
 * <tr><td>an {@code Error} that must end the process</td><td>{@link dev.broadcaster.testing.CaughtErrors}</td></tr>
 * <tr><td>frames, legal or not</td><td>{@link dev.broadcaster.testing.Frame}, the only codec of the tests, and
 *     {@link dev.broadcaster.testing.Handshake}</td></tr>
 * <tr><td>tokens, legal or not</td><td>{@link dev.broadcaster.testing.Tokens}</td></tr>
 * <tr><td>tokens of an identity provider</td><td>{@link dev.broadcaster.testing.KeySetSite}</td></tr>
 * <tr><td>TLS</td><td>{@link dev.broadcaster.testing.SelfSigned}</td></tr>
 * <tr><td>a node in this process, byte by byte</td><td>{@code blackbox.TestGateway} with {@code RawSocket},
 *     {@code WsClient}, {@code HttpRaw}; {@code blackbox.HeldNode} when the relay must answer late</td></tr>
 * <tr><td>a node with real signals, limits and exit codes</td><td>{@link dev.broadcaster.testing.NodeProcess}; other
 *     commands of the jar: {@link dev.broadcaster.testing.JarProcess}; other programs:
 *     {@link dev.broadcaster.testing.ChildProcess}</td></tr>
 * <tr><td>one client of a node</td><td>{@link dev.broadcaster.testing.BlockingClient},
 *     {@link dev.broadcaster.testing.Publisher}</td></tr>
 * <tr><td>thousands of clients, some of them bad</td><td>{@link dev.broadcaster.testing.Swarm}</td></tr>
 * <tr><td>a relay</td><td>{@code relay.RelayContract}, {@code relay.ReplayContract}</td></tr>
 * <tr><td>the state of a channel over Redis without a Redis</td><td>{@code redis.channel.ModelRedis} and
 *     {@code FakeSource}</td></tr>
 * <tr><td>something with a real Redis</td><td>{@code fleet.RedisServer}, {@code fleet.RedisCluster},
 *     {@code fleet.RedisSentinel}</td></tr>
 * <tr><td>a fault between nodes and Redis</td><td>{@code fleet.Fleet}, {@code fleet.FaultProxy} and
 *     {@code fleet.Traffic}, which holds each message to the promises P1 to P5 with the
 *     {@link dev.broadcaster.testing.Ledger} and the {@link dev.broadcaster.testing.Checker}</td></tr>
 * <tr><td>clients that come back (P6, P13)</td><td>{@code fleet.ReturningClients}, {@code fleet.SilentClients} and
 *     {@link dev.broadcaster.testing.Checker#checkUnbroken}</td></tr>
 * </table>
 *
 * <p>The load tests know the gateway only by its jar and its protocol; their kit is {@code dev.broadcaster.process}.
 */
package dev.broadcaster.testing;
