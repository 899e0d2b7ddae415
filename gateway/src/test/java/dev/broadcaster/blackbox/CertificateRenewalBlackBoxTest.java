package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.MadeCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A certificate that is renewed while a node runs. */
@Tag("black-box")
final class CertificateRenewalBlackBoxTest {
    private static final String STALE = "broadcaster_secrets_stale{secrets=\"tls\"}";

    @Test
    void renewedCertificate_isPresented_andABrokenPairIsNot(@TempDir Path folder) throws Exception {
        MadeCertificate issuer = MadeCertificate.make("issuer", "EC", null);
        MadeCertificate first = MadeCertificate.make("first", "RSA", issuer);
        MadeCertificate second = MadeCertificate.make("second", "EC", issuer);
        Path certificate = Files.writeString(folder.resolve("cert.pem"), issuer.pem() + first.pem());
        Path key = Files.writeString(folder.resolve("key.pem"), first.pkcs1());
        try (TestGateway gateway = TestGateway.start("TLS_CERT", certificate.toString(), "TLS_KEY", key.toString());
                SSLSocket early = connect(gateway, issuer)) {
            assertThat(early.getSession().getPeerCertificates()[0]).isEqualTo(first.certificate());

            Files.writeString(certificate, second.pem());
            await(() -> gateway.metrics().get(STALE) == 1);
            assertThat(presented(gateway, issuer)).isEqualTo(first.certificate());

            Files.writeString(key, second.sec1(true));
            await(() -> presented(gateway, issuer).equals(second.certificate()));
            await(() -> gateway.metrics().get(STALE) == 0);
            assertThat(early.isClosed()).isFalse();
            gateway.log().take();
        }
    }

    private static void await(java.util.concurrent.Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
    }

    private static Certificate presented(TestGateway gateway, MadeCertificate issuer) throws Exception {
        try (SSLSocket socket = connect(gateway, issuer)) {
            return socket.getSession().getPeerCertificates()[0];
        }
    }

    private static SSLSocket connect(TestGateway gateway, MadeCertificate issuer) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("issuer", issuer.certificate());
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", gateway.port());
        socket.startHandshake();
        return socket;
    }
}
