package dev.broadcaster.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.testing.MadeCertificate;
import dev.broadcaster.time.Time;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerTlsTest {
    private final Metrics metrics = new Metrics();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        metrics.close();
    }

    private ServerTls start(MadeCertificate made) throws Exception {
        write(made.pem(), made.pkcs8());
        return new ServerTls(
                folder.resolve("cert.pem"), folder.resolve("key.pem"), Time.SYSTEM, metrics.secrets("tls"));
    }

    private void write(String certificate, String key) throws IOException {
        Files.writeString(folder.resolve("cert.pem"), certificate);
        Files.writeString(folder.resolve("key.pem"), key);
    }

    @Test
    void handshake_presentsTheRenewedCertificate() throws Exception {
        MadeCertificate first = MadeCertificate.make("first", "EC", null);
        MadeCertificate second = MadeCertificate.make("second", "RSA", null);
        ServerTls tls = start(first);
        assertThat(presented(tls.context(), first)).isEqualTo(first.certificate());

        write(second.pem(), second.pkcs1());
        tls.look();
        assertThat(presented(tls.context(), first)).as("read once").isEqualTo(first.certificate());
        tls.look();

        assertThat(presented(tls.context(), second)).isEqualTo(second.certificate());
        assertThat(tls.expirySeconds())
                .isEqualTo(second.certificate().getNotAfter().toInstant().getEpochSecond());
        assertThat(metrics.scrape())
                .contains("broadcaster_secrets_reloads_total{outcome=\"loaded\",secrets=\"tls\"} 1.0")
                .contains("broadcaster_secrets_stale{secrets=\"tls\"} 0.0");
    }

    @Test
    void brokenFiles_keepTheCertificate_untilTheyAreValid() throws Exception {
        MadeCertificate first = MadeCertificate.make("first", "EC", null);
        MadeCertificate second = MadeCertificate.make("second", "EC", null);
        ServerTls tls = start(first);

        write(second.pem(), first.pkcs8()); // the key has not been replaced yet
        for (int i = 0; i < 3; i++) {
            tls.look();
        }
        assertThat(presented(tls.context(), first)).isEqualTo(first.certificate());
        assertThat(metrics.scrape())
                .contains("broadcaster_secrets_reloads_total{outcome=\"invalid\",secrets=\"tls\"} 1.0")
                .contains("broadcaster_secrets_stale{secrets=\"tls\"} 1.0");

        Files.delete(folder.resolve("key.pem"));
        tls.look();
        tls.look();
        assertThat(presented(tls.context(), first)).isEqualTo(first.certificate());
        assertThat(metrics.scrape())
                .contains("broadcaster_secrets_reloads_total{outcome=\"unreadable\",secrets=\"tls\"} 1.0")
                .contains("broadcaster_secrets_stale{secrets=\"tls\"} 1.0");

        write(second.pem(), second.sec1(true));
        tls.look();
        tls.look();
        assertThat(presented(tls.context(), second)).isEqualTo(second.certificate());
        assertThat(metrics.scrape()).contains("broadcaster_secrets_stale{secrets=\"tls\"} 0.0");
    }

    @Test
    void handshake_endsWithTheIdentityThatItBeganWith() throws Exception {
        MadeCertificate first = MadeCertificate.make("first", "EC", null);
        MadeCertificate second = MadeCertificate.make("second", "EC", null);
        CurrentKeyManager manager = new CurrentKeyManager(identity(first));

        String alias = manager.chooseEngineServerAlias("EC", null, null);
        manager.replace(identity(second));

        assertThat(manager.getCertificateChain(alias)).containsExactly(first.certificate());
        assertThat(manager.getPrivateKey(alias)).isEqualTo(first.keys().getPrivate());
        String later = manager.chooseEngineServerAlias("EC", null, null);
        assertThat(manager.getCertificateChain(later)).containsExactly(second.certificate());
        assertThat(manager.getPrivateKey(later)).isEqualTo(second.keys().getPrivate());
    }

    @Test
    void files_thatCannotBeUsed_stopTheStart() throws Exception {
        MadeCertificate made = MadeCertificate.make("node", "EC", null);
        MadeCertificate other = MadeCertificate.make("other", "EC", null);
        write(made.pem(), other.pkcs8());

        assertThatThrownBy(() -> new ServerTls(
                        folder.resolve("cert.pem"), folder.resolve("key.pem"), Time.SYSTEM, metrics.secrets("tls")))
                .isInstanceOf(IOException.class)
                .hasMessage("TLS_CERT and TLS_KEY: the certificate and the key do not belong together (CN=node):"
                        + " name the key for which it was issued");
        assertThatThrownBy(() -> new ServerTls(folder, folder.resolve("key.pem"), Time.SYSTEM, metrics.secrets("tls")))
                .isInstanceOf(IOException.class)
                .hasMessage("TLS_CERT: " + folder + ": not a file");
    }

    private static TlsIdentity identity(MadeCertificate made) throws Exception {
        return new TlsIdentity(
                java.util.List.of(made.certificate()), made.keys().getPrivate(), 0);
    }

    /** The certificate that a client gets in a handshake, in memory. */
    private static Certificate presented(SSLContext server, MadeCertificate trusted) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("node", trusted.certificate());
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext client = SSLContext.getInstance("TLS");
        client.init(null, managers.getTrustManagers(), null);

        SSLEngine one = client.createSSLEngine();
        SSLEngine other = server.createSSLEngine();
        one.setUseClientMode(true);
        other.setUseClientMode(false);
        one.beginHandshake();
        other.beginHandshake();
        ByteBuffer toServer = ByteBuffer.allocate(1 << 16);
        ByteBuffer toClient = ByteBuffer.allocate(1 << 16);
        for (int i = 0; i < 100 && (isOpen(one) || isOpen(other)); i++) {
            step(one, toClient, toServer);
            step(other, toServer, toClient);
        }
        return one.getSession().getPeerCertificates()[0];
    }

    private static boolean isOpen(SSLEngine engine) {
        return engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING;
    }

    private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws Exception {
        ByteBuffer nothing = ByteBuffer.allocate(1 << 16);
        switch (engine.getHandshakeStatus()) {
            case NEED_TASK -> {
                for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
            }
            case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), out);
            default -> {
                in.flip();
                engine.unwrap(in, nothing);
                in.compact();
            }
        }
    }
}
