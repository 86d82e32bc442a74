package dev.tunbridge.bridge.replay;

import dev.tunbridge.protocol.frame.FrameFormat;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import io.netty.buffer.ByteBuf;
import java.io.IOException;

/** One direction of a recorded connection as the bytes that its receiver's kernel had, in order. */
public final class ReceivedStream {
    private static final Playback.RawLaneStage NO_RAW_LANE = new Playback.RawLaneStage() {
        @Override
        public void captured(CapturedSegment segment, long nowNanos) {
            // the kernel alone is asked
        }

        @Override
        public void settle(long nowNanos) {
            // the kernel alone is asked
        }
    };

    /** What takes it. */
    public interface Reader {
        /** The next bytes, all that are readable; valid during the call. */
        void onBytes(ByteBuf bytes);

        /**
         * The receiver had the next bytes, and the recording has not.
         *
         * @param filler bytes that are certainly no frame of the format
         */
        void onMissing(long count, ByteBuf filler);
    }

    private ReceivedStream() {}

    /**
     * Reads what the chosen end received.
     *
     * @throws IOException if the recording cannot be read
     */
    public static void read(Recording recording, ConnectionChoice.Chosen chosen, FrameFormat format, Reader reader)
            throws IOException {
        ByteBuf filler = Filler.of(format);
        play(recording, chosen, new ModelReceiver.Application() {
            @Override
            public void inOrder(ByteBuf buffer, int index, int length) {
                reader.onBytes(buffer.slice(index, length));
            }

            @Override
            public void missing(long bytes) {
                reader.onMissing(bytes, filler);
            }
        });
    }

    /** Hands over what the chosen end's kernel had, and what the file has behind a hole that nobody has filled. */
    static void play(Recording recording, ConnectionChoice.Chosen chosen, ModelReceiver.Application application)
            throws IOException {
        ModelReceiver receiver = new ModelReceiver(StreamFacts.of(chosen.connection(), chosen.receiver()), application);
        new Playback(chosen, receiver, NO_RAW_LANE).run(recording);
        receiver.handOverWaiting();
    }
}
