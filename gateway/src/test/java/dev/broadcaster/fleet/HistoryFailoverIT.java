package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.fleet.ReturningClient.Return;
import dev.broadcaster.testing.Checker.Holes;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * P6: a master dies while clients are away, and its replica takes over, which lacks the last messages. A returning
 * client is refused or gets everything, and an id belongs to one message only.
 */
class HistoryFailoverIT {
    private static final int CLIENTS = 48;
    private static final int NODES = 2;
    private static final String HISTORY = "fault:=10000/10m";
    private static final Traffic.Plan PLAN = new Traffic.Plan(4, 2, 8, 400, Traffic.Plan.seedOfNow());

    @Test
    void ofSentinel() {
        try (RedisSentinel group = RedisSentinel.start();
                Fleet fleet = Fleet.startWithHistory(NODES, group.url(), HISTORY);
                Traffic traffic = Traffic.start(fleet, PLAN);
                SilentClients silent = SilentClients.start(fleet, 8, PLAN.seed());
                ReturningClients clients =
                        ReturningClients.start(fleet, CLIENTS, traffic.channels(), 100, PLAN.seed())) {
            clients.awaitSeen();
            clients.leave();
            RedisServer master = group.master();
            silent.leave();
            killBeforeItsReplicaHasAll(master, traffic, silent);
            group.awaitOtherMaster(master);
            clients.comeBack();
            silent.comeBack().publish(2);
            clients.awaitLive();
            traffic.healed();
            fleet.awaitReady();

            List<Return> returns = returns("Sentinel", clients);
            assertThat(returns).as("from before the fail-over").noneMatch(Return::complete);
            assertThat(silent.check("Sentinel: master kill -9, history")).noneMatch(Return::complete);
            silent.leave().publish(3).comeBack().publish(1);
            assertThat(silent.check("Sentinel: once more").stream().filter(Return::complete))
                    .as("from after the fail-over")
                    .hasSizeGreaterThanOrEqualTo(8);
            returnOnceMore(clients, traffic);
            traffic.finish("Sentinel: master kill -9, history", Holes.AT_LEAST_ONE);
            clients.assertComplete(traffic.ledger());
            assertThat(clients.returns())
                    .filteredOn(Return::complete)
                    .as("from after the fail-over")
                    .hasSizeGreaterThanOrEqualTo(CLIENTS);
        }
    }

    @Test
    void ofACluster_whoseOtherChannelsLoseNothing() {
        try (RedisCluster cluster = RedisCluster.start();
                Fleet fleet = Fleet.startWithHistory(NODES, cluster.url(), HISTORY);
                Traffic traffic = Traffic.start(fleet, PLAN);
                SilentClients silent = SilentClients.start(fleet, 12, PLAN.seed());
                ReturningClients clients =
                        ReturningClients.start(fleet, CLIENTS, traffic.channels(), 100, PLAN.seed())) {
            clients.awaitSeen();
            clients.leave();
            silent.leave();
            RedisServer master = cluster.masters().get(0);
            RedisServer replica = cluster.replicaOf(master);
            Set<String> touched = cluster.channelsAt(master);
            assertThat(touched).isNotEmpty().isNotEqualTo(Set.copyOf(traffic.channels()));
            killBeforeItsReplicaHasAll(master, traffic, silent);
            Fleet.secondsUntil("another master", () -> RedisCluster.isMaster(replica));
            clients.comeBack();
            clients.awaitLive();
            silent.comeBack().publish(2);
            traffic.healed();
            fleet.awaitReady();

            returns("cluster", clients);
            silent.check("cluster: master kill -9, history");
            for (ReturningClient client : silent.clients().all()) {
                assertThat(client.returns())
                        .as("%s", client)
                        .isNotEmpty()
                        .allMatch(back -> back.complete() != touched.contains(client.channel()));
            }
            for (ReturningClient client : clients.all()) {
                assertThat(client.returns())
                        .as("%s", client)
                        .isNotEmpty()
                        .allMatch(back -> back.complete() != touched.contains(client.channel()));
            }
            returnOnceMore(clients, traffic);
            traffic.finish(
                    "cluster: master kill -9, history",
                    (channel, from, to) -> touched.contains(channel) ? Holes.AT_LEAST_ONE : Holes.NONE);
            clients.assertComplete(traffic.ledger());
        }
    }

    /** The replica is disconnected, and returns too late for the messages that are accepted meanwhile. */
    private static void killBeforeItsReplicaHasAll(RedisServer master, Traffic traffic, SilentClients silent) {
        master.command("CLIENT", "KILL", "TYPE", "replica");
        silent.publish(1);
        traffic.flow(300);
        master.kill9();
    }

    private static void returnOnceMore(ReturningClients clients, Traffic traffic) {
        clients.awaitSeen();
        int before = clients.returns().size();
        clients.leave();
        traffic.flow(300);
        clients.comeBack();
        clients.awaitLive();
        assertThat(clients.returns()).hasSizeGreaterThanOrEqualTo(before + CLIENTS);
    }

    private static List<Return> returns(String fault, ReturningClients clients) {
        List<Return> returns = clients.returns();
        long complete = returns.stream().filter(Return::complete).count();
        System.out.printf("%s: %d recovered, %d refused%n", fault, complete, returns.size() - complete);
        return returns;
    }
}
