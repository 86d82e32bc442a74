package dev.tunbridge.sim.traffic;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A running SHA-256 with its count of bytes, comparable as text: {@code bytes:hex}. */
final class Digest {
    private final MessageDigest sha256;
    private long bytes;

    Digest() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    void update(byte[] chunk, int length) {
        sha256.update(chunk, 0, length);
        bytes += length;
    }

    long bytes() {
        return bytes;
    }

    /** Ends the computation. */
    String finish() {
        return bytes + ":" + HexFormat.of().formatHex(sha256.digest());
    }
}
