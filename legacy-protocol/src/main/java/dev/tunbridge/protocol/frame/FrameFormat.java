package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.description.Section;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The framing of a protocol: immutable, and proven to work when it exists. It comes from a YAML description.
 *
 * @param fields the header fields in the order of the description; the one named type tells messages apart, if there is one
 * @param payloadAt bytes of a frame before its payload; the fewest, where its length grows
 * @param keepAliveEveryNanos a session sends a keep-alive this often
 * @param deadAfterNanos a peer that has sent nothing for so long is dead
 * @param headerCheck a check of the header alone, so that a wrong length is found before the frame that it claims has come
 * @param flags whether a frame that is written behind another has an opening flag of its own
 */
public record FrameFormat(
        String name,
        String mapper,
        BytePattern sync,
        List<HeaderField> fields,
        Optional<LengthField> length,
        int payloadAt,
        int maxPayloadBytes,
        Optional<Check> check,
        BytePattern trailer,
        Escape escape,
        Resync resync,
        Map<String, Integer> types,
        long keepAliveEveryNanos,
        long deadAfterNanos,
        Flags flags,
        Optional<Check> headerCheck) {

    /** Receivers hold a whole frame, so its size is memory that a peer may claim. */
    public static final int LARGEST_PAYLOAD_BYTES = 1 << 20;

    /** A boundary that follows nothing is trusted when ordinary traffic passes for one at most this rarely: once in 2^16 places. */
    static final int EVIDENCE_BITS_TO_RESYNCHRONISE = 16;

    public FrameFormat(
            String name,
            String mapper,
            BytePattern sync,
            List<HeaderField> fields,
            Optional<LengthField> length,
            int payloadAt,
            int maxPayloadBytes,
            Optional<Check> check,
            BytePattern trailer,
            Escape escape,
            Resync resync,
            Map<String, Integer> types,
            long keepAliveEveryNanos,
            long deadAfterNanos,
            Flags flags,
            Optional<Check> headerCheck) {
        this.name = name;
        this.mapper = mapper;
        this.sync = sync;
        this.fields = List.copyOf(fields);
        this.length = length;
        this.payloadAt = payloadAt;
        this.maxPayloadBytes = maxPayloadBytes;
        this.check = check;
        this.trailer = trailer;
        this.escape = escape;
        this.resync = resync;
        this.types = Map.copyOf(types);
        this.keepAliveEveryNanos = keepAliveEveryNanos;
        this.deadAfterNanos = deadAfterNanos;
        this.flags = flags;
        this.headerCheck = headerCheck;
        FormatRules.verify(this);
    }

    /** A format whose frames have flags of their own, if any, and no check of the header alone. */
    public FrameFormat(
            String name,
            String mapper,
            BytePattern sync,
            List<HeaderField> fields,
            Optional<LengthField> length,
            int payloadAt,
            int maxPayloadBytes,
            Optional<Check> check,
            BytePattern trailer,
            Escape escape,
            Resync resync,
            Map<String, Integer> types,
            long keepAliveEveryNanos,
            long deadAfterNanos) {
        this(
                name,
                mapper,
                sync,
                fields,
                length,
                payloadAt,
                maxPayloadBytes,
                check,
                trailer,
                escape,
                resync,
                types,
                keepAliveEveryNanos,
                deadAfterNanos,
                Flags.OWN,
                Optional.empty());
    }

    /**
     * Reads a description.
     *
     * @param source what errors call it
     * @throws DescriptionException if it is no such description, or describes what cannot work
     */
    public static FrameFormat parse(String yaml, String source) {
        return parse(Description.read(yaml, source));
    }

    /** Reads the framing of a description whose other keys are others' business. */
    public static FrameFormat parse(Section top) {
        return FormatParser.parse(top);
    }

    /** A format that comes with the bridge. */
    public static FrameFormat builtin(String name) {
        return parse(Description.shipped(name));
    }

    public static List<String> builtinNames() {
        return Description.shippedNames();
    }

    /** The number of a frame type, if the description names it: 32 bits without a sign. */
    public OptionalInt type(String name) {
        Integer number = types.get(name);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    /** The place of a header field in {@link #fields}. */
    public OptionalInt fieldIndex(String name) {
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).name().equals(name)) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }

    /** The most bytes of one frame on the wire, with everything in it escaped. */
    public int maxFrameBytes() {
        Escaping escaping = escape.escaping();
        return escaping == null ? maxContentBytes() : escaping.maxWireBytes(maxContentBytes());
    }

    /** The bytes that a frame adds to its payload, at most where its length grows; what the payload itself makes an escape add comes on top. */
    public int overheadBytes() {
        Escaping escaping = escape.escaping();
        return payloadAt + growthBytes() + tailBytes() + (escaping == null ? 0 : escaping.overheadBytes());
    }

    /** Whether the next frame can be found again after a bad one. */
    public boolean canResynchronise() {
        return resync.maxScanBytes() > 0
                && (escape.isDelimited() || FormatEvidence.bits(this) >= EVIDENCE_BITS_TO_RESYNCHRONISE);
    }

    /** Whether boundaries may be searched for, and a frame by itself says too little for its own. */
    public boolean wantsContentEvidence() {
        return resync.maxScanBytes() > 0 && !canResynchronise();
    }

    /**
     * Whether the byte that closes a frame may also open the next, as a flag does: the trailer is one byte, the sync begins with it,
     * and two of them are no sync, so that what comes behind the first tells which it is. Such a frame ends <em>before</em> its
     * trailer, which belongs to the next one; more flags between two frames are idle fill.
     */
    boolean mayShareFlag() {
        return escape == Escape.NONE
                && trailer.sizeBytes() == 1
                && trailer.maskAt(0) == 0xff
                && sync.sizeBytes() >= 2
                && sync.maskAt(0) == 0xff
                && sync.byteAt(0) == trailer.byteAt(0)
                && (trailer.byteAt(0) & sync.maskAt(1)) != sync.byteAt(1);
    }

    /** The description in words, a line each. */
    public List<String> explain() {
        return FormatEvidence.explain(this);
    }

    Optional<HeaderField> field(String name) {
        return fields.stream().filter(f -> f.name().equals(name)).findFirst();
    }

    /** Where the type stands; without one all frames have type 0. */
    Optional<BitField> typeField() {
        return field(HeaderField.TYPE).map(HeaderField::bits);
    }

    /**
     * The shortest payload that can be written: a length field may count from one on, and between delimiters that stand on both
     * sides nothing is no frame.
     */
    int minPayloadBytes() {
        boolean isNothing = (escape == Escape.HDLC || escape == Escape.SLIP) && payloadAt + tailBytes() == 0;
        return (int) Math.max(isNothing ? 1 : 0, -lengthBias());
    }

    int checkBytes() {
        return check.map(c -> c.algorithm().sizeBytes()).orElse(0);
    }

    /** Bits of both checks. */
    int checkBits() {
        return 8
                * (checkBytes()
                        + headerCheck.map(c -> c.algorithm().sizeBytes()).orElse(0));
    }

    /** Bytes behind the payload, before escaping. */
    int tailBytes() {
        return check.filter(c -> c.at().atPayloadEnd()).map(c -> checkBytes()).orElse(0) + trailer.sizeBytes();
    }

    int maxContentBytes() {
        return payloadAt + growthBytes() + maxPayloadBytes + tailBytes();
    }

    /** The bytes that the longest length takes beyond the shortest. */
    int growthBytes() {
        return length.flatMap(LengthField::growing)
                .map(g -> g.mostBytes() - g.leastBytes())
                .orElse(0);
    }

    /** What the length field holds for an empty payload. */
    long lengthBias() {
        return length.map(l -> FormatRules.lengthBias(l, payloadAt, tailBytes()))
                .orElse(0L);
    }
}
