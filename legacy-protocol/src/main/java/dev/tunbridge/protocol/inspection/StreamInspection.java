package dev.tunbridge.protocol.inspection;

import dev.tunbridge.protocol.Protocol;
import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameMisfit;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.frame.LostSynchronisationException;
import dev.tunbridge.protocol.frame.TypeTable;
import dev.tunbridge.protocol.inspection.StreamFindings.Misfit;
import dev.tunbridge.protocol.inspection.StreamFindings.Rule;
import dev.tunbridge.protocol.inspection.StreamFindings.TypeCount;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.message.Octets;
import dev.tunbridge.protocol.session.Prelude;
import dev.tunbridge.protocol.session.PreludeException;
import dev.tunbridge.protocol.session.SessionScript.End;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads one direction of a connection by a description and remembers how far that goes. It is given the stream in any pieces, and holds one
 * frame of it. One thread; {@link #close} gives its memory back.
 */
public final class StreamInspection implements AutoCloseable {
    /** Shown on either side of what does not fit: two lines of sixteen before, and three behind. */
    private static final int BEFORE_BYTES = 32;

    private static final int BEHIND_BYTES = 48;

    /** A format may have 2^31 types; a stream of noise shall not fill the memory with them. */
    private static final int MOST_TYPES = 1_024;

    private final Protocol protocol;
    private final FrameDecoder decoder;
    private final MessageCodec codec;
    private final Prelude prelude;
    private final ByteBuf held = Unpooled.buffer();
    private final Map<Integer, long[]> types = new TreeMap<>();
    private final TypeTable names;
    private final List<String> unframed = new ArrayList<>();
    private final Sink sink = new Sink();
    private long bytes;
    private long heldOffset;
    private long frames;
    private long misfits;
    private long skippedBytes;
    private Optional<Misfit> first = Optional.empty();
    private long missingBytes;
    private long gapFrom;
    private long gapTo = -1;
    private String stopped = "";

    /**
     * @param codec of the end that hears them; closed with this
     * @param from the end whose words these are; empty where the stream begins with a frame
     */
    public StreamInspection(Protocol protocol, MessageCodec codec, Optional<End> from) {
        this.protocol = protocol;
        decoder = new FrameDecoder(protocol.format());
        this.codec = codec;
        prelude = from.isPresent() ? protocol.newPrelude(from.get(), codec) : Prelude.none(codec);
        names = new TypeTable(protocol.format());
    }

    /** Takes the next bytes of the stream, all that are readable. */
    public void read(ByteBuf in) {
        bytes += in.readableBytes();
        showBehind(in);
        if (!stopped.isEmpty()) {
            in.skipBytes(in.readableBytes());
            return;
        }
        held.writeBytes(in);
        try {
            readPrelude();
            if (prelude.isOver()) {
                decoder.decode(held, sink);
            }
        } catch (LostSynchronisationException | PreludeException e) {
            stopped = String.valueOf(e.getMessage());
        }
        codec.settled();
        forget();
    }

    private void readPrelude() {
        int from = held.readerIndex();
        try {
            if (!prelude.isOver()) {
                prelude.read(held, sink);
            }
        } catch (PreludeException e) {
            long offset = heldOffset + held.readerIndex();
            misfit(offset, offset, Rule.PRELUDE, String.valueOf(e.getMessage()));
            throw e;
        } finally {
            decoder.skip(held.readerIndex() - from);
        }
    }

    private void forget() {
        int gone = Math.max(0, held.readerIndex() - BEFORE_BYTES);
        if (gone > 0) {
            int reader = held.readerIndex() - gone;
            held.readerIndex(gone).discardReadBytes();
            held.readerIndex(reader);
            heldOffset += gone;
        }
    }

    /**
     * The recording lacks the next bytes. Behind them the next frame is searched for; a format that cannot is read no further.
     *
     * @param filler bytes that are certainly no frame; read again and again, and its indexes stay
     */
    public void missing(long count, ByteBuf filler) {
        if (stopped.isEmpty() && (!protocol.format().canResynchronise() || !prelude.isOver())) {
            stopped = "the recording lacks " + count + " bytes behind stream offset " + bytes;
        }
        if (gapTo < bytes) {
            gapFrom = bytes;
        }
        gapTo = bytes + count;
        missingBytes += count;
        for (long left = count; left > 0; left -= filler.readableBytes()) {
            read(filler.slice(filler.readerIndex(), (int) Math.min(left, filler.readableBytes())));
        }
    }

    private boolean isOfTheGap(long offset) {
        return offset < gapTo && offset + protocol.maxUnitBytes() > gapFrom;
    }

    /** What was found so far. */
    public StreamFindings findings() {
        List<TypeCount> counts = new ArrayList<>();
        types.forEach((number, count) -> counts.add(new TypeCount(number, names.name(number), count[0], count[1])));
        return new StreamFindings(
                bytes,
                missingBytes,
                unframed,
                counts,
                frames,
                misfits,
                first,
                skippedBytes,
                stopped.isEmpty() ? held.readableBytes() : 0,
                stopped);
    }

    /** What is shown around the first misfit goes on in the next piece, also where nothing is read of that. */
    private void showBehind(ByteBuf in) {
        if (first.isEmpty()) {
            return;
        }
        Misfit misfit = first.get();
        Octets around = misfit.around();
        long lacking = misfit.offset() + BEHIND_BYTES - misfit.aroundOffset() - around.length();
        int more = (int) Math.min(lacking, in.readableBytes());
        if (more > 0) {
            ByteBuf longer = Unpooled.buffer(around.length() + more);
            around.writeTo(longer);
            longer.writeBytes(in, in.readerIndex(), more);
            first = Optional.of(new Misfit(
                    misfit.offset(),
                    misfit.unitOffset(),
                    misfit.rule(),
                    misfit.text(),
                    Octets.copyOf(longer, 0, longer.readableBytes()),
                    misfit.aroundOffset()));
        }
    }

    private void misfit(long offset, long unitOffset, Rule rule, String text) {
        misfits++;
        if (first.isPresent()) {
            return;
        }
        int at = (int) (offset - heldOffset);
        int from = Math.max(0, at - BEFORE_BYTES);
        int to = Math.min(held.writerIndex(), at + BEHIND_BYTES);
        first = Optional.of(new Misfit(
                offset, unitOffset, rule, text, Octets.copyOf(held, from, Math.max(0, to - from)), heldOffset + from));
    }

    @Override
    public void close() {
        decoder.close();
        codec.close();
        held.release();
    }

    private final class Sink implements FrameHandler, MessageHandler {
        @Override
        public void onFrame(FrameView frame) {
            frames++;
            int number = types.size() < MOST_TYPES || types.containsKey(frame.type()) ? frame.type() : -1;
            long[] count = types.computeIfAbsent(number, unseen -> new long[2]);
            count[0]++;
            try {
                codec.read(frame, this);
            } catch (MalformedMessageException e) {
                count[1]++;
                misfit(payloadOffset(frame), frame.startOffset(), Rule.MESSAGE, String.valueOf(e.getMessage()));
            }
        }

        /** As it lies in the stream, if no escape stands between. */
        private long payloadOffset(FrameView frame) {
            int head = frame.payloadIndex() - frame.contentIndex();
            boolean isWhere = frame.contentLength() == frame.endOffset() - frame.startOffset();
            return frame.startOffset() + (isWhere ? head : 0);
        }

        @Override
        public void onBadFrame(BadFrame reason, long offset) {
            if (isOfTheGap(offset)) {
                return; // no fault of the description's
            }
            FrameMisfit what =
                    FrameMisfit.of(protocol.format(), reason, held, (int) (offset - heldOffset), held.writerIndex());
            misfit(offset + what.at(), offset, Rule.valueOf(reason.name()), what.text());
        }

        @Override
        public void onSkipped(long fromOffset, long toOffset) {
            skippedBytes += toOffset - fromOffset;
        }

        @Override
        public void onMessage(Message message) {
            if (!prelude.isOver() || frames == 0) {
                unframedCame(message);
            }
        }

        private void unframedCame(Message message) {
            if (message instanceof Message.Signal signal && !protocol.messages().isFramed(signal.name())) {
                unframed.add(signal.name());
            }
        }

        @Override
        public void onPacket(ByteBuf buffer, int index, int length) {
            // any bytes are a packet's
        }

        @Override
        public void onSegment(
                int ipProtocol,
                ByteBuf buffer,
                int clientAddressIndex,
                int deviceAddressIndex,
                int addressBytes,
                int segmentIndex,
                int segmentLength) {
            // any bytes are a segment's
        }

        @Override
        public void onData(int channel, ByteBuf buffer, int index, int length) {
            // any bytes are data
        }

        @Override
        public void onUnknownType(int type) {
            // counted by its number
        }
    }
}
