package dev.tunbridge.sim.link;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The value of one setting as text; each reader names the field, the value and what is allowed when it cannot. */
record Quantity(String field, String text) {

    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([a-zA-Z]*)");
    private static final Map<String, Double> TIME = Map.of("ns", 1.0, "us", 1e3, "ms", 1e6, "s", 1e9);
    private static final Map<String, Double> RATE = Map.of("bit", 1.0, "kbit", 1e3, "mbit", 1e6, "gbit", 1e9);
    private static final Map<String, Double> SIZE =
            Map.of("", 1.0, "b", 1.0, "kb", 1e3, "mb", 1e6, "kib", 1024.0, "mib", 1048576.0);

    /** An hour, 100 Gbit/s, 1 GiB: far above any use, far below where the arithmetic in nanoseconds would wrap. */
    private static final double MAX_NANOS = 3600e9;

    private static final double MAX_RATE = 100e9;
    private static final double MAX_BYTES = 1 << 30;

    long nanos() throws LinkSettingException {
        return scaled(TIME, MAX_NANOS, "a number with ns, us, ms or s, up to 3600s, such as 25ms");
    }

    long bitsPerSecond() throws LinkSettingException {
        if (text.equals("0")) {
            return 0;
        }
        return scaled(RATE, MAX_RATE, "a number with bit, kbit, mbit or gbit, up to 100gbit, or 0 for no limit");
    }

    long bytes() throws LinkSettingException {
        return scaled(SIZE, MAX_BYTES, "a number of bytes, or with kB, MB, KiB or MiB, up to 1024MiB");
    }

    double share() throws LinkSettingException {
        return percent(100, "0 to 100 (percent)");
    }

    double correlation() throws LinkSettingException {
        return percent(Math.nextDown(100.0), "0 to less than 100 (percent)");
    }

    Chance.Law correlationLaw() throws LinkSettingException {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "share" -> Chance.Law.SHARE;
            case "netem" -> Chance.Law.NETEM;
            default -> throw refuse("share, netem");
        };
    }

    int port() throws LinkSettingException {
        long port = whole(text, "0 (any) to 65535");
        if (port > 65535) {
            throw refuse("0 (any) to 65535");
        }
        return (int) port;
    }

    List<Long> numbers() throws LinkSettingException {
        String allowed = "whole numbers from 1 on, separated by commas, at most " + ExactDrops.MAX_NUMBERS;
        List<Long> numbers = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            long number = whole(part.strip(), allowed);
            if (number < 1) {
                throw refuse(allowed);
            }
            numbers.add(number);
        }
        return numbers;
    }

    private double percent(double max, String allowed) throws LinkSettingException {
        String digits =
                text.endsWith("%") ? text.substring(0, text.length() - 1).strip() : text;
        Matcher matcher = NUMBER_AND_UNIT.matcher(digits);
        if (!matcher.matches() || !group(matcher, 2).isEmpty()) {
            throw refuse(allowed);
        }
        double percent = Double.parseDouble(group(matcher, 1));
        if (percent > max) {
            throw refuse(allowed);
        }
        return percent / 100;
    }

    private long scaled(Map<String, Double> units, double max, String allowed) throws LinkSettingException {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text);
        if (!matcher.matches()) {
            throw refuse(allowed);
        }
        Double unit = units.get(group(matcher, 2).toLowerCase(Locale.ROOT));
        if (unit == null) {
            throw refuse(allowed);
        }
        double scaled = Double.parseDouble(group(matcher, 1)) * unit;
        if (scaled > max) {
            throw refuse(allowed);
        }
        return Math.round(scaled);
    }

    private long whole(String digits, String allowed) throws LinkSettingException {
        // 15 digits are below every overflow.
        if (!digits.matches("\\d{1,15}")) {
            throw refuse(allowed);
        }
        return Long.parseLong(digits);
    }

    private LinkSettingException refuse(String allowed) {
        return new LinkSettingException(field, text, allowed);
    }

    private static String group(Matcher matcher, int number) {
        String group = matcher.group(number);
        return group == null ? "" : group;
    }
}
