package dev.tunbridge.sim.sockets;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** A rule of virtual sockets that a server may be told to break. */
public enum Misdeed {
    /** It sends what clients send, whatever credit there is. */
    OVERRUN_CREDIT,
    /** Behind each close of its own it sends some bytes more. */
    DATA_AFTER_CLOSE,
    /** A number is used again as soon as the server itself has closed it. */
    REUSE_NUMBER,
    /** With each client's open come {@link Channels#FLOOD} more, of clients that do not exist. */
    FLOOD_OPENS;

    /** As the command line names it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** All keys, with commas. */
    public static String keys() {
        return Arrays.stream(values()).map(Misdeed::key).collect(Collectors.joining(","));
    }

    /**
     * Several, with commas; none for an empty text.
     *
     * @throws IllegalArgumentException that names the one that is none, and what is allowed
     */
    public static Set<Misdeed> parse(String text) {
        Set<Misdeed> found = EnumSet.noneOf(Misdeed.class);
        for (String key : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            found.add(Arrays.stream(values())
                    .filter(misdeed -> misdeed.key().equals(key.strip()))
                    .findFirst()
                    .orElseThrow(() ->
                            new IllegalArgumentException("'" + key.strip() + "' is no misdeed; allowed: " + keys())));
        }
        return found;
    }
}
