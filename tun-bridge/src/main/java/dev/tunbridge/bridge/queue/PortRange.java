package dev.tunbridge.bridge.queue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** TCP and UDP ports, both ends included. */
public record PortRange(int first, int last) {

    public static final String ALLOWED = "PORT | FIRST-LAST (0 to 65535)";

    private static final int MOST = 65_535;
    private static final Pattern RANGE = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");

    public PortRange {
        if (first < 0 || last > MOST || first > last) {
            throw new IllegalArgumentException("ports: " + first + "-" + last + " is not valid; allowed: " + ALLOWED);
        }
    }

    /** Reads a range, {@link IllegalArgumentException} for what is none. */
    public static PortRange parse(String text) {
        Matcher range = RANGE.matcher(text);
        if (!range.matches()) {
            throw new IllegalArgumentException("ports: '" + text + "' is not valid; allowed: " + ALLOWED);
        }
        int first = Integer.parseInt(range.group(1));
        return new PortRange(first, range.group(2) == null ? first : Integer.parseInt(range.group(2)));
    }
}
