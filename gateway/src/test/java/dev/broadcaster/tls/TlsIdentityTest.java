package dev.broadcaster.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.testing.MadeCertificate;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TlsIdentityTest {
    private static final Instant NOW = Instant.now();

    private static TlsIdentity read(String certificates, String key) throws IOException {
        return TlsIdentity.of("TLS_CERT", certificates.getBytes(US_ASCII), "TLS_KEY", key.getBytes(US_ASCII), NOW);
    }

    private static void assertRefused(String certificates, String key, String... parts) {
        assertThatThrownBy(() -> read(certificates, key))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll(parts);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "Ed25519"})
    void key_isReadAsPkcs8(String algorithm) throws Exception {
        MadeCertificate made = MadeCertificate.make("node", algorithm, null);

        TlsIdentity identity = read(made.pem(), made.pkcs8());

        assertThat(identity.key()).isEqualTo(made.keys().getPrivate());
        assertThat(identity.chain()).containsExactly(made.certificate());
        assertThat(identity.name()).isEqualTo("CN=node");
    }

    @Test
    void key_isReadAsPkcs1() throws Exception {
        MadeCertificate made = MadeCertificate.make("node", "RSA", null);

        assertThat(read(made.pem(), made.pkcs1()).key()).isEqualTo(made.keys().getPrivate());
    }

    @Test
    void key_isReadAsSec1_alsoAfterItsParameters() throws Exception {
        MadeCertificate made = MadeCertificate.make("node", "EC", null);
        String parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";

        assertThat(read(made.pem(), made.sec1(true)).key().getEncoded()).isNotEmpty();
        assertThat(read(made.pem(), parameters + made.sec1(true)).chain()).hasSize(1);
        assertRefused(made.pem(), made.sec1(false), "TLS_KEY: the key names no curve");
    }

    @Test
    void bundle_mayBeInAnyOrder_andInOneFileWithTheKey() throws Exception {
        MadeCertificate root = MadeCertificate.make("root", "EC", null);
        MadeCertificate middle = MadeCertificate.make("middle", "RSA", root);
        MadeCertificate node = MadeCertificate.make("node", "EC", middle);
        List<String> orders = List.of(
                node.pem() + middle.pem() + root.pem(),
                root.pem() + middle.pem() + node.pem(),
                "text\n" + middle.pem() + "more text\n" + node.pem() + node.pem() + root.pem());

        for (String order : orders) {
            TlsIdentity identity = read(order, node.pkcs8());

            assertThat(identity.chain()).containsExactly(node.certificate(), middle.certificate(), root.certificate());
            assertThat(identity.unused()).isZero();
        }
        String one = node.pkcs8() + middle.pem() + node.pem();
        assertThat(read(one, one).chain()).containsExactly(node.certificate(), middle.certificate());
    }

    @Test
    void certificateOfNobody_isCountedAndNotSent() throws Exception {
        MadeCertificate root = MadeCertificate.make("root", "EC", null);
        MadeCertificate other = MadeCertificate.make("root", "EC", null);
        MadeCertificate node = MadeCertificate.make("node", "EC", root);

        TlsIdentity identity = read(node.pem() + other.pem(), node.pkcs8());

        assertThat(identity.chain()).containsExactly(node.certificate());
        assertThat(identity.unused()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "Ed25519"})
    void pair_isRefused_whenItDoesNotBelongTogether(String algorithm) throws Exception {
        MadeCertificate made = MadeCertificate.make("node", "EC", null);
        MadeCertificate other = MadeCertificate.make("other", algorithm, null);

        assertRefused(made.pem(), other.pkcs8(), "TLS_CERT and TLS_KEY: ", "do not belong together (CN=node)");
    }

    @Test
    void certificate_isRefused_whenItIsNotValidNow() throws Exception {
        Duration day = Duration.ofDays(1);
        MadeCertificate expired =
                MadeCertificate.make("node", "EC", null, NOW.minus(day.multipliedBy(2)), NOW.minus(day));
        MadeCertificate early = MadeCertificate.make("node", "EC", null, NOW.plus(day), NOW.plus(day.multipliedBy(2)));

        assertRefused(expired.pem(), expired.pkcs8(), "TLS_CERT: expired at ", "(CN=node)");
        assertRefused(early.pem(), early.pkcs8(), "TLS_CERT: not valid before ", "(CN=node)");
    }

    @Test
    void problem_namesItsFile_andNoKey() throws Exception {
        MadeCertificate made = MadeCertificate.make("node", "RSA", null);
        String encrypted = made.pkcs8().replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        String oldEncrypted = made.pkcs1().replace("KEY-----\nM", "KEY-----\nProc-Type: 4,ENCRYPTED\n\nM");
        String cut = made.pkcs1().replaceAll("(?s)(BEGIN RSA PRIVATE KEY-----\n.{40}).*(-----END)", "$1\n$2");

        assertRefused("", made.pkcs8(), "TLS_CERT: no certificate in it");
        assertRefused(made.pkcs8(), made.pkcs8(), "TLS_CERT: no certificate in it");
        assertRefused(made.pem().replace("\nMII", "\nAAA"), made.pkcs8(), "TLS_CERT: certificate 1 cannot be read");
        assertRefused(made.pem(), made.pem(), "TLS_KEY: no private key in it");
        assertRefused(made.pem(), encrypted, "TLS_KEY: the key is encrypted");
        assertRefused(made.pem(), oldEncrypted, "TLS_KEY: the key is encrypted");
        assertRefused(made.pem(), cut, "TLS_KEY: the key cannot be read");
        assertRefused(
                made.pem(), made.pkcs8().replace("PRIVATE KEY", "DSA PRIVATE KEY"), "of the kind DSA PRIVATE KEY");
        assertRefused(made.pem(), made.pkcs8().replace("PRIVATE KEY", "EC PRIVATE KEY"), "TLS_KEY: the key ");
    }
}
