package dev.tunbridge.bridge.replay;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;

/** The bytes that both ends of a recorded connection have received, in order and without doubles, as their kernels gave them. */
public final class RecordedStreams {
    private RecordedStreams() {}

    /**
     * Of each direction the longest part that the recording lacks nothing of; that to the chosen receiver first.
     *
     * @param mostBytes of each that are kept
     * @throws IOException if the recording cannot be read
     */
    public static List<byte[]> of(Recording recording, ConnectionChoice.Chosen chosen, int mostBytes)
            throws IOException {
        return List.of(to(recording, chosen, mostBytes), to(recording, chosen.reversed(), mostBytes));
    }

    private static byte[] to(Recording recording, ConnectionChoice.Chosen chosen, int mostBytes) throws IOException {
        LongestPart part = new LongestPart(mostBytes);
        ReceivedStream.play(recording, chosen, part);
        part.end();
        return part.longest;
    }

    private static final class LongestPart implements ModelReceiver.Application {
        private final int mostBytes;
        private final ByteArrayOutputStream part = new ByteArrayOutputStream();
        private byte[] longest = {};

        LongestPart(int mostBytes) {
            this.mostBytes = mostBytes;
        }

        @Override
        public void inOrder(ByteBuf buffer, int index, int length) {
            byte[] bytes = new byte[Math.min(length, mostBytes - part.size())];
            buffer.getBytes(index, bytes);
            part.writeBytes(bytes);
        }

        @Override
        public void missing(long bytes) {
            end();
        }

        void end() {
            if (part.size() > longest.length) {
                longest = part.toByteArray();
            }
            part.reset();
        }
    }
}
