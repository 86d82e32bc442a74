package dev.tunbridge.protocol.message;

import dev.tunbridge.protocol.frame.FrameFormat;

/** The meaning of a protocol's frames. Implementations are found by {@link java.util.ServiceLoader}. */
public interface MessageMapper {
    /** What the key {@code mapper} of a description says. */
    String name();

    /**
     * A codec for frames of this format; one for each connection.
     *
     * @throws dev.tunbridge.protocol.description.DescriptionException if the format lacks a type that the mapper needs, or
     *     names one that it does not know
     */
    MessageCodec bind(FrameFormat format);
}
