package dev.tunbridge.sim.lab;

import dev.tunbridge.linux.netlink.InterfaceCounters;
import dev.tunbridge.sim.link.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Packets that a device has not taken from those who sent them: since it was made, as the kernel counts.
 *
 * @param driver thrown away by the driver, silently: a TUN device whose ring was full
 * @param qdisc thrown away by the queueing discipline in front of it
 */
public record DeviceDrops(long driver, long qdisc) {
    /** The root stands for all that hang below it. */
    private static final Pattern ROOT_QDISC = Pattern.compile("qdisc \\S+ \\S+ root.*\\R.*\\(dropped (\\d+),");

    /** Of the device that has this address. */
    public static DeviceDrops of(LabNamespace host, InetAddress address) throws IOException {
        return host.call(() -> {
            NetworkInterface device = NetworkInterface.getByInetAddress(address);
            if (device == null) {
                throw new IOException("no device has the address " + address.getHostAddress());
            }
            return ofDevice(device.getName());
        });
    }

    /** Of a device of the calling thread's network namespace. */
    public static DeviceDrops ofDevice(String name) throws IOException {
        return new DeviceDrops(
                InterfaceCounters.read(name)
                        .orElseThrow(() -> new IOException("the kernel does not tell of a device " + name))
                        .sentDropped(),
                qdiscDrops(Command.run("tc", "-s", "qdisc", "show", "dev", name)));
    }

    /** Zero where there is no queueing discipline at all. */
    static long qdiscDrops(String shown) {
        Matcher root = ROOT_QDISC.matcher(shown);
        return root.find() ? Long.parseLong(root.group(1)) : 0;
    }

    /** What has been dropped since an earlier reading. */
    public DeviceDrops since(DeviceDrops earlier) {
        return new DeviceDrops(driver - earlier.driver, qdisc - earlier.qdisc);
    }

    public long all() {
        return driver + qdisc;
    }
}
