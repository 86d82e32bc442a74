package dev.tunbridge.plugin.ppp;

import dev.tunbridge.protocol.message.Carriage;
import dev.tunbridge.protocol.message.Message;
import dev.tunbridge.protocol.message.Value;
import dev.tunbridge.protocol.plugin.Binding;
import dev.tunbridge.protocol.session.CloseReason;
import dev.tunbridge.protocol.session.SessionAction;
import dev.tunbridge.protocol.session.SessionDriver;
import dev.tunbridge.protocol.session.TunnelParameters;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The link of PPP (LCP, RFC 1661) and the addresses on it (IPCP, RFC 1332), without authentication: first the one is agreed on, then the
 * other, then packets pass. An address that is configured is asked for until the peer acknowledges it or will not hear of addresses;
 * where there is none, the peer's idea of it is taken.
 */
final class PppSession implements SessionDriver {
    private static final int LARGEST_PACKET = 1_500;
    private static final byte[] NOTHING_ESCAPED = {0, 0, 0, 0};
    private static final byte[] NO_ADDRESS = {0, 0, 0, 0};

    private static final int CONTROL_MAP = 2;
    private static final int MAGIC_NUMBER = 5;
    private static final int RECEIVE_UNIT = 1;
    private static final int IP_ADDRESS = 3;

    private static final int TERMINATE = 5;
    private static final int TERMINATED = 6;
    private static final int PROTOCOL_REJECT = 8;
    private static final int ECHO = 9;
    private static final int ECHOED = 10;

    private enum State {
        LINK,
        ADDRESSES,
        ESTABLISHED,
        CLOSED
    }

    private final Binding binding;
    private final Negotiation lcp;
    private final Negotiation ipcp;
    private State state = State.LINK;
    private final byte[] ownAddress;
    private byte[] peerAddress;
    private int receiveUnit = LARGEST_PACKET;
    private long heardNanos;
    private long nextEchoNanos;

    PppSession(Binding binding) {
        this.binding = binding;
        lcp = new Negotiation("lcp", Map.of(), new LinkJudge());
        ownAddress = configured("tunnel.device-address");
        peerAddress = configured("tunnel.server-address");
        ipcp = new Negotiation("ipcp", Map.of(IP_ADDRESS, ownAddress), new AddressJudge());
    }

    private byte[] configured(String name) {
        byte[] address = binding.configured(name, Value.Address.class)
                .map(given -> given.address().getAddress())
                .orElse(NO_ADDRESS);
        if (address.length != Integer.BYTES) {
            throw new IllegalArgumentException(name + " is of IPv6; allowed: an IPv4 address, or none");
        }
        return address;
    }

    /** Control characters come and go as they are: the stream is clean. */
    private final class LinkJudge implements Negotiation.Judge {
        @Override
        public byte[] judge(int option, byte[] value) {
            switch (option) {
                case RECEIVE_UNIT -> {
                    if (value.length == Short.BYTES) {
                        receiveUnit = Math.min(LARGEST_PACKET, ((value[0] & 0xff) << 8) | (value[1] & 0xff));
                        return value;
                    }
                }
                case MAGIC_NUMBER -> {
                    if (value.length == Integer.BYTES) {
                        return value;
                    }
                }
                case CONTROL_MAP -> {
                    return Arrays.equals(value, NOTHING_ESCAPED) ? value : NOTHING_ESCAPED;
                }
                default -> {}
            }
            return REJECTED;
        }

        @Override
        public boolean givesWay(int option, byte[] value) {
            return false; // nothing is asked for
        }

        @Override
        public Map<Integer, byte[]> wanted() {
            return Map.of(CONTROL_MAP, NOTHING_ESCAPED);
        }
    }

    private final class AddressJudge implements Negotiation.Judge {
        @Override
        public byte[] judge(int option, byte[] value) {
            if (option != IP_ADDRESS || value.length != Integer.BYTES) {
                return REJECTED;
            }
            if (!isZero(value)) {
                peerAddress = value;
                return value;
            }
            return isZero(peerAddress) ? REJECTED : peerAddress; // it asks for one
        }

