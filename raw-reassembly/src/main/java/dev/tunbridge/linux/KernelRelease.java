package dev.tunbridge.linux;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which Linux this is, for what cannot be asked of it. Distributions take over what is newer, so at least this much is there.
 *
 * @param major of 6.18.44 it is 6
 * @param minor of 6.18.44 it is 18
 */
public record KernelRelease(int major, int minor) {
    private static final Pattern NUMBERS = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*");

    /** The one that runs (uname -r). */
    public static KernelRelease current() {
        return parse(System.getProperty("os.version", ""));
    }

    static KernelRelease parse(String release) {
        Matcher numbers = NUMBERS.matcher(release);
        if (!numbers.matches()) {
            throw new IllegalArgumentException(
                    "kernel release " + release + "; allowed MAJOR.MINOR and more behind it");
        }
        return new KernelRelease(Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2)));
    }

    public boolean isAtLeast(int wantedMajor, int wantedMinor) {
        return major > wantedMajor || (major == wantedMajor && minor >= wantedMinor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
