package dev.tunbridge.reassembly.recovery;

import java.util.concurrent.TimeUnit;

/**
 * What a mismatch has switched off, for ten minutes each. It outlives the connection, or whoever can cause a mismatch
 * could lift it by cutting the connection. Time is a parameter; one thread.
 */
public final class Latches {
    /** How long a mismatch counts. */
    public static final long NANOS = TimeUnit.MINUTES.toNanos(10);

    private boolean isOff;
    private boolean isProvenOnly;
    private long offSince;
    private long provenOnlySince;

    void switchOff(long nowNanos) {
        isOff = true;
        offSince = nowNanos;
    }

    void provenOnly(long nowNanos) {
        isProvenOnly = true;
        provenOnlySince = nowNanos;
    }

    /** Whether nothing may go early: a frame had other bytes than the kernel's. */
    public boolean isOff(long nowNanos) {
        isOff = isOff && nowNanos - offSince < NANOS;
        return isOff;
    }

    /** Whether only proven boundaries count: a frame had other boundaries than the kernel's. */
    public boolean isProvenOnly(long nowNanos) {
        isProvenOnly = isProvenOnly && nowNanos - provenOnlySince < NANOS;
        return isProvenOnly;
    }
}
