package dev.tunbridge.linux.netlink;

/** Something that the kernel has announced of its network configuration, whoever has changed it. */
public sealed interface NetworkChange {

    /** Whether it came (or is otherwise than before), or went. */
    enum Kind {
        THERE,
        GONE
    }

    record LinkChange(Kind kind, Link link) implements NetworkChange {}

    record AddressChange(Kind kind, InterfaceAddress address) implements NetworkChange {}

    record RouteChange(Kind kind, KernelRoute route) implements NetworkChange {}

    record RuleChange(Kind kind, PolicyRule rule) implements NetworkChange {}

    /** More came than could be kept: anything may have happened. */
    record Lost() implements NetworkChange {}
}
