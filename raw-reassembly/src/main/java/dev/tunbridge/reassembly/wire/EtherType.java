package dev.tunbridge.reassembly.wire;

/** EtherTypes, {@code ETH_P_*} of linux/if_ether.h. */
public final class EtherType {
    public static final int IPV4 = 0x0800;
    public static final int IPV6 = 0x86dd;
    static final int VLAN = 0x8100;
    static final int SERVICE_VLAN = 0x88a8;
    /** What stacked tags had before 802.1ad. */
    static final int OLD_SERVICE_VLAN = 0x9100;

    static final int PPPOE_SESSION = 0x8864;
    static final int MPLS = 0x8847;
    /** Once of multicast, now of labels that the upstream router has assigned (RFC 5332). */
    static final int MPLS_UPSTREAM = 0x8848;
    /** A whole Ethernet frame follows: Trans Ether Bridging. */
    static final int ETHERNET = 0x6558;

    private EtherType() {}

    static boolean isTag(int type) {
        return type == VLAN || type == SERVICE_VLAN || type == OLD_SERVICE_VLAN;
    }

    static boolean isMpls(int type) {
        return type == MPLS || type == MPLS_UPSTREAM;
    }

    static boolean isIp(int type) {
        return type == IPV4 || type == IPV6;
    }
}
