package dev.tunbridge.bridge.doctor;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A kernel's version, of {@code /proc/sys/kernel/osrelease}. Distributions carry features back, so it says what is likely. */
record KernelVersion(int major, int minor) {
    static final String FILE = "/proc/sys/kernel/osrelease";

    private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");

    static KernelVersion of(Host host) throws IOException {
        String release = host.value(FILE);
        Matcher numbers = RELEASE.matcher(release);
        if (!numbers.lookingAt()) {
            throw new IOException(FILE + " is '" + release + "', no version of a kernel");
        }
        return new KernelVersion(Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2)));
    }

    boolean isBefore(int otherMajor, int otherMinor) {
        return major < otherMajor || (major == otherMajor && minor < otherMinor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
