package dev.tunbridge.bridge.config;

import dev.tunbridge.bridge.filter.Prefix;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How the text of a value becomes a value.
 *
 * @param allowed what a user may write, for error messages and the reference page
 * @param parser throws {@link IllegalArgumentException} for what is not allowed
 * @param form for editors
 */
public record SettingType<T>(String allowed, Function<String, T> parser, ValueForm form) {
    private static final Pattern QUANTITY = Pattern.compile("(\\d{1,15})\\s*([A-Za-z]*)");

    SettingType(String allowed, Function<String, T> parser) {
        this(allowed, parser, new ValueForm.Text());
    }

    private SettingType<T> as(ValueForm other) {
        return new SettingType<>(allowed, parser, other);
    }

    /** @param shown the text as a fault may show it */
    T parse(String key, String text, String shown) {
        try {
            return parser.apply(text.strip());
        } catch (IllegalArgumentException e) {
            throw new ConfigException(key, shown, allowed);
        }
    }

    static SettingType<String> text(String allowed) {
        return new SettingType<>(allowed, Function.identity());
    }

    static SettingType<String> matching(String allowed, String pattern) {
        return new SettingType<>(allowed, text -> {
            require(text.matches(pattern));
            return text;
        });
    }

    static SettingType<Path> absolutePath() {
        return new SettingType<>("an absolute path", text -> {
            Path path = Path.of(text); // throws InvalidPathException, which is an IllegalArgumentException
            require(path.isAbsolute());
            return path;
        });
    }

    static SettingType<Boolean> flag() {
        return new SettingType<Boolean>("true | false", text -> switch (text.toLowerCase(Locale.ROOT)) {
                    case "true", "yes", "on" -> true;
                    case "false", "no", "off" -> false;
                    default -> throw new IllegalArgumentException(text);
                })
                .as(new ValueForm.Flag());
    }

    static SettingType<Integer> number(int minimum, int maximum) {
        return new SettingType<Integer>(minimum + " to " + maximum, text -> {
                    int value = Integer.parseInt(text);
                    require(value >= minimum && value <= maximum);
                    return value;
                })
                .as(new ValueForm.Whole(minimum, maximum));
    }

    /** {@code auto}, {@code off}, or what the other type allows. */
    static <T> SettingType<AutoOr<T>> autoOr(SettingType<T> fixed) {
        return new SettingType<AutoOr<T>>(
                        "auto | off | " + fixed.allowed, text -> switch (text.toLowerCase(Locale.ROOT)) {
                            case "auto" -> AutoOr.auto();
                            case "off" -> AutoOr.off();
                            default -> AutoOr.fixed(fixed.parser.apply(text));
                        })
                .as(new ValueForm.ChoiceOr(List.of("auto", "off"), fixed.form));
    }

    /** Nothing where it is empty. */
    static <T> SettingType<Optional<T>> optional(SettingType<T> present) {
        return new SettingType<Optional<T>>(
                        present.allowed + ", or nothing",
                        text -> text.isEmpty() ? Optional.empty() : Optional.of(present.parser.apply(text)))
                .as(present.form);
    }

    static <E extends Enum<E>> SettingType<E> oneOf(List<E> choices) {
        return oneOf(choices, SettingType::spelling);
    }

    static <E extends Enum<E>> SettingType<E> oneOf(List<E> choices, Function<E, String> spelling) {
        String allowed = choices.stream().map(spelling).collect(Collectors.joining(" | "));
        return new SettingType<E>(allowed, text -> {
                    for (E choice : choices) {
                        if (spelling.apply(choice).equalsIgnoreCase(text)) {
                            return choice;
                        }
                    }
                    throw new IllegalArgumentException(text);
                })
                .as(new ValueForm.Choice(choices.stream().map(spelling).toList()));
    }

