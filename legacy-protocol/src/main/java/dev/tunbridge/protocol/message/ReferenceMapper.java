package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameFormat;
import java.util.Arrays;
import java.util.List;

/** The mapper of the reference protocol. */
public final class ReferenceMapper implements MessageMapper {
    private static final List<ReferenceType> REQUIRED = List.of(
            ReferenceType.HELLO,
            ReferenceType.WELCOME,
            ReferenceType.REJECT,
            ReferenceType.KEEPALIVE,
            ReferenceType.KEEPALIVE_ACK,
            ReferenceType.BYE,
            ReferenceType.APP);

    private static final List<List<ReferenceType>> CARRIAGES = List.of(
            List.of(ReferenceType.PACKET),
            List.of(ReferenceType.TCP, ReferenceType.UDP),
            List.of(
                    ReferenceType.OPEN,
                    ReferenceType.OPENED,
                    ReferenceType.DATA,
                    ReferenceType.CREDIT,
                    ReferenceType.CLOSE));

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public MessageCodec bind(FrameFormat format) {
        String source = "format " + format.name();
        List<String> known =
                Arrays.stream(ReferenceType.values()).map(ReferenceType::key).toList();
        for (String name : format.types().keySet()) {
            if (!known.contains(name)) {
                throw new DescriptionException(
                        source,
                        "types." + name,
                        "is no message of the mapper reference; allowed " + String.join(", ", known));
            }
        }
        for (ReferenceType type : REQUIRED) {
            if (!has(format, type)) {
                throw new DescriptionException(
                        source, "types." + type.key(), "is missing, but the mapper reference needs it");
            }
        }
        if (CARRIAGES.stream().noneMatch(types -> types.stream().allMatch(type -> has(format, type)))) {
            throw new DescriptionException(
                    source,
                    "types",
                    "has no carriage for traffic; allowed: packet; tcp with udp; open, opened, data, credit with close");
        }
        return new ReferenceCodec(format);
    }

    private static boolean has(FrameFormat format, ReferenceType type) {
        return format.type(type.key()).isPresent();
    }
}
