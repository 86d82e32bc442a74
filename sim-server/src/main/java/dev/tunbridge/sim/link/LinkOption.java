package dev.tunbridge.sim.link;

/** How a link is carried, where there is a choice. */
public enum LinkOption {
    /** The kernel's netem on a veth pair instead of user space; only where this kernel has it. */
    NETEM,
    /** What arrives passes the kernel's receive offload (GRO), as on a real network card: IFF_NAPI on the TAPs. */
    RECEIVE_OFFLOAD
}