        @Override
        public boolean givesWay(int option, byte[] value) {
            return isZero(ownAddress) && value.length == Integer.BYTES;
        }

        @Override
        public Map<Integer, byte[]> wanted() {
            return isZero(peerAddress) ? Map.of() : Map.of(IP_ADDRESS, peerAddress);
        }
    }

    private static boolean isZero(byte[] address) {
        return Arrays.equals(address, NO_ADDRESS);
    }

    @Override
    public List<SessionAction> connected(long nowNanos) {
        heardNanos = nowNanos;
        return List.of(lcp.request(nowNanos));
    }

    @Override
    public void heard(long nowNanos) {
        heardNanos = nowNanos;
    }

    @Override
    public List<SessionAction> received(Message message, long nowNanos) {
        heard(nowNanos);
        if (state == State.CLOSED
                || !(message instanceof Message.Signal signal)
                || !(signal.fields().get("content") instanceof Value.Bytes content)) {
            return List.of();
        }
        ByteBuf packet = Unpooled.wrappedBuffer(content.octets().toByteArray());
        if (packet.readableBytes() < 4
                || packet.getUnsignedShort(2) < 4
                || packet.getUnsignedShort(2) > packet.readableBytes()) {
            return List.of(); // RFC 1661, section 5: silently discarded
        }
        int code = packet.getUnsignedByte(0);
        int identifier = packet.getUnsignedByte(1);
        ByteBuf data = packet.slice(4, packet.getUnsignedShort(2) - 4);
        return switch (signal.name()) {
            case "lcp" -> received(lcp, code, identifier, data, nowNanos);
            case "ipcp" -> state == State.LINK ? List.of() : received(ipcp, code, identifier, data, nowNanos);
            default -> List.of(rejected(signal.name(), packet));
        };
    }

    private List<SessionAction> received(Negotiation of, int code, int identifier, ByteBuf data, long nowNanos) {
        return switch (code) {
            case Negotiation.REQUEST -> {
                boolean isOpen = of.isOpen();
                if (isOpen && !of.isRepeated(data)) {
                    yield violated("the peer negotiates anew", nowNanos);
                }
                List<SessionAction> actions = new ArrayList<>();
                of.requested(identifier, data).ifPresent(actions::add);
                if (!isOpen) {
                    proceed(actions, nowNanos);
                }
                yield actions;
            }
            case Negotiation.ACK, Negotiation.NAK, Negotiation.REJECT -> {
                List<SessionAction> actions = new ArrayList<>(of.answered(code, identifier, data, nowNanos));
                if (of.isOver(nowNanos)) {
                    yield List.of(
                            finish(CloseReason.LOGIN_TIMEOUT, "the peer does not come to terms: no " + awaited()));
                }
                proceed(actions, nowNanos);
                yield actions;
            }
            case TERMINATE ->
                List.of(of.send(TERMINATED, identifier, data), finish(CloseReason.BYE, "the peer ended the link"));
            case ECHO -> List.of(lcp.send(ECHOED, identifier, Unpooled.buffer().writeInt(0)));
            default -> List.of();
        };
    }

    private void proceed(List<SessionAction> actions, long nowNanos) {
        if (state == State.LINK && lcp.isOpen()) {
            state = State.ADDRESSES;
            actions.add(ipcp.request(nowNanos));
        } else if (state == State.ADDRESSES && ipcp.isOpen()) {
            byte[] own = isZero(ownAddress) ? ipcp.asked(IP_ADDRESS) : ownAddress;
            if (own.length != Integer.BYTES || isZero(own) || isZero(peerAddress)) {
                actions.add(finish(
                        CloseReason.PROTOCOL_VIOLATION,
                        "the peer gives no address; allowed with tunnel.device-address and tunnel.server-address"));
                return;
            }
            state = State.ESTABLISHED;
            nextEchoNanos = nowNanos + binding.format().keepAliveEveryNanos();
            actions.add(new SessionAction.Established(
                    new TunnelParameters(Carriage.PACKET, 0, mtu(), Integer.SIZE, address(own), address(peerAddress))));
        }
    }

