package dev.tunbridge.bridge.replay;

import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.filter.Refusals;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.receive.DeliveryObserver;
import dev.tunbridge.bridge.receive.Downlink;
import dev.tunbridge.bridge.receive.ReceiveCounters;
import dev.tunbridge.bridge.receive.ReceivePath;
import dev.tunbridge.bridge.tunnel.Login;
import dev.tunbridge.protocol.frame.BoundaryGrade;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.frame.LostSynchronisationException;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.session.Prelude;
import dev.tunbridge.protocol.session.PreludeException;
import dev.tunbridge.protocol.session.SessionScript;
import dev.tunbridge.reassembly.capture.CapturedSegment;
import dev.tunbridge.reassembly.recovery.Latches;
import dev.tunbridge.reassembly.stream.HeldBytes;
import dev.tunbridge.reassembly.wire.FourTuple;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs one recorded connection through the receive path of the bridge. The kernel's part is played by a {@link
 * ModelReceiver}, the device's by a {@link RecordingTunDevice}; everything between is the code that runs in the bridge.
 * For one thread, and one use.
 */
public final class Replay {
    /** The SYN says when our clock began; where the file lacks it, a connection may have taken so long to come up. */
    private static final long CONNECT_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final ReplayOptions options;
    private final ConnectionChoice.Chosen chosen;
    private final ModelReceiver receiver;
    private final Refusals refusals = new Refusals();
    private final ReceiveCounters counters = new ReceiveCounters();
    private final Downlink downlink;
    private final ReceivePath path;
    private final StreamMessages messages;
    private final ByteBuf unread;
    private final ByteBuf delivered = Unpooled.buffer(2_048);
    private final NavigableMap<Long, Long> awaited = new TreeMap<>();
    private final Durations gained = new Durations();
    private final Durations waits = new Durations();
    private long mismatched;
    private long earlyPackets;
    private long earlyBytes;
    private long latePackets;
    private long lateBytes;
    private long nowNanos;
    private @Nullable RuntimeException lost;

    private Replay(ConnectionChoice.Chosen chosen, ReplayOptions options) {
        this.options = options;
        this.chosen = chosen;
        unread = Unpooled.directBuffer(64 * 1024 + options.format().maxFrameBytes());
        StreamFacts facts = StreamFacts.of(chosen.connection(), chosen.receiver());
        receiver = new ModelReceiver(facts, new FromKernel());
        downlink = new Downlink(
                new RecordingTunDevice(this::keep),
                new FlowTable(options.config().get(Settings.FLOWS_MAX)),
                refusals);
        MessageCodec codec = Login.codecOf(options.config(), options.protocol(), SessionScript.End.CLIENT);
        Prelude prelude = receiver.knowsBeginning()
                ? options.protocol().newPrelude(SessionScript.End.SERVER, codec)
                : Prelude.none(codec);
        messages = new StreamMessages(chosen, options, downlink, !receiver.knowsBeginning());
        path = new ReceivePath(options.format(), codec, prelude, downlink, messages, counters, new Watcher());
        path.addRawLane(
                new FourTuple(chosen.receiver().socketAddress(), chosen.sender().socketAddress()),
                options.recovery(),
                receiver,
                new Latches(),
                UnpooledByteBufAllocator.DEFAULT,
                openedNanos());
    }

    private long openedNanos() {
        boolean hasSyn =
                chosen.connection().of(chosen.receiver()).initialNumber().isPresent();
        return chosen.connection().firstNanos() - (hasSyn ? 0 : CONNECT_NANOS);
    }

    /**
     * Replays a connection that {@link ConnectionChoice#among} has found in the survey of this recording.
     *
     * @throws IOException if the recording cannot be read, or what is delivered cannot be taken
     */
    public static ReplayReport run(
            Recording recording, Survey survey, ConnectionChoice.Chosen chosen, ReplayOptions options)
            throws IOException {
        Replay replay = new Replay(chosen, options);
        try {
            new Playback(chosen, replay.receiver, replay.new RawLaneStage()).run(recording);
            return new ReplayFindings(replay, survey).report();
        } catch (UncheckedIOException e) {
            throw e.getCause() == null ? new IOException(e) : e.getCause();
        } finally {
            replay.close();
        }
    }

