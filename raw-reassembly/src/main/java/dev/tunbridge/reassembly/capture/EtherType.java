package dev.tunbridge.reassembly.capture;

/** EtherTypes, {@code ETH_P_*} of linux/if_ether.h. */
final class EtherType {
    static final int IPV4 = 0x0800;
    static final int IPV6 = 0x86dd;
    static final int VLAN = 0x8100;
    static final int SERVICE_VLAN = 0x88a8;
    /** What stacked tags had before 802.1ad. */
    static final int OLD_SERVICE_VLAN = 0x9100;

    private EtherType() {}

    static boolean isTag(int type) {
        return type == VLAN || type == SERVICE_VLAN || type == OLD_SERVICE_VLAN;
    }

    static boolean isIp(int type) {
        return type == IPV4 || type == IPV6;
    }
}