    static String spelling(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static <T> SettingType<List<T>> listOf(SettingType<T> element) {
        return new SettingType<List<T>>("a list, each " + element.allowed, text -> {
                    List<T> values = new ArrayList<>();
                    for (String part : text.split(",", -1)) {
                        if (!part.isBlank()) {
                            values.add(element.parser.apply(part.strip()));
                        }
                    }
                    return List.copyOf(values);
                })
                .as(new ValueForm.Items(element.form));
    }

    /** {@code auto}, which is none, or a network of a family or of both. */
    static SettingType<List<Prefix>> poolNetworks() {
        SettingType<Prefix> network = new SettingType<>("NETWORK/LENGTH", Prefix::parse);
        SettingType<List<Prefix>> list = listOf(network);
        return new SettingType<List<Prefix>>(
                        "auto | NETWORK/LENGTH (as 10.99.0.0/16), at most one of IPv4 and one of IPv6, with two addresses or more",
                        text -> {
                            if (text.equalsIgnoreCase("auto")) {
                                return List.of();
                            }
                            List<Prefix> networks = list.parser.apply(text);
                            require(!networks.isEmpty());
                            long families = networks.stream()
                                    .map(each -> each.address().getAddress().length)
                                    .distinct()
                                    .count();
                            require(families == networks.size());
                            require(networks.stream()
                                    .allMatch(each -> each.length() >= 8
                                            && each.length() <= each.address().getAddress().length * 8 - 2
                                            && !each.address().isMulticastAddress()));
                            return networks;
                        })
                .as(new ValueForm.ChoiceOr(List.of("auto"), list.form));
    }

    static <T> SettingType<List<T>> nonEmptyListOf(SettingType<T> element) {
        SettingType<List<T>> list = listOf(element);
        return new SettingType<List<T>>(list.allowed + ", at least one", text -> {
                    List<T> values = list.parser.apply(text);
                    require(!values.isEmpty());
                    return values;
                })
                .as(list.form);
    }

    /** Text whose length counts in bytes of UTF-8, as it travels. */
    static SettingType<String> bytesOfText(int minimum, int maximum) {
        return new SettingType<>("text of " + minimum + " to " + maximum + " bytes in UTF-8", text -> {
            int bytes = text.getBytes(StandardCharsets.UTF_8).length;
            require(bytes >= minimum && bytes <= maximum);
            return text;
        });
    }

    /** Durations in nanoseconds. */
    static SettingType<Long> nanos(String minimum, String maximum) {
        long least = parseNanos(minimum);
        long most = parseNanos(maximum);
        return new SettingType<>("a duration from " + minimum + " to " + maximum + " (us, ms, s, m, h)", text -> {
            long nanos = parseNanos(text);
            require(nanos >= least && nanos <= most);
            return nanos;
        });
    }

    /** Sizes in bytes. */
    static SettingType<Integer> bytes(String minimum, String maximum) {
        long least = parseBytes(minimum);
        long most = parseBytes(maximum);
        return new SettingType<>("a size from " + minimum + " to " + maximum + " (B, KiB, MiB)", text -> {
            long bytes = parseBytes(text);
            require(bytes >= least && bytes <= most);
            return Math.toIntExact(bytes);
        });
    }

    private static long parseNanos(String text) {
        Matcher quantity = quantity(text);
        TimeUnit unit = switch (quantity.group(2)) {
            case "us" -> TimeUnit.MICROSECONDS;
            case "ms" -> TimeUnit.MILLISECONDS;
            case "s" -> TimeUnit.SECONDS;
            case "m" -> TimeUnit.MINUTES;
            case "h" -> TimeUnit.HOURS;
            default -> throw new IllegalArgumentException(text);
        };
        return unit.toNanos(Long.parseLong(quantity.group(1)));
    }

    private static long parseBytes(String text) {
        Matcher quantity = quantity(text);
        long unit = switch (quantity.group(2)) {
            case "", "B" -> 1L;
            case "KiB", "k" -> 1L << 10;
            case "MiB", "M" -> 1L << 20;
            default -> throw new IllegalArgumentException(text);
        };
        return Math.multiplyExact(Long.parseLong(quantity.group(1)), unit);
    }

    private static Matcher quantity(String text) {
        Matcher matcher = QUANTITY.matcher(text);
        require(matcher.matches());
        return matcher;
    }

    static void require(boolean condition) {
        if (!condition) {
            throw new IllegalArgumentException();
        }
    }
}
