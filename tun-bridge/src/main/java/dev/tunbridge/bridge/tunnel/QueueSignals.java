package dev.tunbridge.bridge.tunnel;

import dev.tunbridge.bridge.flow.Flow;
import dev.tunbridge.bridge.flow.FlowTable;
import dev.tunbridge.bridge.flow.InnerPacket;
import dev.tunbridge.bridge.queue.Ecn;
import dev.tunbridge.bridge.queue.QueueListener;
import dev.tunbridge.bridge.queue.QueuedPacket;
import dev.tunbridge.bridge.suppress.RetransmitSuppressor;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * How the egress queue signals congestion, and who hears of its drops. In <em>packet</em> carriage a packet is marked,
 * and its receiver echoes that; in <em>segment</em> carriage no IP header reaches the receiver, so the bridge echoes in
 * its place, in the acknowledgements that pass.
 */
final class QueueSignals implements QueueListener {
    private final FlowTable flows;
    private final @Nullable RetransmitSuppressor suppressor;
    private final IpView ip = new IpView();
    private final InnerPacket packet = new InnerPacket();
    private Carriage carriage = Carriage.PACKET;
    private @Nullable VirtualSockets sockets;

    QueueSignals(FlowTable flows, @Nullable RetransmitSuppressor suppressor) {
        this.flows = flows;
        this.suppressor = suppressor;
    }

    void serveChannels(VirtualSockets sockets) {
        this.sockets = sockets;
    }

    void connect(Carriage carriage) {
        this.carriage = carriage;
    }

    @Override
    public boolean mark(QueuedPacket queued) {
        if (queued.owner() != null) {
            return false; // a datagram without its header
        }
        ByteBuf buffer = queued.buffer();
        int index = buffer.readerIndex();
        if (carriage.includes(Carriage.PACKET)) {
            return Ecn.markCongestion(buffer, index);
        }
        if (Ecn.field(buffer, index) == Ecn.NOT_CAPABLE
                || ip.wrap(buffer, index, buffer.readableBytes()) != IpProblem.OK) {
            return false;
        }
        packet.wrap(ip);
        Flow flow = packet.isTcp() ? flows.peekFromDevice(packet) : null;
        if (flow != null) {
            flow.congested(true);
        }
        return flow != null;
    }

    @Override
    public boolean mayDrop(QueuedPacket queued) {
        return queued.owner() != null || suppressor == null || !suppressor.isCopied(queued.tag());
    }

    @Override
    public void onDropped(QueuedPacket queued) {
        if (queued.owner() instanceof ChannelFlow flow) {
            if (sockets != null) {
                sockets.dropped(queued, flow);
            }
        } else if (suppressor != null) {
            suppressor.dropped(queued.tag());
        }
    }
}