    private int mtu() {
        return binding.configured("tunnel.mtu", Value.Whole.class)
                .map(mtu -> Math.min(receiveUnit, (int) mtu.number()))
                .orElse(receiveUnit);
    }

    private static InetAddress address(byte[] octets) {
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + octets.length + " bytes", e);
        }
    }

    /** What is spoken here and not wanted: the peer need not ask for it again (RFC 1661, section 5.7). */
    private SessionAction rejected(String protocol, ByteBuf packet) {
        int number = binding.format().type(protocol).orElse(0);
        return lcp.send(
                PROTOCOL_REJECT,
                packet.getUnsignedByte(1),
                Unpooled.buffer().writeShort(number).writeBytes(packet.slice()));
    }

    @Override
    public List<SessionAction> tick(long nowNanos) {
        switch (state) {
            case LINK, ADDRESSES -> {
                Negotiation now = state == State.LINK ? lcp : ipcp;
                if (now.isOver(nowNanos)) {
                    return List.of(
                            finish(CloseReason.LOGIN_TIMEOUT, "the peer does not come to terms: no " + awaited()));
                }
                return nowNanos - now.deadlineNanos() >= 0 ? List.of(now.request(nowNanos)) : List.of();
            }
            case ESTABLISHED -> {
                if (nowNanos - heardNanos >= binding.format().deadAfterNanos()) {
                    return List.of(finish(CloseReason.PEER_DEAD, "nothing was heard"));
                }
                return nowNanos - nextEchoNanos >= 0 ? keepAlive(nowNanos) : List.of();
            }
            default -> {
                return List.of();
            }
        }
    }

    @Override
    public List<SessionAction> keepAlive(long nowNanos) {
        nextEchoNanos = nowNanos + binding.format().keepAliveEveryNanos();
        return state == State.ESTABLISHED
                ? List.of(lcp.send(ECHO, 0, Unpooled.buffer().writeInt(0)))
                : List.of();
    }

    @Override
    public List<SessionAction> close(long nowNanos) {
        return state == State.CLOSED
                ? List.of()
                : List.of(
                        lcp.send(TERMINATE, 0xff, Unpooled.EMPTY_BUFFER),
                        finish(CloseReason.LOCAL, "closed by this end"));
    }

    @Override
    public List<SessionAction> violated(String detail, long nowNanos) {
        return state == State.CLOSED ? List.of() : List.of(finish(CloseReason.PROTOCOL_VIOLATION, detail));
    }

    private SessionAction finish(CloseReason reason, String detail) {
        state = State.CLOSED;
        return new SessionAction.Closed(reason, detail);
    }

    @Override
    public long nextDeadlineNanos() {
        return switch (state) {
            case LINK -> lcp.deadlineNanos();
            case ADDRESSES -> ipcp.deadlineNanos();
            case ESTABLISHED -> {
                long deadNanos = heardNanos + binding.format().deadAfterNanos();
                yield nextEchoNanos - deadNanos < 0 ? nextEchoNanos : deadNanos;
            }
            case CLOSED -> NO_DEADLINE;
        };
    }

    @Override
    public boolean isEstablished() {
        return state == State.ESTABLISHED;
    }

    @Override
    public boolean isClosed() {
        return state == State.CLOSED;
    }

    @Override
    public String awaited() {
        return switch (state) {
            case LINK -> "lcp";
            case ADDRESSES -> "ipcp";
            case ESTABLISHED, CLOSED -> "";
        };
    }

    /** All that is answered whenever it comes: requests, echoes, and what is rejected. */
    @Override
    public boolean isQuestion(Message message) {
        if (state != State.ESTABLISHED
                || !(message instanceof Message.Signal signal)
                || !(signal.fields().get("content") instanceof Value.Bytes content)) {
            return false;
        }
        byte[] packet = content.octets().toByteArray();
        boolean isControl = signal.name().equals("lcp") || signal.name().equals("ipcp");
        return !isControl || (packet.length > 0 && (packet[0] == Negotiation.REQUEST || packet[0] == ECHO));
    }
}
