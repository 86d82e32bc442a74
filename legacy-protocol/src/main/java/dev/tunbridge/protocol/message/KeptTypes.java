package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.BitField;
import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.protocol.frame.PayloadType;
import dev.tunbridge.protocol.frame.TypeNumber;
import java.util.List;

/**
 * Whether a message that is laid out with its type in it is of that type. Constants say so, and an IP packet says its version; what a
 * field says is known when it is written, and looked at then.
 */
final class KeptTypes {
    private static final int VERSION_SHIFT = 4;
    private static final List<Integer> VERSIONS = List.of(4, 6);

    private final BitField type;
    /** Of the payload's first bytes, those up to the type's last: their bits, and which of these are the same in every message. */
    private final int[] bytes;

    private final int[] known;

    private KeptTypes(BitField type) {
        this.type = type;
        bytes = new int[type.at() + type.size()];
        known = new int[bytes.length];
    }

    /** @throws DescriptionException naming the message */
    static void verify(FrameFormat format, MessageLayout layout) {
        format.typing().inPayload().filter(PayloadType::isKept).ifPresent(kept -> {
            List<TypeNumber> numbers = format.numbers(layout.name());
            boolean holdsPacket =
                    layout.meaning() == Meaning.PACKET && layout.slotOfEthernet() == MessageLayout.NO_SLOT;
            for (int version : holdsPacket ? VERSIONS : List.of(0)) {
                KeptTypes types = new KeptTypes(kept.bits());
                types.read(layout, holdsPacket, version);
                boolean mustBeCertain = layout.meaning() != Meaning.SIGNAL;
                if (numbers.stream().noneMatch(number -> types.says(number, mustBeCertain))) {
                    throw new DescriptionException(
                            "format " + format.name(),
                            "types." + layout.name(),
                            "is not what the message says where frame.payload.type has it; allowed: constants there that are"
                                    + " the type" + (holdsPacket ? ", or the versions of IP packets, 4 and 6" : ""));
                }
            }
        });
    }

    private void read(MessageLayout layout, boolean holdsPacket, int version) {
        int at = 0;
        for (LayoutItem item : layout.items()) {
            if (item instanceof ConstantItem constant) {
                for (int i = 0; i < constant.octets().length(); i++) {
                    know(at + i, constant.octets().byteAt(i) & 0xff, 0xff);
                }
            } else if (holdsPacket && item.name().equals(Meaning.CONTENT)) {
                know(at, version << VERSION_SHIFT, 0xf << VERSION_SHIFT);
            }
            int size = item.sizeBytes(0);
            if (size < 0) {
                return;
            }
            at += size;
        }
    }

    private void know(int at, int value, int mask) {
        if (at < bytes.length) {
            bytes[at] = value;
            known[at] = mask;
        }
    }

    private boolean says(TypeNumber number, boolean mustBeCertain) {
        for (int bit = 0; bit < type.bits(); bit++) {
            int place = type.frameBit(bit);
            boolean counts = (number.mask() >>> bit & 1) == 1;
            boolean isKnown = (known[place / Byte.SIZE] >>> place % Byte.SIZE & 1) == 1;
            int said = bytes[place / Byte.SIZE] >>> place % Byte.SIZE & 1;
            if (counts && (isKnown ? said != (number.number() >>> bit & 1) : mustBeCertain)) {
                return false;
            }
        }
        return true;
    }
}
