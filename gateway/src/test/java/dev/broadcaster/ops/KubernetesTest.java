package dev.broadcaster.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.broadcaster.GatewayConfig;
import dev.broadcaster.Setting;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The objects of Kubernetes: each is valid for its kind, to the last field, and consistent with the node and the
 * others.
 */
class KubernetesTest {
    private static final Path BASE = OpsFiles.OPS.resolve("kubernetes/base");
    private static final Path OVERLAY = OpsFiles.OPS.resolve("kubernetes/overlays/production");
    private static final Map<String, String> SELECTOR = Map.of("app.kubernetes.io/name", "broadcaster");
    private static final Map<String, String> MANAGEMENT =
            Map.of("app.kubernetes.io/name", "broadcaster", "app.kubernetes.io/component", "management");

    static final Map<String, Class<? extends HasMetadata>> KINDS = Map.of(
            "v1/ServiceAccount", ServiceAccount.class,
            "v1/Service", Service.class,
            "v1/Namespace", Namespace.class,
            "apps/v1/Deployment", Deployment.class,
            "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class,
            "autoscaling/v2/HorizontalPodAutoscaler", HorizontalPodAutoscaler.class,
            "networking.k8s.io/v1/Ingress", Ingress.class,
            "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class,
            "monitoring.coreos.com/v1/ServiceMonitor", ServiceMonitor.class);

