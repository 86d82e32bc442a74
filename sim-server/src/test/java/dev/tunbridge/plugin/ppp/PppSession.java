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
import java.util.List;
import java.util.Map;

/**
 * The link of PPP (LCP, RFC 1661) and the addresses on it (IPCP, RFC 1332), without authentication: first the one is agreed on, then the
 * other, then packets pass. The address that is configured is asked for; where there is none, the peer's idea of it is taken.
 */
final class PppSession implements SessionDriver {
    private static final int LARGEST_PACKET = 1_500;
    private static final byte[] NOTHING_ESCAPED = {0, 0, 0, 0};

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
    private byte[] peerAddress = new byte[4];
    private long heardNanos;
    private long nextEchoNanos;

    PppSession(Binding binding) {
        this.binding = binding;
        lcp = new Negotiation("lcp", Map.of(), new LinkJudge());
        ipcp = new Negotiation("ipcp", Map.of(IP_ADDRESS, configured("tunnel.device-address")), new AddressJudge());
    }

    private byte[] configured(String name) {
        return binding.configured(name, Value.Address.class)
                .map(given -> given.address().getAddress())
                .orElseGet(() -> new byte[4]);
    }

    /** Control characters come and go as they are: the stream is clean. */
    private static final class LinkJudge implements Negotiation.Judge {
        @Override
        public byte[] judge(int option, byte[] value) {
            return switch (option) {
                case RECEIVE_UNIT, MAGIC_NUMBER -> value;
                case CONTROL_MAP -> isZero(value) ? value : NOTHING_ESCAPED;
                default -> REJECTED;
            };
        }

        @Override
        public Map<Integer, byte[]> wanted() {
            return Map.of(CONTROL_MAP, NOTHING_ESCAPED);
        }
    }

    private final class AddressJudge implements Negotiation.Judge {
        @Override
        public byte[] judge(int option, byte[] value) {
            if (option != IP_ADDRESS) {
                return REJECTED;
            }
            peerAddress = isZero(value) ? configured("tunnel.server-address") : value;
            return isZero(value) ? peerAddress : value;
        }

        @Override
        public Map<Integer, byte[]> wanted() {
            return Map.of(IP_ADDRESS, configured("tunnel.server-address"));
        }
    }

    private static boolean isZero(byte[] value) {
        for (byte octet : value) {
            if (octet != 0) {
                return false;
            }
        }
        return true;
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
                if (state == State.ESTABLISHED) {
                    yield violated("the peer negotiates anew", nowNanos);
                }
                List<SessionAction> actions = new ArrayList<>(List.of(of.requested(identifier, data)));
                proceed(actions, nowNanos);
                yield actions;
            }
            case Negotiation.ACK, Negotiation.NAK, Negotiation.REJECT -> {
                List<SessionAction> actions = new ArrayList<>(of.answered(code, identifier, data, nowNanos));
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
            state = State.ESTABLISHED;
            nextEchoNanos = nowNanos + binding.format().keepAliveEveryNanos();
            actions.add(new SessionAction.Established(new TunnelParameters(
                    Carriage.PACKET,
                    0,
                    mtu(),
                    Integer.BYTES * 8,
                    address(ipcp.asked(IP_ADDRESS)),
                    address(peerAddress))));
        }
    }

    private int mtu() {
        return binding.configured("tunnel.mtu", Value.Whole.class)
                .map(mtu -> (int) mtu.number())
                .orElse(LARGEST_PACKET);
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

    @Override
    public boolean admits(Carriage carriage) {
        return state == State.ESTABLISHED && carriage == Carriage.PACKET;
    }
}
