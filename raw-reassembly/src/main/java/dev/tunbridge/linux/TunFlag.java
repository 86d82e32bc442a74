package dev.tunbridge.linux;

/** Options of a virtual interface, chosen when it is opened. */
public enum TunFlag {
    /** Each packet read or written has a virtio header of ten bytes in front, which offloads need. */
    VIRTIO_HEADER(0x4000),
    /** What is written passes the kernel's receive offload (GRO). */
    NAPI(0x0010),
    /** Fail with EBUSY where an interface of this name exists already. */
    EXCLUSIVE(0x8000);

    final int flag;

    TunFlag(int flag) {
        this.flag = flag;
    }
}
