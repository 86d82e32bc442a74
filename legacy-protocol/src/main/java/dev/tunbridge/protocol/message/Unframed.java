package dev.tunbridge.protocol.message;

import io.netty.buffer.ByteBuf;

/**
 * How a message lies in the stream that no frame holds, in front of the first: a line, a block, bytes behind their number.
 *
 * @param extent bounded
 * @param mostBytes with all that closes or counts them; a stream that goes on without an end is refused behind them
 */
record Unframed(Extent extent, int mostBytes) {
    /** Refuses content whose end would be taken for what fills the block up. */
    void verify(MessageLayout layout, ByteBuf content) {
        boolean endsOpen = layout.items().get(layout.items().size() - 1) instanceof BytesItem last
                && !last.extent().isBounded();
        if (endsOpen
                && extent instanceof Extent.Fixed fixed
                && content.isReadable()
                && content.getUnsignedByte(content.writerIndex() - 1) == fixed.padding()) {
            throw new IllegalArgumentException(
                    String.format("%s ends in 0x%02X, which fills it up", layout.name(), fixed.padding()));
        }
    }

    /**
     * How many of the readable bytes are the message, or 0 where it is not whole yet.
     *
     * @throws MalformedMessageException where it would be too long
     */
    int wholeBytes(String name, ByteBuf in) throws MalformedMessageException {
        long bytes = extent.wholeBytes(in, in.readerIndex(), in.writerIndex());
        boolean isTooLong = bytes == Extent.UNKNOWN ? in.readableBytes() >= mostBytes : bytes > mostBytes;
        if (isTooLong) {
            throw new MalformedMessageException(name + " does not end within " + mostBytes + " bytes");
        }
        return bytes == Extent.UNKNOWN || bytes > in.readableBytes() ? 0 : (int) bytes;
    }
}
