package dev.tunbridge.reassembly.wire;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The link-layer header types that we can look behind. */
public enum LinkType {
    ETHERNET("Ethernet", 14),
    COOKED_1("Linux cooked", 16),
    COOKED_2("Linux cooked 2", 20),
    RAW("raw IP", 0),
    HOST_FAMILY("BSD loopback", 4),
    NETWORK_FAMILY("OpenBSD loopback", 4),
    /** As little as a byte: PPP may leave out the address, the control and half of the protocol. */
    PPP("PPP", 1),
    PPPOE("PPPoE", 6),
    CISCO_HDLC("Cisco HDLC", 4);

    public static final int COOKED_2_NUMBER = 276;

    final int headerBytes;
    private final String title;

    LinkType(String title, int headerBytes) {
        this.title = title;
        this.headerBytes = headerBytes;
    }

    /** The type of a file's number for it (LINKTYPE), or libpcap's (DLT). */
    public static Optional<LinkType> of(int number) {
        return switch (number) {
            case 0 -> Optional.of(HOST_FAMILY);
            case 1 -> Optional.of(ETHERNET);
            case 9, 50 -> Optional.of(PPP);
            // On Linux, on OpenBSD, in files, and for one version only.
            case 12, 14, 101, 228, 229 -> Optional.of(RAW);
            case 51 -> Optional.of(PPPOE);
            case 104 -> Optional.of(CISCO_HDLC);
            case 108 -> Optional.of(NETWORK_FAMILY);
            case 113 -> Optional.of(COOKED_1);
            case COOKED_2_NUMBER -> Optional.of(COOKED_2);
            default -> Optional.empty();
        };
    }

    /** For messages. */
    public static String allowed() {
        return Arrays.stream(values()).map(each -> each.title).collect(Collectors.joining(", "));
    }
}
