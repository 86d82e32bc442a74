package dev.tunbridge.bridge.config;

import java.util.List;

/** What the values of a setting look like in a file, for editors; the parser alone decides. */
public sealed interface ValueForm {
    /** Text of some form. */
    record Text() implements ValueForm {}

    /** Yes or no. */
    record Flag() implements ValueForm {}

    /** A whole number, both bounds included. */
    record Whole(long least, long most) implements ValueForm {}

    /** One of these. */
    record Choice(List<String> names) implements ValueForm {
        public Choice {
            names = List.copyOf(names);
        }
    }

    /** One of these, or of another form. */
    record ChoiceOr(List<String> names, ValueForm other) implements ValueForm {
        public ChoiceOr {
            names = List.copyOf(names);
        }
    }

    /** A list, which may be written with commas too. */
    record Items(ValueForm item) implements ValueForm {}
}
