package dev.broadcaster.tls;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Presents the current identity in each new handshake. A handshake that began before a change ends with the identity
 * that it began with. Safe from any thread.
 */
final class CurrentKeyManager extends X509ExtendedKeyManager {
    /** @param before the one that was replaced; at first the same */
    private record Managers(X509ExtendedKeyManager current, X509ExtendedKeyManager before) {}

    private volatile Managers managers;
    private int changes; // guarded by this

    CurrentKeyManager(TlsIdentity identity) throws GeneralSecurityException, IOException {
        X509ExtendedKeyManager first = identity.keyManager("node0");
        managers = new Managers(first, first);
    }

    synchronized void replace(TlsIdentity identity) throws GeneralSecurityException, IOException {
        changes++;
        managers = new Managers(identity.keyManager("node" + changes), managers.current);
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return managers.current.chooseEngineServerAlias(keyType, issuers, engine);
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return managers.current.chooseServerAlias(keyType, issuers, socket);
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return managers.current.chooseEngineClientAlias(keyTypes, issuers, engine);
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return managers.current.chooseClientAlias(keyTypes, issuers, socket);
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return managers.current.getServerAliases(keyType, issuers);
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return managers.current.getClientAliases(keyType, issuers);
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        Managers both = managers;
        X509Certificate[] chain = both.current.getCertificateChain(alias);
        return chain == null ? both.before.getCertificateChain(alias) : chain;
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        Managers both = managers;
        PrivateKey key = both.current.getPrivateKey(alias);
        return key == null ? both.before.getPrivateKey(alias) : key;
    }
}
