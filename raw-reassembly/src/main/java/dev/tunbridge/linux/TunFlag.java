package dev.tunbridge.linux;

/** Options of a virtual interface, chosen when it is opened. */
public enum TunFlag {
    /** Each packet read or written has a virtio header of ten bytes in front, which offloads need. */
    VIRTIO_HEADER(0x4000),
    /** What is written passes the kernel's receive offload (GRO). */
    NAPI(0x0010),
    /**
     * A full ring stops the queue in front of it instead of dropping (7.3 and later). An older kernel takes the flag
     * and does nothing, so it is asked first, and {@link TunInterface#hasBackpressure} tells what it answered.
     */
    BACKPRESSURE(0x0080),
    /** Fail with EBUSY where an interface of this name exists already. */
    EXCLUSIVE(0x8000);

    final int flag;

    TunFlag(int flag) {
        this.flag = flag;
    }
}
