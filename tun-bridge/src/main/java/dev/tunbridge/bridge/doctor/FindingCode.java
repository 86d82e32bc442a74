package dev.tunbridge.bridge.doctor;

import java.util.Locale;

/** Everything that can be found. The names, in lower case with hyphens, are an interface: none is renamed or used again for something else. */
public enum FindingCode {
    NOT_KNOWN(Severity.INFO, "What cannot be read cannot be ruled out."),

    NET_ADMIN_MISSING(
            Severity.ERROR, "The device, its address, routes and rules need CAP_NET_ADMIN; run ends with code 77."),
    NET_RAW_MISSING(
            Severity.WARNING, "Without the capture no packet goes past a hole: all wait for a segment that is lost."),
    USER_NAMESPACE(
            Severity.INFO,
            "Capabilities count only in network namespaces of this user namespace; the host's devices and sysctls are out of reach."),
    TUN_NODE_MISSING(Severity.ERROR, "The TUN device is opened by it; run ends with code 69."),
    TUN_NODE_WRONG(Severity.ERROR, "What is opened is something else; no TUN device comes of it."),
    TUN_NODE_CLOSED(Severity.ERROR, "This user cannot open it, whatever its capabilities."),
    TUN_MODULE_MISSING(Severity.ERROR, "The kernel has no TUN devices; run ends with code 69."),
    MODULE_MISSING(
            Severity.WARNING,
            "sch_tbf makes local senders wait instead of losing packets, af_packet is the capture, nf_tables answers: mark."),

    SECCOMP_FILTER(
            Severity.INFO,
            "A filter of system calls can refuse what the bridge needs: packet and netlink sockets, ioctl of TUN devices."),
    PROC_SYS_READ_ONLY(
            Severity.WARNING,
            "rp_filter, accept_ra and disable_ipv6 of the device stay as they are: clients may be filtered, and an IPv6 tunnel not come up."),
    TMP_NOEXEC(
            Severity.WARNING,
            "Started without its launcher it unpacks two native libraries there, and they cannot be loaded."),

    KERNEL_NO_UDP_OFFLOAD(
            Severity.INFO, "Datagrams pass the device one by one: joined ones (TUN_F_USO4, USO6) came with 6.2."),
    KERNEL_NO_RECEIVE_WINDOW(
            Severity.INFO,
            "The kernel does not tell its receive window (tcpi_rcv_wnd, 6.2); a bound stands in for it."),
    KERNEL_NO_RTO_MAX(
            Severity.INFO,
            "After an outage the outer connection may wait up to 120 s for its next try: TCP_RTO_MAX_MS came with 6.15."),
    KERNEL_NO_TABLE_OWNER(
            Severity.INFO, "A killed process leaves the table of answers: mark behind; owned tables came with 5.12."),
    TCP_ECN_BY_HOST(
            Severity.INFO,
            "Where a path eats what is marked, the bridge stops to ask for ECN; the host's own asking goes on."),

