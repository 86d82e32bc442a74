package dev.tunbridge.bridge.service;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes of files on the command line. */
final class ByteSize implements ITypeConverter<Long> {
    static final long MIN = 4L << 10;
    static final long MAX = 1L << 40;

    private static final Pattern SIZE = Pattern.compile("(\\d{1,13})(B|KiB|MiB|GiB)?");

    @Override
    public Long convert(String text) {
        Matcher size = SIZE.matcher(text.strip());
        if (size.matches()) {
            String unit = size.group(2) == null ? "B" : size.group(2);
            int shift = switch (unit) {
                case "KiB" -> 10;
                case "MiB" -> 20;
                case "GiB" -> 30;
                default -> 0;
            };
            long number = Long.parseLong(size.group(1));
            long bytes = number << shift;
            if (number <= MAX && bytes >= MIN && bytes <= MAX) {
                return bytes;
            }
        }
        throw new TypeConversionException("'" + text + "' is not a size; allowed: 4KiB to 1024GiB (B, KiB, MiB, GiB)");
    }
}
