package dev.broadcaster.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.MadeCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Objects;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClientTlsTest {
    @Test
    void files_areReadForEachConnection_andKeptWhenTheyAreBroken(@TempDir Path folder) throws Exception {
        MadeCertificate first = MadeCertificate.make("first", "EC", null);
        MadeCertificate second = MadeCertificate.make("second", "EC", null);
        Path ca = Files.writeString(folder.resolve("ca.pem"), first.pem());
        Path certificate = Files.writeString(folder.resolve("cert.pem"), first.pem());
        Path key = Files.writeString(folder.resolve("key.pem"), first.sec1(true));
        ClientTls tls = new ClientTls(new ClientTls.Files("REDIS_TLS_", ca, certificate, key));
        assertThat(trusted(tls)).containsExactly(first.certificate());
        assertThat(presented(tls)).containsExactly(first.certificate());

        Files.writeString(ca, first.pem() + second.pem());
        Files.writeString(certificate, second.pem());
        tls.refresh();
        assertThat(trusted(tls)).as("the pair is broken").containsExactly(first.certificate());
        assertThat(presented(tls)).containsExactly(first.certificate());

        Files.writeString(key, second.pkcs8());
        tls.refresh();
        assertThat(trusted(tls)).containsExactlyInAnyOrder(first.certificate(), second.certificate());
        assertThat(presented(tls)).containsExactly(second.certificate());

        Files.delete(ca);
        tls.refresh();
        assertThat(trusted(tls)).hasSize(2);
    }

    @Test
    void fileThatIsNotSet_hasNoManager(@TempDir Path folder) throws Exception {
        MadeCertificate made = MadeCertificate.make("node", "EC", null);
        Path ca = Files.writeString(folder.resolve("ca.pem"), made.pem());

        assertThat(new ClientTls(new ClientTls.Files("REDIS_TLS_", ca, null, null))
                        .managers()
                        .key())
                .isNull();
        assertThat(new ClientTls(new ClientTls.Files("REDIS_TLS_", null, null, null))
                        .managers()
                        .trust())
                .isNull();
    }

    private static X509Certificate[] trusted(ClientTls tls) {
        return ((X509TrustManager) Objects.requireNonNull(tls.managers().trust())).getAcceptedIssuers();
    }

    private static X509Certificate[] presented(ClientTls tls) {
        return ((X509ExtendedKeyManager) Objects.requireNonNull(tls.managers().key())).getCertificateChain("client");
    }
}