    TCP_SACK_OFF(
            Severity.WARNING,
            "Each lost segment takes a round trip of its own to repair, RACK and the tail loss probe are off, and all of the tunnel waits."),
    TCP_TIMESTAMPS_OFF(
            Severity.WARNING,
            "Round trips of what was sent twice are not measured and needless timeouts not undone (RFC 7323, RFC 3522)."),
    TCP_WINDOW_SCALING_OFF(
            Severity.WARNING, "The window is 64 KiB at most: 5 Mbit/s at a round trip of 100 ms (RFC 7323)."),
    TCP_RMEM_SMALL(
            Severity.WARNING,
            "The receive window is about half of it: 1 MiB is 42 Mbit/s at 100 ms, and bytes behind a hole must fit into it too."),
    TCP_WMEM_SMALL(
            Severity.WARNING,
            "What is sent and not acknowledged must fit into it: 1 MiB is at most 84 Mbit/s at 100 ms."),
    TCP_AUTOTUNING_OFF(
            Severity.WARNING,
            "The receive window stays at the default of tcp_rmem, 64 KiB of 128: 5 Mbit/s at 100 ms."),
    CONGESTION_CONTROL_MISSING(
            Severity.ERROR, "The kernel has it not, and no module of it: run refuses the configuration with code 2."),
    CONGESTION_CONTROL_RENO(
            Severity.INFO,
            "It grows by a segment a round trip: after a loss at 100 Mbit/s and 100 ms it takes 40 s to be back."),
    TCP_REORDERING_LOW(
            Severity.WARNING,
            "Segments that come out of order are taken for lost, sent twice, and the rate is halved."),
    TCP_REORDERING_HIGH(
            Severity.INFO,
            "A lost segment is repaired a quarter of a round trip later (tcp_rack_reo_wnd), until as many are behind it."),
    TCP_TAIL_LOSS_PROBE_OFF(
            Severity.WARNING,
            "A loss at the end of a burst waits for the timeout, 200 ms and more: the usual loss of interactive traffic (RFC 8985, 7)."),
    TCP_RACK_OFF(
            Severity.WARNING,
            "A retransmission that is lost waits for the timeout, and reordering is taken for loss (RFC 8985)."),
    TCP_RECOVERY_IGNORED(
            Severity.INFO,
            "Since 6.17 RACK cannot be switched off; who set this expects something that does not happen."),

    DEVICE_NOT_TUN(Severity.ERROR, "The name of the TUN device is taken by something else; the tunnel cannot come up."),
    DEVICE_MULTI_QUEUE(
            Severity.ERROR,
            "Another process could hold a queue of it, and packets go to either; the bridge refuses it."),
    TXQUEUELEN_SHORT(
            Severity.WARNING,
            "A burst of local senders is dropped before the bridge reads it, and it shapes all the time to prevent that."),
    DEVICE_DROPS(
            Severity.WARNING,
            "Local senders hand over more than the device holds: inner TCP takes each drop for congestion."),
    DEVICE_MTU_MISMATCH(
            Severity.WARNING,
            "Packets longer than the tunnel's MTU fit into no frame: they are answered by ICMP, or lost."),
    DEVICE_DOWN(Severity.ERROR, "Nothing passes a device that is down, and its routes are gone."),
    RP_FILTER_STRICT(
            Severity.WARNING,
            "Clients keep addresses that have no route into the device; a strict reverse path filter (RFC 3704) drops them without a word."),
    IPV6_MISSING(Severity.ERROR, "The kernel runs without IPv6, and the tunnel has an address of it."),

    NAME_UNRESOLVED(Severity.ERROR, "Without an address there is no connection; it is asked again before each try."),
    NAME_SLOW(Severity.WARNING, "The name is asked before each try, so each reconnection takes that much longer."),
    SERVER_NO_ROUTE(Severity.ERROR, "The kernel has no way to the server; connecting fails at once."),
    SERVER_THROUGH_TUNNEL(Severity.ERROR, "The outer connection would be carried by itself, and comes to nothing."),
    SERVER_UNREACHABLE(Severity.ERROR, "No address of the server accepts a connection."),
    SERVER_ADDRESS_DEAD(
            Severity.WARNING,
            "Each reconnection waits 250 ms for it where it is tried first, and there is less to fall back on."),

    ROUTE_COMES_FIRST(
            Severity.WARNING, "It has the lower metric, so the tunnel's route to the same network is never used."),
    ROUTE_MORE_SPECIFIC(Severity.INFO, "The narrower route wins: these addresses are not reached through the tunnel."),
    ADDRESS_TAKEN(Severity.ERROR, "Another interface has the tunnel's address: its answers stay on this host."),
    RULE_COMES_FIRST(
            Severity.WARNING,
            "It is asked before the rule that brings answers back into the tunnel, and may lead them elsewhere."),
    RULE_FOR_SOME_FIRST(
            Severity.INFO,
            "Answers that bear its mark or fit its ports are led elsewhere, before the tunnel's own rule is asked."),
    REVERSE_PATH_DROPS(
            Severity.INFO,
            "Packets came by an interface that answers would not leave by: with several uplinks, the server's own perhaps."),
    UDP_SERVICE_WITHOUT_ADDRESS(
            Severity.WARNING,
            "The route of an answer is looked up before its source is chosen: it leaves by the uplink, past the tunnel."),