    private void close() {
        path.close();
        downlink.release();
        unread.release();
    }

    private void keep(ByteBuf buffer, int index, int length) {
        delivered.clear().writeBytes(buffer, index, length);
    }

    private void handOver(DeliveryObserver.Lane lane, long now) {
        int length = delivered.readableBytes();
        if (length == 0) {
            return;
        }
        if (lane == DeliveryObserver.Lane.EARLY) {
            earlyPackets++;
            earlyBytes += length;
        } else {
            latePackets++;
            lateBytes += length;
        }
        try {
            options.packets().onPacket(lane, delivered, 0, length, now);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        delivered.clear();
    }

    /** The raw lane's place in each turn. */
    private final class RawLaneStage implements Playback.RawLaneStage {
        @Override
        public void captured(CapturedSegment segment, long now) {
            nowNanos = now;
            if (lost == null) {
                path.onSegment(segment);
            }
        }

        @Override
        public void settle(long now) {
            nowNanos = now;
            if (lost == null) {
                path.settle(now);
            }
        }
    }

    /** The bytes in order, as the socket would give them. */
    private final class FromKernel implements ModelReceiver.Application {
        @Override
        public void inOrder(ByteBuf buffer, int index, int length) {
            try {
                options.stream().onBytes(buffer, index, length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            feed(buffer, index, length);
        }

        @Override
        public void missing(long bytes) {
            messages.beginsLate();
            ByteBuf filler = Filler.of(options.format());
            for (long left = bytes; left > 0 && lost == null; left -= Filler.BYTES) {
                feed(filler, 0, (int) Math.min(left, Filler.BYTES));
            }
        }

        private void feed(ByteBuf buffer, int index, int length) {
            if (lost != null) {
                return;
            }
            messages.now(nowNanos);
            unread.discardReadBytes().writeBytes(buffer, index, length);
            try {
                path.received(unread, nowNanos);
            } catch (LostSynchronisationException | PreludeException e) {
                lost = e;
            }
        }
    }

    /** Sees what is delivered, and when the kernel has it too. */
    private final class Watcher implements DeliveryObserver {
        @Override
        public void onFrame(Lane lane, BoundaryGrade grade, FrameView frame, long wholeNanos, long now) {
            boolean isPacket = delivered.isReadable();
            handOver(lane, now);
            if (isPacket && wholeNanos != HeldBytes.NEVER) {
                waits.add(now - wholeNanos);
            }
            if (lane == Lane.EARLY) {
                awaited.put(frame.startOffset(), now);
            }
        }

        @Override
        public void onSwallowed(FrameView frame, long now) {
            NavigableMap<Long, Long> passed = awaited.headMap(frame.startOffset(), false);
            mismatched += passed.size();
            passed.clear();
            Long early = awaited.remove(frame.startOffset());
            if (early != null) {
                gained.add(now - early);
            }
        }
    }

    ReplayOptions options() {
        return options;
    }

    ConnectionChoice.Chosen chosen() {
        return chosen;
    }

    ModelReceiver receiver() {
        return receiver;
    }

    StreamMessages messages() {
        return messages;
    }

    ReceiveCounters counters() {
        return counters;
    }

    /** Why the stream could not be followed to its end; null where it could. */
    @Nullable
    RuntimeException lost() {
        return lost;
    }

    LaneReport lane() {
        return LaneReport.of(path.state(nowNanos), counters.recovery());
    }

    DeliveryReport delivery() {
        return new DeliveryReport(
                earlyPackets,
                earlyBytes,
                latePackets,
                lateBytes,
                refusals.fromTunnel(),
                gained.report(),
                awaited.size() + mismatched,
                waits.report());
    }

    StreamReport stream() {
        return new StreamReport(
                counters.frames(),
                counters.badFrames(),
                counters.skippedBytes(),
                counters.malformedMessages(),
                messages.unknownTypes(),
                downlink.wrongCarriage());
    }
}
