package dev.tunbridge.bridge.replay;

import dev.tunbridge.bridge.config.BridgeConfig;
import dev.tunbridge.bridge.config.Settings;
import dev.tunbridge.bridge.filter.TunnelFilter;
import dev.tunbridge.bridge.receive.Downlink;
import dev.tunbridge.bridge.tunnel.Login;
import dev.tunbridge.bridge.tunnel.WelcomeCheck;
import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.MessageHandler;
import dev.tunbridge.protocol.session.LoginListener;
import dev.tunbridge.protocol.session.TunnelParameters;
import dev.tunbridge.reassembly.wire.IpProblem;
import dev.tunbridge.reassembly.wire.IpView;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The session's part in a replay: the welcome opens the way to the device, as it does in the bridge. Where a file
 * begins after the welcome, the first packet tells what it must have said.
 */
final class StreamMessages implements MessageHandler {
    private final ConnectionChoice.Chosen chosen;
    private final BridgeConfig config;
    private final Downlink downlink;
    private final LoginListener login;
    private final IpView ip = new IpView();
    private final List<String> notes = new ArrayList<>();
    private boolean beginsLate;
    private boolean settled;
    private long unknownTypes;
    private long messages;
    private long nowNanos;

    StreamMessages(ConnectionChoice.Chosen chosen, ReplayOptions options, Downlink downlink, boolean beginsLate) {
        this.chosen = chosen;
        config = options.config();
        login = new LoginListener(options.protocol().session(), Login.tunnelOf(config, options.protocol()));
        this.downlink = downlink;
        // Where no login is described, the file has none to be read.
        this.beginsLate = beginsLate || options.protocol().session().login().isEmpty();
        if (options.protocol().session().login().isEmpty()) {
            login.tunnel().ifPresent(this::given);
        }
    }

    /** The file may lack the welcome. */
    void beginsLate() {
        beginsLate = true;
    }

    void now(long nowNanos) {
        this.nowNanos = nowNanos;
    }

    @Override
    public void onMessage(Message message) {
        messages++;
        if (settled || !(message instanceof Message.Signal signal)) {
            return;
        }
        login.heard(signal);
        login.refusal().ifPresent(refusal -> {
            settled = true;
            notes.add("the server refused the session: " + refusal);
        });
        login.tunnel().ifPresent(this::given);
    }

    private void given(TunnelParameters tunnel) {
        settled = true;
        String fault = WelcomeCheck.fault(
                tunnel,
                Set.of(tunnel.carriage()), // whatever was offered
                chosen.sender().address(),
                chosen.receiver().address());
        if (fault == null) {
            connect(tunnel.carriage(), tunnel.deviceAddress());
        } else {
            notes.add(fault + "; the bridge would have connected anew, and nothing is delivered");
        }
    }

    private void connect(Carriage carriage, InetAddress device) {
        if (carriage == Carriage.SOCKET) {
            notes.add("the session carries sockets: there are no packets to deliver");
            return;
        }
        downlink.connect(new Downlink.Route(
                carriage,
                new TunnelFilter(
                        device,
                        chosen.sender().socketAddress(),
                        config.get(Settings.SOURCES),
                        config.get(Settings.ALLOW))));
    }

    private void assume(Carriage carriage, @Nullable InetAddress device) {
        if (beginsLate && !settled && device != null) {
            settled = true;
            notes.add("the file has no welcome: going by the first packet, " + carriage.key() + " carriage to "
                    + device.getHostAddress());
            connect(carriage, device);
        }
    }

    private @Nullable InetAddress address(ByteBuf buffer, int index, int bytes) {
        try {
            return InetAddress.getByAddress(ByteBufUtil.getBytes(buffer, index, bytes));
        } catch (UnknownHostException e) {
            return null; // neither 4 bytes nor 16
        }
    }

    @Override
    public void onPacket(ByteBuf buffer, int index, int length) {
        messages++;
        if (!settled && ip.wrap(buffer, index, length) == IpProblem.OK) {
            assume(Carriage.PACKET, address(buffer, ip.destinationIndex(), ip.addressBytes()));
        }
        downlink.packet(buffer, index, length, nowNanos);
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
        messages++;
        assume(Carriage.SEGMENT, address(buffer, deviceAddressIndex, addressBytes));
        downlink.segment(
                ipProtocol,
                buffer,
                clientAddressIndex,
                deviceAddressIndex,
                addressBytes,
                segmentIndex,
                segmentLength,
                nowNanos);
    }

    @Override
    public void onData(int channel, ByteBuf buffer, int index, int length) {
        messages++;
        downlink.data(channel, buffer, index, length, nowNanos);
    }

    @Override
    public void onUnknownType(int type) {
        unknownTypes++;
    }

    /** Messages of a known type. */
    long messages() {
        return messages;
    }

    long unknownTypes() {
        return unknownTypes;
    }

    /** What has to be said of the session. */
    List<String> notes() {
        return List.copyOf(notes);
    }
}