    /** The models ignore unknown fields; here they must not. */
    private static final ObjectMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .annotationIntrospector(new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1;

                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                    return false;
                }
            })
            .build();

    private final Deployment deployment = read(BASE.resolve("deployment.yaml"), Deployment.class);
    private final PodSpec pod = deployment.getSpec().getTemplate().getSpec();
    private final Container container = pod.getContainers().get(0);

    static Stream<Path> objects() {
        return Stream.of(BASE, OVERLAY)
                .flatMap(directory -> OpsFiles.files(directory, ".yaml").stream())
                .filter(file -> !file.endsWith("kustomization.yaml"));
    }

    private static <T> T read(Path file, Class<T> type) {
        return bind(OpsFiles.yaml(file), type);
    }

    static <T> T bind(JsonNode tree, Class<T> type) {
        try {
            return STRICT.treeToValue(tree, type);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("objects")
    void object_isValidForItsKind(Path file) {
        JsonNode tree = OpsFiles.yaml(file);
        String kind = tree.get("apiVersion").asText() + "/" + tree.get("kind").asText();
        assertThat(KINDS).containsKey(kind);

        HasMetadata object = bind(tree, KINDS.get(kind));

        boolean management = file.endsWith("service-management.yaml");
        assertThat(object.getMetadata().getName()).isEqualTo(management ? "broadcaster-management" : "broadcaster");
        if (file.startsWith(BASE)) {
            assertThat(object.getMetadata().getLabels()).isEqualTo(management ? MANAGEMENT : SELECTOR);
        }
    }

    @Test
    void unknownFields_areFound() {
        JsonNode tree = OpsFiles.yaml(BASE.resolve("deployment.yaml"));
        ((com.fasterxml.jackson.databind.node.ObjectNode) tree.at("/spec/template/spec/containers/0/readinessProbe"))
                .put("periodSecond", 1);

        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> bind(tree, Deployment.class))
                .withCauseInstanceOf(UnrecognizedPropertyException.class)
                .withMessageContaining("periodSecond");
    }

    @Test
    void redisForTrying_isReachedByItsService_andMayRunInARestrictedNamespace() {
        List<JsonNode> objects = OpsFiles.documents(OpsFiles.OPS.resolve("kubernetes/redis-for-trying.yaml"));
        Service service = bind(objects.get(0), Service.class);
        Deployment redis = bind(objects.get(1), Deployment.class);
        Container server =
                redis.getSpec().getTemplate().getSpec().getContainers().get(0);

        assertThat(objects).hasSize(2);
        assertThat(service.getMetadata().getName()).isEqualTo("redis");
        assertThat(service.getSpec().getPorts().get(0).getPort()).isEqualTo(6379);
        assertThat(service.getSpec().getSelector())
                .isEqualTo(redis.getSpec().getSelector().getMatchLabels())
                .isEqualTo(redis.getSpec().getTemplate().getMetadata().getLabels())
                .isNotEqualTo(SELECTOR);
        assertThat(server.getArgs()).contains("noeviction");
        assertThat(server.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    }

    @ParameterizedTest
    @MethodSource("kustomizations")
    void kustomization_namesEveryFile(Path directory) throws IOException {
        JsonNode kustomization = OpsFiles.yaml(directory.resolve("kustomization.yaml"));
        List<String> named = new ArrayList<>();
        kustomization.get("resources").forEach(resource -> named.add(resource.asText()));
        for (JsonNode patch : kustomization.path("patches")) {
            named.add(patch.get("path").asText());
        }
        named.remove("../../base");

        assertThat(named)
                .containsExactlyInAnyOrderElementsOf(OpsFiles.files(directory, ".yaml").stream()
                        .map(file -> file.getFileName().toString())
                        .filter(name -> !name.equals("kustomization.yaml"))
                        .toList());
        assertThat(Files.exists(directory.resolve("jwt-secret"))).isFalse();
    }

    static Stream<Path> kustomizations() {
        return Stream.of(BASE, OVERLAY);
    }

    @Test
    void environment_hasOnlySettingsOfTheNode(@TempDir Path folder) throws Exception {
        Map<String, String> settings = new HashMap<>();
        for (EnvVar variable : container.getEnv()) {
            assertThat(Stream.of(Setting.values()).map(Setting::name)).contains(variable.getName());
            String value = variable.getName().equals("REDIS_URL") ? "redis://redis:6379" : variable.getValue();
            assertThat(value).as(variable.getName()).isNotEmpty();
            settings.put(variable.getName(), value);
        }
        for (String name : List.of("JWT_SECRET_FILE", "API_KEYS_FILE")) {
            Path mounted = Path.of(settings.get(name));
            assertThat(mounted.getParent())
                    .hasToString(container.getVolumeMounts().get(0).getMountPath());
            settings.put(
                    name,
                    Files.writeString(folder.resolve(mounted.getFileName()), "x".repeat(40))
                            .toString());
        }

        GatewayConfig config = GatewayConfig.parse(settings);

        assertThat(config.http().port()).isEqualTo(port("public"));
        assertThat(config.http().managementPort()).isEqualTo(port("management"));
        assertThat(config.http().managementHost()).isEqualTo("0.0.0.0");
        long preStop = container.getLifecycle().getPreStop().getSleep().getSeconds();
        assertThat(pod.getTerminationGracePeriodSeconds())
                .isGreaterThanOrEqualTo(preStop + config.drainTimeout().toSeconds() + 10);
    }

    private int port(String name) {
        return container.getPorts().stream()
                .filter(port -> port.getName().equals(name))
                .map(ContainerPort::getContainerPort)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void secrets_areFilesOfTheOverlay() {
        JsonNode generators =
                OpsFiles.yaml(OVERLAY.resolve("kustomization.yaml")).get("secretGenerator");

        assertThat(pod.getVolumes().get(0).getSecret().getSecretName())
                .isEqualTo(generators.at("/0/name").asText());
        assertThat(generators.at("/0/files").toString()).isEqualTo("[\"jwt-secret\",\"api-keys\"]");
        assertThat(container.getEnv())
                .filteredOn(variable -> variable.getName().equals("REDIS_URL"))
                .singleElement()
                .satisfies(variable -> {
                    var key = variable.getValueFrom().getSecretKeyRef();
                    assertThat(key.getName()).isEqualTo(generators.at("/1/name").asText());
                    assertThat(generators.at("/1/files/0").asText()).startsWith(key.getKey() + "=");
                });
    }

    @Test
    void probes_useTheManagementPort() {
        assertProbe(container.getStartupProbe(), "/health");
        assertProbe(container.getLivenessProbe(), "/health");
        assertProbe(container.getReadinessProbe(), "/ready");
    }

    private static void assertProbe(@Nullable Probe probe, String path) {
        assertThat(probe).isNotNull();
        assertThat(probe.getHttpGet().getPath()).isEqualTo(path);
        assertThat(probe.getHttpGet().getPort()).isEqualTo(new IntOrString("management"));
    }

    @Test
    void pod_hasNoRights() {
        assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getSecurityContext().getRunAsUser()).isEqualTo(10_001);
        assertThat(pod.getAutomountServiceAccountToken()).isFalse();
        assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
        assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
        assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    }

    @Test
    void rollingUpdate_stopsNoNode_beforeAnotherIsReady() {
        var update = deployment.getSpec().getStrategy().getRollingUpdate();

        assertThat(update.getMaxUnavailable()).isEqualTo(new IntOrString(0));
        assertThat(update.getMaxSurge()).isEqualTo(new IntOrString(1));
    }

    @Test
    void selectors_findThePods() {
        Service service = read(BASE.resolve("service.yaml"), Service.class);
        Service management = read(BASE.resolve("service-management.yaml"), Service.class);
        PodDisruptionBudget budget = read(BASE.resolve("poddisruptionbudget.yaml"), PodDisruptionBudget.class);
        NetworkPolicy policy = read(BASE.resolve("networkpolicy.yaml"), NetworkPolicy.class);
        ServiceMonitor monitor = read(BASE.resolve("servicemonitor.yaml"), ServiceMonitor.class);

        assertThat(deployment.getSpec().getTemplate().getMetadata().getLabels()).isEqualTo(SELECTOR);
        assertThat(deployment.getSpec().getSelector().getMatchLabels()).isEqualTo(SELECTOR);
        assertThat(service.getSpec().getSelector()).isEqualTo(SELECTOR);
        assertThat(management.getSpec().getSelector()).isEqualTo(SELECTOR);
        assertThat(budget.getSpec().getSelector().getMatchLabels()).isEqualTo(SELECTOR);
        assertThat(policy.getSpec().getPodSelector().getMatchLabels()).isEqualTo(SELECTOR);
        assertThat(monitor.getSpec().getSelector().getMatchLabels())
                .isEqualTo(management.getMetadata().getLabels());
        assertThat(management.getMetadata().getLabels())
                .as("the label that becomes job=\"broadcaster\" of the alerts")
                .containsEntry(monitor.getSpec().getJobLabel(), "broadcaster");
    }

    @Test
    void ports_areThoseOfTheContainer() {
        List<String> named =
                container.getPorts().stream().map(ContainerPort::getName).toList();
        Service service = read(BASE.resolve("service.yaml"), Service.class);
        Service management = read(BASE.resolve("service-management.yaml"), Service.class);
        NetworkPolicy policy = read(BASE.resolve("networkpolicy.yaml"), NetworkPolicy.class);
        ServiceMonitor monitor = read(BASE.resolve("servicemonitor.yaml"), ServiceMonitor.class);

        assertThat(Stream.of(service, management).flatMap(each -> each.getSpec().getPorts().stream()))
                .extracting(port -> port.getTargetPort().getStrVal())
                .containsExactlyElementsOf(named);
        assertThat(service.getSpec().getPorts()).hasSize(1);
        assertThat(policy.getSpec().getIngress())
                .flatExtracting(rule -> rule.getPorts())
                .extracting(port -> port.getPort().getStrVal())
                .containsExactlyElementsOf(named);
        assertThat(policy.getSpec().getIngress().get(1).getFrom()).isNotEmpty();
        assertThat(monitor.getSpec().getEndpoints()).singleElement().satisfies(endpoint -> {
            assertThat(management.getSpec().getPorts())
                    .extracting(ServicePort::getName)
                    .contains(endpoint.getPort());
            assertThat(endpoint.getPath()).isEqualTo("/metrics");
        });
    }

    @Test
    void autoscaler_knowsTheDeployment_andStaysBelowTheLimitOfANode() {
        HorizontalPodAutoscaler autoscaler =
                read(BASE.resolve("horizontalpodautoscaler.yaml"), HorizontalPodAutoscaler.class);
        String limit = container.getEnv().stream()
                .filter(variable -> variable.getName().equals("MAX_CONNECTIONS"))
                .map(EnvVar::getValue)
                .findFirst()
                .orElseThrow();

        assertThat(autoscaler.getSpec().getScaleTargetRef().getKind()).isEqualTo(deployment.getKind());
        assertThat(autoscaler.getSpec().getScaleTargetRef().getName())
                .isEqualTo(deployment.getMetadata().getName());
        var connections = autoscaler.getSpec().getMetrics().get(0).getPods();
        assertThat(connections.getMetric().getName()).isEqualTo("broadcaster_connections");
        assertThat(Integer.parseInt(connections.getTarget().getAverageValue().getAmount()))
                .isLessThan(Integer.parseInt(limit) * 8 / 10);
        assertThat(autoscaler.getSpec().getMetrics().get(1).getResource().getName())
                .isEqualTo("cpu");
        assertThat(OpsFiles.yaml(OpsFiles.OPS.resolve("kubernetes/prometheus-adapter.yaml"))
                        .at("/rules/custom/0/seriesQuery")
                        .asText())
                .startsWith("broadcaster_connections{");
    }

    @Test
    void patches_changeOnlyObjectsThatExist() {
        for (String patch : List.of("deployment.yaml", "horizontalpodautoscaler.yaml")) {
            JsonNode base = OpsFiles.yaml(BASE.resolve(patch));
            JsonNode changed = OpsFiles.yaml(OVERLAY.resolve(patch));
            for (String field : List.of("apiVersion", "kind")) {
                assertThat(changed.get(field)).isEqualTo(base.get(field));
            }
            assertThat(changed.at("/metadata/name")).isEqualTo(base.at("/metadata/name"));
        }
        assertThat(read(OVERLAY.resolve("deployment.yaml"), Deployment.class)
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers())
                .singleElement()
                .satisfies(patched -> assertThat(patched.getName()).isEqualTo(container.getName()));
        assertThat(OpsFiles.yaml(OVERLAY.resolve("kustomization.yaml"))
                        .at("/images/0/name")
                        .asText())
                .isEqualTo(container.getImage());
    }
}
