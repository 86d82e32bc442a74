package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.description.DescriptionException;
import dev.tunbridge.protocol.frame.FrameFormat;
import java.util.ServiceLoader;
import java.util.TreeSet;

/** Finds the mapper that a format names. */
public final class MessageMappers {
    private MessageMappers() {}

    /** A codec by the format's own mapper. */
    public static MessageCodec forFormat(FrameFormat format) {
        TreeSet<String> names = new TreeSet<>();
        for (MessageMapper mapper : ServiceLoader.load(MessageMapper.class, MessageMappers.class.getClassLoader())) {
            if (mapper.name().equals(format.mapper())) {
                return mapper.bind(format);
            }
            names.add(mapper.name());
        }
        throw new DescriptionException(
                "format " + format.name(),
                "mapper",
                "no message mapper is named \"" + format.mapper() + "\"; allowed " + String.join(", ", names));
    }
}
