package dev.tunbridge.protocol.frame;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Which numbers are of one type. Immutable; asking allocates nothing. */
public final class TypeTable {
    /** No type has the number. */
    public static final int UNKNOWN = -1;

    private final List<String> names;
    private final int[] numbers;
    private final int[] masks;
    /** The place of each number's name. */
    private final int[] owners;

    public TypeTable(FrameFormat format) {
        this(format, List.copyOf(new TreeSet<>(format.types().keySet())));
    }

    /** @param names of types, in the order in which they are looked through */
    public TypeTable(FrameFormat format, List<String> names) {
        this.names = List.copyOf(names);
        List<TypeNumber> all = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        for (int place = 0; place < names.size(); place++) {
            for (TypeNumber number : format.numbers(names.get(place))) {
                all.add(number);
                places.add(place);
            }
        }
        numbers = all.stream().mapToInt(TypeNumber::number).toArray();
        // A frame that lacks its type has all bits; no type in the payload has the highest.
        int always = format.allShapes().stream()
                        .anyMatch(shape -> shape.typing().inPayload().isPresent())
                ? Integer.MIN_VALUE
                : 0;
        masks = all.stream().mapToInt(number -> number.mask() | always).toArray();
        owners = places.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The place of the type among the names, or {@link #UNKNOWN}. */
    public int find(int number) {
        for (int i = 0; i < numbers.length; i++) {
            if (((numbers[i] ^ number) & masks[i]) == 0) {
                return owners[i];
            }
        }
        return UNKNOWN;
    }

    /** The name of the type, or an empty text. */
    public String name(int number) {
        int found = find(number);
        return found == UNKNOWN ? "" : names.get(found);
    }

    /** Whether both are of one type. */
    boolean isOne(int number, int other) {
        int found = number == other ? UNKNOWN : find(number);
        return number == other || (found != UNKNOWN && found == find(other));
    }
}
