package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.util.List;

/** One value that is changed, and can be put back. */
public sealed interface Fix {
    /** What is changed: a file of the kernel, or a device. */
    String target();

    /** The value that was found. */
    String was();

    /** The value that is to be. */
    String wanted();

    /** The value that is there now. */
    String current(Host host) throws IOException;

    /** Sets a value. */
    void set(Host host, String value) throws IOException;

    /** A file below {@code /proc/sys} or {@code /sys}; its value in words, one blank between them. */
    record FileValue(String target, String was, String wanted) implements Fix {
        @Override
        public String current(Host host) throws IOException {
            return host.value(target);
        }

        @Override
        public void set(Host host, String value) throws IOException {
            host.write(target, value);
        }
    }

    /** How many packets a device holds that its reader has not taken ({@code txqueuelen}). */
    record QueueLength(String target, String was, String wanted) implements Fix {
        @Override
        public String current(Host host) throws IOException {
            List<Fields> links = host.json("ip", "-j", "link", "show", "dev", target);
            if (links.isEmpty()) {
                throw new IOException(target + ": there is no such device");
            }
            return String.valueOf(links.get(0).number("txqlen"));
        }

        @Override
        public void set(Host host, String value) throws IOException {
            host.require("ip", "link", "set", "dev", target, "txqueuelen", value);
        }
    }
}
