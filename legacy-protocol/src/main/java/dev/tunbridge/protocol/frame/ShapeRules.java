package dev.tunbridge.protocol.frame;

import dev.tunbridge.protocol.description.DescriptionException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The rules between the shapes of a format, of which each keeps to {@link FormatRules} by itself. */
final class ShapeRules {
    private final FrameFormat format;

    private ShapeRules(FrameFormat format) {
        this.format = format;
    }

    static void verify(FrameFormat format) {
        ShapeRules rules = new ShapeRules(format);
        rules.verifyFirstBytes();
        rules.verifyTypes();
    }

    private void verifyFirstBytes() {
        List<FrameFormat> shapes = format.shapes();
        Map<Integer, Integer> byFirstByte = new HashMap<>();
        for (int i = 0; i < shapes.size(); i++) {
            String key = "frame.shapes[" + i + "]";
            BytePattern sync = shapes.get(i).sync();
            if (sync.sizeBytes() == 0 || sync.maskAt(0) != 0xff) {
                throw refuse(
                        sync.sizeBytes() == 0 ? key : key + ".sync.mask",
                        "leaves the first byte open, which tells the shapes apart; allowed: a sync whose first byte counts whole");
            }
            Integer other = byFirstByte.putIfAbsent(sync.byteAt(0), i);
            if (other != null) {
                throw refuse(
                        key + ".sync.bytes",
                        "begins with the byte of frame.shapes[" + other
                                + "], which tells the shapes apart; allowed: another");
            }
            if (shapes.get(i).mayShareFlag()) {
                throw refuse(
                        key + ".trailer",
                        "is the byte with which the sync begins, so that frames could share it; allowed: another, for frames have shapes");
            }
        }
    }

    private void verifyTypes() {
        TypeRules.verify(
                format,
                number -> format.shapeOf(number.number()).isPresent()
                        ? Optional.empty()
                        : Optional.of(
                                ", which frames of no shape have; allowed: what the type field of one holds, or its type, and"
                                        + " what frame.crcExtra has if it is there"));
    }

    private DescriptionException refuse(String key, String reason) {
        return new DescriptionException("format " + format.name(), key, reason);
    }
}
