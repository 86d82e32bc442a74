package dev.tunbridge.sim.scene;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;

/** The addresses of a scene, from the benchmark ranges (RFC 2544, RFC 5180). */
public enum Family {
    IPV4("198.18.0.", 30, "198.19.0.", 30),
    IPV6("2001:2:0:1::", 126, "2001:2:0:2::", 126);

    private final String outerPrefix;
    private final int outerLength;
    private final String innerPrefix;
    private final int innerLength;

    Family(String outerPrefix, int outerLength, String innerPrefix, int innerLength) {
        this.outerPrefix = outerPrefix;
        this.outerLength = outerLength;
        this.innerPrefix = innerPrefix;
        this.innerLength = innerLength;
    }

    String outerDevice() {
        return outerPrefix + "1/" + outerLength;
    }

    String outerServer() {
        return outerPrefix + "2/" + outerLength;
    }

    InetAddress outerServerAddress() {
        return InetAddresses.forString(outerPrefix + "2");
    }

    /** The device's address in the tunnel. */
    public InetAddress device() {
        return InetAddresses.forString(innerPrefix + "1");
    }

    /** The server's, from which clients in its namespace talk. */
    public InetAddress server() {
        return InetAddresses.forString(innerPrefix + "2");
    }

    int innerLength() {
        return innerLength;
    }
}
