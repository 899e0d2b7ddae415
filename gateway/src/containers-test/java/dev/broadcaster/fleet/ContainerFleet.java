package dev.broadcaster.fleet;

import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Tokens;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.ExposedPort;
import dev.broadcaster.testing.NodeProcess;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * Redis and nodes as containers. Clients connect over mapped ports through the network {@code front}; Redis and the
 * nodes are joined by {@code back}, so that a node can lose one without the other. The port of a node changes with
 * every start. For one thread; the ports are for any.
 */
final class ContainerFleet implements TrafficTarget, AutoCloseable {
    /** The limits of the container of a node, besides an unprivileged user: a small one. */
    static final long NODE_MEMORY_BYTES = 256L << 20;

    private static final int PUBLIC_PORT = 8000;
    private static final Duration READY_LIMIT = Duration.ofSeconds(60);
    private static final String REDIS = "redis";
    private static final String REDIS_IMAGE = System.getProperty("redis.image", "redis:7-alpine");

    private final DockerClient docker = DockerClientFactory.instance().client();
    private final Network front = Network.newNetwork();
    private final Network back =
            Network.builder().createNetworkCmdModifier(cmd -> cmd.withInternal(true)).build();
    private final GenericContainer<?> redis;
    private final List<Node> nodes;

    private ContainerFleet(int count) {
        this.redis = new GenericContainer<>(DockerImageName.parse(REDIS_IMAGE))
                .withNetwork(back)
                .withNetworkAliases(REDIS)
                .withCommand("redis-server", "--protected-mode", "no", "--save", "", "--appendonly", "yes")
                .waitingFor(Wait.forLogMessage(".*Ready to accept connections.*", 1));
        this.nodes = IntStream.range(0, count).mapToObj(i -> new Node()).toList();
    }

    /** Starts this many nodes and their Redis, all ready. */
    static ContainerFleet start(int count) {
        ContainerFleet fleet = new ContainerFleet(count);
        try {
            fleet.redis.start();
            fleet.nodes.forEach(Node::start);
            fleet.awaitReady();
            return fleet;
        } catch (RuntimeException | Error e) {
            fleet.close();
            throw e;
        }
    }

    @Override
    public int size() {
        return nodes.size();
    }

    @Override
    public int port(int number) {
        return nodes.get(number).port;
    }

    @Override
    public int portInService(int preferred) {
        for (int i = 0; i < nodes.size(); i++) {
            Node node = nodes.get((preferred + i) % nodes.size());
            if (node.inService) {
                return node.port;
            }
        }
        return port(preferred % nodes.size());
    }

    Node node(int number) {
        return nodes.get(number);
    }

    void awaitReady() {
        await("every node ready")
                .atMost(READY_LIMIT)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> nodes.stream().allMatch(node -> node.ready() == 200));
    }

    void pauseRedis() {
        docker.pauseContainerCmd(redis.getContainerId()).exec();
    }

    void unpauseRedis() {
        docker.unpauseContainerCmd(redis.getContainerId()).exec();
    }

    /** SIGTERM, which leaves its data on its disk, and a new start after {@code away}. */
    void restartRedis(Duration away) throws InterruptedException {
        docker.stopContainerCmd(redis.getContainerId()).withTimeout(20).exec();
        Thread.sleep(away.toMillis());
        docker.startContainerCmd(redis.getContainerId()).exec();
    }

    @Override
    public String log() {
        StringBuilder log = new StringBuilder("---- Redis\n").append(redis.getLogs());
        nodes.forEach(node -> log.append("---- a node\n").append(node.container.getLogs()));
        return log.toString();
    }

    @Override
    public void close() {
        nodes.forEach(node -> node.container.stop());
        redis.stop();
        front.close();
        back.close();
    }

    /** A node in its container. */
    final class Node {
        private final GenericContainer<?> container;
        private volatile int port;
        private volatile boolean inService;

        private Node() {
            this.container = new OnTwoNetworks(GatewayImage.name())
                    .withNetwork(front)
                    .withExposedPorts(PUBLIC_PORT)
                    .withEnv(Map.of(
                            "REDIS_URL", "redis://" + REDIS + ":6379/0",
                            "JWT_SECRET", Tokens.SECRET,
                            "API_KEYS", NodeProcess.API_KEY,
                            "DRAIN_TIMEOUT", "2s",
                            "MAX_REQUEST_RATE", "0",
                            "MAX_PUBLISH_RATE", "0",
                            "MAX_NEW_CHANNEL_RATE", "0"))
                    .withCreateContainerCmdModifier(cmd -> cmd.getHostConfig()
                            .withMemory(NODE_MEMORY_BYTES)
                            .withReadonlyRootfs(true)
                            .withCapDrop(Capability.ALL))
                    .waitingFor(Wait.forLogMessage(".* listens on .*", 1));
        }

        String id() {
            return container.getContainerId();
        }

        private void start() {
            container.start();
            enterService();
        }

        private void enterService() {
            port = Integer.parseInt(docker.inspectContainerCmd(id())
                    .exec()
                    .getNetworkSettings()
                    .getPorts()
                    .getBindings()
                    .get(ExposedPort.tcp(PUBLIC_PORT))[0]
                    .getHostPortSpec());
            inService = true;
        }

        /** The status of {@code /ready}; 0 without an answer. */
        int ready() {
            try {
                HttpURLConnection connection =
                        (HttpURLConnection) URI.create("http://127.0.0.1:" + port + "/broadcaster/ready")
                                .toURL()
                                .openConnection();
                connection.setConnectTimeout(2_000);
                connection.setReadTimeout(2_000);
                int status = connection.getResponseCode();
                connection.disconnect();
                return status;
            } catch (IOException e) {
                return 0;
            }
        }

        void kill9() {
            inService = false;
            docker.killContainerCmd(id()).withSignal("KILL").exec();
            await().until(() -> !isRunning());
        }

        /** Like {@code docker stop}: SIGTERM, and SIGKILL if that did not end it; returns the exit code. */
        long terminate() {
            inService = false;
            docker.stopContainerCmd(id()).withTimeout(30).exec();
            Long code = state().getExitCodeLong();
            return code == null ? -1 : code;
        }

        void startAgain() {
            docker.startContainerCmd(id()).exec();
            enterService();
        }

        /** Disconnects it from Redis and the other nodes; its clients stay. */
        void disconnect() {
            docker.disconnectFromNetworkCmd()
                    .withContainerId(id())
                    .withNetworkId(back.getId())
                    .exec();
        }

        void connect() {
            docker.connectToNetworkCmd()
                    .withContainerId(id())
                    .withNetworkId(back.getId())
                    .withContainerNetwork(new ContainerNetwork())
                    .exec();
        }

        private boolean isRunning() {
            return Boolean.TRUE.equals(state().getRunning());
        }

        private ContainerState state() {
            return docker.inspectContainerCmd(id()).exec().getState();
        }
    }

    /** Joins the second network before the node starts. */
    private final class OnTwoNetworks extends GenericContainer<OnTwoNetworks> {
        private OnTwoNetworks(String image) {
            super(DockerImageName.parse(image));
        }

        @Override
        protected void containerIsCreated(String id) {
            docker.connectToNetworkCmd()
                    .withContainerId(id)
                    .withNetworkId(back.getId())
                    .withContainerNetwork(new ContainerNetwork())
                    .exec();
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }
}
