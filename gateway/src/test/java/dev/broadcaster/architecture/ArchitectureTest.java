package dev.broadcaster.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The structure of the gateway: the order of its packages, and the package that may use each library. */
class ArchitectureTest {
    /** Each package may use only those before it. The root comes before the command line; its name is "". */
    private static final List<String> ORDER = List.of(
            "time",
            "metrics",
            "budget",
            "files",
            "message",
            "protocol",
            "auth.keys",
            "auth",
            "tls",
            "relay",
            "control",
            "redis.wire",
            "redis.link",
            "redis.channel",
            "redis",
            "hub",
            "rpc",
            "websocket",
            "http",
            "",
            "cli");

    private record Library(String name, String classes, List<String> packages) {}

    private static final List<Library> LIBRARIES = List.of(
            new Library("Micrometer", "io.micrometer..", List.of("metrics")),
            new Library("Jackson", "com.fasterxml.jackson..", List.of("protocol")),
            new Library("nimbus", "com.nimbusds..", List.of("auth", "auth.keys")),
            // Undertow's own API has XNIO types, so the package that configures it uses them too.
            new Library("XNIO", "org.xnio..", List.of("websocket", "http")),
            new Library("Undertow", "io.undertow..", List.of("http")),
            new Library("Lettuce", "io.lettuce..", List.of("redis.link")),
            new Library("Netty", "io.netty..", List.of("redis.link")),
            new Library("picocli", "picocli..", List.of("cli")),
            new Library("Logback", "ch.qos.logback..", List.of("cli")),
            new Library("the Java client", "dev.broadcaster.client..", List.of("cli")));

    /** Without the client: a library of another module, which shares the first part of its name. */
    private static final JavaClasses GATEWAY = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("dev/broadcaster/client/"))
            .importPackages("dev.broadcaster");

    private static List<ArchRule> rules(String root) {
        List<ArchRule> rules = new ArrayList<>();
        for (int i = 0; i < ORDER.size(); i++) {
            String[] later = ORDER.subList(i + 1, ORDER.size()).stream()
                    .map(name -> packageName(root, name))
                    .toArray(String[]::new);
            rules.add(noClasses()
                    .that()
                    .resideInAPackage(packageName(root, ORDER.get(i)))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(later))
                    .allowEmptyShould(true)
                    .because("the packages stand in the order of a message's way"));
        }
        for (Library library : LIBRARIES) {
            String[] allowed = library.packages.stream()
                    .map(name -> packageName(root, name))
                    .toArray(String[]::new);
            rules.add(noClasses()
                    .that(resideInAPackage(root + "..").and(not(resideInAnyPackage(allowed))))
                    .should()
                    .dependOnClassesThat(resideInAPackage(library.classes))
                    .because(library.name + " belongs to " + library.packages));
        }
        rules.add(classes()
                .that(resideInAPackage(root + ".."))
                .and()
                .doNotHaveModifier(JavaModifier.ABSTRACT)
                .and()
                .areNotAnonymousClasses()
                .and()
                .areNotEnums()
                .should()
                .haveModifier(JavaModifier.FINAL)
                .because("what was not made to be extended is not"));
        return rules;
    }

    private static String packageName(String root, String name) {
        return name.isEmpty() ? root : root + "." + name;
    }

    static Stream<ArchRule> gatewayRules() {
        return rules("dev.broadcaster").stream();
    }

    @ParameterizedTest
    @MethodSource("gatewayRules")
    void gateway_keepsToItsShape(ArchRule rule) {
        assertThatCode(() -> rule.check(GATEWAY)).doesNotThrowAnyException();
    }

    @Test
    void everyPackage_isInTheOrder() {
        List<String> packages = GATEWAY.stream()
                .map(type -> type.getPackageName().substring("dev.broadcaster".length()))
                .map(name -> name.startsWith(".") ? name.substring(1) : name)
                .distinct()
                .toList();

        assertThat(packages).containsExactlyInAnyOrderElementsOf(ORDER);
    }

    /** The planted package breaks each kind of rule once, to show that the rules find violations. */
    @Test
    void plantedViolations_areFound() {
        String root = "dev.broadcaster.architecture.planted";
        JavaClasses planted = new ClassFileImporter().importPackages(root);

        List<String> broken = rules(root).stream()
                .filter(rule -> rule.evaluate(planted).hasViolation())
                .map(ArchRule::getDescription)
                .toList();

        assertThat(broken)
                .hasSize(3)
                .anyMatch(rule -> rule.contains("the order of a message's way"))
                .anyMatch(rule -> rule.contains("Jackson belongs to"))
                .anyMatch(rule -> rule.contains("was not made to be extended"));
        assertThatThrownBy(() -> rules(root).forEach(rule -> rule.check(planted)))
                .isInstanceOf(AssertionError.class);
    }
}
