package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.description.Description;
import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.description.Section;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The framing of a protocol: immutable, and proven to work when it exists. It comes from a YAML description.
 *
 * @param fields the header fields in the order of the description; the one named type tells messages apart, if there is one
 * @param payloadAt bytes of a frame before its payload; the fewest, where its length grows
 * @param keepAliveEveryNanos a session sends a keep-alive this often
 * @param deadAfterNanos a peer that has sent nothing for so long is dead
 * @param end the byte that ends a frame where one does ({@link Escape#END}); what stands in front of it always is the trailer
 * @param headerCheck a check of the header alone, so that a wrong length is found before the frame that it claims has come
 * @param mask how payloads are masked, if they are
 * @param flags whether a frame that is written behind another has an opening flag of its own
 * @param onlyType the type of all frames, where no field of the header says it
 * @param signature bytes behind a frame that a bit of its header brings
 * @param shapes where frames have many: each as a format of its own, told apart by its first byte. What this format says of a
 *     frame then is what is true of them all: its fields are those of any of them, by name, and its sizes the largest
 * @param types by name, the number with which each is written, unless {@code typing} has more to say of it
 * @param typing numbers of types beyond these, and a type that lies in the payload
 */
public record FrameFormat(
        String name,
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
        Optional<Check> headerCheck,
        OptionalInt end,
        Optional<Mask> mask,
        int onlyType,
        Optional<Signature> signature,
        List<FrameFormat> shapes,
        FrameTypes typing) {

    /** Receivers hold a whole frame, so its size is memory that a peer may claim. */
    public static final int LARGEST_PAYLOAD_BYTES = 1 << 20;

    /** A boundary that follows nothing is trusted when ordinary traffic passes for one at most this rarely: once in 2^16 places. */
    static final int EVIDENCE_BITS_TO_RESYNCHRONISE = 16;

    public FrameFormat(
            String name,
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
            Optional<Check> headerCheck,
            OptionalInt end,
            Optional<Mask> mask,
            int onlyType,
            Optional<Signature> signature,
            List<FrameFormat> shapes,
            FrameTypes typing) {
        this.name = name;
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
        this.end = end;
        this.mask = mask;
        this.onlyType = onlyType;
        this.signature = signature;
        this.shapes = List.copyOf(shapes);
        this.typing = typing;
        FormatRules.verify(this);
    }

    /** One whose frames have the shapes of these, which differ in nothing else. */
    static FrameFormat ofShapes(List<FrameFormat> shapes, Map<String, Integer> types, FrameTypes typing) {
        FrameFormat first = shapes.get(0);
        Map<String, HeaderField> fields = new LinkedHashMap<>();
        shapes.forEach(shape -> shape.fields().forEach(field -> fields.putIfAbsent(field.name(), field)));
        return new FrameFormat(
                first.name,
                BytePattern.EMPTY,
                List.copyOf(fields.values()),
                Optional.empty(),
                0,
                shapes.stream().mapToInt(FrameFormat::maxPayloadBytes).max().orElseThrow(),
                Optional.empty(),
                BytePattern.EMPTY,
                Escape.NONE,
                first.resync,
                types,
                first.keepAliveEveryNanos,
                first.deadAfterNanos,
                Flags.OWN,
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                0,
                Optional.empty(),
                shapes,
                typing);
    }

    /** A format whose frames have flags of their own, if any, no check of the header alone, and types of one number each. */
    public FrameFormat(
            String name,
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
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                0,
                Optional.empty(),
                List.of(),
                FrameTypes.PLAIN);
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

    /** The number with which a frame type is written, if the description names it: 32 bits without a sign. */
    public OptionalInt type(String name) {
        Integer number = types.get(name);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    /** All numbers of a type that the description names; the first is written, unless the family of a packet says which. */
    public List<TypeNumber> numbers(String name) {
        Integer number = types.get(name);
        return number == null ? List.of() : typing.many().getOrDefault(name, List.of(TypeNumber.of(number)));
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

    /** How content is wrapped on the wire, or null where it is not. */
    @Nullable
    Escaping escaping() {
        return end.isPresent() ? EndMark.of(end.getAsInt()) : escape.escaping();
    }

    boolean hasShapes() {
        return !shapes.isEmpty();
    }

    /** Each shape that frames have; this format where there is one only. */
    List<FrameFormat> allShapes() {
        return hasShapes() ? shapes : List.of(this);
    }

    /** Whether frames of this shape may have the type. */
    boolean holdsType(int type) {
        boolean isKnown = check.map(Check::extra)
                .filter(extra -> !extra.isEmpty() && !extra.containsKey(type))
                .isEmpty();
        return isKnown
                && typeBits()
                        .map(field -> field.holds(Integer.toUnsignedLong(type)))
                        .orElse(type == onlyType);
    }

    /** The first shape that frames of this type can have, in which they are written; empty where there is none. */
    public Optional<FrameFormat> shapeOf(int type) {
        return hasShapes()
                ? shapes.stream().filter(shape -> shape.holdsType(type)).findFirst()
                : Optional.of(this);
    }

    /** The most bytes that a message in a frame of this type is laid out of: its payload, but for a type that stands first in it. */
    public int maxPayloadBytes(int type) {
        return shapeOf(type)
                .map(shape -> shape.maxPayloadBytes - shape.typing.strippedBytes())
                .orElse(maxPayloadBytes);
    }

    /** The most that any shape has of it. */
    private int mostOf(ToIntFunction<FrameFormat> bytes) {
        return shapes.stream().mapToInt(bytes).max().orElseThrow();
    }

    /** The most bytes of one frame on the wire, with everything in it escaped. */
    public int maxFrameBytes() {
        Escaping escaping = escaping();
        return escaping == null ? maxContentBytes() : escaping.maxWireBytes(maxContentBytes());
    }

    /**
     * The bytes that a frame adds to what its message is laid out of, at most where its length grows; what the payload itself makes an
     * escape add comes on top.
     */
    public int overheadBytes() {
        if (hasShapes()) {
            return mostOf(FrameFormat::overheadBytes);
        }
        Escaping escaping = escaping();
        return payloadAt
                + typing.strippedBytes()
                + growthBytes()
                + tailBytes()
                + (escaping == null ? 0 : escaping.overheadBytes());
    }

    /** Whether the wire holds other bytes than the frame does, so that one that was read is shown in memory of its reader. */
    public boolean isRewritten() {
        return escape != Escape.NONE
                || mask.isPresent()
                || hasBlockChecks()
                || shapes.stream().anyMatch(FrameFormat::isRewritten);
    }

    boolean hasBlockChecks() {
        return check.map(Check::isOfBlocks).orElse(false);
    }

    /** Whether the next frame can be found again after a bad one; where frames have many shapes, one that proves enough. */
    public boolean canResynchronise() {
        if (hasShapes()) {
            return shapes.stream().anyMatch(FrameFormat::canResynchronise);
        }
        return resync.maxScanBytes() > 0
                && (escape.isDelimited() || FormatEvidence.bits(this) >= EVIDENCE_BITS_TO_RESYNCHRONISE);
    }

    /** Whether boundaries may be searched for, and a frame by itself, of one shape at least, says too little for its own. */
    public boolean wantsContentEvidence() {
        return resync.maxScanBytes() > 0 && !allShapes().stream().allMatch(FrameFormat::canResynchronise);
    }

    /**
     * Whether the byte that closes a frame may also open the next, as a flag does: the trailer is one byte, the sync begins with it,
     * and two of them are no sync, so that what comes behind the first tells which it is. Such a frame ends <em>before</em> its
     * trailer, which belongs to the next one; more flags between two frames are idle fill.
     */
    public boolean mayShareFlag() {
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

    /** Where the type stands in the header; without one, and none in the payload, all frames have one type. */
    Optional<BitField> typeField() {
        return field(HeaderField.TYPE).map(HeaderField::bits);
    }

    /** The same wherever it stands; its place then counts from there. */
    Optional<BitField> typeBits() {
        return typeField().or(() -> typing.inPayload().map(PayloadType::bits));
    }

    /**
     * The shortest payload that can be written: a length field may count from one on, and between delimiters that stand on both
     * sides nothing is no frame.
     */
    public int minPayloadBytes() {
        if (hasShapes()) {
            return shapes.stream().mapToInt(FrameFormat::minPayloadBytes).min().orElseThrow();
        }
        if (hasFixedSize()) {
            return maxPayloadBytes;
        }
        boolean isNothing = (escape == Escape.HDLC || escape == Escape.SLIP || escape == Escape.END)
                && payloadAt + tailBytes() == 0;
        return (int) Math.max(isNothing ? 1 : 0, -lengthBias());
    }

    /** Whether all frames have the same size, so that nothing has to say it. */
    boolean hasFixedSize() {
        return length.isEmpty() && escape == Escape.NONE && !hasShapes();
    }

    int checkBytes() {
        return check.map(Check::sizeBytes).orElse(0);
    }

    /** Bits of both checks, and of one in the mark that closes a frame. */
    int checkBits() {
        return 8
                * ((escape == Escape.SML ? SmlEscaping.CHECK_BYTES : 0)
                        + check.filter(c -> !c.isOfBlocks()) // a frame without payload has no block
                                .map(c -> c.algorithm().sizeBytes())
                                .orElse(0)
                        + headerCheck.map(c -> c.algorithm().sizeBytes()).orElse(0));
    }

    /** Bytes behind the payload, before escaping. */
    public int tailBytes() {
        if (hasShapes()) {
            return mostOf(FrameFormat::tailBytes);
        }
        return check.filter(c -> c.at().atPayloadEnd() && !c.isOfBlocks())
                        .map(c -> c.separator().sizeBytes() + checkBytes())
                        .orElse(0)
                + trailer.sizeBytes();
    }

    /** The most bytes of one frame before escaping. */
    public int maxContentBytes() {
        if (hasShapes()) {
            return mostOf(FrameFormat::maxContentBytes);
        }
        int signatureBytes = signature.map(Signature::sizeBytes).orElse(0);
        return payloadAt + growthBytes() + maxPayloadBytes + tailBytes() + signatureBytes;
    }

    /** The bytes that a frame may have beyond those of an empty one and its payload: of its length, a key, checks of blocks. */
    int growthBytes() {
        return length.flatMap(LengthField::growing)
                        .map(g -> g.mostBytes() - g.leastBytes())
                        .orElse(0)
                + mask.map(Mask::keyBytes).orElse(0)
                + check.filter(Check::isOfBlocks)
                        .map(c -> BlockChecks.bytes(maxPayloadBytes, c.every(), c.sizeBytes()))
                        .orElse(0);
    }

    /** What the length field holds for an empty payload. */
    public long lengthBias() {
        return length.map(l -> FormatRules.lengthBias(l, payloadAt, tailBytes()))
                .orElse(0L);
    }
}
