package dev.broadcaster.fleet;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The image of {@code ops/Dockerfile}, built once around the jar of this build. */
final class GatewayImage {
    private static final String NAME = build();

    private GatewayImage() {}

    static String name() {
        return NAME;
    }

    private static String build() {
        String name = "broadcaster:test";
        Program.run(
                Duration.ofMinutes(5),
                Map.of("DOCKER_BUILDKIT", "1"),
                List.of(
                        "docker",
                        "build",
                        "--file=ops/Dockerfile",
                        "--build-arg=JAR=built",
                        "--tag=" + name,
                        "."));
        return name;
    }
}