    PATH_MTU_HOLE(
            Severity.WARNING,
            "Long packets vanish without an ICMP error: the connection is made and then stands still, until shorter segments are tried."),
    PATH_MTU_SMALL(
            Severity.INFO,
            "The kernel has learnt that less passes than its interface takes; longer segments cost a round trip each time it forgets."),
    OUTER_SEGMENTS_SHORT(
            Severity.INFO,
            "The other end, or a device on the way, asks for short segments: more headers and more packets a second."),
    FRAGMENTS_SENT(
            Severity.INFO,
            "One lost fragment loses the whole datagram, and some firewalls let no fragment pass (RFC 8900)."),
    REASSEMBLY_FAILS(
            Severity.WARNING,
            "Datagrams are lost because not all of their fragments arrive, or no memory is left for them."),

    INTERFACE_ERRORS(Severity.WARNING, "Frames are damaged on the link: each is a loss that TCP takes for congestion."),
    INTERFACE_OVERRUNS(
            Severity.WARNING, "The hardware had no room for packets: each is a loss before the kernel saw it."),
    RING_BUFFER_SMALL(
            Severity.WARNING,
            "Bursts do not fit into the receive ring, which could be longer: each packet lost there is a hole."),
    HALF_DUPLEX(
            Severity.WARNING,
            "Sending and receiving exclude each other; the other end at full duplex collides with it."),
    COALESCING_LONG(Severity.INFO, "Every packet waits for the next interrupt, so each round trip is longer by it."),

    SOFTNET_DROPS(Severity.WARNING, "A processor's backlog was full: packets are dropped after they were received."),
    SOFTNET_SQUEEZED(
            Severity.INFO, "Receiving ended its turn with packets left, which wait for the next: delay under load."),
    INTERRUPTS_ON_ONE_PROCESSOR(
            Severity.WARNING, "One processor receives for all queues while others idle; its limit is the link's."),
    FLOW_STEERING_HALF_SET(Severity.INFO, "Receive flow steering needs both; with one alone it does nothing."),
    SOFT_INTERRUPTS_ON_ONE_PROCESSOR(
            Severity.WARNING, "Receiving has a processor to itself and is at its limit, while others have room."),

    GOVERNOR_SAVES_POWER(
            Severity.WARNING,
            "The processor stays slow: each hop of a packet wakes a thread, and waits for it that much longer."),
    CLOCK_SOURCE_SLOW(
            Severity.WARNING,
            "The clock is read in every turn of a loop; by this source that takes a microsecond, not 20 ns."),

    OPEN_FILES_FEW(Severity.WARNING, "Beyond the limit no connection is made, to the server or to a service."),
    LOG_DISK_FULL(Severity.WARNING, "What happens is not written down, just when somebody will ask for it."),
    CLOCK_WRONG(
            Severity.ERROR,
            "Stamps of logs and captures are wrong, and servers that look at the time refuse the login."),
    CLOCK_NOT_SYNCHRONISED(Severity.INFO, "Logs and captures of both ends cannot be laid side by side.");

    private final Severity severity;
    private final String why;

    FindingCode(Severity severity, String why) {
        this.severity = severity;
        this.why = why;
    }

    public Severity severity() {
        return severity;
    }

    /** Why it matters to a tunnel. */
    public String why() {
        return why;
    }

    /** As outputs and documents have it: {@code tcp-sack-off}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
