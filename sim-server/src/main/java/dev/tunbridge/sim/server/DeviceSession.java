package dev.tunbridge.sim.server;

import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.receive.SegmentHeader;
import dev.tunbridge.bridge.tun.TunDevice;
import dev.tunbridge.bridge.tunnel.MachineSurroundings;
import dev.tunbridge.protocol.frame.BadFrame;
import dev.tunbridge.protocol.frame.FrameDecoder;
import dev.tunbridge.protocol.frame.FrameHandler;
import dev.tunbridge.protocol.frame.FrameView;
import dev.tunbridge.protocol.frame.LostSynchronisationException;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.MalformedMessageException;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageCodec;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.session.Admission;
import dev.tunbridge.protocol.session.Prelude;
import dev.tunbridge.protocol.session.PreludeException;
import dev.tunbridge.protocol.session.Session;
import dev.tunbridge.protocol.session.SessionAction;
import dev.tunbridge.protocol.session.SessionScript;
import dev.tunbridge.protocol.session.TunnelParameters;
import dev.tunbridge.sim.sockets.DeviceSide;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One device's connection, from its hello to its end. Loop thread only. */
final class DeviceSession extends ChannelInboundHandlerAdapter implements FrameHandler, MessageHandler, DeviceSide {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceSession.class);

    private final SimulatedServer server;
    private final ServerOptions options;
    private final MessageCodec codec;
    private final TunDevice tun;
    private final Prelude prelude;
    private final FrameDecoder decoder;
    private final Session session;
    private final SegmentHeader header = new SegmentHeader();
    private final ByteBuf input;
    private @Nullable ChannelHandlerContext context;
    private @Nullable FrameOutput output;
    private @Nullable ScheduledFuture<?> tick;
    private String deviceId = "";
    private long nowNanos;
    private boolean ended;
    private boolean decoding;

    DeviceSession(SimulatedServer server, ServerOptions options, MessageCodec codec, TunDevice tun, ByteBuf input) {
        this.server = server;
        this.options = options;
        this.codec = codec;
        this.tun = tun;
        this.input = input;
        prelude = options.protocol().newPrelude(SessionScript.End.CLIENT, codec);
        decoder = new FrameDecoder(options.format());
        session = Session.server(
                options.protocol().session(),
                options.format(),
                Map.of("identity.token", new Value.Text(options.token())),
                this::admit,
                new MachineSurroundings());
    }

    private Admission.Decision admit(Map<String, Value> said) {
        deviceId = said.getOrDefault("identity.device-id", new Value.Text("")).as(Value.Text.class)
                        instanceof Value.Text text
                ? text.text()
                : "";
        return server.admit(said, this);
    }

    String deviceId() {
        return deviceId;
    }

    boolean isEstablished() {
        return session.isEstablished() && !ended;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        this.context = context;
        output = new FrameOutput(context.channel(), options.format(), options.writeMode());
        apply(session.connected(System.nanoTime()));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (ended) {
            bytes.release();
            return;
        }
        try {
            decoding = true;
            nowNanos = System.nanoTime();
            session.heard(nowNanos);
            input.discardReadBytes();
            input.writeBytes(bytes);
            decoder.skip(prelude.read(input, this));
            if (prelude.isOver()) {
                decoder.decode(input, this);
            }
        } catch (LostSynchronisationException | PreludeException e) {
            end("device sends what is not format '" + options.format().name() + "': " + e.getMessage());
        } finally {
            bytes.release();
            decoding = false;
            server.onReadComplete(this);
            tun.flush(); // it takes packets from where they lie, so before their memory goes
            if (ended) {
                release();
            }
        }
    }

    private void release() {
        decoder.close();
        input.release();
        header.release();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        FrameOutput current = output;
        if (!ended && current != null) {
            current.drain();
            server.onRoom(this);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end("the device closed the connection");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.error("a fault of the simulator itself ends this session", cause);
        }
        end(String.valueOf(cause.getMessage()));
    }

    @Override
    public boolean hasRoom() {
        FrameOutput current = output;
        return current != null && !ended && current.hasRoom();
    }

    /** Frames one packet for the device; false where the carriage has no room for it. */
    boolean send(InnerPacket packet, int index, int length) {
        FrameOutput current = output;
        if (current == null || ended || options.carriage() == Carriage.SOCKET) {
            return false;
        }
        int fits = options.carriage() == Carriage.PACKET
                ? codec.maxPacketBytes()
                : codec.maxSegmentBytes(packet.addressBytes());
        if ((options.carriage() == Carriage.PACKET ? length : packet.transportLength()) > fits) {
            return false;
        }
        if (options.carriage() == Carriage.PACKET) {
            codec.beginPacket(
                            current.encoder(), current.buffer(), packet.buffer().getByte(index) >> 4)
                    .writeBytes(packet.buffer(), index, length);
        } else if (packet.isTcpOrUdp() && packet.fragment() == InnerPacket.Fragment.WHOLE) {
            codec.beginSegment(
                            current.encoder(),
                            current.buffer(),
                            packet.protocol(),
                            packet.buffer(),
                            packet.sourceIndex(),
                            packet.destinationIndex(),
                            packet.addressBytes())
                    .writeBytes(packet.buffer(), packet.transportIndex(), packet.transportLength());
        } else {
            return false;
        }
        current.encoder().end();
        current.frameWritten();
        return true;
    }

    void send(Message message) {
        say(message);
        flush();
    }

    @Override
    public void say(Message message) {
        FrameOutput current = output;
        if (current != null && !ended) {
            codec.write(message, current.encoder(), current.buffer());
            written(current);
        }
    }

    @Override
    public void data(int channel, ByteBuf buffer, int index, int length) {
        FrameOutput current = output;
        if (current != null && !ended) {
            codec.beginData(current.encoder(), current.buffer(), channel).writeBytes(buffer, index, length);
            current.encoder().end();
            written(current);
        }
    }

    private void written(FrameOutput current) {
        current.frameWritten();
        if (current.isOverrun()) {
            end("the device does not read what it asks for");
        }
    }

    @Override
    public int maxDataBytes() {
        return codec.maxDataBytes();
    }

    /** What the device sends waits in the kernel, until its window is closed. */
    void stopReading() {
        ChannelHandlerContext at = context;
        if (at != null) {
            at.channel().config().setAutoRead(false);
        }
    }

    void resumeReading() {
        ChannelHandlerContext at = context;
        if (at != null) {
            at.channel().config().setAutoRead(true);
        }
    }

    @Override
    public void flush() {
        FrameOutput current = output;
        if (current != null && !ended) {
            current.flush();
        }
    }

    /** Says goodbye and closes. */
    void close() {
        if (!ended) {
            apply(session.close(System.nanoTime()));
            end("closed");
        }
    }

    void end(String reason) {
        if (ended) {
            return;
        }
        ended = true;
        LOG.info("session of {} ended: {}", deviceId.isEmpty() ? "an unknown device" : "'" + deviceId + "'", reason);
        if (tick != null) {
            tick.cancel(false);
        }
        FrameOutput current = output;
        if (current != null) {
            current.close();
        }
        if (!decoding) {
            release();
        }
        ChannelHandlerContext at = context;
        if (at != null) {
            at.close();
        }
        server.onEnd(this);
    }

    private void apply(List<SessionAction> actions) {
        for (SessionAction action : actions) {
            if (action instanceof SessionAction.Send send) {
                send(send.message());
            } else if (action instanceof SessionAction.Established established) {
                server.onEstablished(this);
                TunnelParameters tunnel = established.tunnel();
                if (tunnel.carriage() == Carriage.PACKET) {
                    codec.linkUp(tunnel.serverAddress(), tunnel.deviceAddress()).ifPresent(this::send);
                }
            } else if (action instanceof SessionAction.Deliver deliver) {
                server.onApp(deliver.message());
            } else if (action instanceof SessionAction.Closed closed) {
                end(closed.detail());
            }
        }
        ChannelHandlerContext at = context;
        if (!ended && at != null) {
            if (tick != null) {
                tick.cancel(false);
            }
            long deadline = session.nextDeadlineNanos();
            if (deadline == Session.NO_DEADLINE) {
                return;
            }
            long wait = Math.max(0, deadline - System.nanoTime());
            tick = at.executor().schedule(() -> apply(session.tick(System.nanoTime())), wait, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void onFrame(FrameView frame) {
        if (ended) {
            return;
        }
        try {
            codec.read(frame, this);
        } catch (MalformedMessageException e) {
            LOG.warn("malformed message: {}", e.getMessage());
            server.countBadFrame();
        }
    }

    @Override
    public void onBadFrame(BadFrame reason, long offset) {
        server.countBadFrame();
    }

    @Override
    public void onSkipped(long fromOffset, long toOffset) {
        LOG.warn("skipped {} bytes at offset {}", toOffset - fromOffset, fromOffset);
    }

    @Override
    public void onMessage(Message message) {
        if (message instanceof Message.Link answer) {
            send(answer);
            return;
        }
        boolean isOfChannel = message instanceof Message.Opened
                || message instanceof Message.Credit
                || message instanceof Message.Close
                || message instanceof Message.Open;
        if (isOfChannel && options.carriage() == Carriage.SOCKET && session.isEstablished()) {
            server.onChannelWord(this, message);
            return;
        }
        apply(session.received(message, nowNanos));
    }

    @Override
    public void onPacket(ByteBuf buffer, int index, int length) {
        if (admitsTraffic(Carriage.PACKET)) {
            server.countFromDevice();
            tun.write(buffer, index, length);
        }
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
        if (!admitsTraffic(Carriage.SEGMENT)) {
            return;
        }
        server.countFromDevice();
        header.write(
                tun,
                ipProtocol,
                buffer,
                deviceAddressIndex,
                clientAddressIndex,
                addressBytes,
                segmentIndex,
                segmentLength);
    }

    @Override
    public void onData(int channel, ByteBuf buffer, int index, int length) {
        if (admitsTraffic(Carriage.SOCKET)) {
            server.onChannelData(this, channel, buffer, index, length);
        } else {
            server.countBadFrame();
        }
    }

    @Override
    public void onUnknownType(int type) {
        server.countBadFrame();
    }

    private boolean admitsTraffic(Carriage carriage) {
        if (!session.isEstablished()) {
            apply(session.violated("traffic before the hello", nowNanos));
            return false;
        }
        return carriage == options.carriage();
    }
}
