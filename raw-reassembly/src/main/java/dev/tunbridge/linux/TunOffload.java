package dev.tunbridge.linux;

/** Work that the kernel may leave to the reader of a TUN device: {@code TUN_F_*} of linux/if_tun.h. */
public enum TunOffload {
    /** Unfinished checksums. Every other offload needs it. */
    CHECKSUM(0x01),
    TCP4_SEGMENTATION(0x02),
    TCP6_SEGMENTATION(0x04),
    /** Super-packets may carry CWR, which belongs on their first segment only. */
    TCP_ECN(0x08),
    /** USO4 and USO6, which the kernel (6.2 and later) takes only together. */
    UDP_SEGMENTATION(0x20 | 0x40);

    final int flag;

    TunOffload(int flag) {
        this.flag = flag;
    }
}
