package dev.tunbridge.protocol.inspection;

import dev.tunbridge.protocol.message.Octets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a description has made of a stream.
 *
 * @param bytes of the stream, those that the recording lacks among them
 * @param missingBytes that the recording lacks
 * @param unframed messages in front of the first frame, in order
 * @param types of the frames, by number
 * @param frames all that are whole and valid
 * @param misfits places where the description stopped fitting: each costs what lies up to the next frame
 * @param skippedBytes that are part of no frame
 * @param openBytes at the end: the beginning of a frame that has not come whole; 0 where reading has stopped
 * @param stopped why nothing was read behind the last misfit; empty where all was read
 */
public record StreamFindings(
        long bytes,
        long missingBytes,
        List<String> unframed,
        List<TypeCount> types,
        long frames,
        long misfits,
        Optional<Misfit> first,
        long skippedBytes,
        long openBytes,
        String stopped) {

    public StreamFindings {
        unframed = List.copyOf(unframed);
        types = List.copyOf(types);
    }

    /**
     * Frames of one type.
     *
     * @param name empty where the description has none for this number
     * @param malformed of these, whose payload is not laid out as the message is
     */
    public record TypeCount(int number, String name, long frames, long malformed) {}

    /** The rules that bytes may break. */
    public enum Rule {
        SYNC,
        FIELD,
        LENGTH,
        TRAILER,
        CHECK,
        ESCAPE,
        MESSAGE,
        PRELUDE;

        /** As descriptions call it. */
        public String key() {
            return switch (this) {
                case MESSAGE -> "message layout";
                case PRELUDE -> "message in front of the first frame";
                case SYNC, FIELD, LENGTH, TRAILER, CHECK, ESCAPE -> name().toLowerCase(Locale.ROOT);
            };
        }
    }

    /**
     * Where the description first does not fit.
     *
     * @param offset of the first byte in the stream that does not fit
     * @param unitOffset where the frame or message begins that it is in
     * @param around the bytes near it
     * @param aroundOffset the stream offset of the first of them
     */
    public record Misfit(long offset, long unitOffset, Rule rule, String text, Octets around, long aroundOffset) {}
}
