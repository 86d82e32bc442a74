package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.net.Inet6Address;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;

/** The TUN devices of the tunnels, where they are there. */
final class DeviceChecks {
    static final List<Check> ALL = List.of(
            each(DeviceChecks::kind),
            each(DeviceChecks::queueLength),
            each(DeviceChecks::drops),
            each(DeviceChecks::mtu),
            each(DeviceChecks::state),
            each(DeviceChecks::reversePathFilter),
            DeviceChecks::settings);

    /** Below it the bridge shapes all the time (tun.shaper). */
    private static final long SHORT_QUEUE = 128;

    private static final int USUAL_QUEUE = 500;

    /** One in a thousand: below it the drops are those of a burst. */
    private static final long DROPS_PER_PACKETS = 1000;

    private DeviceChecks() {}

    /** Looks at one device. */
    @FunctionalInterface
    private interface DeviceCheck {
        void examine(Host host, TunnelFacts tunnel, Fields link, Findings findings) throws IOException;
    }

    private static Check each(DeviceCheck check) {
        return (survey, findings) -> {
            for (TunnelFacts tunnel : survey.tunnels()) {
                Optional<Fields> link = tunnel.usesDevice() ? survey.link(tunnel.device()) : Optional.empty();
                if (link.isPresent()) {
                    check.examine(survey.host(), tunnel, link.get(), findings);
                }
            }
        };
    }

    private static boolean isTun(Fields link) {
        Fields info = link.object("linkinfo");
        return info.text("info_kind").equals("tun")
                && info.object("info_data").text("type").equals("tun");
    }

    /** Whether a process has it open: tun_chr_close takes the carrier (drivers/net/tun.c). */
    private static boolean isOpen(Fields link) {
        return link.texts("flags").contains("LOWER_UP");
    }

    private static void kind(Host host, TunnelFacts tunnel, Fields link, Findings findings) {
        String device = tunnel.device();
        Fields info = link.object("linkinfo");
        if (!isTun(link)) {
            String kind = info.object("info_data").text("type").equals("tap") ? "a TAP device" : "no TUN device";
            findings.add(Finding.of(
                    FindingCode.DEVICE_NOT_TUN,
                    device,
                    "'ip -d link' says that " + device + " is " + kind,
                    "--set tun.name=NAME with another name, or: ip link del " + device));
        } else if (info.object("info_data").flag("multi_queue")) {
            findings.add(Finding.of(
                    FindingCode.DEVICE_MULTI_QUEUE,
                    device,
                    "'ip -d link' says multi_queue of " + device,
                    "ip tuntap del dev " + device + " mode tun multi_queue && ip tuntap add dev " + device
                            + " mode tun"));
        }
    }

    private static void queueLength(Host host, TunnelFacts tunnel, Fields link, Findings findings) {
        long length = link.number("txqlen");
        if (isTun(link) && isOpen(link) && length < SHORT_QUEUE && length < tunnel.txQueueLength()) {
            String wanted = String.valueOf(tunnel.txQueueLength());
            findings.add(Finding.of(
                    FindingCode.TXQUEUELEN_SHORT,
                    tunnel.device(),
                    "'ip link' says qlen " + length + " of " + tunnel.device() + "; tun.tx-queue-length is " + wanted,
                    "ip link set dev " + tunnel.device() + " txqueuelen " + wanted,
                    List.of(new Fix.QueueLength(tunnel.device(), String.valueOf(length), wanted))));
        }
    }

    private static void settings(Survey survey, Findings findings) throws IOException {
        for (TunnelFacts tunnel : survey.tunnels()) {
            if (tunnel.usesDevice() && tunnel.txQueueLength() < SHORT_QUEUE) {
                findings.add(Finding.of(
                        FindingCode.TXQUEUELEN_SHORT,
                        tunnel.device(),
                        "tun.tx-queue-length is " + tunnel.txQueueLength(),
                        "--set tun.tx-queue-length=" + USUAL_QUEUE));
            }
            boolean isIpv6 = tunnel.address()
                    .filter(address -> address.address() instanceof Inet6Address)
                    .isPresent();
            if (isIpv6 && !Files.exists(survey.host().path("/proc/sys/net/ipv6"))) {
                findings.add(Finding.of(
                        FindingCode.IPV6_MISSING,
                        tunnel.device(),
                        "/proc/sys/net/ipv6 is not there, and tunnel.device-address is of IPv6",
                        "boot without ipv6.disable=1, or: modprobe ipv6"));
            }
        }
    }

    /** What the host sends into the tunnel is what the device transmits. */
    private static void drops(Host host, TunnelFacts tunnel, Fields link, Findings findings) {
        Fields sent = link.object("stats64").object("tx");
        long dropped = sent.number("dropped");
        if (isTun(link) && dropped * DROPS_PER_PACKETS > sent.number("packets") + dropped) {
            findings.add(Finding.of(
                    FindingCode.DEVICE_DROPS,
                    tunnel.device(),
                    "'ip -s link' says TX dropped " + dropped + " of " + (sent.number("packets") + dropped) + " of "
                            + tunnel.device(),
                    "--set tun.tx-queue-length=1000 (or --set tun.shaper=on, where senders heed no drop)"));
        }
    }

    private static void mtu(Host host, TunnelFacts tunnel, Fields link, Findings findings) {
        long mtu = link.number("mtu");
        if (isTun(link)
                && isOpen(link)
                && tunnel.mtu().isPresent()
                && mtu > tunnel.mtu().getAsInt()) {
            findings.add(Finding.of(
                    FindingCode.DEVICE_MTU_MISMATCH,
                    tunnel.device(),
                    "'ip link' says mtu " + mtu + " of " + tunnel.device() + "; tunnel.mtu is "
                            + tunnel.mtu().getAsInt(),
                    "ip link set dev " + tunnel.device() + " mtu "
                            + tunnel.mtu().getAsInt()));
        }
    }

    private static void state(Host host, TunnelFacts tunnel, Fields link, Findings findings) {
        if (isTun(link) && !link.texts("flags").contains("UP") && isHeld(link)) {
            findings.add(Finding.of(
                    FindingCode.DEVICE_DOWN,
                    tunnel.device(),
                    "'ip link' says that " + tunnel.device() + " is down, and a process has it open",
                    "ip link set dev " + tunnel.device() + " up"));
        }
    }

    /** A device that is not persistent is there only while a process has it open. */
    private static boolean isHeld(Fields link) {
        return !link.object("linkinfo").object("info_data").flag("persist");
    }

    /** The stricter of the two counts (IN_DEV_RPFILTER in include/linux/inetdevice.h): 1 is strict, 2 is loose. */
    private static void reversePathFilter(Host host, TunnelFacts tunnel, Fields link, Findings findings)
            throws IOException {
        String file = "/proc/sys/net/ipv4/conf/" + tunnel.device() + "/rp_filter";
        long own = host.number(file).orElse(0);
        long all = host.number("/proc/sys/net/ipv4/conf/all/rp_filter").orElse(0);
        if (isTun(link) && isOpen(link) && Math.max(own, all) == 1) {
            findings.add(Finding.of(
                    FindingCode.RP_FILTER_STRICT,
                    tunnel.device(),
                    file + " is " + own + ", that of all is " + all,
                    "sysctl -w net.ipv4.conf." + tunnel.device().replace('.', '/') + ".rp_filter=2",
                    List.of(new Fix.FileValue(file, String.valueOf(own), "2"))));
        }
    }
}
