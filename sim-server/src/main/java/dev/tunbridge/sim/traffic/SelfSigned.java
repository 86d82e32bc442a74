package dev.tunbridge.sim.traffic;

import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/**
 * A key and its self-signed certificate, made for one run by the JDK's own {@code keytool}. A client that trusts this
 * one certificate needs no name in it.
 */
public record SelfSigned(PrivateKey key, X509Certificate certificate) {
    private static final String ALIAS = "service";

    /** The store is gone before anybody could read it. */
    private static final String PASSWORD = "for a moment";

    /** A new key each time; takes about a second. */
    public static SelfSigned make() throws IOException {
        Path folder = Files.createTempDirectory("tunbridge-key");
        Path store = folder.resolve("key.p12");
        try {
            Command.run(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    ALIAS,
                    "-keyalg",
                    "EC",
                    "-groupname",
                    "secp256r1",
                    "-validity",
                    "2",
                    "-dname",
                    "CN=service",
                    "-storetype",
                    "PKCS12",
                    "-storepass",
                    PASSWORD,
                    "-keystore",
                    store.toString());
            return read(store);
        } finally {
            Files.deleteIfExists(store);
            Files.delete(folder);
        }
    }

    private static SelfSigned read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD.toCharArray());
            return new SelfSigned((PrivateKey) store.getKey(ALIAS, PASSWORD.toCharArray()), (X509Certificate)
                    store.getCertificate(ALIAS));
        } catch (GeneralSecurityException e) {
            throw new IOException("the key that keytool has made cannot be read: " + e.getMessage(), e);
        }
    }
}
